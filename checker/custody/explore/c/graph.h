/*
 * Analyses of a whole reachable graph, kept as flat arrays: what liveness needs, for graphs of many millions of nodes.
 *
 * Knows numbers only: nodes, actions, promises.  What a state is, what a property says and how a graph comes about
 * is the caller's business.
 *
 * Every function that can fail returns one of the codes of `graph_status`.  There are no globals, so that any number
 * of graphs can be used side by side; one graph serves one thread at a time.  Nothing recurses.
 *
 * A bit set has one bit for each node: node i is bit i % 8 of byte i / 8, in (nodes + 7) / 8 bytes.  What the last
 * byte has beyond the last node is not looked at, and is 0 in the sets that are given back.
 */
#ifndef CUSTODY_GRAPH_H
#define CUSTODY_GRAPH_H

#include <stdatomic.h>
#include <stdint.h>

/* How a call ended. */
enum graph_status {
    GRAPH_OK = 0,
    GRAPH_NO_WAY = 1,            /* there is no such path */
    GRAPH_STOPPED = 2,           /* the stop flag was set */
    GRAPH_NO_MEMORY = 3,         /* the system has none left */
    GRAPH_OVER_LIMIT = 4,        /* more memory than the graph may use */
    GRAPH_BAD_ARRAYS = 5,        /* offsets that fall, a node or an action that does not exist */
    GRAPH_NOT_BREADTH_FIRST = 6, /* the numbers of the nodes are not those of a breadth-first search */
    GRAPH_TOO_LARGE = 7          /* the numbers of nodes or components do not fit */
};

/* No node, no action, no component. */
#define GRAPH_NONE UINT32_MAX

/*
 * The graph itself.  The arrays are the caller's; they must stay as they are while the graph is used.
 *
 * Nodes are numbered breadth first, the first states first, so that the nodes of each depth follow one another.  The
 * steps of node i are offsets[i] to offsets[i + 1] of `targets` and `edge_actions`; the actions that are enabled in
 * it but break a check, and so have no node after them, are broken_offsets[i] to broken_offsets[i + 1] of
 * `broken_actions`.
 */
typedef struct graph_arrays {
    uint32_t nodes;
    uint32_t initial;      /* how many of the nodes are first states */
    uint32_t actions;      /* how many actions there are */
    uint32_t action_bytes; /* 2 or 4: the width of the numbers of actions */
    uint64_t edges;
    uint64_t broken;
    const uint64_t *offsets;        /* nodes + 1 */
    const uint32_t *targets;        /* edges */
    const void *edge_actions;       /* edges */
    const uint64_t *broken_offsets; /* nodes + 1; may be null when nothing is broken */
    const void *broken_actions;     /* broken */
} graph_arrays;

/*
 * Promises of fairness, as sets of bits in `words` words of 64.
 *
 * keeps[a * words + w] has the promises that action a keeps; `strong` and `weak` say which promise is which.
 */
typedef struct graph_promises {
    uint32_t words;
    const uint64_t *keeps;
    const uint64_t *strong;
    const uint64_t *weak;
} graph_promises;

typedef struct graph graph;

/*
 * Looks at the arrays once and makes a graph of them.
 *
 * `stop`, which may be null, is looked at every 2^16 nodes: when another thread sets it to anything but 0, whatever
 * is going on ends with GRAPH_STOPPED.  `most_bytes` is how much memory may be used at once, 0 for no limit.
 */
int graph_open(const graph_arrays *arrays, const _Atomic int32_t *stop, uint64_t most_bytes, graph **made);

/* Gives back all memory; null is allowed. */
void graph_close(graph *g);

/* How much memory the graph uses now, and the most it ever used, without the caller's arrays. */
uint64_t graph_bytes(const graph *g);
uint64_t graph_peak_bytes(const graph *g);

/*
 * The nodes that can be reached from the seeds by nodes of `within` only (null: all); the seeds themselves count where
 * they are within.
 */
int graph_reach(graph *g, const uint8_t *seeds, const uint8_t *within, uint8_t *reached);

/* The nodes of the region where a run may stand still for ever: no promise has an action enabled. */
int graph_still(graph *g, const graph_promises *p, const uint8_t *region, uint8_t *still);

/*
 * The largest sets of nodes in which a run can go round for ever, without leaving the region and keeping all promises.
 *
 * `home` has the nodes of all these sets, component[i] the number of the set of node i, GRAPH_NONE outside of them.
 * `components` is how many there are; their numbers are not consecutive.
 */
int graph_fair(graph *g, const graph_promises *p, const uint8_t *region, uint8_t *home, uint32_t *component,
               uint32_t *components);

/*
 * Paths.  Each of these functions leaves its path in the graph, until the next one is asked for; GRAPH_NO_WAY when
 * there is none.  A path is a list of nodes, each with the action that led to it, GRAPH_NONE for the first.
 */

/*
 * The shortest way from a first state to a node of `goals` that comes by a node of `entries` and from there on, this
 * node included, stays within `inside`.
 */
int graph_stem(graph *g, const uint8_t *entries, const uint8_t *inside, const uint8_t *goals);

/*
 * A way from `start` round and back to it, of one step at least, within its component as `graph_fair` found it, on
 * which all promises are kept.  It is short, not shortest: it always goes on to the nearest step that keeps another.
 */
int graph_round_trip(graph *g, const graph_promises *p, uint32_t start, const uint32_t *component);

/* The path that was found last. */
uint64_t graph_path_length(const graph *g);
const uint32_t *graph_path_nodes(const graph *g);
const uint32_t *graph_path_actions(const graph *g);

#endif
