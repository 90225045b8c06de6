/* From which states can a marked one be reached: marks passed backwards over steps that are computed again. */
#define _GNU_SOURCE /* clock_gettime */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inside.h"

enum { READ = 1 << 9 };

struct reach_shard {
    unsigned char *can; /* by the place in the shard's table: the marks that can be reached from there */
    u64 places;
};

struct custody_reach {
    struct custody_engine *engine;
    struct custody_model model;
    struct custody_shape shape;
    u32 first;
    unsigned char all; /* every mark of this round */
    unsigned char *ends;
    struct reach_shard *shards;
    u64 *open; /* a bit for each state, by layer and number in it: not settled yet */
    u64 *begins; /* of the layers, as numbers of their first states */
    u64 layers;
    /* where the present round is */
    bool is_marking, changed;
    u64 layer, from;
    u64 *states, *marks, *successors, *bad;
    u64 *from_marks; /* what the marks of the successors were before these were turned */
    u32 *actions;
    int32_t *broken;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static unsigned char *can_of(const struct custody_reach *r, const u64 *state)
{
    u32 shard;
    u64 place = custody_place(r->engine, state, &shard);
    return place == UINT64_MAX ? NULL : r->shards[shard].can + place;
}

static bool is_open(const struct custody_reach *r, u64 number)
{
    return r->open[number / 64] >> (number % 64) & 1;
}

struct custody_reach *custody_reach_new(struct custody_engine *engine, const struct custody_model *model, u32 first,
                                        u32 count, const unsigned char *ends)
{
    struct custody_reach *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    struct custody_count counts;
    custody_counts(engine, &counts);
    r->engine = engine;
    r->model = *model;
    r->shape = custody_shape_of(engine);
    r->first = first;
    r->all = (unsigned char)((1u << count) - 1);
    r->layers = counts.layers;
    r->is_marking = true;
    r->layer = counts.layers - 1;
    size_t steps = r->shape.actions + 1;
    size_t state = r->shape.words * sizeof(u64);
    r->ends = malloc(steps);
    r->shards = calloc(r->shape.threads, sizeof *r->shards);
    r->open = calloc(counts.states / 64 + 1, sizeof(u64));
    r->begins = malloc((counts.layers + 1) * sizeof(u64));
    r->states = malloc(READ * state);
    r->marks = malloc(READ * model->mark_words * sizeof(u64));
    r->successors = malloc(steps * state);
    r->from_marks = malloc((steps * model->mark_count + 1) * sizeof(u64));
    r->bad = malloc((steps + 1) * (r->shape.watches / 64 + 1) * sizeof(u64));
    r->actions = malloc(steps * sizeof(u32));
    r->broken = malloc(steps * sizeof(int32_t));
    bool ok = r->ends && r->shards && r->open && r->begins && r->states && r->marks && r->successors &&
              r->from_marks && r->bad && r->actions && r->broken;
    for (u32 k = 0; ok && k < r->shape.threads; k++) {
        r->shards[k].places = custody_places(engine, k);
        r->shards[k].can = calloc(r->shards[k].places, 1);
        ok = r->shards[k].can != NULL;
    }
    if (!ok) {
        custody_reach_free(r);
        return NULL;
    }
    memcpy(r->ends, ends, r->shape.actions);
    r->begins[0] = 0;
    for (u64 layer = 0; layer < r->layers; layer++)
        r->begins[layer + 1] = r->begins[layer] + custody_layer_size(engine, layer);
    return r;
}

void custody_reach_free(struct custody_reach *r)
{
    if (!r)
        return;
    for (u32 k = 0; r->shards && k < r->shape.threads; k++)
        free(r->shards[k].can);
    free(r->shards);
    free(r->ends);
    free(r->open);
    free(r->begins);
    free(r->states);
    free(r->marks);
    free(r->successors);
    free(r->from_marks);
    free(r->bad);
    free(r->actions);
    free(r->broken);
    free(r);
}

u64 custody_reach_bytes(const struct custody_reach *r)
{
    u64 bytes = r->begins[r->layers] / 8;
    for (u32 k = 0; k < r->shape.threads; k++)
        bytes += r->shards[k].places;
    return bytes;
}

/* The marks of some states that follow one another. */
static void mark(struct custody_reach *r, u64 number, size_t count)
{
    r->model.marks(r->states, count, r->marks);
    for (size_t k = 0; k < count; k++) {
        const u64 *marks = r->marks + k * r->model.mark_words;
        unsigned char can = (unsigned char)(marks[r->first / 64] >> (r->first % 64)) & r->all;
        *can_of(r, r->states + k * r->shape.words) = can;
        if (can != r->all)
            r->open[(number + k) / 64] |= (u64)1 << ((number + k) % 64);
    }
}

/* The marks of a state before it was turned. */
static unsigned char turned_back(const struct custody_reach *r, unsigned char marks, const u64 *from)
{
    unsigned char before = 0;
    for (u32 k = 0; r->all >> k & 1; k++)
        before |= (unsigned char)((marks >> k & 1) << (from[r->first + k] - r->first));
    return before;
}

/* Passes back to some states what can be reached from those that follow them. */
static void pass(struct custody_reach *r, u64 number, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        if (!is_open(r, number + k))
            continue;
        const u64 *state = r->states + k * r->shape.words;
        unsigned char *mine = can_of(r, state), can = *mine;
        size_t steps = r->model.steps(state, r->successors, r->actions, r->broken, r->bad);
        if (r->model.turned)
            r->model.turned(r->successors, steps, r->from_marks);
        for (size_t step = 0; step < steps && can != r->all; step++) {
            if (r->broken[step] >= 0) {
                can |= r->ends[r->actions[step]];
                continue;
            }
            const unsigned char *next = can_of(r, r->successors + step * r->shape.words);
            if (next)
                can |= r->model.turned ? turned_back(r, *next, r->from_marks + step * r->model.mark_count) : *next;
        }
        if (can != *mine) {
            *mine = can;
            r->changed = true;
        }
        if (can == r->all)
            r->open[(number + k) / 64] &= ~((u64)1 << ((number + k) % 64));
    }
}

enum custody_status custody_reach_run(struct custody_reach *r, double seconds)
{
    double deadline = now() + seconds;
    if (r->layers == 0)
        return CUSTODY_DONE;
    for (;;) {
        u64 size = r->begins[r->layer + 1] - r->begins[r->layer];
        while (r->from < size) {
            if (now() > deadline)
                return CUSTODY_PAUSED;
            size_t got = custody_layer_read(r->engine, r->layer, r->from, r->states, READ);
            if (got == SIZE_MAX)
                return CUSTODY_NO_DISK;
            (r->is_marking ? mark : pass)(r, r->begins[r->layer] + r->from, got);
            r->from += got;
        }
        r->from = 0;
        if (r->layer > 0) {
            r->layer--;
            continue;
        }
        /* The first round is only done when all layers are marked; then the deepest is first again. */
        if (!r->is_marking && !r->changed)
            return CUSTODY_DONE;
        r->is_marking = r->changed = false;
        r->layer = r->layers - 1;
    }
}

/* What to do with a state that is not settled, and the marks that cannot be reached from it; false to go no further. */
typedef bool unsettled(void *what, const u64 *state, unsigned char missing);

static enum custody_status each_unsettled(struct custody_reach *r, u64 layer, unsettled *visit, void *what)
{
    u64 size = r->begins[layer + 1] - r->begins[layer];
    for (u64 from = 0; from < size;) {
        u64 number = r->begins[layer] + from;
        if (number % 64 == 0 && r->open[number / 64] == 0) {
            from += 64;
            continue;
        }
        size_t wanted = 64 - number % 64;
        wanted = wanted < size - from ? wanted : (size_t)(size - from);
        size_t got = custody_layer_read(r->engine, layer, from, r->states, wanted);
        if (got == SIZE_MAX)
            return CUSTODY_NO_DISK;
        for (size_t k = 0; k < got; k++) {
            const u64 *state = r->states + k * r->shape.words;
            if (is_open(r, number + k) && !visit(what, state, r->all & (unsigned char)~*can_of(r, state)))
                return CUSTODY_NO_MEMORY;
        }
        from += got;
    }
    return CUSTODY_DONE;
}

static bool note_missing(void *what, const u64 *state, unsigned char missing)
{
    (void)state;
    *(unsigned char *)what |= missing;
    return true;
}

enum custody_status custody_reach_first(struct custody_reach *r, u64 *layers)
{
    for (unsigned mark = 0; mark < 8; mark++)
        layers[mark] = UINT64_MAX;
    for (u64 layer = r->layers; layer-- > 0;) {
        unsigned char missing = 0;
        enum custody_status status = each_unsettled(r, layer, note_missing, &missing);
        if (status != CUSTODY_DONE)
            return status;
        for (unsigned mark = 0; mark < 8; mark++)
            if (missing >> mark & 1)
                layers[mark] = layer;
    }
    return CUSTODY_DONE;
}

struct wanted {
    struct custody_found *found;
    u32 words;
    unsigned char mark;
};

static bool add_if_missing(void *what, const u64 *state, unsigned char missing)
{
    const struct wanted *wanted = what;
    return !(missing & wanted->mark) || custody_found_add(wanted->found, wanted->words, state, NULL, 0, -1);
}

enum custody_status custody_reach_find(struct custody_reach *r, u64 layer, u32 mark, struct custody_found *found)
{
    struct wanted wanted = {found, r->shape.words, (unsigned char)(1u << mark)};
    memset(found, 0, sizeof *found);
    return each_unsettled(r, layer, add_if_missing, &wanted);
}
