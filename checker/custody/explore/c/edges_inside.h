/* What the files that make edges share; nobody else includes this. */
#ifndef CUSTODY_EDGES_INSIDE_H
#define CUSTODY_EDGES_INSIDE_H

#include <stdbool.h>

#include "edges.h"

/* An array that grows. */
struct list {
    void *items;
    size_t each;
    u64 count, room;
};

struct custody_edges {
    const struct custody_engine *engine;
    struct custody_model model;
    struct custody_shape shape;
    const _Atomic int32_t *stop;
    u64 bytes, peak, most;
    int trouble;        /* why the last allocation failed */
    u64 layers;
    u64 *layer_ends;    /* the first node beyond each layer */
    u32 nodes;
    u64 *states;        /* of all nodes, while steps are looked up */
    u32 *slots;         /* nodes by the hashes of their states, likewise; GRAPH_NONE where there is none */
    u64 capacity;
    u64 *offsets;
    struct list targets, actions;
    struct list broken_nodes, broken_actions;
    u64 *broken_offsets;
    graph_arrays arrays;
};

/* Memory for `count` things of `each` bytes; null when there is none, then edges->trouble says why. */
void *edges_take(struct custody_edges *edges, u64 count, size_t each);

/* Gives memory of that size back; null is allowed. */
void edges_give(struct custody_edges *edges, void *memory, u64 count, size_t each);

/* Makes room for so many items more; false when there is none. */
bool edges_reserve(struct custody_edges *edges, struct list *list, u64 more);

/* Gives back what the list does not need, and all that it has. */
void edges_trim(struct custody_edges *edges, struct list *list);
void edges_empty(struct custody_edges *edges, struct list *list);

/* Fills the arrays with the steps of all nodes, whose states are numbered. */
int edges_walk(struct custody_edges *edges);

static inline bool edges_must_stop(const struct custody_edges *edges)
{
    return edges->stop && atomic_load_explicit(edges->stop, memory_order_relaxed) != 0;
}

#endif
