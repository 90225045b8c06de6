/*
 * Round trips that keep all promises.
 *
 * From where it is, the trip goes on to the nearest step that keeps another promise, and home when there is none left
 * that it breaks.  Within a component that `graph_fair` found there always is such a step.
 */
#include "graph_inside.h"

#include <string.h>

typedef struct trip {
    graph *g;
    const graph_promises *p;
    const uint32_t *component;
    uint32_t start;
    uint32_t *before; /* GRAPH_NONE but for the nodes of the queue */
    uint32_t *queue;
    uint64_t *kept;   /* sets of promises: kept by the steps so far, */
    uint64_t *ever;   /* with an action enabled in some node of the way, */
    uint64_t *always; /* in each of them, */
    uint64_t *unkept; /* broken if the way ended here, */
    uint64_t *asked;  /* with an action enabled in the node at hand */
} trip;

/* Finds the promises that the way breaks so far, and says whether there are any. */
static bool find_unkept(trip *t)
{
    uint64_t any = 0;
    for (uint32_t w = 0; w < t->p->words; w++) {
        t->unkept[w] = ((t->p->strong[w] & t->ever[w]) | (t->p->weak[w] & t->always[w])) & ~t->kept[w];
        any |= t->unkept[w];
    }
    return any != 0;
}

static void ask(trip *t, uint32_t node)
{
    memset(t->asked, 0, t->p->words * sizeof *t->asked);
    graph_add_asked(t->g, t->p, node, t->asked);
}

/* Writes down that the way sees the node. */
static void see(trip *t, uint32_t node)
{
    ask(t, node);
    for (uint32_t w = 0; w < t->p->words; w++) {
        t->ever[w] |= t->asked[w];
        t->always[w] &= t->asked[w];
    }
}

/* Whether the step keeps a promise that is not kept yet: by its action, or by leading to where nothing is asked. */
static bool helps(trip *t, uint32_t action, uint32_t target, bool is_new)
{
    uint64_t waiting = 0;
    for (uint32_t w = 0; w < t->p->words; w++) {
        if ((t->p->keeps[(size_t)action * t->p->words + w] & t->unkept[w]) != 0) {
            return true;
        }
        waiting |= t->unkept[w] & t->p->weak[w];
    }
    if (waiting == 0 || !is_new) {
        /* What was reached before and did not help then does not help now. */
        return false;
    }
    ask(t, target);
    uint64_t silent = 0;
    for (uint32_t w = 0; w < t->p->words; w++) {
        silent |= t->unkept[w] & t->p->weak[w] & ~t->asked[w];
    }
    return silent != 0;
}

/* Adds the way to `last` and one step more to the path, which then has been seen. */
static int add_leg(trip *t, uint32_t last, uint32_t action, uint32_t target)
{
    graph *g = t->g;
    uint64_t from = g->path_length;
    uint32_t first = GRAPH_NONE;
    int status = graph_add_way_back(g, t->before, last, &first);
    graph_reverse_path(g, from);
    if (status == GRAPH_OK) {
        status = graph_add_step(g, action, target);
    }
    for (uint64_t i = from; status == GRAPH_OK && i < g->path_length; i++) {
        const uint64_t *keeps = t->p->keeps + (size_t)g->path_actions[i] * t->p->words;
        for (uint32_t w = 0; w < t->p->words; w++) {
            t->kept[w] |= keeps[w];
        }
        see(t, g->path_nodes[i]);
    }
    return status;
}

/* Goes on by the fewest steps, at least one, of which the last helps; when `homewards`, leads to the start. */
static int go_on(trip *t, uint32_t here, bool homewards)
{
    const graph_arrays *a = &t->g->a;
    const uint32_t component = t->component[t->start];
    uint32_t count = 0;
    int status = GRAPH_NO_WAY;
    t->before[here] = here;
    t->queue[count++] = here;
    for (uint32_t from = 0; status == GRAPH_NO_WAY && from < count; from++) {
        uint32_t node = t->queue[from];
        if (graph_must_stop(t->g)) {
            status = GRAPH_STOPPED;
            break;
        }
        for (uint64_t e = a->offsets[node]; e < a->offsets[node + (uint64_t)1]; e++) {
            uint32_t target = a->targets[e];
            if (t->component[target] != component) {
                continue;
            }
            bool is_new = t->before[target] == GRAPH_NONE;
            uint32_t action = graph_edge_action(t->g, e);
            if (homewards ? target == t->start : helps(t, action, target, is_new)) {
                status = add_leg(t, node, action, target);
                break;
            }
            if (is_new) {
                t->before[target] = node;
                t->queue[count++] = target;
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        t->before[t->queue[i]] = GRAPH_NONE;
    }
    return status;
}

static int travel(trip *t)
{
    graph *g = t->g;
    int status = graph_add_step(g, GRAPH_NONE, t->start);
    see(t, t->start);
    while (status == GRAPH_OK) {
        uint32_t here = g->path_nodes[g->path_length - 1];
        bool homewards = !find_unkept(t);
        if (homewards && here == t->start && g->path_length > 1) {
            break;
        }
        status = go_on(t, here, homewards);
    }
    return status;
}

int graph_round_trip(graph *g, const graph_promises *p, uint32_t start, const uint32_t *component)
{
    g->path_length = 0;
    if (start >= g->a.nodes || component[start] == GRAPH_NONE) {
        return GRAPH_NO_WAY;
    }
    trip t = {.g = g, .p = p, .component = component, .start = start};
    bool whole = (t.before = graph_take(g, g->a.nodes, sizeof *t.before)) != NULL &&
                 (t.queue = graph_take(g, g->a.nodes, sizeof *t.queue)) != NULL &&
                 (t.kept = graph_take_zero(g, (uint64_t)p->words * 5, sizeof *t.kept)) != NULL;
    int status = whole ? GRAPH_OK : g->trouble;
    if (whole) {
        t.ever = t.kept + p->words;
        t.always = t.ever + p->words;
        t.unkept = t.always + p->words;
        t.asked = t.unkept + p->words;
        memset(t.always, 0xFF, p->words * sizeof *t.always);
        memset(t.before, 0xFF, g->a.nodes * sizeof *t.before);
        status = travel(&t);
    }
    graph_give(g, t.before);
    graph_give(g, t.queue);
    graph_give(g, t.kept);
    return status;
}
