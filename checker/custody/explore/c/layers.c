/* What a search knows so far: counts, what was seen, layers and places. */
#include "inside.h"

struct custody_shape custody_shape_of(const struct custody_engine *engine)
{
    return engine->shape;
}

void custody_counts(const struct custody_engine *engine, struct custody_count *count)
{
    memset(count, 0, sizeof *count);
    const struct shard *first = &engine->shards[0];
    for (u32 k = 0; k < engine->shape.threads; k++) {
        const struct shard *shard = &engine->shards[k];
        count->states += shard->store.count;
        count->expanded += atomic_load(&shard->cursor);
        count->bytes += bytes_of(engine, k);
        count->orbit_states += engine->workers[k].tally.states;
        count->orbit_transitions += engine->workers[k].tally.transitions;
    }
    count->frontier = count->states - count->expanded;
    count->layers = first->layers;
    for (u32 k = 0; k < engine->shape.threads; k++)
        if (first->layers && engine->shards[k].store.count > engine->shards[k].ends[first->layers - 1]) {
            count->layers++;
            break;
        }
    if (count->states == 0)
        count->layers = 0;
}

void custody_seen(const struct custody_engine *engine, u64 *fired, u64 *held, u64 *first)
{
    const struct custody_shape *shape = &engine->shape;
    memset(fired, 0, shape->actions * sizeof(u64));
    memset(held, 0, words_for(shape->premises) * sizeof(u64));
    memcpy(first, engine->first, shape->watches * sizeof(u64));
    for (u32 w = 0; w < shape->threads; w++) {
        for (u32 k = 0; k < shape->actions; k++)
            fired[k] += engine->workers[w].tally.fired[k];
        for (size_t k = 0; k < words_for(shape->premises); k++)
            held[k] |= engine->workers[w].tally.held[k];
    }
}

static void layer_bounds(const struct shard *shard, u64 layer, u64 *begin, u64 *end)
{
    *begin = layer ? shard->ends[layer - 1] : 0;
    *end = layer < shard->layers ? shard->ends[layer] : shard->store.count;
}

u64 custody_layer_size(const struct custody_engine *engine, u64 layer)
{
    u64 size = 0, begin, end;
    for (u32 k = 0; k < engine->shape.threads; k++) {
        layer_bounds(&engine->shards[k], layer, &begin, &end);
        size += end - begin;
    }
    return size;
}

size_t custody_layer_read(const struct custody_engine *engine, u64 layer, u64 from, u64 *to, size_t room)
{
    size_t done = 0;
    u32 words = engine->shape.words;
    for (u32 k = 0; k < engine->shape.threads && done < room; k++) {
        const struct store *store = &engine->shards[k].store;
        u64 begin, end;
        layer_bounds(&engine->shards[k], layer, &begin, &end);
        if (from >= end - begin) {
            from -= end - begin;
            continue;
        }
        begin += from;
        from = 0;
        while (begin < end && done < room) {
            size_t wanted = end - begin < room - done ? (size_t)(end - begin) : room - done, got;
            const u64 *states = store_read(store, begin, wanted, to + done * words, &got);
            if (!states)
                return SIZE_MAX;
            if (states != to + done * words)
                memcpy(to + done * words, states, got * words * sizeof(u64));
            done += got;
            begin += got;
        }
    }
    return done;
}

u64 custody_place(const struct custody_engine *engine, const u64 *state, u32 *shard)
{
    u32 words = engine->shape.words, threads = engine->shape.threads;
    *shard = threads == 1 ? 0 : owner_of(table_hash(state, engine->shape.bits, words), threads);
    const struct table *table = &engine->shards[*shard].table;
    switch (table->kind) {
    case BITS:
        return place_of(table, state, BITS, 1);
    case NARROW:
        return place_of(table, state, NARROW, 1);
    case RESTS4:
        return place_of(table, state, RESTS4, 1);
    case RESTS5:
        return place_of(table, state, RESTS5, 1);
    case RESTS6:
        return place_of(table, state, RESTS6, 1);
    case RESTS7:
        return place_of(table, state, RESTS7, 1);
    default:
        return words == 1 ? place_of(table, state, WORDS, 1) : place_of(table, state, WORDS, words);
    }
}

u64 custody_places(const struct custody_engine *engine, u32 shard)
{
    const struct table *table = &engine->shards[shard].table;
    return places(table, table->kind, engine->shape.words);
}
