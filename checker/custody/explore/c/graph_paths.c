/*
 * The path that was found last, and stems.
 *
 * A breadth-first search remembers for each node only the one before it, and no search outlives its call.  The way
 * from a first state to some node needs not even that: nodes are numbered by depth, so the step into a node on a
 * shortest way comes from the layer before, which is looked through again when the path is written down.
 */
#include "graph_inside.h"

#include <string.h>

/* ------------------------------------------------------------------ layers */

/* The first node of a depth. */
static uint32_t layer_start(const graph *g, uint32_t depth)
{
    return depth == 0 ? 0 : g->layer_ends[depth - 1];
}

static uint32_t depth_of(const graph *g, uint32_t node)
{
    uint32_t low = 0;
    uint32_t high = g->layers;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (g->layer_ends[middle] <= node) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* ------------------------------------------------------------------ the path */

uint64_t graph_path_length(const graph *g)
{
    return g->path_length;
}

const uint32_t *graph_path_nodes(const graph *g)
{
    return g->path_nodes;
}

const uint32_t *graph_path_actions(const graph *g)
{
    return g->path_actions;
}

int graph_add_step(graph *g, uint32_t action, uint32_t node)
{
    if (g->path_length == g->path_room) {
        uint64_t room = g->path_room * 2 + 64;
        uint32_t *nodes = graph_take_more(g, g->path_nodes, g->path_length, room, sizeof *nodes);
        if (nodes == NULL) {
            return g->trouble;
        }
        g->path_nodes = nodes;
        uint32_t *actions = graph_take_more(g, g->path_actions, g->path_length, room, sizeof *actions);
        if (actions == NULL) {
            return g->trouble;
        }
        g->path_actions = actions;
        g->path_room = room;
    }
    g->path_nodes[g->path_length] = node;
    g->path_actions[g->path_length++] = action;
    return GRAPH_OK;
}

void graph_reverse_path(graph *g, uint64_t from)
{
    for (uint64_t i = from, j = g->path_length; i + 1 < j; i++) {
        j--;
        uint32_t node = g->path_nodes[i];
        uint32_t action = g->path_actions[i];
        g->path_nodes[i] = g->path_nodes[j];
        g->path_actions[i] = g->path_actions[j];
        g->path_nodes[j] = node;
        g->path_actions[j] = action;
    }
}

/* The first action that leads from one node to the other; GRAPH_NONE for none. */
static uint32_t step_between(const graph *g, uint32_t node, uint32_t target)
{
    for (uint64_t e = g->a.offsets[node]; e < g->a.offsets[node + (uint64_t)1]; e++) {
        if (g->a.targets[e] == target) {
            return graph_edge_action(g, e);
        }
    }
    return GRAPH_NONE;
}

int graph_add_way_back(graph *g, const uint32_t *before, uint32_t node, uint32_t *first)
{
    int status = GRAPH_OK;
    while (status == GRAPH_OK && before[node] != node) {
        status = graph_add_step(g, step_between(g, before[node], node), node);
        node = before[node];
    }
    *first = node;
    return status;
}

/* ------------------------------------------------------------------ stems */

/* Puts a node in front of the path, which is being written backwards, with all that lies between it and a first
   state. */
static int add_way_from_first(graph *g, uint32_t node)
{
    int status = graph_add_step(g, GRAPH_NONE, node);
    for (uint32_t depth = depth_of(g, node); status == GRAPH_OK && depth > 0; depth--) {
        uint32_t before = layer_start(g, depth - 1);
        uint32_t action = GRAPH_NONE;
        while ((action = step_between(g, before, node)) == GRAPH_NONE) {
            before++;
            if (graph_must_stop(g)) {
                return GRAPH_STOPPED;
            }
        }
        if (graph_must_stop(g)) {
            return GRAPH_STOPPED;
        }
        g->path_actions[g->path_length - 1] = action;
        node = before;
        status = graph_add_step(g, GRAPH_NONE, node);
    }
    return status;
}

typedef struct stem_search {
    graph *g;
    const uint8_t *inside;
    const uint8_t *goals;
    uint32_t *before; /* of the nodes reached without the goal; GRAPH_NONE for the others */
    uint32_t *queue;
    uint32_t count;
    uint32_t end; /* the first node of the goals that was reached */
} stem_search;

/* Notes that the node is reached, from the node before it. */
static void arrive(stem_search *s, uint32_t node, uint32_t before)
{
    if (s->before[node] == GRAPH_NONE && graph_has(s->inside, node)) {
        s->before[node] = before;
        s->queue[s->count++] = node;
        if (s->end == GRAPH_NONE && graph_has(s->goals, node)) {
            s->end = node;
        }
    }
}

/*
 * Layer by layer: what is reached after so many steps is reached from what was reached before, or it is an entry of
 * that depth.  That an entry is reached by the way from the first states at its depth is what breadth first means.
 */
static int find_stem(stem_search *s, const uint8_t *entries)
{
    graph *g = s->g;
    uint32_t from = 0;
    for (uint32_t depth = 0; s->end == GRAPH_NONE && (depth < g->layers || from < s->count); depth++) {
        uint32_t to = s->count;
        if (graph_must_stop(g)) {
            return GRAPH_STOPPED;
        }
        for (; from < to; from++) {
            uint32_t node = s->queue[from];
            if (graph_must_stop(g)) {
                return GRAPH_STOPPED;
            }
            for (uint64_t e = g->a.offsets[node]; e < g->a.offsets[node + (uint64_t)1]; e++) {
                arrive(s, g->a.targets[e], node);
            }
        }
        if (depth < g->layers) {
            for (uint32_t node = layer_start(g, depth); node < g->layer_ends[depth]; node++) {
                if (graph_has(entries, node)) {
                    arrive(s, node, node);
                }
            }
        }
    }
    return s->end == GRAPH_NONE ? GRAPH_NO_WAY : GRAPH_OK;
}

int graph_stem(graph *g, const uint8_t *entries, const uint8_t *inside, const uint8_t *goals)
{
    g->path_length = 0;
    stem_search s = {.g = g, .inside = inside, .goals = goals, .end = GRAPH_NONE};
    bool whole = (s.before = graph_take(g, g->a.nodes, sizeof *s.before)) != NULL &&
                 (s.queue = graph_take(g, g->a.nodes, sizeof *s.queue)) != NULL;
    int status = whole ? GRAPH_OK : g->trouble;
    if (whole) {
        memset(s.before, 0xFF, g->a.nodes * sizeof *s.before);
        status = find_stem(&s, entries);
    }
    uint32_t entry = GRAPH_NONE;
    if (status == GRAPH_OK) {
        status = graph_add_way_back(g, s.before, s.end, &entry);
    }
    if (status == GRAPH_OK) {
        status = add_way_from_first(g, entry);
        graph_reverse_path(g, 0);
    }
    graph_give(g, s.before);
    graph_give(g, s.queue);
    return status;
}
