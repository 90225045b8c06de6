/* What the engine's files know of each other and nobody else does. */
#ifndef CUSTODY_INSIDE_H
#define CUSTODY_INSIDE_H

#include <stdbool.h>

#include "engine.h"

/* A number for a known state: its shard's, and one below `custody_places` in that.  UINT64_MAX when it is not known. */
u64 custody_place(const struct custody_engine *engine, const u64 *state, u32 *shard);
u64 custody_places(const struct custody_engine *engine, u32 shard);

/* Adds what was found; `after` may be NULL.  False when there is no memory. */
bool custody_found_add(struct custody_found *found, u32 words, const u64 *before, const u64 *after, u32 action,
                       int32_t broken);

#endif
