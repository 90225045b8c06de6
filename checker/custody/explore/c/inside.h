/* What the engine's files know of each other and nobody else does. */
#ifndef CUSTODY_INSIDE_H
#define CUSTODY_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "engine.h"
#include "store.h"
#include "table.h"

enum {
    BLOCK = 1 << 10,       /* states expanded together, at most */
    RECENT_BITS = 14,
    BATCH = 1 << 11,       /* states sent to another thread together */
};

struct batch {
    struct batch *next;
    size_t count;
    u64 states[];
};

/* Shards and workers begin at this multiple: a line of the cache that one thread writes is nobody else's, nor is the
 * one that the processor reads along with it. */
enum { APART = 128 };

struct shard {
    _Alignas(APART) struct table table;
    struct store store;
    u64 *ends; /* of the layers, as counts of the store */
    size_t layers, room;
    u64 looked; /* states that were looked for */
    _Alignas(APART) _Atomic u64 cursor; /* the next state to expand; below `ends` of the layer that is expanded */
};

struct worker {
    _Alignas(APART) struct custody_engine *engine;
    u32 number;
    u64 bytes; /* of the batches that it made; what else it has is little, and the same in every search */
    struct tally tally;
    u64 *out, *block, *hashes;
    u64 *recent; /* states that were seen a moment ago, by the first bits of their hash; zeros at first */
    struct batch **outgoing; /* one for each thread, being filled */
    struct batch *spare;     /* to be filled again */
    pthread_t thread;
    _Alignas(APART) pthread_mutex_t lock;
    struct batch *inbox; /* under `lock` */
    _Atomic size_t waiting;
    _Alignas(APART) enum custody_status status;
};

struct custody_engine {
    struct custody_shape shape;
    custody_expand *expand;
    size_t block;     /* states expanded together */
    size_t keep;      /* chunks of a store that stay in memory */
    u64 layer;        /* the layer that is expanded */
    u64 expanded;
    u64 *first, *bad; /* for each watch the layer; what was seen before this round */
    struct shard *shards;
    struct worker *workers;
    pthread_mutex_t lock; /* of the four below */
    pthread_cond_t begun, ended;
    u64 rounds;           /* that threads were asked to take part in */
    u32 working, started; /* threads beside the caller's: in this round, and at all */
    bool leave;
    _Atomic bool pause, full;
    _Atomic u32 producing;
    _Atomic u64 states, bytes;
    u64 max_states, max_bytes;
    double deadline;
};

static inline size_t words_for(u32 bits)
{
    return bits / 64 + 1;
}

/* Which shard a state belongs to, by its `table_hash`, of which the upper bits choose the bucket. */
static inline u32 owner_of(u64 hash, u32 threads)
{
    return (u32)(((hash * 0x9e3779b97f4a7c15u >> 32) * threads) >> 32);
}

/* What a shard and its worker have in memory. */
static inline u64 bytes_of(const struct custody_engine *engine, u32 number)
{
    const struct shard *shard = &engine->shards[number];
    const struct worker *worker = &engine->workers[number];
    return shard->table.bytes + store_bytes(&shard->store) + shard->room * sizeof(u64) + worker->bytes;
}

/* keep.c: puts states where they belong, as far as they are new.  `states` is used up. */
void keep_alone(struct worker *worker, u64 *states, size_t count);
/* Likewise, sending to other threads what is theirs. */
void share(struct worker *worker, u64 *states, size_t count);
/* Sends what is still waiting to be sent. */
void send_rest(struct worker *worker);
/* Puts states that are in the store already into the table. */
enum custody_status keep_known(struct shard *shard, u32 words, const u64 *states, size_t count);
/* Takes what others have sent; false when there was nothing. */
bool receive(struct worker *worker);

/* engine.c */
bool begin_layer(struct shard *shard);
void count_up(struct custody_engine *engine);

/* A number for a known state: its shard's, and one below `custody_places` in that.  UINT64_MAX when it is not known. */
u64 custody_place(const struct custody_engine *engine, const u64 *state, u32 *shard);
u64 custody_places(const struct custody_engine *engine, u32 shard);

/* Adds what was found; `after` may be NULL.  False when there is no memory. */
bool custody_found_add(struct custody_found *found, u32 words, const u64 *before, const u64 *after, u32 action,
                       int32_t broken);

#endif
