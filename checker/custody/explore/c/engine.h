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
    CUSTODY_NO_DISK,       /* the file of states cannot be written or read, or is not what was written: likewise */
};

struct custody_count {
    u64 states;
    u64 expanded;
    u64 layers;      /* that have states; the last one may still grow */
    u64 frontier;    /* states that are not expanded yet */
    u64 bytes;       /* of memory */
    u64 orbit_states, orbit_transitions; /* where weighted */
};

/* NULL when there is no memory. */
struct custody_engine *custody_new(const struct custody_shape *shape, custody_expand *expand);
void custody_free(struct custody_engine *engine);

/* From now on, states beyond so many wait in files of a folder, which exists, and can be saved there. */
enum custody_status custody_use_files(struct custody_engine *engine, const char *folder, u64 resident_states);

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
    size_t count, room;
    u64 *before;               /* states */
    u64 *after;                /* states */
    struct custody_step *steps;
};

/* What tells steps apart; `canonical` is NULL where states stand for themselves, `turned` also where there are no
 * marks. */
struct custody_model {
    custody_steps *steps;
    custody_marks *marks;
    custody_canonical *canonical;
    custody_turned *turned;
    u32 mark_words;
    u32 mark_count;
};

/* The states of a layer that watch `watch` saw; with `of_steps` the steps from them that it saw. */
enum custody_status custody_find(struct custody_engine *engine, const struct custody_model *model, u64 layer,
                                 u32 watch, u32 of_steps, struct custody_found *found);
/* The steps from states of a layer into one of the `count` wanted states. */
enum custody_status custody_into(struct custody_engine *engine, const struct custody_model *model, u64 layer,
                                 const u64 *wanted, size_t count, struct custody_found *found);
void custody_found_free(struct custody_found *found);

/* From which states can some be reached that have a mark?  For up to eight marks at once, of a search that is done.
 *
 * Marks are passed backwards over the steps until nothing changes, one byte a state; steps are computed again rather
 * than stored.  From the deepest layer to the first, most states are settled in one or two rounds. */
struct custody_reach;

/* `first` is a multiple of eight.  The marks `first` to `first + count - 1`, which turn into each other and no others;
 * bit k of ends[a] says that a broken check of action a is as good as mark `first + k`.  NULL when there is no memory. */
struct custody_reach *custody_reach_new(struct custody_engine *engine, const struct custody_model *model, u32 first,
                                        u32 count, const unsigned char *ends);
void custody_reach_free(struct custody_reach *reach);
/* Goes on for about so many seconds: CUSTODY_PAUSED or CUSTODY_DONE, or what went wrong. */
enum custody_status custody_reach_run(struct custody_reach *reach, double seconds);
u64 custody_reach_bytes(const struct custody_reach *reach);
/* For each of the marks the first layer with a state from which none can be reached, or UINT64_MAX. */
enum custody_status custody_reach_first(struct custody_reach *reach, u64 *layers);
/* The states of a layer from which mark `first + mark` cannot be reached. */
enum custody_status custody_reach_find(struct custody_reach *reach, u64 layer, u32 mark, struct custody_found *found);

#endif
