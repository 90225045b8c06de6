/* The graph of a search: its nodes numbered, what each of them is, and where marks hold. */
#include "edges_inside.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

enum { READ_STATES = 1 << 10 /* read at once; whole bytes of bit sets */ };

/* ------------------------------------------------------------------ states and their numbers */

static int count_layers(struct custody_edges *edges)
{
    struct custody_count count;
    custody_counts(edges->engine, &count);
    if (count.states >= GRAPH_NONE)
        return GRAPH_TOO_LARGE;
    edges->layer_ends = edges_take(edges, count.layers, sizeof(u64));
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
    edges->states = edges_take(edges, edges->nodes, words * sizeof(u64));
    if (!edges->states)
        return edges->trouble;
    u64 capacity = edges->nodes + edges->nodes / (u64)2 + 1;
    edges->slots = edges_take(edges, capacity, sizeof(u32));
    if (!edges->slots)
        return edges->trouble;
    edges->capacity = capacity;
    memset(edges->slots, 0xff, (size_t)capacity * sizeof(u32));
    for (u32 node = 0; node < edges->nodes;) {
        u32 left = edges->nodes - node, count = left < READ_STATES ? left : READ_STATES;
        u64 *states = edges->states + (size_t)node * words;
        if (edges_must_stop(edges))
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

/* Where the broken actions of each node begin; nothing when there are none. */
static int find_broken(struct custody_edges *edges)
{
    struct list *broken = &edges->broken_nodes;
    if (broken->count) {
        edges->broken_offsets = edges_take(edges, edges->nodes + (u64)1, sizeof(u64));
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
    edges_empty(edges, broken);
    return GRAPH_OK;
}

static void forget_states(struct custody_edges *edges)
{
    edges_give(edges, edges->states, edges->nodes, edges->shape.words * sizeof(u64));
    edges_give(edges, edges->slots, edges->capacity, sizeof(u32));
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
    edges->offsets = edges_take(edges, edges->nodes + (u64)1, sizeof(u64));
    if (!edges->offsets)
        return edges->trouble;
    status = edges_walk(edges);
    forget_states(edges);
    if (status != GRAPH_OK)
        return status;
    edges_trim(edges, &edges->targets);
    edges_trim(edges, &edges->actions);
    edges_trim(edges, &edges->broken_actions);
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
    edges_empty(edges, &edges->targets);
    edges_empty(edges, &edges->actions);
    edges_empty(edges, &edges->broken_nodes);
    edges_empty(edges, &edges->broken_actions);
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
    u64 *states = edges_take(edges, READ_STATES, edges->shape.words * sizeof(u64));
    u64 *held = edges_take(edges, READ_STATES, words * sizeof(u64));
    int status = states && held ? GRAPH_OK : edges->trouble;
    memset(sets, 0, set_bytes * count);
    for (u64 node = 0; status == GRAPH_OK && node < edges->nodes; node += READ_STATES) {
        u64 left = edges->nodes - node;
        size_t some = left < READ_STATES ? (size_t)left : READ_STATES;
        status = edges_must_stop(edges) ? GRAPH_STOPPED : custody_edges_states(edges, (u32)node, some, states);
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
    edges_give(edges, states, READ_STATES, edges->shape.words * sizeof(u64));
    edges_give(edges, held, READ_STATES, words * sizeof(u64));
    return status;
}
