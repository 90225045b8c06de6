/* The whole graph of a search that is done: its states numbered, their steps in the flat arrays of graph.h.
 *
 * States are numbered layer after layer, each in the order of custody_layer_read, so that the first states come first.
 * Steps of a state are in the order of their actions.  Knows nothing of properties or promises.
 *
 * Functions that can fail return a code of graph_status, or one of those below.
 */
#ifndef CUSTODY_EDGES_H
#define CUSTODY_EDGES_H

#include <stdatomic.h>

#include "engine.h"
#include "graph.h"

enum edges_status {
    EDGES_NO_DISK = 8,    /* the states of a layer cannot be read */
    EDGES_UNFINISHED = 9, /* a step leads to a state that the search has not found */
    EDGES_FOLDED = 10,    /* states stand for others: their graph would not be the whole one */
};

struct custody_edges;

/* Asks the model for the steps of all states.  The engine must stay as it is, and live, until the edges are freed.
 *
 * `stop`, which may be null, ends what is going on when another thread sets it to anything but 0; `most_bytes` is how
 * much memory may be used at once besides the engine's, 0 for no limit. */
int custody_edges_new(const struct custody_engine *engine, const struct custody_model *model,
                      const _Atomic int32_t *stop, u64 most_bytes, struct custody_edges **made);
/* Null is allowed. */
void custody_edges_free(struct custody_edges *edges);

/* The arrays, which live as long as the edges. */
const graph_arrays *custody_edges_arrays(const struct custody_edges *edges);

/* The memory that is used now, and the most that ever was. */
u64 custody_edges_bytes(const struct custody_edges *edges);
u64 custody_edges_peak_bytes(const struct custody_edges *edges);

/* Reads `count` states from node `from` on. */
int custody_edges_states(const struct custody_edges *edges, u32 from, size_t count, u64 *to);

/* Where each of the model's first `count` marks holds: a bit set of graph.h for each, one after the other in `sets`. */
int custody_edges_marks(struct custody_edges *edges, u32 count, uint8_t *sets);

#endif
