/* What the parts of the graph's implementation share; nobody else includes this. */
#ifndef CUSTODY_GRAPH_INSIDE_H
#define CUSTODY_GRAPH_INSIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "graph.h"

struct graph {
    graph_arrays a;
    const _Atomic int32_t *stop;
    uint32_t pulse; /* counts the nodes that were looked at */
    int trouble;    /* why the last allocation failed */
    uint64_t bytes;
    uint64_t peak;
    uint64_t most;
    uint32_t *layer_ends; /* the first node beyond each depth */
    uint32_t layers;
    uint32_t layer_room;
    uint32_t *path_nodes; /* the path found last, with room for path_room */
    uint32_t *path_actions;
    uint64_t path_length;
    uint64_t path_room;
};

/* Memory for `count` things of `each` bytes, as it comes or all 0; null when there is none, then g->trouble says why. */
void *graph_take(graph *g, uint64_t count, size_t each);
void *graph_take_zero(graph *g, uint64_t count, size_t each);

/* The same things moved to where there is room for `count`; what was given is still there when it fails. */
void *graph_take_more(graph *g, void *old, uint64_t old_count, uint64_t count, size_t each);

/* Gives memory back; null is allowed. */
void graph_give(graph *g, void *memory);

/* Adds a step to the path. */
int graph_add_step(graph *g, uint32_t action, uint32_t node);

/* Turns round what the path has from `from` on. */
void graph_reverse_path(graph *g, uint64_t from);

/* Adds to the path, backwards, the way to `node` from where its search began, without that first node, which is given
   back; before[i] is the node before node i, and the first one comes before itself. */
int graph_add_way_back(graph *g, const uint32_t *before, uint32_t node, uint32_t *first);

/* To be called for each node that is looked at: whether to stop. */
static inline bool graph_must_stop(graph *g)
{
    if ((++g->pulse & 0xFFFFU) != 0 || g->stop == NULL) {
        return false;
    }
    return atomic_load_explicit(g->stop, memory_order_relaxed) != 0;
}

static inline bool graph_has(const uint8_t *set, uint32_t node)
{
    return ((unsigned)set[node >> 3] >> (node & 7U) & 1U) != 0;
}

static inline void graph_put(uint8_t *set, uint32_t node)
{
    set[node >> 3] = (uint8_t)((unsigned)set[node >> 3] | 1U << (node & 7U));
}

static inline size_t graph_set_bytes(const graph *g)
{
    return ((size_t)g->a.nodes + 7) / 8;
}

/* One number of an array of numbers of actions, which are of two bytes or of four. */
static inline uint32_t graph_action(const graph *g, const void *actions, uint64_t at)
{
    return g->a.action_bytes == 2 ? ((const uint16_t *)actions)[at] : ((const uint32_t *)actions)[at];
}

static inline uint32_t graph_edge_action(const graph *g, uint64_t edge)
{
    return graph_action(g, g->a.edge_actions, edge);
}

/* Where the broken actions of a node begin; those of the node after it begin where these end. */
static inline uint64_t graph_broken_from(const graph *g, uint64_t node)
{
    return g->a.broken_offsets == NULL ? 0 : g->a.broken_offsets[node];
}

/* Adds the promises to `asked` that have an action enabled in the node. */
static inline void graph_add_asked(const graph *g, const graph_promises *p, uint32_t node, uint64_t *asked)
{
    for (uint64_t e = g->a.offsets[node]; e < g->a.offsets[node + (uint64_t)1]; e++) {
        const uint64_t *keeps = p->keeps + (size_t)graph_edge_action(g, e) * p->words;
        for (uint32_t w = 0; w < p->words; w++) {
            asked[w] |= keeps[w];
        }
    }
    for (uint64_t b = graph_broken_from(g, node); b < graph_broken_from(g, node + (uint64_t)1); b++) {
        const uint64_t *keeps = p->keeps + (size_t)graph_action(g, g->a.broken_actions, b) * p->words;
        for (uint32_t w = 0; w < p->words; w++) {
            asked[w] |= keeps[w];
        }
    }
}

#endif
