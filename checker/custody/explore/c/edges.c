#include "edges.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum {
    READ_STATES = 1 << 10, /* read at once; whole bytes of bit sets */
    PENDING = 1 << 10,     /* steps whose states are looked up together */
    LEAST_ROOM = 1 << 12,
};

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

/* Steps whose states are not yet looked up. */
struct pending {
    u64 *successors;
    u32 *actions;
    int32_t *broken;
    u64 *bad;
    u64 *hashes;
    size_t count, room;
};

/* ------------------------------------------------------------------ memory */

/* Moves memory of `before` bytes to where there is room for `after`; null when there is none, and nothing changed. */
static void *resize(struct custody_edges *edges, void *old, u64 before, u64 after)
{
    u64 others = edges->bytes - before;
    if (edges->most && (others > edges->most || after > edges->most - others)) {
        edges->trouble = GRAPH_OVER_LIMIT;
        return NULL;
    }
    void *made = after <= SIZE_MAX / 2 ? realloc(old, after ? (size_t)after : 1) : NULL;
    if (!made) {
        edges->trouble = GRAPH_NO_MEMORY;
        return NULL;
    }
    edges->bytes = others + after;
    if (edges->peak < edges->bytes)
        edges->peak = edges->bytes;
    return made;
}

static void *take(struct custody_edges *edges, u64 count, size_t each)
{
    return resize(edges, NULL, 0, count > SIZE_MAX / each ? UINT64_MAX : count * each);
}

static void give(struct custody_edges *edges, void *memory, u64 count, size_t each)
{
    if (memory)
        edges->bytes -= count * each;
    free(memory);
}

/* Makes room for so many items more: and a sixteenth more, since large memory grows where it is. */
static bool reserve(struct custody_edges *edges, struct list *list, u64 more)
{
    u64 need = list->count + more;
    if (need <= list->room)
        return true;
    u64 room = need + need / 16 + LEAST_ROOM;
    void *items = resize(edges, list->items, list->room * list->each, room * list->each);
    if (!items)
        return false;
    list->items = items;
    list->room = room;
    return true;
}

/* Gives back what the list does not need. */
static void trim(struct custody_edges *edges, struct list *list)
{
    void *items = list->items ? resize(edges, list->items, list->room * list->each, list->count * list->each) : NULL;
    if (items) {
        list->items = items;
        list->room = list->count;
    }
}

static void empty(struct custody_edges *edges, struct list *list)
{
    give(edges, list->items, list->room, list->each);
    list->items = NULL;
    list->count = list->room = 0;
}

static bool must_stop(const struct custody_edges *edges)
{
    return edges->stop && atomic_load_explicit(edges->stop, memory_order_relaxed) != 0;
}

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

/* ------------------------------------------------------------------ states and their numbers */

static int count_layers(struct custody_edges *edges)
{
    struct custody_count count;
    custody_counts(edges->engine, &count);
    if (count.states >= GRAPH_NONE)
        return GRAPH_TOO_LARGE;
    edges->layer_ends = take(edges, count.layers, sizeof(u64));
    if (!edges->layer_ends)
        return edges->trouble;
    edges->layers = count.layers;
    u64 nodes = 0;
    for (u64 layer = 0; layer < count.layers; layer++) {
        nodes += custody_layer_size(edges->engine, layer);
        edges->layer_ends[layer] = nodes;
    }
    edges->nodes = (u32)nodes;
    return GRAPH_OK;
}

int custody_edges_states(const struct custody_edges *edges, u32 from, size_t count, u64 *to)
{
    u64 low = 0, high = edges->layers, node = from;
    while (low < high) {
        u64 middle = low + (high - low) / 2;
        if (edges->layer_ends[middle] <= node)
            low = middle + 1;
        else
            high = middle;
    }
    for (u64 layer = low; count && layer < edges->layers; layer++) {
        u64 begin = layer ? edges->layer_ends[layer - 1] : 0, left = edges->layer_ends[layer] - node;
        size_t wanted = left < count ? (size_t)left : count;
        if (wanted && custody_layer_read(edges->engine, layer, node - begin, to, wanted) != wanted)
            return EDGES_NO_DISK;
        to += wanted * edges->shape.words;
        node += wanted;
        count -= wanted;
    }
    return GRAPH_OK;
}

static int number_states(struct custody_edges *edges)
{
    u32 words = edges->shape.words;
    edges->states = take(edges, edges->nodes, words * sizeof(u64));
    if (!edges->states)
        return edges->trouble;
    u64 capacity = edges->nodes + edges->nodes / (u64)2 + 1;
    edges->slots = take(edges, capacity, sizeof(u32));
    if (!edges->slots)
        return edges->trouble;
    edges->capacity = capacity;
    memset(edges->slots, 0xff, (size_t)capacity * sizeof(u32));
    for (u32 node = 0; node < edges->nodes;) {
        u32 left = edges->nodes - node, count = left < READ_STATES ? left : READ_STATES;
        u64 *states = edges->states + (size_t)node * words;
        if (must_stop(edges))
            return GRAPH_STOPPED;
        int status = custody_edges_states(edges, node, count, states);
        if (status != GRAPH_OK)
            return status;
        u64 places[READ_STATES];
        for (u32 k = 0; k < count; k++) {
            places[k] = first_bucket(hash_of(states + (size_t)k * words, words), capacity);
            __builtin_prefetch(edges->slots + places[k], 1);
        }
        for (u32 k = 0; k < count; k++) {
            u64 place = places[k];
            while (edges->slots[place] != GRAPH_NONE)
                place = place + 1 == capacity ? 0 : place + 1;
            edges->slots[place] = node + k;
        }
        node += count;
    }
    return GRAPH_OK;
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

/* ------------------------------------------------------------------ steps */

static bool pending_open(struct custody_edges *edges, struct pending *p)
{
    const struct custody_shape *shape = &edges->shape;
    size_t steps = (size_t)shape->actions + 1;
    memset(p, 0, sizeof *p);
    p->room = PENDING + steps;
    p->successors = take(edges, p->room, shape->words * sizeof(u64));
    p->actions = take(edges, p->room, sizeof(u32));
    p->broken = take(edges, p->room, sizeof(int32_t));
    p->bad = take(edges, steps + 1, (shape->watches / 64 + 1) * sizeof(u64));
    p->hashes = take(edges, p->room, sizeof(u64));
    return p->successors && p->actions && p->broken && p->bad && p->hashes;
}

static void pending_close(struct custody_edges *edges, struct pending *p)
{
    const struct custody_shape *shape = &edges->shape;
    give(edges, p->successors, p->room, shape->words * sizeof(u64));
    give(edges, p->actions, p->room, sizeof(u32));
    give(edges, p->broken, p->room, sizeof(int32_t));
    give(edges, p->bad, (size_t)shape->actions + 2, (shape->watches / 64 + 1) * sizeof(u64));
    give(edges, p->hashes, p->room, sizeof(u64));
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
    if (must_stop(edges))
        return GRAPH_STOPPED;
    if (!p->count)
        return GRAPH_OK;
    if (!reserve(edges, &edges->targets, p->count) || !reserve(edges, &edges->actions, p->count))
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
        if (!reserve(edges, &edges->broken_nodes, 1) || !reserve(edges, &edges->broken_actions, 1))
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

/* Where the broken actions of each node begin; nothing when there are none. */
static int find_broken(struct custody_edges *edges)
{
    struct list *broken = &edges->broken_nodes;
    if (broken->count) {
        edges->broken_offsets = take(edges, edges->nodes + (u64)1, sizeof(u64));
        if (!edges->broken_offsets)
            return edges->trouble;
        u64 next = 0;
        for (u32 node = 0; node < edges->nodes; node++) {
            edges->broken_offsets[node] = next;
            while (next < broken->count && ((const u32 *)broken->items)[next] == node)
                next++;
        }
        edges->broken_offsets[edges->nodes] = next;
    }
    empty(edges, broken);
    return GRAPH_OK;
}

static void forget_states(struct custody_edges *edges)
{
    give(edges, edges->states, edges->nodes, edges->shape.words * sizeof(u64));
    give(edges, edges->slots, edges->capacity, sizeof(u32));
    edges->states = NULL;
    edges->slots = NULL;
}

static int build(struct custody_edges *edges)
{
    int status = count_layers(edges);
    if (status == GRAPH_OK)
        status = number_states(edges);
    if (status != GRAPH_OK)
        return status;
    edges->offsets = take(edges, edges->nodes + (u64)1, sizeof(u64));
    if (!edges->offsets)
        return edges->trouble;
    struct pending pending;
    status = pending_open(edges, &pending) ? walk(edges, &pending) : edges->trouble;
    pending_close(edges, &pending);
    forget_states(edges);
    if (status != GRAPH_OK)
        return status;
    trim(edges, &edges->targets);
    trim(edges, &edges->actions);
    trim(edges, &edges->broken_actions);
    return find_broken(edges);
}

int custody_edges_new(const struct custody_engine *engine, const struct custody_model *model,
                      const _Atomic int32_t *stop, u64 most_bytes, struct custody_edges **made)
{
    *made = NULL;
    if (model->canonical)
        return EDGES_FOLDED;
    struct custody_edges *edges = calloc(1, sizeof *edges);
    if (!edges)
        return GRAPH_NO_MEMORY;
    edges->engine = engine;
    edges->model = *model;
    edges->shape = custody_shape_of(engine);
    edges->stop = stop;
    edges->most = most_bytes;
    u32 width = edges->shape.actions < 1 << 16 ? 2 : 4;
    edges->targets.each = edges->broken_nodes.each = sizeof(u32);
    edges->actions.each = edges->broken_actions.each = width;
    int status = build(edges);
    if (status != GRAPH_OK) {
        custody_edges_free(edges);
        return status;
    }
    edges->arrays = (graph_arrays){
        .nodes = edges->nodes,
        .initial = edges->layers ? (u32)edges->layer_ends[0] : 0,
        .actions = edges->shape.actions,
        .action_bytes = width,
        .edges = edges->targets.count,
        .broken = edges->broken_actions.count,
        .offsets = edges->offsets,
        .targets = edges->targets.items,
        .edge_actions = edges->actions.items,
        .broken_offsets = edges->broken_offsets,
        .broken_actions = edges->broken_actions.items,
    };
    *made = edges;
    return GRAPH_OK;
}

void custody_edges_free(struct custody_edges *edges)
{
    if (!edges)
        return;
    forget_states(edges);
    empty(edges, &edges->targets);
    empty(edges, &edges->actions);
    empty(edges, &edges->broken_nodes);
    empty(edges, &edges->broken_actions);
    free(edges->layer_ends);
    free(edges->offsets);
    free(edges->broken_offsets);
    free(edges);
}

const graph_arrays *custody_edges_arrays(const struct custody_edges *edges)
{
    return &edges->arrays;
}

u64 custody_edges_bytes(const struct custody_edges *edges)
{
    return edges->bytes;
}

u64 custody_edges_peak_bytes(const struct custody_edges *edges)
{
    return edges->peak;
}

/* ------------------------------------------------------------------ marks */

int custody_edges_marks(struct custody_edges *edges, u32 count, uint8_t *sets)
{
    size_t words = edges->model.mark_words;
    size_t set_bytes = ((size_t)edges->nodes + 7) / 8;
    if (!edges->nodes || !count)
        return GRAPH_OK;
    u64 *states = take(edges, READ_STATES, edges->shape.words * sizeof(u64));
    u64 *held = take(edges, READ_STATES, words * sizeof(u64));
    int status = states && held ? GRAPH_OK : edges->trouble;
    memset(sets, 0, set_bytes * count);
    for (u64 node = 0; status == GRAPH_OK && node < edges->nodes; node += READ_STATES) {
        u64 left = edges->nodes - node;
        size_t some = left < READ_STATES ? (size_t)left : READ_STATES;
        status = must_stop(edges) ? GRAPH_STOPPED : custody_edges_states(edges, (u32)node, some, states);
        if (status != GRAPH_OK)
            break;
        edges->model.marks(states, some, held);
        for (u32 mark = 0; mark < count; mark++) {
            uint8_t *set = sets + mark * set_bytes + node / 8;
            for (size_t k = 0; k < some; k++) {
                unsigned holds = (unsigned)(held[k * words + mark / 64] >> (mark % 64)) & 1U;
                set[k / 8] = (uint8_t)(set[k / 8] | holds << (k % 8));
            }
        }
    }
    give(edges, states, READ_STATES, edges->shape.words * sizeof(u64));
    give(edges, held, READ_STATES, words * sizeof(u64));
    return status;
}
