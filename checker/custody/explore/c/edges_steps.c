/* The steps of all nodes: asked of the model, their states looked up in numbers, many at once. */
#include "edges_inside.h"

#include <string.h>

#include "table.h"

enum { PENDING = 1 << 10 /* steps whose states are looked up together */ };

/* Steps whose states are not yet looked up. */
struct pending {
    u64 *successors;
    u32 *actions;
    int32_t *broken;
    u64 *bad;
    u64 *hashes;
    size_t count, room;
};

static u32 action_at(const struct list *actions, u64 at)
{
    return actions->each == 2 ? ((const uint16_t *)actions->items)[at] : ((const u32 *)actions->items)[at];
}

static void put_action(struct list *actions, u64 at, u32 action)
{
    if (actions->each == 2)
        ((uint16_t *)actions->items)[at] = (uint16_t)action;
    else
        ((u32 *)actions->items)[at] = action;
}

ALWAYS_INLINE bool is_state_of(const u64 *states, u32 node, const u64 *state, const unsigned words)
{
    u64 difference = 0;
    for (unsigned k = 0; k < words; k++)
        difference |= states[(size_t)node * words + k] ^ state[k];
    return difference == 0;
}

/* The nodes of the states, or false when one of them has none. */
ALWAYS_INLINE bool look_up(const struct custody_edges *edges, const struct pending *p, u32 *nodes,
                           const unsigned words)
{
    const u32 *slots = edges->slots;
    for (size_t k = 0; k < p->count; k++) {
        p->hashes[k] = first_bucket(hash_of(p->successors + k * words, words), edges->capacity);
        __builtin_prefetch(slots + p->hashes[k]);
    }
    for (size_t k = 0; k < p->count; k++) {
        nodes[k] = slots[p->hashes[k]];
        if (nodes[k] != GRAPH_NONE)
            __builtin_prefetch(edges->states + (size_t)nodes[k] * words);
    }
    for (size_t k = 0; k < p->count; k++) {
        u64 place = p->hashes[k];
        while (nodes[k] != GRAPH_NONE && !is_state_of(edges->states, nodes[k], p->successors + k * words, words)) {
            place = place + 1 == edges->capacity ? 0 : place + 1;
            nodes[k] = slots[place];
        }
        if (nodes[k] == GRAPH_NONE)
            return false;
    }
    return true;
}

static bool pending_open(struct custody_edges *edges, struct pending *p)
{
    const struct custody_shape *shape = &edges->shape;
    size_t steps = (size_t)shape->actions + 1;
    memset(p, 0, sizeof *p);
    p->room = PENDING + steps;
    p->successors = edges_take(edges, p->room, shape->words * sizeof(u64));
    p->actions = edges_take(edges, p->room, sizeof(u32));
    p->broken = edges_take(edges, p->room, sizeof(int32_t));
    p->bad = edges_take(edges, steps + 1, (shape->watches / 64 + 1) * sizeof(u64));
    p->hashes = edges_take(edges, p->room, sizeof(u64));
    return p->successors && p->actions && p->broken && p->bad && p->hashes;
}

static void pending_close(struct custody_edges *edges, struct pending *p)
{
    const struct custody_shape *shape = &edges->shape;
    edges_give(edges, p->successors, p->room, shape->words * sizeof(u64));
    edges_give(edges, p->actions, p->room, sizeof(u32));
    edges_give(edges, p->broken, p->room, sizeof(int32_t));
    edges_give(edges, p->bad, (size_t)shape->actions + 2, (shape->watches / 64 + 1) * sizeof(u64));
    edges_give(edges, p->hashes, p->room, sizeof(u64));
}

/* Puts the steps of one node in the order of their actions; mostly they are. */
static void sort_steps(struct custody_edges *edges, u64 from, u64 to)
{
    u32 *targets = edges->targets.items;
    for (u64 k = from + 1; k < to; k++) {
        u32 action = action_at(&edges->actions, k), target = targets[k];
        u64 at = k;
        for (; at > from && action_at(&edges->actions, at - 1) > action; at--) {
            targets[at] = targets[at - 1];
            put_action(&edges->actions, at, action_at(&edges->actions, at - 1));
        }
        targets[at] = target;
        put_action(&edges->actions, at, action);
    }
}

static void sort_broken(struct custody_edges *edges, u64 from)
{
    struct list *actions = &edges->broken_actions;
    for (u64 k = from + 1; k < actions->count; k++) {
        u32 action = action_at(actions, k);
        u64 at = k;
        for (; at > from && action_at(actions, at - 1) > action; at--)
            put_action(actions, at, action_at(actions, at - 1));
        put_action(actions, at, action);
    }
}

/* Writes the steps that are pending, of all nodes from `first` to the one before `end`, to the arrays. */
static int flush(struct custody_edges *edges, struct pending *p, u32 first, u32 end)
{
    if (edges_must_stop(edges))
        return GRAPH_STOPPED;
    if (!p->count)
        return GRAPH_OK;
    if (!edges_reserve(edges, &edges->targets, p->count) || !edges_reserve(edges, &edges->actions, p->count))
        return edges->trouble;
    u32 words = edges->shape.words;
    u32 *nodes = (u32 *)edges->targets.items + edges->targets.count;
    bool known = words == 1   ? look_up(edges, p, nodes, 1)
                 : words == 2 ? look_up(edges, p, nodes, 2)
                              : look_up(edges, p, nodes, words);
    if (!known)
        return EDGES_UNFINISHED;
    for (size_t k = 0; k < p->count; k++)
        put_action(&edges->actions, edges->actions.count + k, p->actions[k]);
    edges->targets.count += p->count;
    edges->actions.count += p->count;
    p->count = 0;
    for (u32 node = first; node < end; node++)
        sort_steps(edges, edges->offsets[node], edges->offsets[node + (u64)1]);
    return GRAPH_OK;
}

/* Writes down which of a node's new steps are broken, and moves the others together. */
static int sift(struct custody_edges *edges, struct pending *p, u32 node, size_t count)
{
    u32 words = edges->shape.words;
    size_t from = p->count;
    u64 broken = edges->broken_nodes.count;
    for (size_t k = from; k < from + count; k++) {
        if (LIKELY(p->broken[k] < 0)) {
            if (p->count < k) {
                memcpy(p->successors + p->count * words, p->successors + k * words, words * sizeof(u64));
                p->actions[p->count] = p->actions[k];
            }
            p->count++;
            continue;
        }
        if (!edges_reserve(edges, &edges->broken_nodes, 1) || !edges_reserve(edges, &edges->broken_actions, 1))
            return edges->trouble;
        ((u32 *)edges->broken_nodes.items)[edges->broken_nodes.count++] = node;
        put_action(&edges->broken_actions, edges->broken_actions.count++, p->actions[k]);
    }
    sort_broken(edges, broken);
    return GRAPH_OK;
}

static int walk(struct custody_edges *edges, struct pending *p)
{
    u32 words = edges->shape.words, first = 0;
    edges->offsets[0] = 0;
    for (u32 node = 0; node < edges->nodes; node++) {
        size_t at = p->count;
        size_t count = edges->model.steps(edges->states + (size_t)node * words, p->successors + at * words,
                                          p->actions + at, p->broken + at, p->bad);
        int status = sift(edges, p, node, count);
        edges->offsets[node + (u64)1] = edges->targets.count + p->count;
        if (status == GRAPH_OK && (p->count >= PENDING || node - first >= PENDING)) {
            status = flush(edges, p, first, node + 1);
            first = node + 1;
        }
        if (status != GRAPH_OK)
            return status;
    }
    return flush(edges, p, first, edges->nodes);
}

int edges_walk(struct custody_edges *edges)
{
    struct pending pending;
    int status = pending_open(edges, &pending) ? walk(edges, &pending) : edges->trouble;
    pending_close(edges, &pending);
    return status;
}
