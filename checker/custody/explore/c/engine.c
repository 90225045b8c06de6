/* The search: making and freeing it, layers, rounds, threads. */
#define _GNU_SOURCE /* clock_gettime */
#include "inside.h"

#include <sched.h>
#include <stdio.h>
#include <time.h>

enum {
    OUT_STATES = 1 << 14, /* room for the successors of a block, unless one state may have more */
    WORTH_SHARING = 1 << 12,
};

static void threads_ended(struct custody_engine *engine);

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ------------------------------------------------------------------ making and freeing */

/* Zeros, apart from what other threads write. */
static void *zeros_new(size_t count, size_t each)
{
    size_t bytes = (count ? count : 1) * each;
    bytes += -bytes % APART;
    void *memory = aligned_alloc(APART, bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

static u64 *words_new(size_t count)
{
    return zeros_new(count, sizeof(u64));
}

static bool worker_open(struct custody_engine *engine, u32 number)
{
    struct worker *worker = &engine->workers[number];
    const struct custody_shape *shape = &engine->shape;
    size_t out = engine->block * (shape->actions ? shape->actions : 1);
    worker->engine = engine;
    worker->number = number;
    pthread_mutex_init(&worker->lock, NULL);
    worker->tally.fired = words_new(shape->actions);
    worker->tally.bad = words_new(words_for(shape->watches));
    worker->tally.held = words_new(words_for(shape->premises));
    worker->out = malloc(out * shape->words * sizeof(u64));
    worker->hashes = malloc((out > BATCH ? out : BATCH) * sizeof(u64));
    worker->recent = words_new(((size_t)1 << RECENT_BITS) * shape->words);
    worker->block = malloc(BLOCK * shape->words * sizeof(u64));
    /* The state of zeros has its place here; what stands there at first must not look like it. */
    if (worker->recent)
        worker->recent[0] = 1;
    worker->outgoing = zeros_new(shape->threads, sizeof *worker->outgoing);
    return worker->tally.fired && worker->tally.bad && worker->tally.held && worker->out && worker->block &&
           worker->hashes && worker->recent && worker->outgoing;
}

struct custody_engine *custody_new(const struct custody_shape *shape, custody_expand *expand)
{
    struct custody_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return NULL;
    pthread_mutex_init(&engine->lock, NULL);
    pthread_cond_init(&engine->begun, NULL);
    pthread_cond_init(&engine->ended, NULL);
    engine->shape = *shape;
    engine->expand = expand;
    engine->block = OUT_STATES / (shape->actions ? shape->actions : 1);
    engine->block = engine->block > BLOCK ? BLOCK : engine->block < 1 ? 1 : engine->block;
    engine->shards = zeros_new(shape->threads, sizeof *engine->shards);
    engine->workers = zeros_new(shape->threads, sizeof *engine->workers);
    engine->first = malloc((shape->watches + 1) * sizeof(u64));
    engine->bad = words_new(words_for(shape->watches));
    bool ok = engine->shards && engine->workers && engine->first && engine->bad;
    for (u32 k = 0; ok && k < shape->watches; k++)
        engine->first[k] = UINT64_MAX;
    for (u32 k = 0; engine->shards && k < shape->threads; k++)
        engine->shards[k].store.file = -1;
    for (u32 k = 0; ok && k < shape->threads; k++) {
        ok = worker_open(engine, k) &&
             table_open(&engine->shards[k].table, kind_for(shape->bits), shape->bits, shape->words) &&
             store_open(&engine->shards[k].store, shape->words);
    }
    if (!ok) {
        custody_free(engine);
        return NULL;
    }
    engine->keep = SIZE_MAX;
    return engine;
}

enum custody_status custody_use_files(struct custody_engine *engine, const char *folder, u64 resident_states)
{
    for (u32 k = 0; k < engine->shape.threads; k++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/states.%u", folder, k);
        if (!store_use_file(&engine->shards[k].store, path))
            return CUSTODY_NO_MEMORY;
    }
    engine->keep = (size_t)(resident_states / engine->shape.threads / engine->shards[0].store.per_chunk);
    return CUSTODY_DONE;
}

void custody_free(struct custody_engine *engine)
{
    if (!engine)
        return;
    threads_ended(engine);
    pthread_mutex_destroy(&engine->lock);
    pthread_cond_destroy(&engine->begun);
    pthread_cond_destroy(&engine->ended);
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
            for (struct batch *next, *batch = worker->spare; batch; batch = next) {
                next = batch->next;
                free(batch);
            }
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

/* Whether the shard's table would have to grow by more than there is; else it learns how much that is. */
static bool is_full_now(const struct custody_engine *engine, struct shard *shard, u64 used)
{
    struct table *table = &shard->table;
    u64 left = engine->max_bytes > used ? engine->max_bytes - used : 0;
    u64 most_in_a_block = engine->block * engine->shape.actions;
    bool may_grow = table->kind != BITS && table->count + most_in_a_block > table->most;
    table->slack = left / engine->shape.threads;
    return left == 0 || (may_grow && table->slack < table->bytes / 32);
}

static void work(struct worker *worker, bool alone)
{
    struct custody_engine *engine = worker->engine;
    struct shard *mine = &engine->shards[worker->number];
    u64 states = mine->store.count, bytes = bytes_of(engine, worker->number);
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
        u64 grown = bytes_of(engine, worker->number);
        u64 used = atomic_fetch_add(&engine->bytes, grown - bytes) + grown - bytes;
        states = mine->store.count;
        bytes = grown;
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
    send_rest(worker);
    atomic_fetch_sub(&engine->producing, 1);
    while (atomic_load(&engine->producing))
        if (!receive(worker))
            sched_yield();
    receive(worker);
}

/* A thread's life: it takes part in every round until it is told to leave. */
static void *take_part(void *argument)
{
    struct worker *worker = argument;
    struct custody_engine *engine = worker->engine;
    u64 rounds = 0;
    pthread_mutex_lock(&engine->lock);
    for (;;) {
        while (engine->rounds == rounds && !engine->leave)
            pthread_cond_wait(&engine->begun, &engine->lock);
        if (engine->leave)
            break;
        rounds = engine->rounds;
        pthread_mutex_unlock(&engine->lock);
        work(worker, false);
        pthread_mutex_lock(&engine->lock);
        if (--engine->working == 0)
            pthread_cond_signal(&engine->ended);
    }
    pthread_mutex_unlock(&engine->lock);
    return NULL;
}

static bool threads_started(struct custody_engine *engine)
{
    while (engine->started + 1 < engine->shape.threads) {
        struct worker *worker = &engine->workers[engine->started + 1];
        if (pthread_create(&worker->thread, NULL, take_part, worker))
            return false;
        engine->started++;
    }
    return true;
}

static void threads_ended(struct custody_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    engine->leave = true;
    pthread_cond_broadcast(&engine->begun);
    pthread_mutex_unlock(&engine->lock);
    for (u32 k = 1; k <= engine->started; k++)
        pthread_join(engine->workers[k].thread, NULL);
}

static void work_together(struct custody_engine *engine)
{
    atomic_store(&engine->producing, engine->shape.threads);
    pthread_mutex_lock(&engine->lock);
    engine->working = engine->started;
    engine->rounds++;
    pthread_cond_broadcast(&engine->begun);
    pthread_mutex_unlock(&engine->lock);
    work(&engine->workers[0], false);
    pthread_mutex_lock(&engine->lock);
    while (engine->working)
        pthread_cond_wait(&engine->ended, &engine->lock);
    pthread_mutex_unlock(&engine->lock);
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

bool begin_layer(struct shard *shard)
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

void count_up(struct custody_engine *engine)
{
    u64 states = 0, bytes = 0;
    for (u32 k = 0; k < engine->shape.threads; k++) {
        states += engine->shards[k].store.count;
        bytes += bytes_of(engine, k);
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
        else if (threads_started(engine))
            work_together(engine);
        else
            return CUSTODY_NO_MEMORY;
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
