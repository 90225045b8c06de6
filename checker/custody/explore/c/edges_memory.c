/* The memory of edges: counted, limited, and in arrays that grow. */
#include "edges_inside.h"

#include <stdlib.h>

enum { LEAST_ROOM = 1 << 12 };

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

void *edges_take(struct custody_edges *edges, u64 count, size_t each)
{
    return resize(edges, NULL, 0, count > SIZE_MAX / each ? UINT64_MAX : count * each);
}

void edges_give(struct custody_edges *edges, void *memory, u64 count, size_t each)
{
    if (memory)
        edges->bytes -= count * each;
    free(memory);
}

bool edges_reserve(struct custody_edges *edges, struct list *list, u64 more)
{
    u64 need = list->count + more;
    if (need <= list->room)
        return true;
    /* Large memory grows where it is, so a little at a time will do. */
    u64 room = need + need / 16 + LEAST_ROOM;
    void *items = resize(edges, list->items, list->room * list->each, room * list->each);
    if (!items)
        return false;
    list->items = items;
    list->room = room;
    return true;
}

void edges_trim(struct custody_edges *edges, struct list *list)
{
    void *items = list->items ? resize(edges, list->items, list->room * list->each, list->count * list->each) : NULL;
    if (items) {
        list->items = items;
        list->room = list->count;
    }
}

void edges_empty(struct custody_edges *edges, struct list *list)
{
    edges_give(edges, list->items, list->room, list->each);
    list->items = NULL;
    list->count = list->room = 0;
}
