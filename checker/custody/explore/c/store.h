/* An append-only sequence of states in breadth-first order: in memory at first, in a file when it grows.
 *
 * One thread appends.  What was there when a round began may be read by all.  Only between rounds is memory given
 * back, so readers need no lock.
 */
#ifndef CUSTODY_STORE_H
#define CUSTODY_STORE_H

#include <stdbool.h>

#include "model.h"

struct store {
    unsigned words;    /* of a state */
    size_t per_chunk;  /* states */
    u64 count;         /* states in all */
    u64 *next;         /* where the next state goes */
    size_t room;       /* states that still fit behind it */
    u64 **chunks;      /* NULL where the chunk is in the file only */
    size_t resident;   /* chunks in memory */
    size_t first_kept; /* chunks below it are in the file */
    int file;          /* -1 while there is none */
    u64 saved;         /* the file holds the states below it */
    u64 checksum;      /* of what is saved */
    char *path;
};

bool store_open(struct store *store, unsigned words);
void store_close(struct store *store);

/* Where the file will be, once one is needed; before, everything stays in memory. */
bool store_use_file(struct store *store, const char *path);

/* Begins the next chunk when there is no `room`; false when there is no memory. */
bool store_extend(struct store *store);

/* Counts `states`, none or one, that was written to `next`.  There must be room for one. */
static inline void store_take(struct store *store, bool states, unsigned words)
{
    store->next += states * words;
    store->room -= states;
    store->count += states;
}

/* Up to `wanted` states from `index` on, which are all there, but no more than are in one chunk; `*got` says how many.
 * `buffer` has room for a chunk's states or `wanted`, and is used when they are in the file.  NULL when the file cannot
 * be read. */
const u64 *store_read(const struct store *store, u64 index, size_t wanted, u64 *buffer, size_t *got);

/* Writes full chunks to the file and gives their memory back, until at most `keep` are in memory. */
bool store_spill(struct store *store, size_t keep);

/* Makes the file hold everything up to `count`, also after the machine itself has stopped. */
bool store_flush(struct store *store);

/* Takes over the first `count` states of the file that a run before this one left. */
bool store_adopt(struct store *store, u64 count);

/* The checksum of some words that follow those of which `checksum` is; 0 at first. */
u64 store_checksum(u64 checksum, const u64 *words, size_t count);

/* Bytes in memory. */
u64 store_bytes(const struct store *store);

#endif
