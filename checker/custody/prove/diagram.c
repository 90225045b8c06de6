/*
 * The smallest decision diagram of a set of states: states are added in ascending order, and what is no longer the
 * beginning of the next is final and shared with whatever is equal to it (J. Daciuk, S. Mihov, B. Watson, R. Watson,
 * Computational Linguistics 26, 2000).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 64 };

typedef struct {
    int32_t *items; /* value, child, value, child ... */
    int64_t count, room;
} edges;

typedef struct {
    int levels, words;
    const int32_t *shift, *width; /* of each level, in the states as they are given */
    int *place, *level_at;        /* bit of each level in the keys, from the highest one; level of each bit */
    edges *open, *nodes; /* of each level: the node that is not final, and all that are, with their sizes */
    int64_t *number; /* of each level, how many nodes are final */
    int64_t **table; /* of each level, places in `nodes` by content; 0 is none, else one more */
    int64_t *slots;
} diagram;

static int key_words;

static int compare(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    for (int i = 0; i < key_words; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

static int put(edges *list, int32_t item)
{
    if (list->count == list->room) {
        int64_t room = list->room ? 2 * list->room : 16;
        int32_t *items = realloc(list->items, (size_t)room * sizeof *items);
        if (!items)
            return 0;
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
    return 1;
}

static uint64_t hash(const int32_t *items, int64_t count)
{
    uint64_t mixed = 1469598103934665603u;
    for (int64_t i = 0; i < count; i++)
        mixed = (mixed ^ (uint32_t)items[i]) * 1099511628211u;
    return mixed ^ mixed >> 29;
}

static int grow(diagram *d, int level)
{
    int64_t slots = d->slots[level] ? 2 * d->slots[level] : 64, *table = calloc((size_t)slots, sizeof *table);
    if (!table)
        return 0;
    for (int64_t i = 0; i < d->slots[level]; i++) {
        int64_t found = d->table[level][i];
        if (!found)
            continue;
        const int32_t *node = d->nodes[level].items + found - 1;
        int64_t at = (int64_t)(hash(node + 2, node[1]) & (uint64_t)(slots - 1));
        while (table[at])
            at = (at + 1) & (slots - 1);
        table[at] = found;
    }
    free(d->table[level]);
    d->table[level] = table;
    d->slots[level] = slots;
    return 1;
}

/* The number of the node that is open at the level, which is final now; -1 without memory. */
static int64_t close_node(diagram *d, int level)
{
    edges *open = &d->open[level], *nodes = &d->nodes[level];
    if (2 * d->number[level] >= d->slots[level] && !grow(d, level))
        return -1;
    int64_t mask = d->slots[level] - 1, at = (int64_t)(hash(open->items, open->count) & (uint64_t)mask);
    for (int64_t found; (found = d->table[level][at]); at = (at + 1) & mask) {
        const int32_t *node = nodes->items + found - 1;
        if (node[1] == open->count && !memcmp(node + 2, open->items, (size_t)open->count * sizeof *node)) {
            open->count = 0;
            return node[0];
        }
    }
    d->table[level][at] = nodes->count + 1;
    if (!put(nodes, (int32_t)d->number[level]) || !put(nodes, (int32_t)open->count))
        return -1;
    for (int64_t i = 0; i < open->count; i++)
        if (!put(nodes, open->items[i]))
            return -1;
    open->count = 0;
    return d->number[level]++;
}

static int32_t value_of(const diagram *d, const uint64_t *key, int level)
{
    if (!d->width[level])
        return 0;
    int low = WORD - d->place[level] % WORD - d->width[level];
    return (int32_t)(key[d->place[level] / WORD] >> low & (((uint64_t)1 << d->width[level]) - 1));
}

/* Closes what is below the level, which gets an edge to it. */
static int close_below(diagram *d, const uint64_t *key, int level)
{
    int64_t child = 0;
    for (int i = d->levels - 1; i >= level; i--) {
        if (!put(&d->open[i], value_of(d, key, i)) || !put(&d->open[i], (int32_t)child))
            return 0;
        if (i > level && (child = close_node(d, i)) < 0)
            return 0;
    }
    return 1;
}

static int build(diagram *d, const uint64_t *keys, int64_t count)
{
    for (int64_t k = 1; k < count; k++) {
        const uint64_t *before = keys + (k - 1) * key_words, *now = before + key_words;
        int i = 0;
        while (i < key_words && before[i] == now[i])
            i++;
        if (i == key_words)
            continue;
        int bit = i * WORD + __builtin_clzll(before[i] ^ now[i]);
        if (!close_below(d, before, d->level_at[bit]))
            return 0;
    }
    return close_below(d, keys + (count - 1) * key_words, 0) && close_node(d, 0) >= 0;
}

static int arrange(diagram *d)
{
    int bit = 0;
    for (int i = 0; i < d->levels; i++) {
        if (bit % WORD + d->width[i] > WORD)
            bit += WORD - bit % WORD;
        d->place[i] = bit;
        bit += d->width[i];
    }
    key_words = bit ? (bit + WORD - 1) / WORD : 1;
    d->level_at = calloc((size_t)key_words * WORD, sizeof *d->level_at);
    if (!d->level_at)
        return 0;
    for (int i = 0; i < d->levels; i++)
        for (int k = 0; k < d->width[i]; k++)
            d->level_at[d->place[i] + k] = i;
    return 1;
}

static uint64_t *sorted(const diagram *d, const uint64_t *states, int64_t count)
{
    uint64_t *keys = calloc((size_t)(count * key_words), sizeof *keys);
    if (!keys)
        return NULL;
    for (int64_t k = 0; k < count; k++)
        for (int i = 0; i < d->levels; i++) {
            if (!d->width[i])
                continue;
            uint64_t value = states[k * d->words + d->shift[i] / WORD] >> d->shift[i] % WORD;
            value &= ((uint64_t)1 << d->width[i]) - 1;
            int low = WORD - d->place[i] % WORD - d->width[i];
            keys[k * key_words + d->place[i] / WORD] |= value << low;
        }
    qsort(keys, (size_t)count, (size_t)key_words * sizeof *keys, compare);
    return keys;
}

/* How many numbers there are in `out`: for each level how many nodes it has, and each with its number, its size and
 * its edges. Less than 0 without memory; whatever is there is to be given back by custody_diagram_free. */
int64_t custody_diagram(const uint64_t *states, int64_t count, int words, int levels, const int32_t *shift,
                        const int32_t *width, int32_t **out)
{
    diagram d = {.levels = levels, .words = words, .shift = shift, .width = width};
    size_t n = (size_t)levels;
    edges result = {0};
    uint64_t *keys = NULL;
    d.place = calloc(n, sizeof *d.place);
    d.open = calloc(n, sizeof *d.open);
    d.nodes = calloc(n, sizeof *d.nodes);
    d.number = calloc(n, sizeof *d.number);
    d.table = calloc(n, sizeof *d.table);
    d.slots = calloc(n, sizeof *d.slots);
    int good = d.place && d.open && d.nodes && d.number && d.table && d.slots && arrange(&d);
    good = good && (keys = sorted(&d, states, count)) && build(&d, keys, count);
    for (int i = 0; good && i < levels; i++) {
        good = put(&result, (int32_t)d.number[i]);
        for (int64_t k = 0; good && k < d.nodes[i].count; k++)
            good = put(&result, d.nodes[i].items[k]);
    }
    for (int i = 0; i < levels; i++) {
        if (d.open)
            free(d.open[i].items);
        if (d.nodes)
            free(d.nodes[i].items);
        if (d.table)
            free(d.table[i]);
    }
    free(keys);
    free(d.place), free(d.level_at), free(d.open), free(d.nodes), free(d.number), free(d.table), free(d.slots);
    *out = result.items;
    return good ? result.count : -1;
}

void custody_diagram_free(int32_t *out)
{
    free(out);
}
