/* What becomes of successors: known ones are dropped, new ones go into the table and the store of their shard. */
#include "inside.h"

#include <sched.h>

enum {
    AHEAD = 32,      /* how many states are prefetched ahead */
    FORESEEABLE = 4, /* that a state is known, where no more than one in so many is new */
    WAITING = 64,    /* batches that may wait for a thread before others stop to send it more */
    NEARLY = 16,     /* a table is nearly full when no more than one in so many is missing */
};

ALWAYS_INLINE enum custody_status keep_if_new(struct shard *shard, u64 hash, const u64 *state, const enum kind kind,
                                              const unsigned words, const bool jumps)
{
    struct store *store = &shard->store;
    if (UNLIKELY(!store->room) && !store_extend(store))
        return CUSTODY_NO_MEMORY;
    enum found found = insert(&shard->table, hash, state, kind, words, jumps);
    if (jumps && LIKELY(found == KNOWN))
        return CUSTODY_DONE;
    for (unsigned word = 0; word < words; word++)
        store->next[word] = state[word];
    store_take(store, found != KNOWN, words);
    return LIKELY(found != NO_MEMORY) ? CUSTODY_DONE : CUSTODY_NO_MEMORY;
}

enum custody_status keep_known(struct shard *shard, u32 words, const u64 *states, size_t count)
{
    struct table *table = &shard->table;
    enum found found = FRESH;
    for (size_t k = 0; k < count && found != NO_MEMORY; k++) {
        const u64 *state = states + k * words;
        u64 hash = table_hash(state, table->bits, words);
        switch (table->kind) {
        case BITS:
            found = insert(table, hash, state, BITS, 1, true);
            break;
        case NARROW:
            found = insert(table, hash, state, NARROW, 1, true);
            break;
        case WORDS:
            found = insert(table, hash, state, WORDS, words, true);
            break;
        default:
            found = insert_any_rest(table, hash, true);
        }
    }
    return found == NO_MEMORY ? CUSTODY_NO_MEMORY : CUSTODY_DONE;
}

/* Whether a state was seen a moment ago, so that most repetitions never reach the table; it was from now on. */
ALWAYS_INLINE bool is_recent(struct worker *worker, u64 hash, const u64 *state, const unsigned words)
{
    u64 *recent = worker->recent + (hash >> (64 - RECENT_BITS)) * words;
    u64 difference = 0;
    for (unsigned word = 0; word < words; word++) {
        difference |= recent[word] ^ state[word];
        recent[word] = state[word];
    }
    return difference == 0;
}

/* Drops the states that were seen a moment ago; returns how many are left, with their hashes in `worker->hashes`. */
ALWAYS_INLINE size_t sift(struct worker *worker, u64 *states, size_t count, const unsigned words)
{
    const unsigned bits = worker->engine->shape.bits;
    size_t left = 0;
    for (size_t k = 0; k < count; k++) {
        const u64 *state = states + k * words;
        u64 hash = table_hash(state, bits, words);
        bool drops = is_recent(worker, hash, state, words);
        for (unsigned word = 0; word < words; word++)
            states[left * words + word] = state[word];
        worker->hashes[left] = hash;
        left += !drops;
    }
    return left;
}

ALWAYS_INLINE size_t keep_each(struct worker *worker, struct shard *shard, const u64 *states, size_t from,
                               size_t count, const enum kind kind, const unsigned words, const bool jumps)
{
    const u64 *hashes = worker->hashes;
    for (size_t k = from; k < count && k < from + AHEAD; k++)
        prefetch(&shard->table, hashes[k], states + k * words, kind, words);
    for (size_t k = from; k < count; k++) {
        if (k + AHEAD < count)
            prefetch(&shard->table, hashes[k + AHEAD], states + (k + AHEAD) * words, kind, words);
        enum custody_status status = keep_if_new(shard, hashes[k], states + k * words, kind, words, jumps);
        if (UNLIKELY(status != CUSTODY_DONE))
            worker->status = status;
        if (UNLIKELY(status != CUSTODY_DONE || shard->table.kind != kind))
            return k + 1;
    }
    return count;
}

/* All of `states` belong to the shard, and their hashes are in `worker->hashes`.  Returns how many were looked at: the
 * table may have changed its kind. */
ALWAYS_INLINE size_t keep_from(struct worker *worker, struct shard *shard, const u64 *states, size_t from,
                               size_t count, const enum kind kind, const unsigned words)
{
    return shard->store.count < shard->looked / FORESEEABLE
               ? keep_each(worker, shard, states, from, count, kind, words, true)
               : keep_each(worker, shard, states, from, count, kind, words, false);
}

/* ------------------------------------------------------------------ between threads */

/* There is a batch to every thread, this one included: a place to write to where nothing is sent. */
static bool has_batches(struct worker *worker)
{
    for (u32 to = 0; to < worker->engine->shape.threads; to++) {
        if (worker->outgoing[to])
            continue;
        struct batch *batch = worker->spare;
        if (batch) {
            worker->spare = batch->next;
        } else {
            const size_t bytes = sizeof *batch + (size_t)BATCH * worker->engine->shape.words * sizeof(u64);
            batch = malloc(bytes);
            worker->bytes += bytes;
        }
        if (!batch) {
            worker->status = CUSTODY_NO_MEMORY;
            return false;
        }
        batch->count = 0;
        worker->outgoing[to] = batch;
    }
    return true;
}

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

void send_rest(struct worker *worker)
{
    for (u32 to = 0; to < worker->engine->shape.threads; to++)
        if (worker->outgoing[to] && worker->outgoing[to]->count)
            send(worker, to);
}

/* Sifts, and sends away what is not this thread's; returns how many states are left, with their hashes.  Every state is
 * written to both places and counted in one or none: whose it is no processor can foresee, and a jump that it guessed
 * wrong costs more.  Where there is but one `other` thread, the count of its batch need not be looked up each time. */
ALWAYS_INLINE size_t sort_out(struct worker *worker, u64 *states, size_t count, const unsigned words, const bool two)
{
    struct custody_engine *engine = worker->engine;
    const u32 threads = engine->shape.threads, number = worker->number;
    const unsigned bits = engine->shape.bits;
    u64 *hashes = worker->hashes;
    if (!has_batches(worker))
        return 0;
    u32 to = 1 - number;
    struct batch *batch = two ? worker->outgoing[to] : NULL;
    size_t mine = 0, sent = two ? batch->count : 0;
    for (size_t k = 0; k < count; k++) {
        const u64 *state = states + k * words;
        u64 hash = table_hash(state, bits, words);
        bool drops = is_recent(worker, hash, state, words);
        u32 owner = owner_of(hash, threads);
        if (!two) {
            to = owner;
            batch = worker->outgoing[to];
            sent = batch->count;
        }
        for (unsigned word = 0; word < words; word++) {
            u64 value = state[word];
            states[mine * words + word] = value;
            batch->states[sent * words + word] = value;
        }
        hashes[mine] = hash;
        mine += !drops & (owner == number);
        sent += !drops & (owner != number);
        if (!two)
            batch->count = sent;
        if (UNLIKELY(sent == BATCH)) {
            batch->count = sent;
            send(worker, to);
            if (!has_batches(worker))
                return mine;
            batch = worker->outgoing[to];
            sent = 0;
        }
    }
    if (two)
        batch->count = sent;
    return mine;
}

/* ------------------------------------------------------------------ for each kind of state */

enum task { KEEP, SHARE, TAKE };

/* Hashes the states, drops what need not be looked for, and sends away what is not this thread's; returns how many are
 * left. */
ALWAYS_INLINE size_t prepare(struct worker *worker, u64 *states, size_t count, enum task task, const unsigned words)
{
    if (task == TAKE) {
        const unsigned bits = worker->engine->shape.bits;
        for (size_t k = 0; k < count; k++)
            worker->hashes[k] = table_hash(states + k * words, bits, words);
        return count;
    }
    if (task != SHARE)
        return sift(worker, states, count, words);
    return worker->engine->shape.threads == 2 ? sort_out(worker, states, count, words, true)
                                              : sort_out(worker, states, count, words, false);
}

static size_t prepare_states(struct worker *worker, u64 *states, size_t count, enum task task)
{
    u32 words = worker->engine->shape.words;
    return words == 1 ? prepare(worker, states, count, task, 1) : prepare(worker, states, count, task, words);
}

static size_t keep_states(struct worker *worker, const u64 *states, size_t from, size_t count)
{
    struct shard *mine = &worker->engine->shards[worker->number];
    u32 words = worker->engine->shape.words;
    switch (mine->table.kind) {
    case BITS:
        return keep_from(worker, mine, states, from, count, BITS, 1);
    case NARROW:
        return keep_from(worker, mine, states, from, count, NARROW, 1);
    case RESTS4:
        return keep_from(worker, mine, states, from, count, RESTS4, 1);
    case RESTS5:
        return keep_from(worker, mine, states, from, count, RESTS5, 1);
    case RESTS6:
        return keep_from(worker, mine, states, from, count, RESTS6, 1);
    case RESTS7:
        return keep_from(worker, mine, states, from, count, RESTS7, 1);
    default:
        if (words == 1)
            return keep_from(worker, mine, states, from, count, WORDS, 1);
        if (words == 2)
            return keep_from(worker, mine, states, from, count, WORDS, 2);
        if (words == 3)
            return keep_from(worker, mine, states, from, count, WORDS, 3);
        if (words == 4)
            return keep_from(worker, mine, states, from, count, WORDS, 4);
        return keep_from(worker, mine, states, from, count, WORDS, words);
    }
}

static void put(struct worker *worker, u64 *states, size_t count, enum task task)
{
    size_t done = 0;
    /* A table of bits needs no hashes, and a look at it takes no longer than one at what is recent. */
    if (task != KEEP || worker->engine->shards[worker->number].table.kind != BITS)
        count = prepare_states(worker, states, count, task);
    worker->engine->shards[worker->number].looked += count;
    while (done < count && worker->status == CUSTODY_DONE)
        done = keep_states(worker, states, done, count);
}

void keep_alone(struct worker *worker, u64 *states, size_t count)
{
    struct custody_engine *engine = worker->engine;
    u32 words = engine->shape.words, threads = engine->shape.threads;
    if (threads == 1) {
        put(worker, states, count, KEEP);
        return;
    }
    /* Nobody else runs, so this thread acts for the owner of each state; layers are small when this is used. */
    for (size_t k = 0; k < count && worker->status == CUSTODY_DONE; k++) {
        struct worker *owner =
            &engine->workers[owner_of(table_hash(states + k * words, engine->shape.bits, words), threads)];
        put(owner, states + k * words, 1, TAKE);
        worker->status = owner->status;
    }
}

void share(struct worker *worker, u64 *states, size_t count)
{
    struct custody_engine *engine = worker->engine;
    struct table *mine = &engine->shards[worker->number].table;
    put(worker, states, count, SHARE);
    /* Whoever has too much to do is waited for, by doing one's own.  Most often its table grows.  All tables are about
     * as full as one another, so this is the time to let one's own grow, too: later the others would wait for that. */
    for (u32 to = 0; to < engine->shape.threads; to++)
        while (atomic_load(&engine->workers[to].waiting) > WAITING && !receive(worker)) {
            const bool is_nearly_full = mine->kind != BITS && mine->count > mine->most - mine->most / NEARLY;
            if (!is_nearly_full || worker->status != CUSTODY_DONE)
                sched_yield();
            else if (!grow(mine, engine->shape.words))
                worker->status = CUSTODY_NO_MEMORY;
        }
}

bool receive(struct worker *worker)
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
            put(worker, batch->states, batch->count, TAKE);
        batch->next = worker->spare;
        worker->spare = batch;
        atomic_fetch_sub(&worker->waiting, 1);
        batch = next;
    }
    return any;
}
