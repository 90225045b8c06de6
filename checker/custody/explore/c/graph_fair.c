/*
 * Where a run that keeps its promises of fairness can stay for ever.
 *
 * A weak promise is kept by taking one of its actions again and again, or by having none of them enabled again and
 * again; a strong one by taking one again and again, or by having none enabled from some time on.
 *
 * Strongly connected components (R. Tarjan: Depth-first search and linear graph algorithms, SIAM Journal on Computing
 * 1, 1972) are found within parts of the graph; at first the region is the only part.  A component that enables a
 * strong promise which it never takes loses the nodes that do so, and what is left of it is a part of its own, to be
 * looked at again (O. Lichtenstein, A. Pnueli: Checking that finite state concurrent programs satisfy their linear
 * specification, POPL 1985).  The promise is never met again in what is left, so no node is looked at more often than
 * there are strong promises, and once more.
 */
#include "graph_inside.h"

#include <string.h>

/* What is known of a node; together, since they are always asked for together. */
typedef struct mark {
    uint32_t part; /* the number of its part, GRAPH_NONE when it is in none */
    uint32_t low;  /* the lowest place on the stack that it leads to; GRAPH_NONE while it was not visited */
} mark;

typedef struct search {
    graph *g;
    const graph_promises *p;
    mark *marks;
    uint32_t *stack; /* visited nodes whose component is not known yet */
    uint32_t *way;   /* the nodes from the root to where the search is, */
    uint64_t *edge;  /* and for each the step that it looks at */
    uint32_t height; /* of the stack */
    uint32_t length; /* of the way */
    uint32_t next_part;
    uint32_t found;
    uint32_t again_from; /* the lowest node that is to be visited again, GRAPH_NONE for none */
    uint64_t *taken;     /* sets of promises: kept by steps within the component, */
    uint64_t *ever;      /* with an action enabled in some node of it, */
    uint64_t *always;    /* in each of them, */
    uint64_t *asked;     /* in the node at hand */
} search;

/* Gives the nodes a new part and says whether there is a step from one to another. */
static bool is_round(search *s, const uint32_t *nodes, uint32_t count, uint32_t part)
{
    const graph_arrays *a = &s->g->a;
    for (uint32_t i = 0; i < count; i++) {
        s->marks[nodes[i]].part = part;
    }
    if (count > 1) {
        return true;
    }
    for (uint64_t e = a->offsets[nodes[0]]; e < a->offsets[nodes[0] + (uint64_t)1]; e++) {
        if (a->targets[e] == nodes[0]) {
            return true;
        }
    }
    return false;
}

/* Finds the promises that the component keeps by steps within it, and those that it asks for. */
static int ask_component(search *s, const uint32_t *nodes, uint32_t count, uint32_t part)
{
    const graph_arrays *a = &s->g->a;
    const uint32_t words = s->p->words;
    memset(s->taken, 0, words * sizeof *s->taken);
    memset(s->ever, 0, words * sizeof *s->ever);
    memset(s->always, 0xFF, words * sizeof *s->always);
    for (uint32_t i = 0; i < count; i++) {
        if (graph_must_stop(s->g)) {
            return GRAPH_STOPPED;
        }
        memset(s->asked, 0, words * sizeof *s->asked);
        graph_add_asked(s->g, s->p, nodes[i], s->asked);
        uint64_t news = 0;
        for (uint32_t w = 0; w < words; w++) {
            s->ever[w] |= s->asked[w];
            s->always[w] &= s->asked[w];
            news |= s->asked[w] & ~s->taken[w];
        }
        if (news == 0) {
            continue;
        }
        for (uint64_t e = a->offsets[nodes[i]]; e < a->offsets[nodes[i] + (uint64_t)1]; e++) {
            const uint64_t *keeps = s->p->keeps + (size_t)graph_edge_action(s->g, e) * words;
            uint64_t new_here = 0;
            for (uint32_t w = 0; w < words; w++) {
                new_here |= keeps[w] & ~s->taken[w];
            }
            if (new_here != 0 && s->marks[a->targets[e]].part == part) {
                for (uint32_t w = 0; w < words; w++) {
                    s->taken[w] |= keeps[w];
                }
            }
        }
    }
    return GRAPH_OK;
}

/* Takes out the nodes that enable a strong promise which the component never takes; the others are to be visited
   again. */
static int prune(search *s, const uint32_t *nodes, uint32_t count)
{
    const uint32_t words = s->p->words;
    for (uint32_t i = 0; i < count; i++) {
        if (graph_must_stop(s->g)) {
            return GRAPH_STOPPED;
        }
        memset(s->asked, 0, words * sizeof *s->asked);
        graph_add_asked(s->g, s->p, nodes[i], s->asked);
        uint64_t refused = 0;
        for (uint32_t w = 0; w < words; w++) {
            refused |= s->asked[w] & s->p->strong[w] & ~s->taken[w];
        }
        if (refused != 0) {
            s->marks[nodes[i]].part = GRAPH_NONE;
        } else {
            s->marks[nodes[i]].low = GRAPH_NONE;
            s->again_from = s->again_from < nodes[i] ? s->again_from : nodes[i];
        }
    }
    return GRAPH_OK;
}

/* Decides about one component: fair, never fair, or to be looked at again without some of its nodes. */
static int settle(search *s, const uint32_t *nodes, uint32_t count)
{
    if (s->next_part == GRAPH_NONE) {
        return GRAPH_TOO_LARGE;
    }
    uint32_t part = s->next_part++;
    bool fair = is_round(s, nodes, count, part);
    if (fair) {
        int status = ask_component(s, nodes, count, part);
        if (status != GRAPH_OK) {
            return status;
        }
        uint64_t refused = 0;
        uint64_t unkept = 0;
        for (uint32_t w = 0; w < s->p->words; w++) {
            refused |= s->ever[w] & s->p->strong[w] & ~s->taken[w];
            unkept |= s->always[w] & s->p->weak[w] & ~s->taken[w];
        }
        if (refused != 0) {
            return prune(s, nodes, count);
        }
        fair = unkept == 0;
    }
    if (fair) {
        s->found++;
    } else {
        for (uint32_t i = 0; i < count; i++) {
            s->marks[nodes[i]].part = GRAPH_NONE;
        }
        s->next_part = part;
    }
    return GRAPH_OK;
}

static void enter(search *s, uint32_t node)
{
    const graph_arrays *a = &s->g->a;
    s->marks[node].low = s->height;
    s->stack[s->height++] = node;
    s->way[s->length] = node;
    s->edge[s->length++] = a->offsets[node];
}

/* Visits everything that can be reached from the root within its part. */
static int visit(search *s, uint32_t root)
{
    const graph_arrays *a = &s->g->a;
    mark *marks = s->marks;
    enter(s, root);
    while (s->length > 0) {
        uint32_t node = s->way[s->length - 1];
        uint64_t e = s->edge[s->length - 1];
        const uint64_t end = a->offsets[node + (uint64_t)1];
        const uint32_t part = marks[node].part;
        uint32_t low = marks[node].low;
        /* A target of the same part is on the stack or not visited: settled components are parts of their own. */
        for (; e < end; e++) {
            mark target = marks[a->targets[e]];
            if (target.part != part) {
                continue;
            }
            if (target.low == GRAPH_NONE) {
                break;
            }
            low = target.low < low ? target.low : low;
        }
        marks[node].low = low;
        if (e < end) {
            /* On coming back this step is looked at once more: by then the target has its final `low`. */
            s->edge[s->length - 1] = e;
            if (graph_must_stop(s->g)) {
                return GRAPH_STOPPED;
            }
            enter(s, a->targets[e]);
            continue;
        }
        s->length--;
        if (s->stack[low] == node) {
            uint32_t count = s->height - low;
            s->height = low;
            int status = settle(s, s->stack + low, count);
            if (status != GRAPH_OK) {
                return status;
            }
        }
    }
    return GRAPH_OK;
}

static int run(search *s)
{
    s->again_from = 0;
    while (s->again_from != GRAPH_NONE) {
        uint32_t from = s->again_from;
        s->again_from = GRAPH_NONE;
        for (uint32_t node = from; node < s->g->a.nodes; node++) {
            if (s->marks[node].part != GRAPH_NONE && s->marks[node].low == GRAPH_NONE) {
                int status = visit(s, node);
                if (status != GRAPH_OK) {
                    return status;
                }
            }
        }
    }
    return GRAPH_OK;
}

int graph_fair(graph *g, const graph_promises *p, const uint8_t *region, uint8_t *home, uint32_t *component,
               uint32_t *components)
{
    const uint32_t nodes = g->a.nodes;
    uint32_t most = 0;
    for (uint32_t node = 0; node < nodes; node++) {
        most += graph_has(region, node);
    }
    search s = {.g = g, .p = p, .next_part = 1};
    bool whole = (s.marks = graph_take(g, nodes, sizeof *s.marks)) != NULL &&
                 (s.stack = graph_take(g, most, sizeof *s.stack)) != NULL &&
                 (s.way = graph_take(g, most, sizeof *s.way)) != NULL &&
                 (s.edge = graph_take(g, most, sizeof *s.edge)) != NULL &&
                 (s.taken = graph_take(g, (uint64_t)p->words * 4, sizeof *s.taken)) != NULL;
    int status = whole ? GRAPH_OK : g->trouble;
    if (whole) {
        s.ever = s.taken + p->words;
        s.always = s.ever + p->words;
        s.asked = s.always + p->words;
        for (uint32_t node = 0; node < nodes; node++) {
            s.marks[node] = (mark){.part = graph_has(region, node) ? 0 : GRAPH_NONE, .low = GRAPH_NONE};
        }
        status = run(&s);
    }
    if (status == GRAPH_OK) {
        memset(home, 0, graph_set_bytes(g));
        for (uint32_t node = 0; node < nodes; node++) {
            component[node] = s.marks[node].part;
            if (component[node] != GRAPH_NONE) {
                graph_put(home, node);
            }
        }
        *components = s.found;
    }
    graph_give(g, s.marks);
    graph_give(g, s.stack);
    graph_give(g, s.way);
    graph_give(g, s.edge);
    graph_give(g, s.taken);
    return status;
}

int graph_still(graph *g, const graph_promises *p, const uint8_t *region, uint8_t *still)
{
    memset(still, 0, graph_set_bytes(g));
    uint64_t *asked = graph_take(g, p->words, sizeof *asked);
    if (asked == NULL) {
        return g->trouble;
    }
    int status = GRAPH_OK;
    for (uint32_t node = 0; node < g->a.nodes; node++) {
        if (graph_must_stop(g)) {
            status = GRAPH_STOPPED;
            break;
        }
        if (!graph_has(region, node)) {
            continue;
        }
        memset(asked, 0, p->words * sizeof *asked);
        graph_add_asked(g, p, node, asked);
        uint64_t any = 0;
        for (uint32_t w = 0; w < p->words; w++) {
            any |= asked[w];
        }
        if (any == 0) {
            graph_put(still, node);
        }
    }
    graph_give(g, asked);
    return status;
}
