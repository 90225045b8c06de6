/*
 * Shortest ways with the fewest changes of actor.
 *
 * Kept for each node: the fewest changes of actor on a shortest way to it, and the actors that can be the last on
 * such a way.  Nothing else is needed to go on: for an actor who cannot, no way is better than the best of all ways
 * and one change more.
 */
#include "graph_inside.h"

#include <string.h>

typedef struct last_actors {
    graph *g;
    const uint32_t *actors;
    uint32_t words;
    uint32_t *changes;
    uint64_t *last; /* `words` words for each node */
} last_actors;

static bool can_be_last(const last_actors *s, uint32_t node, uint32_t actor)
{
    return (s->last[(size_t)node * s->words + actor / 64] >> (actor % 64) & 1U) != 0;
}

/* The changes on the best way over this step. */
static uint32_t changes_over(const last_actors *s, uint32_t node, uint32_t actor)
{
    return s->changes[node] + !can_be_last(s, node, actor);
}

/* Goes on from each layer to the one after it, up to `layer`. */
static int spread(last_actors *s, uint32_t layer)
{
    const graph_arrays *a = &s->g->a;
    for (uint32_t depth = 0; depth < layer; depth++) {
        const uint32_t next = s->g->layer_ends[depth];
        for (uint32_t node = graph_layer_start(s->g, depth); node < next; node++) {
            if (graph_must_stop(s->g)) {
                return GRAPH_STOPPED;
            }
            for (uint64_t e = a->offsets[node]; e < a->offsets[node + (uint64_t)1]; e++) {
                uint32_t target = a->targets[e];
                if (target < next) {
                    continue;
                }
                uint32_t actor = s->actors[graph_edge_action(s->g, e)];
                uint32_t changes = changes_over(s, node, actor);
                uint64_t *last = s->last + (size_t)target * s->words;
                if (changes < s->changes[target]) {
                    s->changes[target] = changes;
                    memset(last, 0, s->words * sizeof *last);
                }
                if (changes == s->changes[target]) {
                    last[actor / 64] |= (uint64_t)1 << (actor % 64);
                }
            }
        }
    }
    return GRAPH_OK;
}

static uint32_t some_last(const last_actors *s, uint32_t node)
{
    uint32_t actor = 0;
    while (!can_be_last(s, node, actor)) {
        actor++;
    }
    return actor;
}

/* Finds a step into the node, by the actor, on a best way; adds it and says where it comes from. */
static int step_back(last_actors *s, uint32_t node, uint32_t actor, uint32_t depth, uint32_t *found)
{
    graph *g = s->g;
    for (uint32_t before = graph_layer_start(g, depth - 1); before < g->layer_ends[depth - 1]; before++) {
        if (graph_must_stop(g)) {
            return GRAPH_STOPPED;
        }
        for (uint64_t e = g->a.offsets[before]; e < g->a.offsets[before + (uint64_t)1]; e++) {
            uint32_t action = graph_edge_action(g, e);
            if (g->a.targets[e] == node && s->actors[action] == actor &&
                changes_over(s, before, actor) == s->changes[node]) {
                *found = before;
                return graph_add_step(g, action, node);
            }
        }
    }
    return GRAPH_NO_WAY;
}

static int read_off(last_actors *s, uint32_t node, uint32_t depth)
{
    uint32_t actor = some_last(s, node);
    for (; depth > 0; depth--) {
        int status = step_back(s, node, actor, depth, &node);
        if (status != GRAPH_OK) {
            return status;
        }
        actor = can_be_last(s, node, actor) ? actor : some_last(s, node);
    }
    int status = graph_add_step(s->g, GRAPH_NONE, node);
    graph_reverse_path(s->g, 0);
    return status;
}

int graph_shortest(graph *g, const uint8_t *goals, const uint32_t *actors, uint32_t count)
{
    g->path_length = 0;
    uint32_t first = 0;
    while (first < g->a.nodes && !graph_has(goals, first)) {
        first++;
    }
    if (first == g->a.nodes) {
        return GRAPH_NO_WAY;
    }
    uint32_t depth = graph_depth(g, first);
    uint32_t end = g->layer_ends[depth];
    last_actors s = {.g = g, .actors = actors, .words = count / 64 + 1};
    bool whole = (s.changes = graph_take(g, end, sizeof *s.changes)) != NULL &&
                 (s.last = graph_take(g, (uint64_t)end * s.words, sizeof *s.last)) != NULL;
    int status = whole ? GRAPH_OK : g->trouble;
    if (whole) {
        /* Whoever comes first has changed nothing: in a first state, everybody is as good as the last. */
        memset(s.changes, 0xFF, end * sizeof *s.changes);
        memset(s.changes, 0, g->a.initial * sizeof *s.changes);
        memset(s.last, 0xFF, (size_t)g->a.initial * s.words * sizeof *s.last);
        status = spread(&s, depth);
    }
    if (status == GRAPH_OK) {
        uint32_t best = first;
        for (uint32_t node = first; node < end; node++) {
            if (graph_has(goals, node) && s.changes[node] < s.changes[best]) {
                best = node;
            }
        }
        status = read_off(&s, best, depth);
    }
    graph_give(g, s.changes);
    graph_give(g, s.last);
    return status;
}
