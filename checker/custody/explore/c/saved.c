/* Where a search stands, in words, to go on from there. */
#include "inside.h"

/* The words of a saved position: how many shards, the layer, the watches, the premises, the actions, the weights;
 * for each shard its count, its cursor, the checksum of its file and the ends of its layers. */
size_t custody_save(struct custody_engine *engine, u64 *to, size_t room)
{
    const struct custody_shape *shape = &engine->shape;
    size_t layers = engine->shards[0].layers;
    size_t premises = words_for(shape->premises);
    size_t need = 5 + shape->watches + premises + shape->actions + shape->threads * (3 + layers);
    if (need > room)
        return need;
    struct custody_count count;
    custody_counts(engine, &count);
    u64 *next = to;
    *next++ = shape->threads;
    *next++ = engine->layer;
    *next++ = layers;
    *next++ = count.orbit_states;
    *next++ = count.orbit_transitions;
    u64 *first = next, *held = first + shape->watches, *fired = held + premises;
    custody_seen(engine, fired, held, first);
    next = fired + shape->actions;
    for (u32 k = 0; k < shape->threads; k++) {
        struct shard *shard = &engine->shards[k];
        if (!store_flush(&shard->store))
            return 0;
        *next++ = shard->store.count;
        *next++ = atomic_load(&shard->cursor);
        *next++ = shard->store.checksum;
        memcpy(next, shard->ends, layers * sizeof(u64));
        next += layers;
    }
    return need;
}

/* Puts what is in the file into the table; it must be what was written there. */
static enum custody_status know_again(struct custody_engine *engine, struct shard *shard, u64 checksum)
{
    u64 sum = 0;
    size_t got;
    for (u64 from = 0; from < shard->store.count; from += got) {
        u64 left = shard->store.count - from;
        size_t wanted = left < BLOCK ? (size_t)left : BLOCK;
        const u64 *states = store_read(&shard->store, from, wanted, engine->workers[0].block, &got);
        if (!states)
            return CUSTODY_NO_DISK;
        sum = store_checksum(sum, states, got * engine->shape.words);
        enum custody_status status = keep_known(shard, engine->shape.words, states, got);
        if (status != CUSTODY_DONE)
            return status;
    }
    shard->store.checksum = sum;
    return sum == checksum ? CUSTODY_DONE : CUSTODY_NO_DISK;
}

enum custody_status custody_load(struct custody_engine *engine, const u64 *from, size_t words)
{
    const struct custody_shape *shape = &engine->shape;
    size_t premises = words_for(shape->premises);
    if (words < 5 || from[0] != shape->threads)
        return CUSTODY_NO_DISK;
    size_t layers = from[2];
    if (words != 5 + shape->watches + premises + shape->actions + shape->threads * (3 + layers))
        return CUSTODY_NO_DISK;
    engine->layer = from[1];
    struct tally *tally = &engine->workers[0].tally;
    tally->states = from[3];
    tally->transitions = from[4];
    const u64 *next = from + 5;
    memcpy(engine->first, next, shape->watches * sizeof(u64));
    next += shape->watches;
    memcpy(tally->held, next, premises * sizeof(u64));
    next += premises;
    memcpy(tally->fired, next, shape->actions * sizeof(u64));
    next += shape->actions;
    for (u32 k = 0; k < shape->threads; k++) {
        struct shard *shard = &engine->shards[k];
        if (!store_adopt(&shard->store, next[0]))
            return CUSTODY_NO_DISK;
        atomic_store(&shard->cursor, next[1]);
        u64 checksum = next[2];
        next += 3;
        for (size_t layer = 0; layer < layers; layer++) {
            if (!begin_layer(shard))
                return CUSTODY_NO_MEMORY;
            shard->ends[layer] = next[layer];
        }
        next += layers;
        enum custody_status status = know_again(engine, shard, checksum);
        if (status != CUSTODY_DONE)
            return status;
    }
    count_up(engine);
    return CUSTODY_DONE;
}
