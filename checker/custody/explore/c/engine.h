/* Breadth-first search over all reachable states, in rounds.
 *
 * States live in one shard for each thread, chosen by their hash: a table of what is known, and a store of the states
 * in the order in which they were found.  A round expands states of the present layer until it is done or time is up;
 * between rounds nothing runs, every successor of an expanded state is known, and the caller may look, save or stop.
 */
#ifndef CUSTODY_ENGINE_H
#define CUSTODY_ENGINE_H

#include "model.h"

struct custody_engine;

struct custody_shape {
    u32 words;    /* of a state */
    u32 bits;     /* that are used in all */
    u32 actions;
    u32 watches;  /* bits of tally.bad */
    u32 premises; /* bits of tally.held */
    u32 threads;
    u32 weighted; /* states stand for orbits: tally.states and tally.transitions count */
};

enum custody_status {
    CUSTODY_DONE,          /* every reachable state was expanded */
    CUSTODY_PAUSED,        /* time is up */
    CUSTODY_MAX_STATES,
    CUSTODY_MAX_MEMORY,
    CUSTODY_NO_MEMORY,     /* the system gave no more: the search cannot go on from here */
    CUSTODY_NO_DISK,       /* the file of states cannot be written or read: likewise */
};

struct custody_count {
    u64 states;
    u64 expanded;
    u64 layers;      /* that have states; the last one may still grow */
    u64 frontier;    /* states that are not expanded yet */
    u64 bytes;       /* of memory */
    u64 orbit_states, orbit_transitions; /* where weighted */
};

/* `folder` is where states go that memory need not hold; NULL keeps all in memory.  NULL when there is no memory. */
struct custody_engine *custody_new(const struct custody_shape *shape, custody_expand *expand, const char *folder,
                                   u64 resident_states);
void custody_free(struct custody_engine *engine);

/* Adds first states. */
enum custody_status custody_seed(struct custody_engine *engine, const u64 *states, size_t count);

/* Goes on for about so many seconds.  0 is no limit for states and bytes. */
enum custody_status custody_run(struct custody_engine *engine, double seconds, u64 max_states, u64 max_bytes);

struct custody_shape custody_shape_of(const struct custody_engine *engine);
void custody_counts(const struct custody_engine *engine, struct custody_count *count);
/* How often each action fired, the words of the premises that held, and for each watch the layer in which it was first
 * seen, or UINT64_MAX. */
void custody_seen(const struct custody_engine *engine, u64 *fired, u64 *held, u64 *first);

u64 custody_layer_size(const struct custody_engine *engine, u64 layer);
/* Copies up to `room` states of a layer from number `from` on; returns how many, or SIZE_MAX when they cannot be read. */
size_t custody_layer_read(const struct custody_engine *engine, u64 layer, u64 from, u64 *to, size_t room);

/* Writes all states to the files, and where the search stands to `to`, at most `room` words; returns the words that
 * are needed, or 0 when the files cannot be written. */
size_t custody_save(struct custody_engine *engine, u64 *to, size_t room);
/* Takes over the files of an earlier run that saved `from`; the engine is new and of the same shape. */
enum custody_status custody_load(struct custody_engine *engine, const u64 *from, size_t words);

/* A step that was looked for. Where `broken` is not -1 there is no state after it. */
struct custody_step {
    u32 action;
    int32_t broken;
};

struct custody_found {
    size_t count;
    u64 *before;               /* states */
    u64 *after;                /* states */
    struct custody_step *steps;
};

/* The states of a layer that watch `watch` saw; with `of_steps` the steps from them that it saw. */
enum custody_status custody_find(struct custody_engine *engine, custody_steps *steps, u64 layer, u32 watch,
                                 u32 of_steps, struct custody_found *found);
/* The steps from states of a layer into one of the `count` wanted states. */
enum custody_status custody_into(struct custody_engine *engine, custody_steps *steps, u64 layer, const u64 *wanted,
                                 size_t count, struct custody_found *found);
void custody_found_free(struct custody_found *found);

#endif
