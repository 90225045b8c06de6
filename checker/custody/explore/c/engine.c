#define _GNU_SOURCE
#include "engine.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "inside.h"
#include "store.h"
#include "table.h"

enum {
    OUT_STATES = 1 << 14,  /* room for the successors of a block, unless one state may have more */
    BLOCK = 1 << 10,       /* states expanded together, at most */
    RECENT_BITS = 14,
    AHEAD = 32,            /* how many states are prefetched ahead */
    BATCH = 1 << 11,       /* states sent to another thread together */
    WAITING = 64,          /* batches that may wait for a thread before others stop to send it more */
    WORTH_SHARING = 1 << 12,
    BITS_OF_A_BIT_TABLE = 26,
};

struct batch {
    struct batch *next;
    size_t count;
    u64 states[];
};

struct shard {
    struct table table;
    struct store store;
    u64 *ends; /* of the layers, as counts of the store */
    size_t layers, room;
    _Atomic u64 cursor; /* the next state to expand; below `ends` of the layer that is expanded */
};

struct worker {
    struct custody_engine *engine;
    u32 number;
    struct tally tally;
    u64 *out, *block, *hashes;
    u64 *recent; /* states that were seen a moment ago, by the first bits of their hash; zeros at first */
    struct batch **outgoing; /* one for each thread, being filled */
    pthread_mutex_t lock;
    struct batch *inbox; /* under `lock` */
    _Atomic size_t waiting;
    enum custody_status status;
};

struct custody_engine {
    struct custody_shape shape;
    custody_expand *expand;
    enum kind kind;
    size_t block;     /* states expanded together */
    size_t keep;      /* chunks of a store that stay in memory */
    u64 layer;        /* the layer that is expanded */
    u64 expanded;
    u64 *first, *bad; /* for each watch the layer; what was seen before this round */
    struct shard *shards;
    struct worker *workers;
    _Atomic bool pause, full;
    _Atomic u32 producing;
    _Atomic u64 states, bytes;
    u64 max_states, max_bytes;
    double deadline;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static size_t words_for(u32 bits)
{
    return bits / 64 + 1;
}

static u32 owner_of(u64 hash, u32 threads)
{
    return (u32)(((hash & 0xffffffffu) * threads) >> 32);
}

/* ------------------------------------------------------------------ making and freeing */

static u64 *words_new(size_t count)
{
    return calloc(count ? count : 1, sizeof(u64));
}

static bool worker_open(struct custody_engine *engine, u32 number)
{
    struct worker *worker = &engine->workers[number];
    const struct custody_shape *shape = &engine->shape;
    size_t out = engine->block * (shape->actions ? shape->actions : 1);
    size_t chunk = BLOCK;
    worker->engine = engine;
    worker->number = number;
    pthread_mutex_init(&worker->lock, NULL);
    worker->tally.fired = words_new(shape->actions);
    worker->tally.bad = words_new(words_for(shape->watches));
    worker->tally.held = words_new(words_for(shape->premises));
    worker->out = malloc(out * shape->words * sizeof(u64));
    worker->hashes = malloc((out > BATCH ? out : BATCH) * sizeof(u64));
    worker->recent = words_new(((size_t)1 << RECENT_BITS) * shape->words);
    worker->block = malloc(chunk * shape->words * sizeof(u64));
    /* The state of zeros has its place here; what stands there at first must not look like it. */
    if (worker->recent)
        worker->recent[0] = 1;
    worker->outgoing = calloc(shape->threads, sizeof *worker->outgoing);
    return worker->tally.fired && worker->tally.bad && worker->tally.held && worker->out && worker->block && worker->hashes && worker->recent &&
           worker->outgoing;
}

static enum kind kind_for(const struct custody_shape *shape)
{
    if (shape->bits <= BITS_OF_A_BIT_TABLE)
        return BITS;
    return shape->bits <= 32 ? NARROW : WORDS;
}

struct custody_engine *custody_new(const struct custody_shape *shape, custody_expand *expand, const char *folder,
                                   u64 resident_states)
{
    struct custody_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return NULL;
    engine->shape = *shape;
    engine->expand = expand;
    engine->kind = kind_for(shape);
    engine->block = OUT_STATES / (shape->actions ? shape->actions : 1);
    engine->block = engine->block > BLOCK ? BLOCK : engine->block < 1 ? 1 : engine->block;
    engine->shards = calloc(shape->threads, sizeof *engine->shards);
    engine->workers = calloc(shape->threads, sizeof *engine->workers);
    engine->first = malloc((shape->watches + 1) * sizeof(u64));
    engine->bad = words_new(words_for(shape->watches));
    bool ok = engine->shards && engine->workers && engine->first && engine->bad;
    for (u32 k = 0; ok && k < shape->watches; k++)
        engine->first[k] = UINT64_MAX;
    for (u32 k = 0; ok && k < shape->threads; k++) {
        char path[4096];
        if (folder)
            snprintf(path, sizeof path, "%s/states.%u", folder, k);
        engine->shards[k].store.file = -1;
        ok = worker_open(engine, k) && table_open(&engine->shards[k].table, engine->kind, shape->bits, shape->words) &&
             store_open(&engine->shards[k].store, shape->words, folder ? path : NULL);
    }
    if (!ok) {
        custody_free(engine);
        return NULL;
    }
    size_t per_chunk = engine->shards[0].store.per_chunk;
    engine->keep = folder ? (size_t)(resident_states / shape->threads / per_chunk) : SIZE_MAX;
    return engine;
}

void custody_free(struct custody_engine *engine)
{
    if (!engine)
        return;
    for (u32 k = 0; k < engine->shape.threads; k++) {
        if (engine->workers) {
            struct worker *worker = &engine->workers[k];
            free(worker->tally.fired);
            free(worker->tally.bad);
            free(worker->tally.held);
            free(worker->out);
            free(worker->block);
            free(worker->hashes);
            free(worker->recent);
            for (u32 to = 0; worker->outgoing && to < engine->shape.threads; to++)
                free(worker->outgoing[to]);
            free(worker->outgoing);
            if (worker->engine)
                pthread_mutex_destroy(&worker->lock);
        }
        if (engine->shards) {
            table_close(&engine->shards[k].table);
            store_close(&engine->shards[k].store);
            free(engine->shards[k].ends);
        }
    }
    free(engine->workers);
    free(engine->shards);
    free(engine->first);
    free(engine->bad);
    free(engine);
}

/* ------------------------------------------------------------------ known or new */

ALWAYS_INLINE enum custody_status keep_if_new(struct shard *shard, u64 hash, const u64 *state,
                                              const enum kind kind, const unsigned words)
{
    enum found found = insert(&shard->table, hash, state, kind, words);
    if (LIKELY(found == KNOWN))
        return CUSTODY_DONE;
    u64 *place = store_append(&shard->store);
    if (!place || found == NO_MEMORY)
        return CUSTODY_NO_MEMORY;
    memcpy(place, state, words * sizeof(u64));
    return CUSTODY_DONE;
}

/* Drops the states that were seen a moment ago, so that most repetitions never reach the table; returns how many are
 * left. */
ALWAYS_INLINE size_t sift(struct worker *worker, u64 *states, size_t count, const unsigned words)
{
    size_t left = 0;
    for (size_t k = 0; k < count; k++) {
        u64 hash = hash_of(states + k * words, words);
        u64 *recent = worker->recent + (hash >> (64 - RECENT_BITS)) * words;
        u64 difference = 0;
        for (unsigned word = 0; word < words; word++) {
            u64 value = states[k * words + word];
            difference |= recent[word] ^ value;
            recent[word] = value;
            states[left * words + word] = value;
        }
        worker->hashes[left] = hash;
        left += difference != 0;
    }
    return left;
}

/* All of `states` belong to the shard. */
ALWAYS_INLINE enum custody_status keep_all(struct worker *worker, struct shard *shard, u64 *states, size_t count,
                                           const enum kind kind, const unsigned words)
{
    if (kind != BITS)
        count = sift(worker, states, count, words);
    const u64 *hashes = worker->hashes;
    for (size_t k = 0; k < count && k < AHEAD; k++)
        prefetch(&shard->table, hashes[k], states + k * words, kind, words);
    for (size_t k = 0; k < count; k++) {
        if (k + AHEAD < count)
            prefetch(&shard->table, hashes[k + AHEAD], states + (k + AHEAD) * words, kind, words);
        enum custody_status status = keep_if_new(shard, hashes[k], states + k * words, kind, words);
        if (UNLIKELY(status != CUSTODY_DONE))
            return status;
    }
    return CUSTODY_DONE;
}

static enum custody_status keep(struct worker *worker, struct shard *shard, u64 *states, size_t count)
{
    struct custody_engine *engine = worker->engine;
    switch (engine->kind) {
    case BITS:
        return keep_all(worker, shard, states, count, BITS, 1);
    case NARROW:
        return keep_all(worker, shard, states, count, NARROW, 1);
    default:
        switch (engine->shape.words) {
        case 1:
            return keep_all(worker, shard, states, count, WORDS, 1);
        case 2:
            return keep_all(worker, shard, states, count, WORDS, 2);
        default:
            return keep_all(worker, shard, states, count, WORDS, engine->shape.words);
        }
    }
}

/* ------------------------------------------------------------------ between threads */

static void send(struct worker *worker, u32 to)
{
    struct batch *batch = worker->outgoing[to];
    struct worker *other = &worker->engine->workers[to];
    worker->outgoing[to] = NULL;
    pthread_mutex_lock(&other->lock);
    batch->next = other->inbox;
    other->inbox = batch;
    pthread_mutex_unlock(&other->lock);
    atomic_fetch_add(&other->waiting, 1);
}

/* Takes what others have sent; false when there was nothing. */
static bool receive(struct worker *worker)
{
    if (!atomic_load(&worker->waiting))
        return false;
    pthread_mutex_lock(&worker->lock);
    struct batch *batch = worker->inbox;
    worker->inbox = NULL;
    pthread_mutex_unlock(&worker->lock);
    bool any = batch != NULL;
    while (batch) {
        struct batch *next = batch->next;
        if (worker->status == CUSTODY_DONE)
            worker->status =
                keep(worker, &worker->engine->shards[worker->number], batch->states, batch->count);
        free(batch);
        atomic_fetch_sub(&worker->waiting, 1);
        batch = next;
    }
    return any;
}

/* Keeps what belongs to this thread and sends the rest to the others. */
static void share(struct worker *worker, u64 *states, size_t count)
{
    struct custody_engine *engine = worker->engine;
    u32 words = engine->shape.words, threads = engine->shape.threads;
    size_t mine = 0;
    for (size_t k = 0; k < count; k++) {
        const u64 *state = states + k * words;
        u32 to = owner_of(hash_of(state, words), threads);
        if (to == worker->number) {
            memmove(states + mine++ * words, state, words * sizeof(u64));
            continue;
        }
        struct batch *batch = worker->outgoing[to];
        if (!batch) {
            batch = malloc(sizeof *batch + (size_t)BATCH * words * sizeof(u64));
            if (!batch) {
                worker->status = CUSTODY_NO_MEMORY;
                return;
            }
            batch->count = 0;
            worker->outgoing[to] = batch;
        }
        memcpy(batch->states + batch->count++ * words, state, words * sizeof(u64));
        if (batch->count == BATCH) {
            /* Whoever has too much to do is waited for, by doing one's own. */
            while (atomic_load(&engine->workers[to].waiting) > WAITING)
                if (!receive(worker))
                    sched_yield();
            send(worker, to);
        }
    }
    if (worker->status == CUSTODY_DONE)
        worker->status = keep(worker, &engine->shards[worker->number], states, mine);
}

/* The same where no other thread runs. */
static void keep_alone(struct worker *worker, u64 *states, size_t count)
{
    struct custody_engine *engine = worker->engine;
    u32 words = engine->shape.words, threads = engine->shape.threads;
    if (threads == 1) {
        worker->status = keep(worker, &engine->shards[0], states, count);
        return;
    }
    for (size_t k = 0; k < count && worker->status == CUSTODY_DONE; k++) {
        u32 to = owner_of(hash_of(states + k * words, words), threads);
        worker->status = keep(worker, &engine->shards[to], states + k * words, 1);
    }
}

/* ------------------------------------------------------------------ a round */

/* Takes a block of states that are to be expanded: from this thread's shard, then from the others'. */
static const u64 *take(struct worker *worker, size_t *count)
{
    struct custody_engine *engine = worker->engine;
    u32 threads = engine->shape.threads;
    for (u32 k = 0; k < threads; k++) {
        struct shard *shard = &engine->shards[(worker->number + k) % threads];
        u64 end = shard->ends[engine->layer];
        u64 from = atomic_load(&shard->cursor);
        for (;;) {
            if (from >= end)
                break;
            u64 left = end - from;
            size_t wanted = left < engine->block ? (size_t)left : engine->block;
            size_t in_chunk = shard->store.per_chunk - from % shard->store.per_chunk;
            wanted = wanted < in_chunk ? wanted : in_chunk;
            if (!atomic_compare_exchange_weak(&shard->cursor, &from, from + wanted))
                continue;
            const u64 *states = store_read(&shard->store, from, wanted, worker->block, count);
            if (!states)
                worker->status = CUSTODY_NO_DISK;
            return states;
        }
    }
    return NULL;
}

static u64 shard_bytes(const struct shard *shard)
{
    return shard->table.bytes + store_bytes(&shard->store) + shard->room * sizeof(u64);
}

/* Whether the shard's table would have to grow by more than there is; else it learns how much that is. */
static bool is_full_now(const struct custody_engine *engine, struct shard *shard, u64 used)
{
    struct table *table = &shard->table;
    u64 left = engine->max_bytes > used ? engine->max_bytes - used : 0;
    u64 most_in_a_block = engine->block * engine->shape.actions;
    bool may_grow = engine->kind != BITS && table->count + most_in_a_block > table->most;
    table->slack = left / engine->shape.threads;
    return left == 0 || (may_grow && table->slack < table->bytes / 32);
}

static void work(struct worker *worker, bool alone)
{
    struct custody_engine *engine = worker->engine;
    struct shard *mine = &engine->shards[worker->number];
    u64 states = mine->store.count, bytes = shard_bytes(mine);
    size_t count;
    const u64 *block;
    while (worker->status == CUSTODY_DONE && !atomic_load(&engine->pause) && (block = take(worker, &count))) {
        size_t successors = engine->expand(block, count, worker->out, &worker->tally);
        if (alone)
            keep_alone(worker, worker->out, successors);
        else {
            share(worker, worker->out, successors);
            receive(worker);
        }
        u64 all = atomic_fetch_add(&engine->states, mine->store.count - states) + mine->store.count - states;
        u64 used = atomic_fetch_add(&engine->bytes, shard_bytes(mine) - bytes) + shard_bytes(mine) - bytes;
        states = mine->store.count;
        bytes = shard_bytes(mine);
        if (engine->max_bytes && is_full_now(engine, mine, used))
            atomic_store(&engine->full, true);
        if ((engine->max_states && all > engine->max_states) || atomic_load(&engine->full) ||
            now() > engine->deadline)
            atomic_store(&engine->pause, true);
    }
    if (worker->status != CUSTODY_DONE)
        atomic_store(&engine->pause, true);
    if (alone)
        return;
    for (u32 to = 0; to < engine->shape.threads; to++)
        if (worker->outgoing[to])
            send(worker, to);
    atomic_fetch_sub(&engine->producing, 1);
    while (atomic_load(&engine->producing))
        if (!receive(worker))
            sched_yield();
    receive(worker);
}

static void *work_in_thread(void *worker)
{
    work(worker, false);
    return NULL;
}

static void work_together(struct custody_engine *engine)
{
    u32 threads = engine->shape.threads, started = 0;
    pthread_t running[threads];
    atomic_store(&engine->producing, threads);
    for (u32 k = 1; k < threads; k++, started++)
        if (pthread_create(&running[k], NULL, work_in_thread, &engine->workers[k]))
            break;
    atomic_fetch_sub(&engine->producing, threads - 1 - started);
    if (started + 1 < threads) {
        /* Nobody would take what is sent to a thread that could not be started. */
        atomic_store(&engine->pause, true);
        engine->workers[0].status = CUSTODY_NO_MEMORY;
    }
    work(&engine->workers[0], false);
    for (u32 k = 1; k <= started; k++)
        pthread_join(running[k], NULL);
}

/* Notes the watches that were seen for the first time in this layer. */
static void note_watches(struct custody_engine *engine)
{
    for (u32 k = 0; k < engine->shape.watches; k++) {
        if (engine->first[k] != UINT64_MAX)
            continue;
        for (u32 w = 0; w < engine->shape.threads; w++)
            if (engine->workers[w].tally.bad[k / 64] >> (k % 64) & 1)
                engine->first[k] = engine->layer;
    }
}

static bool begin_layer(struct shard *shard)
{
    if (shard->layers == shard->room) {
        size_t room = shard->room ? 2 * shard->room : 64;
        u64 *ends = realloc(shard->ends, room * sizeof(u64));
        if (!ends)
            return false;
        shard->ends = ends;
        shard->room = room;
    }
    shard->ends[shard->layers++] = shard->store.count;
    return true;
}

static u64 remaining(const struct custody_engine *engine)
{
    u64 left = 0;
    for (u32 k = 0; k < engine->shape.threads; k++) {
        const struct shard *shard = &engine->shards[k];
        if (shard->layers > engine->layer)
            left += shard->ends[engine->layer] - atomic_load(&shard->cursor);
    }
    return left;
}

static void count_up(struct custody_engine *engine)
{
    u64 states = 0, bytes = 0;
    for (u32 k = 0; k < engine->shape.threads; k++) {
        states += engine->shards[k].store.count;
        bytes += shard_bytes(&engine->shards[k]);
    }
    atomic_store(&engine->states, states);
    atomic_store(&engine->bytes, bytes);
}

enum custody_status custody_seed(struct custody_engine *engine, const u64 *states, size_t count)
{
    struct worker *worker = &engine->workers[0];
    size_t bytes = engine->shape.words * sizeof(u64);
    for (size_t k = 0; k < count && worker->status == CUSTODY_DONE; k++) {
        memcpy(worker->out, states + k * engine->shape.words, bytes);
        keep_alone(worker, worker->out, 1);
    }
    for (u32 k = 0; k < engine->shape.threads; k++)
        if (!begin_layer(&engine->shards[k]))
            return CUSTODY_NO_MEMORY;
    count_up(engine);
    return worker->status;
}

/* Goes to the next layer when this one is done; false when there is none. */
static bool next_layer(struct custody_engine *engine, enum custody_status *status)
{
    u64 more = 0;
    for (u32 k = 0; k < engine->shape.threads; k++)
        more += engine->shards[k].store.count - engine->shards[k].ends[engine->layer];
    if (!more) {
        *status = CUSTODY_DONE;
        return false;
    }
    for (u32 k = 0; k < engine->shape.threads; k++)
        if (!begin_layer(&engine->shards[k])) {
            *status = CUSTODY_NO_MEMORY;
            return false;
        }
    engine->layer++;
    return true;
}

enum custody_status custody_run(struct custody_engine *engine, double seconds, u64 max_states, u64 max_bytes)
{
    engine->deadline = now() + seconds;
    engine->max_states = max_states;
    engine->max_bytes = max_bytes;
    atomic_store(&engine->full, false);
    for (;;) {
        u64 left = remaining(engine);
        enum custody_status status = CUSTODY_DONE;
        if (!left && !next_layer(engine, &status))
            return status;
        atomic_store(&engine->pause, false);
        if (engine->shape.threads == 1 || remaining(engine) < WORTH_SHARING)
            work(&engine->workers[0], true);
        else
            work_together(engine);
        note_watches(engine);
        count_up(engine);
        for (u32 k = 0; k < engine->shape.threads; k++) {
            if (engine->workers[k].status != CUSTODY_DONE)
                return engine->workers[k].status;
            if (!store_spill(&engine->shards[k].store, engine->keep))
                return CUSTODY_NO_DISK;
        }
        if (max_states && atomic_load(&engine->states) > max_states)
            return CUSTODY_MAX_STATES;
        if (atomic_load(&engine->full))
            return CUSTODY_MAX_MEMORY;
        if (now() > engine->deadline)
            return CUSTODY_PAUSED;
    }
}

/* ------------------------------------------------------------------ what is known so far */

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
        count->bytes += shard_bytes(shard);
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
    *shard = threads == 1 ? 0 : owner_of(hash_of(state, words), threads);
    const struct table *table = &engine->shards[*shard].table;
    if (engine->kind != WORDS)
        return place_of(table, state, engine->kind, 1);
    return words == 1 ? place_of(table, state, WORDS, 1) : place_of(table, state, WORDS, words);
}

u64 custody_places(const struct custody_engine *engine, u32 shard)
{
    return places(&engine->shards[shard].table, engine->kind, engine->shape.words);
}

/* ------------------------------------------------------------------ saving */

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
        const u64 *states = store_read(&shard->store, from, BLOCK, engine->workers[0].block, &got);
        if (!states)
            return CUSTODY_NO_DISK;
        sum = store_checksum(sum, states, got * engine->shape.words);
        for (size_t k = 0; k < got; k++) {
            const u64 *state = states + k * engine->shape.words;
            u64 hash = hash_of(state, engine->shape.words);
            if (insert(&shard->table, hash, state, engine->kind, engine->shape.words) == NO_MEMORY)
                return CUSTODY_NO_MEMORY;
        }
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
