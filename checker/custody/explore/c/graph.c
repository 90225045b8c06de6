/* Graphs as flat arrays: memory, the look at the caller's arrays, and what can be reached. */
#include "graph_inside.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ memory */

/* Stands before each piece of memory, so that giving it back can be counted too. */
typedef union header {
    uint64_t bytes;
    max_align_t aligned;
} header;

/* Whether so many bytes more may be used; writes them down if so. */
static bool may_take(graph *g, uint64_t count, size_t each, size_t *bytes)
{
    g->trouble = GRAPH_NO_MEMORY;
    if (count > (SIZE_MAX - sizeof(header)) / each) {
        return false;
    }
    *bytes = (size_t)count * each;
    if (g->most != 0 && (g->bytes > g->most || *bytes > g->most - g->bytes)) {
        g->trouble = GRAPH_OVER_LIMIT;
        return false;
    }
    return true;
}

static void *begin(graph *g, header *made, size_t bytes)
{
    if (made == NULL) {
        return NULL;
    }
    made->bytes = bytes;
    g->bytes += bytes;
    if (g->peak < g->bytes) {
        g->peak = g->bytes;
    }
    return made + 1;
}

void *graph_take(graph *g, uint64_t count, size_t each)
{
    size_t bytes = 0;
    return may_take(g, count, each, &bytes) ? begin(g, malloc(sizeof(header) + bytes), bytes) : NULL;
}

void *graph_take_zero(graph *g, uint64_t count, size_t each)
{
    size_t bytes = 0;
    return may_take(g, count, each, &bytes) ? begin(g, calloc(1, sizeof(header) + bytes), bytes) : NULL;
}

void *graph_take_more(graph *g, void *old, uint64_t old_count, uint64_t count, size_t each)
{
    void *made = graph_take(g, count, each);
    if (made != NULL && old != NULL) {
        memcpy(made, old, (size_t)old_count * each);
        graph_give(g, old);
    }
    return made;
}

void graph_give(graph *g, void *memory)
{
    if (memory != NULL) {
        header *made = (header *)memory - 1;
        g->bytes -= made->bytes;
        free(made);
    }
}

uint64_t graph_bytes(const graph *g)
{
    return g->bytes;
}

uint64_t graph_peak_bytes(const graph *g)
{
    return g->peak;
}

/* ------------------------------------------------------------------ opening and closing */

/* Whether the offsets go from 0 to `count` and never fall. */
static int check_offsets(graph *g, const uint64_t *offsets, uint64_t count)
{
    if (offsets[0] != 0 || offsets[g->a.nodes] != count) {
        return GRAPH_BAD_ARRAYS;
    }
    for (uint32_t node = 0; node < g->a.nodes; node++) {
        if (graph_must_stop(g)) {
            return GRAPH_STOPPED;
        }
        if (offsets[node] > offsets[node + (uint64_t)1]) {
            return GRAPH_BAD_ARRAYS;
        }
    }
    return GRAPH_OK;
}

/* Whether all of these are numbers of actions. */
static int check_actions(graph *g, const void *actions, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if ((i & 15U) == 0 && graph_must_stop(g)) {
            return GRAPH_STOPPED;
        }
        if (graph_action(g, actions, i) >= g->a.actions) {
            return GRAPH_BAD_ARRAYS;
        }
    }
    return GRAPH_OK;
}

static int check_arrays(graph *g)
{
    const graph_arrays *a = &g->a;
    if (a->nodes == GRAPH_NONE || a->actions == GRAPH_NONE) {
        return GRAPH_TOO_LARGE;
    }
    bool whole = a->offsets != NULL && (a->edges == 0 || (a->targets != NULL && a->edge_actions != NULL)) &&
                 (a->broken == 0 || (a->broken_offsets != NULL && a->broken_actions != NULL));
    if (!whole || (a->action_bytes != 2 && a->action_bytes != 4) || a->initial > a->nodes) {
        return GRAPH_BAD_ARRAYS;
    }
    int status = check_offsets(g, a->offsets, a->edges);
    if (status == GRAPH_OK && a->broken_offsets != NULL) {
        status = check_offsets(g, a->broken_offsets, a->broken);
    }
    if (status == GRAPH_OK) {
        status = check_actions(g, a->edge_actions, a->edges);
    }
    return status == GRAPH_OK ? check_actions(g, a->broken_actions, a->broken) : status;
}

static int add_layer(graph *g, uint32_t end)
{
    if (g->layers == g->layer_room) {
        uint32_t room = g->layer_room < GRAPH_NONE / 2 ? g->layer_room * 2 + 64 : GRAPH_NONE;
        uint32_t *more = graph_take_more(g, g->layer_ends, g->layers, room, sizeof *more);
        if (more == NULL) {
            return g->trouble;
        }
        g->layer_ends = more;
        g->layer_room = room;
    }
    g->layer_ends[g->layers++] = end;
    return GRAPH_OK;
}

/* Finds where each depth ends, and that the nodes are numbered by depth; `seen` is an empty set. */
static int find_layers(graph *g, uint8_t *seen)
{
    const graph_arrays *a = &g->a;
    uint32_t from = 0;
    uint32_t end = a->initial;
    while (from < end) {
        int status = add_layer(g, end);
        if (status != GRAPH_OK) {
            return status;
        }
        uint32_t next = end;
        for (uint32_t node = from; node < end; node++) {
            if (graph_must_stop(g)) {
                return GRAPH_STOPPED;
            }
            for (uint64_t e = a->offsets[node]; e < a->offsets[node + (uint64_t)1]; e++) {
                uint32_t target = a->targets[e];
                if (target >= a->nodes) {
                    return GRAPH_BAD_ARRAYS;
                }
                if (target >= end) {
                    graph_put(seen, target);
                    next = next > target ? next : target + 1;
                }
            }
        }
        for (uint32_t node = end; node < next; node++) {
            if (!graph_has(seen, node)) {
                return GRAPH_NOT_BREADTH_FIRST;
            }
        }
        from = end;
        end = next;
    }
    return end == a->nodes ? GRAPH_OK : GRAPH_NOT_BREADTH_FIRST;
}

int graph_open(const graph_arrays *arrays, const _Atomic int32_t *stop, uint64_t most_bytes, graph **made)
{
    *made = NULL;
    graph *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return GRAPH_NO_MEMORY;
    }
    g->a = *arrays;
    g->stop = stop;
    g->most = most_bytes;
    int status = check_arrays(g);
    if (status == GRAPH_OK) {
        uint8_t *seen = graph_take_zero(g, graph_set_bytes(g), 1);
        status = seen == NULL ? g->trouble : find_layers(g, seen);
        graph_give(g, seen);
    }
    if (status != GRAPH_OK) {
        graph_close(g);
        return status;
    }
    *made = g;
    return GRAPH_OK;
}

void graph_close(graph *g)
{
    if (g != NULL) {
        graph_give(g, g->layer_ends);
        graph_give(g, g->path_nodes);
        graph_give(g, g->path_actions);
        free(g);
    }
}

/* ------------------------------------------------------------------ reaching */

int graph_reach(graph *g, const uint8_t *seeds, const uint8_t *within, uint8_t *reached)
{
    const uint64_t *offsets = g->a.offsets;
    const uint32_t *targets = g->a.targets;
    memset(reached, 0, graph_set_bytes(g));
    /* Each node is put on the stack once at most. */
    uint32_t *stack = graph_take(g, g->a.nodes, sizeof *stack);
    if (stack == NULL) {
        return g->trouble;
    }
    int status = GRAPH_OK;
    uint32_t height = 0;
    for (uint32_t seed = 0; status == GRAPH_OK && seed < g->a.nodes; seed++) {
        if (!graph_has(seeds, seed) || (within != NULL && !graph_has(within, seed)) || graph_has(reached, seed)) {
            continue;
        }
        graph_put(reached, seed);
        stack[height++] = seed;
        while (height > 0) {
            uint32_t node = stack[--height];
            if (graph_must_stop(g)) {
                status = GRAPH_STOPPED;
                break;
            }
            for (uint64_t e = offsets[node]; e < offsets[node + (uint64_t)1]; e++) {
                uint32_t target = targets[e];
                if (!graph_has(reached, target) && (within == NULL || graph_has(within, target))) {
                    graph_put(reached, target);
                    stack[height++] = target;
                }
            }
        }
    }
    graph_give(g, stack);
    return status;
}
