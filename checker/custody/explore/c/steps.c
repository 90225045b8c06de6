/* Looks for states and steps in layers that the search has been through, for traces. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum { READ = 1 << 10 };

struct buffers {
    u64 *states;     /* a piece of the layer */
    u64 *successors; /* of one state, and what belongs to them */
    u32 *actions;
    int32_t *broken;
    u64 *bad; /* the state's own words first, then those of each step */
};

static void buffers_free(struct buffers *b)
{
    free(b->states);
    free(b->successors);
    free(b->actions);
    free(b->broken);
    free(b->bad);
}

static bool buffers_new(struct buffers *b, const struct custody_shape *shape)
{
    size_t steps = shape->actions + 1;
    size_t marks = shape->watches / 64 + 1;
    memset(b, 0, sizeof *b);
    b->states = malloc(READ * shape->words * sizeof(u64));
    b->successors = malloc(steps * shape->words * sizeof(u64));
    b->actions = malloc(steps * sizeof(u32));
    b->broken = malloc(steps * sizeof(int32_t));
    b->bad = malloc((steps + 1) * marks * sizeof(u64));
    return b->states && b->successors && b->actions && b->broken && b->bad;
}

bool custody_found_add(struct custody_found *found, u32 words, const u64 *before, const u64 *after, u32 action,
                       int32_t broken)
{
    if (found->count == found->room) {
        size_t room = found->room ? 2 * found->room : 256;
        u64 *befores = realloc(found->before, room * words * sizeof(u64));
        found->before = befores ? befores : found->before;
        u64 *afters = realloc(found->after, room * words * sizeof(u64));
        found->after = afters ? afters : found->after;
        struct custody_step *steps = realloc(found->steps, room * sizeof *steps);
        found->steps = steps ? steps : found->steps;
        if (!befores || !afters || !steps)
            return false;
        found->room = room;
    }
    size_t k = found->count++;
    memcpy(found->before + k * words, before, words * sizeof(u64));
    if (after)
        memcpy(found->after + k * words, after, words * sizeof(u64));
    else
        memset(found->after + k * words, 0, words * sizeof(u64));
    found->steps[k] = (struct custody_step){action, broken};
    return true;
}

void custody_found_free(struct custody_found *found)
{
    free(found->before);
    free(found->after);
    free(found->steps);
    memset(found, 0, sizeof *found);
}

/* What to do with each state of a layer and its steps; false when there is no memory. */
typedef bool visit(void *what, const u64 *state, size_t count, struct buffers *b);

static enum custody_status each(struct custody_engine *engine, const struct custody_shape *shape,
                                const struct custody_model *model, u64 layer, struct buffers *b, visit *visit,
                                void *what)
{
    u64 size = custody_layer_size(engine, layer);
    for (u64 from = 0; from < size; from += READ) {
        size_t got = custody_layer_read(engine, layer, from, b->states, READ);
        if (got == SIZE_MAX)
            return CUSTODY_NO_DISK;
        for (size_t k = 0; k < got; k++) {
            const u64 *state = b->states + k * shape->words;
            size_t count = model->steps(state, b->successors, b->actions, b->broken, b->bad);
            if (!visit(what, state, count, b))
                return CUSTODY_NO_MEMORY;
        }
    }
    return CUSTODY_DONE;
}

struct finding {
    struct custody_found *found;
    u32 words, marks, watch, of_steps;
};

static bool find_here(void *what, const u64 *state, size_t count, struct buffers *b)
{
    const struct finding *f = what;
    size_t word = f->watch / 64;
    unsigned bit = f->watch % 64;
    if (!f->of_steps)
        return !(b->bad[word] >> bit & 1) || custody_found_add(f->found, f->words, state, NULL, 0, -1);
    for (size_t k = 0; k < count; k++) {
        const u64 *after = b->broken[k] < 0 ? b->successors + k * f->words : NULL;
        if ((b->bad[(k + 1) * f->marks + word] >> bit & 1) &&
            !custody_found_add(f->found, f->words, state, after, b->actions[k], b->broken[k]))
            return false;
    }
    return true;
}

enum custody_status custody_find(struct custody_engine *engine, const struct custody_model *model, u64 layer,
                                 u32 watch, u32 of_steps, struct custody_found *found)
{
    struct custody_shape shape = custody_shape_of(engine);
    struct finding what = {found, shape.words, shape.watches / 64 + 1, watch, of_steps};
    struct buffers b;
    memset(found, 0, sizeof *found);
    enum custody_status status = CUSTODY_NO_MEMORY;
    if (buffers_new(&b, &shape))
        status = each(engine, &shape, model, layer, &b, find_here, &what);
    buffers_free(&b);
    return status;
}

struct leading {
    struct custody_found *found;
    custody_canonical *canonical;
    u32 words;
    size_t capacity;
    u64 *slots; /* pairs of a mark and a state: at most half of them are used */
};

static bool is_wanted(const struct leading *l, const u64 *state)
{
    size_t width = l->words + 1;
    size_t slot = (size_t)first_bucket(hash_of(state, l->words), l->capacity);
    for (; l->slots[slot * width]; slot = slot + 1 == l->capacity ? 0 : slot + 1)
        if (!memcmp(l->slots + slot * width + 1, state, l->words * sizeof(u64)))
            return true;
    return false;
}

static void want(struct leading *l, const u64 *state)
{
    size_t width = l->words + 1;
    size_t slot = (size_t)first_bucket(hash_of(state, l->words), l->capacity);
    while (l->slots[slot * width])
        slot = slot + 1 == l->capacity ? 0 : slot + 1;
    l->slots[slot * width] = 1;
    memcpy(l->slots + slot * width + 1, state, l->words * sizeof(u64));
}

static bool leads_here(void *what, const u64 *state, size_t count, struct buffers *b)
{
    const struct leading *l = what;
    if (l->canonical)
        l->canonical(b->successors, count);
    for (size_t k = 0; k < count; k++) {
        const u64 *after = b->successors + k * l->words;
        if (b->broken[k] < 0 && is_wanted(l, after) &&
            !custody_found_add(l->found, l->words, state, after, b->actions[k], -1))
            return false;
    }
    return true;
}

enum custody_status custody_into(struct custody_engine *engine, const struct custody_model *model, u64 layer,
                                 const u64 *wanted, size_t count, struct custody_found *found)
{
    struct custody_shape shape = custody_shape_of(engine);
    struct leading what = {
        .found = found, .canonical = model->canonical, .words = shape.words, .capacity = 2 * count + 1};
    struct buffers b;
    memset(found, 0, sizeof *found);
    enum custody_status status = CUSTODY_NO_MEMORY;
    what.slots = calloc(what.capacity * (shape.words + 1), sizeof(u64));
    if (buffers_new(&b, &shape) && what.slots) {
        for (size_t k = 0; k < count; k++)
            want(&what, wanted + k * shape.words);
        status = each(engine, &shape, model, layer, &b, leads_here, &what);
    }
    free(what.slots);
    buffers_free(&b);
    return status;
}
