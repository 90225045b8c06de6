/* The C engine against plain recomputation, on models written by hand.
 *
 * A state of these models is a number; how it is written into words is another matter, so that the same models are
 * searched in states of 20 to 1,000 bits.  What the search says is compared with arrays indexed by the numbers, made
 * without hashing, threads or files.
 *
 *     test_engine all|shared FOLDER THREADS...
 *
 * FOLDER is empty and writable.  With each number of threads everything is done, or only what threads share in.
 */
#define _GNU_SOURCE /* truncate, ssize_t */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"

#define REQUIRE(condition, ...) ((condition) ? (void)0 : fail(__LINE__, #condition, __VA_ARGS__))

enum {
    MOST_WORDS = 16,
    MOST_ACTIONS = 8,
    STATE_WATCHES = 66,
    STUCK = STATE_WATCHES, /* the watch for states without a step */
    BROKEN,                /* the watch for steps that break a check */
    JUMPS,                 /* the watch for some steps that break none */
    WATCHES,
    WATCH_WORDS = WATCHES / 64 + 1,
    PREMISES = 65,
    PREMISE_WORDS = PREMISES / 64 + 1,
    MARK_COUNT = 68,
    MARK_WORDS = 2,
    ROUNDS = 2, /* of marks: 0 to 7, and 64 to 67 */
};

static const u32 FIRST_MARK[ROUNDS] = {0, 64}, MARKS[ROUNDS] = {8, 4};
static const double FOREVER = 1e9;

/* What became of a step, where it is not the number of a check that failed. */
enum { GOOD = -1, NOT_ENABLED = -2 };

struct world;
typedef int step_of(const struct world *w, u64 number, u32 action, u64 *after);

struct world {
    const char *name;
    step_of *step;
    u64 numbers; /* of states are below it */
    u64 side;    /* of a grid, or the base of counters */
    u32 actions, bits;
    bool folded; /* (x, y) and (y, x) are one state */
    u64 seeds[4];
    size_t seed_count;
};

static const struct world *world; /* that the model's functions are of */
static u32 words;                 /* of its states */
static char told[512];            /* what is being tested */
static const char *folder;

static __attribute__((format(printf, 3, 4), noreturn)) void fail(int line, const char *condition, const char *format,
                                                                 ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "test_engine.c:%d: %s: not (%s): ", line, told, condition);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

static void *memory(size_t bytes)
{
    void *got = calloc(bytes ? bytes : 1, 1);
    REQUIRE(got, "no memory for the test itself");
    return got;
}

/* ------------------------------------------------------------------ numbers as words */

static u64 mixed(u64 x)
{
    x = (x ^ x >> 31) * 0x7fb5d329728ea185u;
    x = (x ^ x >> 27) * 0x81dadef4bc2dd44du;
    return x ^ x >> 33;
}

static u64 mask_of(u32 bits)
{
    return bits == 64 ? UINT64_MAX : ((u64)1 << bits) - 1;
}

static const u64 ODD = 0x2545f4914f6cdd1d;

static u64 inverse_of_odd(void)
{
    u64 inverse = ODD;
    for (int k = 0; k < 6; k++)
        inverse *= 2 - ODD * inverse;
    return inverse;
}

/* Number 0 is the state of zeros.  In wide states, two numbers can differ in nothing but the first, the middle or the
 * last word. */
static void encode(u64 number, u64 *state)
{
    if (words == 1) {
        state[0] = number * ODD & mask_of(world->bits);
        return;
    }
    for (u32 k = 0; k < words; k++)
        state[k] = 0;
    for (u32 k = 1; k + 1 < words; k++)
        state[k] = number % 3 * 0x1234567890abcdefu;
    state[words / 2] = number >> 12 << 2;
    state[0] = (number & 0x3ff) << 54;
    state[words - 1] |= number >> 10 & 3;
}

static u64 decode(const u64 *state)
{
    if (words == 1)
        return state[0] * inverse_of_odd() & mask_of(world->bits);
    return state[0] >> 54 | (state[words - 1] & 3) << 10 | state[words / 2] >> 2 << 12;
}

static u64 folded(const struct world *w, u64 number)
{
    u64 x = number % w->side, y = number / w->side;
    return w->folded && x > y ? y + w->side * x : number;
}

/* ------------------------------------------------------------------ models */

static int count_up(const struct world *w, u64 number, u32 action, u64 *after)
{
    u64 unit = 1;
    for (u32 k = 0; k < action; k++)
        unit *= w->side;
    u64 digit = number / unit % w->side;
    *after = digit + 1 == w->side ? number - digit * unit : number + unit;
    return GOOD;
}

/* Right and down as long as there is room, which two checks see to; and both at once on the diagonal. */
static int walk(const struct world *w, u64 number, u32 action, u64 *after)
{
    u64 x = number % w->side, y = number / w->side;
    bool last_column = x + 1 == w->side, last_row = number + w->side >= w->numbers;
    *after = number + (action != 1) + (action != 0) * w->side;
    if (action == 2)
        return x == y && !last_column && !last_row ? GOOD : NOT_ENABLED;
    return action == 0 && last_column ? 1 : action == 1 && last_row ? 2 : GOOD;
}

/* x or y goes further, by one of two distances that depend on where it is, unless it would leave the grid. */
static int hop(const struct world *w, u64 number, u32 action, u64 *after)
{
    u64 x = number % w->side, y = number / w->side, here = action % 2 ? y : x;
    u64 far = 1 + mixed(here + (action / 2 << 10)) % 9;
    bool fits = here + far < w->side;
    *after = !fits ? number : number + far * (action % 2 ? w->side : 1);
    return fits ? GOOD : action < 2 ? 0 : NOT_ENABLED;
}

/* Anywhere, with dead ends: many of them where `side` is 4, few where it is 2. */
static int jump(const struct world *w, u64 number, u32 action, u64 *after)
{
    u64 drawn = mixed(number * MOST_ACTIONS + action + 1);
    *after = (drawn >> 16) % w->numbers;
    return drawn % w->side ? NOT_ENABLED : (drawn >> 2 & 15) == 0 ? (int)(drawn >> 6 & 1) : GOOD;
}

/* Without an end. */
static int branch(const struct world *w, u64 number, u32 action, u64 *after)
{
    *after = 2 * number + 1 + action;
    return *after < w->numbers ? GOOD : NOT_ENABLED;
}

static int step(const struct world *w, u64 number, u32 action, u64 *after)
{
    int broken = w->step(w, number, action, after);
    if (broken == GOOD)
        *after = folded(w, *after);
    return broken;
}

/* The one watch, or none below STATE_WATCHES, that sees the state. */
static u64 watch_of_states(u64 number)
{
    return mixed(number) % 4001;
}

static bool watch_of_steps(u32 watch, u64 number, u32 action, int broken)
{
    return watch == BROKEN ? broken >= 0 : broken == GOOD && mixed(number ^ (u64)action << 40) % 5003 == 0;
}

static u64 premise(u64 number)
{
    return mixed(number + 77) % 100003;
}

/* Marks 2 and 3 are nowhere, 66 and 67 everywhere.  Where (x, y) and (y, x) are one state, marks 2k and 2k + 1 say the
 * same of x and of y. */
static bool marked(u32 mark, u64 number)
{
    if (mark / 2 == 1 || mark / 2 == 33)
        return mark / 2 == 33;
    if (!world->folded)
        return mixed(number + ((u64)mark << 32)) % 6007 == 0;
    u64 one = mark % 2 ? number / world->side : number % world->side;
    return mixed(one + ((u64)mark / 2 << 32)) % 31 == 0;
}

/* The marks that a broken check of an action is as good as. */
static unsigned char end_of(u32 round, u32 action)
{
    return round == 0 && (action == 1 || (world->folded && action == 0)) ? (unsigned char)(1u << action) : 0;
}

static void set(u64 *bits, u64 bit, u64 below)
{
    if (bit < below)
        bits[bit / 64] |= (u64)1 << bit % 64;
}

static size_t expand(const u64 *states, size_t count, u64 *out, struct tally *tally)
{
    u64 *next = out;
    for (size_t k = 0; k < count; k++) {
        u64 number = decode(states + k * words), after;
        bool moved = false;
        tally->states += 2;
        set(tally->bad, watch_of_states(number), STATE_WATCHES);
        set(tally->held, premise(number), PREMISES);
        for (u32 action = 0; action < world->actions; action++) {
            int broken = step(world, number, action, &after);
            if (broken == NOT_ENABLED)
                continue;
            moved = true;
            tally->fired[action]++;
            tally->transitions += 2;
            for (u32 watch = BROKEN; watch <= JUMPS; watch++)
                tally->bad[watch / 64] |= (u64)watch_of_steps(watch, number, action, broken) << watch % 64;
            if (broken == GOOD) {
                encode(after, next);
                next += words;
            }
        }
        tally->bad[STUCK / 64] |= (u64)!moved << STUCK % 64;
    }
    return (size_t)(next - out) / words;
}

static size_t steps(const u64 *state, u64 *successors, u32 *actions, int32_t *broken, u64 *bad)
{
    u64 number = decode(state), after;
    size_t count = 0;
    memset(bad, 0, (world->actions + 2) * WATCH_WORDS * sizeof(u64));
    set(bad, watch_of_states(number), STATE_WATCHES);
    for (u32 action = 0; action < world->actions; action++) {
        broken[count] = world->step(world, number, action, &after);
        if (broken[count] == NOT_ENABLED)
            continue;
        actions[count] = action;
        /* Also where a check is broken: nobody may take it for a successor. */
        encode(after, successors + count * words);
        for (u32 watch = BROKEN; watch <= JUMPS; watch++)
            bad[(count + 1) * WATCH_WORDS + watch / 64] |= (u64)watch_of_steps(watch, number, action, broken[count])
                                                           << watch % 64;
        count++;
    }
    bad[STUCK / 64] |= (u64)!count << STUCK % 64;
    return count;
}

static void marks(const u64 *states, size_t count, u64 *to)
{
    memset(to, 0, count * MARK_WORDS * sizeof(u64));
    for (size_t k = 0; k < count; k++)
        for (u32 round = 0; round < ROUNDS; round++)
            for (u32 mark = FIRST_MARK[round]; mark < FIRST_MARK[round] + MARKS[round]; mark++)
                to[k * MARK_WORDS + mark / 64] |= (u64)marked(mark, decode(states + k * words)) << mark % 64;
}

static void turned(u64 *states, size_t count, u64 *from)
{
    for (size_t k = 0; k < count; k++) {
        u64 number = decode(states + k * words), now = number < world->numbers ? folded(world, number) : number;
        for (u32 mark = 0; from && mark < MARK_COUNT; mark++)
            from[k * MARK_COUNT + mark] = now == number ? mark : mark ^ 1;
        if (now != number)
            encode(now, states + k * words);
    }
}

static void canonical(u64 *states, size_t count)
{
    turned(states, count, NULL);
}

static struct custody_model model(void)
{
    return (struct custody_model){
        .steps = steps,
        .marks = marks,
        .canonical = world->folded ? canonical : NULL,
        .turned = world->folded ? turned : NULL,
        .mark_words = MARK_WORDS,
        .mark_count = MARK_COUNT,
    };
}

/* ------------------------------------------------------------------ what is to be found */

enum { UNKNOWN = UINT32_MAX };

struct truth {
    u32 *depth; /* of each number, or UNKNOWN */
    u64 *sizes; /* of the layers */
    u64 states, layers, transitions;
    u64 fired[MOST_ACTIONS], first[WATCHES];
    bool held[PREMISES];
    unsigned char *can[ROUNDS]; /* the marks that can be reached from each number */
};

/* Of every state, whether it can be reached or not, and by itself where two are one for the search. */
static void truth_of_reach(struct truth *t, u32 round)
{
    unsigned char *can = t->can[round] = memory(world->numbers);
    for (u64 number = 0; number < world->numbers; number++)
        for (u32 k = 0; k < MARKS[round]; k++)
            can[number] |= (unsigned char)(marked(FIRST_MARK[round] + k, number) << k);
    for (bool changed = true; changed;) {
        changed = false;
        for (u64 number = world->numbers; number-- > 0;) {
            unsigned char now = can[number];
            u64 after;
            for (u32 action = 0; action < world->actions; action++) {
                int broken = world->step(world, number, action, &after);
                now |= broken == GOOD ? can[after] : broken == NOT_ENABLED ? 0 : end_of(round, action);
            }
            changed |= now != can[number];
            can[number] = now;
        }
    }
}

static struct truth truth_of_world(void)
{
    struct truth t = {.depth = memory(world->numbers * sizeof(u32)), .sizes = memory((world->numbers + 1) * 8)};
    u64 *queue = memory(world->numbers * sizeof(u64)), put = 0;
    memset(t.first, 0xff, sizeof t.first);
    for (u64 number = 0; number < world->numbers; number++)
        t.depth[number] = UNKNOWN;
    for (size_t k = 0; k < world->seed_count; k++)
        if (t.depth[world->seeds[k]] == UNKNOWN) {
            t.depth[world->seeds[k]] = 0;
            queue[put++] = world->seeds[k];
        }
    for (u64 got = 0; got < put; got++) {
        u64 number = queue[got], layer = t.depth[number], after;
        bool moved = false, seen[WATCHES] = {false};
        t.sizes[layer]++;
        t.layers = layer + 1;
        for (u32 action = 0; action < world->actions; action++) {
            int broken = step(world, number, action, &after);
            if (broken == NOT_ENABLED)
                continue;
            moved = true;
            t.fired[action]++;
            t.transitions++;
            for (u32 watch = BROKEN; watch <= JUMPS; watch++)
                seen[watch] |= watch_of_steps(watch, number, action, broken);
            if (broken == GOOD && t.depth[after] == UNKNOWN) {
                t.depth[after] = (u32)layer + 1;
                queue[put++] = after;
            }
        }
        seen[STUCK] = !moved;
        if (watch_of_states(number) < STATE_WATCHES)
            seen[watch_of_states(number)] = true;
        for (u32 watch = 0; watch < WATCHES; watch++)
            if (seen[watch] && t.first[watch] == UINT64_MAX)
                t.first[watch] = layer;
        if (premise(number) < PREMISES)
            t.held[premise(number)] = true;
    }
    t.states = put;
    free(queue);
    return t;
}

static void truth_free(struct truth *t)
{
    free(t->depth);
    free(t->sizes);
    for (u32 round = 0; round < ROUNDS; round++)
        free(t->can[round]);
}

/* ------------------------------------------------------------------ comparing */

/* The number of a state that is written as it has to be. */
static u64 number_of(const u64 *state)
{
    u64 number = decode(state), again[MOST_WORDS];
    encode(number, again);
    REQUIRE(number < world->numbers && !memcmp(state, again, words * sizeof(u64)), "a state is none of the model's");
    return number;
}

static void require_layer(struct custody_engine *engine, const struct truth *t, u64 layer, size_t room, bool *seen)
{
    u64 *states = memory(room * words * sizeof(u64)), size = custody_layer_size(engine, layer), from = 0;
    REQUIRE(size == t->sizes[layer], "layer %zu has %zu states, not %zu", layer, size, t->sizes[layer]);
    while (from < size) {
        size_t got = custody_layer_read(engine, layer, from, states, room);
        REQUIRE(got > 0 && got <= room && from + got <= size, "read %zu from %zu on", got, (size_t)from);
        for (size_t k = 0; k < got; k++) {
            u64 number = number_of(states + k * words);
            REQUIRE(t->depth[number] == layer, "%zu is in layer %zu", (size_t)number, (size_t)layer);
            REQUIRE(!seen[number], "%zu is there twice", (size_t)number);
            seen[number] = true;
        }
        from += got;
    }
    REQUIRE(custody_layer_read(engine, layer, size, states, room) == 0, "there is something behind layer %zu", layer);
    free(states);
}

/* Everything that a finished search says of itself. */
static void require_search(struct custody_engine *engine, const struct truth *t)
{
    struct custody_count count;
    custody_counts(engine, &count);
    REQUIRE(count.states == t->states, "%zu states, not %zu", (size_t)count.states, (size_t)t->states);
    REQUIRE(count.expanded == t->states && count.frontier == 0, "%zu are expanded", (size_t)count.expanded);
    REQUIRE(count.layers == t->layers, "%zu layers, not %zu", (size_t)count.layers, (size_t)t->layers);
    REQUIRE(count.orbit_states == 2 * t->states, "%zu in orbits", (size_t)count.orbit_states);
    REQUIRE(count.orbit_transitions == 2 * t->transitions, "%zu in orbits", (size_t)count.orbit_transitions);
    u64 fired[MOST_ACTIONS], held[PREMISE_WORDS], first[WATCHES];
    custody_seen(engine, fired, held, first);
    for (u32 k = 0; k < world->actions; k++)
        REQUIRE(fired[k] == t->fired[k], "action %u fired %zu times", k, (size_t)fired[k]);
    for (u32 k = 0; k < PREMISES; k++)
        REQUIRE((held[k / 64] >> k % 64 & 1) == t->held[k], "premise %u", k);
    for (u32 k = 0; k < WATCHES; k++)
        REQUIRE(first[k] == t->first[k], "watch %u was first seen in layer %zd", k, (ssize_t)first[k]);
    bool *seen = memory(world->numbers);
    for (u64 layer = 0; layer < t->layers; layer++)
        require_layer(engine, t, layer, layer % 2 ? 1000 : 7 + t->sizes[layer], seen);
    free(seen);
}

/* The steps found are exactly those from states of the layer that `wanted` wants. */
typedef bool wanted_step(const struct truth *t, u64 number, u32 action, int broken, u64 after, const void *what);

static void require_steps(const struct custody_found *found, const struct truth *t, u64 layer, wanted_step *wanted,
                          const void *what)
{
    unsigned char *seen = memory(world->numbers);
    u64 after, count = 0;
    for (size_t k = 0; k < found->count; k++) {
        u64 number = number_of(found->before + k * words);
        u32 action = found->steps[k].action;
        REQUIRE(t->depth[number] == layer && action < world->actions, "%zu by %u", (size_t)number, action);
        REQUIRE(!(seen[number] >> action & 1), "%zu by %u is there twice", (size_t)number, action);
        seen[number] |= (unsigned char)(1u << action);
        int broken = step(world, number, action, &after);
        REQUIRE(found->steps[k].broken == broken, "%zu by %u: %d", (size_t)number, action, found->steps[k].broken);
        REQUIRE(wanted(t, number, action, broken, after, what), "%zu by %u", (size_t)number, action);
        if (broken == GOOD) {
            u64 there = folded(world, number_of(found->after + k * words));
            REQUIRE(there == after, "%zu by %u leads to %zu", (size_t)number, action, (size_t)there);
        }
    }
    for (u64 number = 0; number < world->numbers; number++)
        for (u32 action = 0; t->depth[number] == layer && action < world->actions; action++) {
            int broken = step(world, number, action, &after);
            count += broken != NOT_ENABLED && wanted(t, number, action, broken, after, what);
        }
    REQUIRE(found->count == count, "%zu steps of layer %zu, not %zu", found->count, (size_t)layer, (size_t)count);
    free(seen);
}

typedef bool wanted_state(const struct truth *t, u64 number, const void *what);

static void require_states(const struct custody_found *found, const struct truth *t, u64 layer, wanted_state *wanted,
                           const void *what)
{
    bool *seen = memory(world->numbers);
    u64 count = 0;
    for (size_t k = 0; k < found->count; k++) {
        u64 number = number_of(found->before + k * words);
        REQUIRE(t->depth[number] == layer && wanted(t, number, what), "%zu", (size_t)number);
        REQUIRE(!seen[number], "%zu is there twice", (size_t)number);
        seen[number] = true;
    }
    for (u64 number = 0; number < world->numbers; number++)
        count += t->depth[number] == layer && wanted(t, number, what);
    REQUIRE(found->count == count, "%zu states of layer %zu, not %zu", found->count, (size_t)layer, (size_t)count);
    free(seen);
}

static bool is_seen_by(const struct truth *t, u64 number, const void *what)
{
    u64 after;
    (void)t;
    if (*(const u32 *)what != STUCK)
        return watch_of_states(number) == *(const u32 *)what;
    for (u32 action = 0; action < world->actions; action++)
        if (step(world, number, action, &after) != NOT_ENABLED)
            return false;
    return true;
}

static bool is_step_seen_by(const struct truth *t, u64 number, u32 action, int broken, u64 after, const void *what)
{
    (void)t;
    (void)after;
    return watch_of_steps(*(const u32 *)what, number, action, broken);
}

static void require_find(struct custody_engine *engine, const struct truth *t)
{
    struct custody_model m = model();
    struct custody_found found;
    for (u32 watch = STATE_WATCHES - 3; watch < WATCHES; watch++) {
        u64 layer = t->first[watch] == UINT64_MAX ? t->layers / 2 : t->first[watch];
        bool of_steps = watch > STUCK;
        REQUIRE(custody_find(engine, &m, layer, watch, of_steps, &found) == CUSTODY_DONE, "watch %u", watch);
        REQUIRE(t->first[watch] == UINT64_MAX || found.count, "watch %u saw nothing where it did", watch);
        if (of_steps)
            require_steps(&found, t, layer, is_step_seen_by, &watch);
        else
            require_states(&found, t, layer, is_seen_by, &watch);
        custody_found_free(&found);
    }
}

static bool leads_to_wanted(const struct truth *t, u64 number, u32 action, int broken, u64 after, const void *what)
{
    (void)t;
    (void)number;
    (void)action;
    return broken == GOOD && ((const bool *)what)[after];
}

static void require_into(struct custody_engine *engine, const struct truth *t, u64 layer)
{
    struct custody_model m = model();
    struct custody_found found;
    bool *is_wanted = memory(world->numbers);
    u64 *wanted = memory((world->numbers + 2) * words * sizeof(u64));
    size_t count = 0;
    for (u64 number = 0; number < world->numbers; number++)
        if (t->depth[number] != UNKNOWN && (t->depth[number] == layer + 1 ? number % 3 == 0 : number % 211 == 0)) {
            is_wanted[number] = true;
            encode(number, wanted + count++ * words);
        }
    if (count) /* one that is wanted twice */
        memcpy(wanted + count++ * words, wanted, words * sizeof(u64));
    REQUIRE(custody_into(engine, &m, layer, wanted, count, &found) == CUSTODY_DONE, "layer %zu", (size_t)layer);
    require_steps(&found, t, layer, leads_to_wanted, is_wanted);
    custody_found_free(&found);
    REQUIRE(custody_into(engine, &m, layer, wanted, 0, &found) == CUSTODY_DONE && !found.count, "nothing wanted");
    custody_found_free(&found);
    free(is_wanted);
    free(wanted);
}

struct lost {
    u32 round, mark;
};

static bool is_lost(const struct truth *t, u64 number, const void *what)
{
    const struct lost *lost = what;
    return !(t->can[lost->round][number] >> lost->mark & 1);
}

static void require_reach(struct custody_engine *engine, const struct truth *t)
{
    struct custody_model m = model();
    for (u32 round = 0; round < ROUNDS; round++) {
        unsigned char ends[MOST_ACTIONS];
        for (u32 action = 0; action < MOST_ACTIONS; action++)
            ends[action] = end_of(round, action);
        struct custody_reach *reach = custody_reach_new(engine, &m, FIRST_MARK[round], MARKS[round], ends);
        REQUIRE(reach, "no memory");
        REQUIRE(custody_reach_bytes(reach) >= t->states, "less than a byte a state");
        enum custody_status status;
        u64 pauses = 0, first[8];
        while ((status = custody_reach_run(reach, 0.01)) == CUSTODY_PAUSED)
            pauses++;
        REQUIRE(status == CUSTODY_DONE, "status %d after %zu pauses", status, (size_t)pauses);
        REQUIRE(custody_reach_run(reach, FOREVER) == CUSTODY_DONE, "not done any more");
        REQUIRE(custody_reach_first(reach, first) == CUSTODY_DONE, "no first layers");
        for (u32 mark = 0; mark < 8; mark++) {
            struct lost lost = {round, mark};
            u64 expected = UINT64_MAX;
            for (u64 number = 0; mark < MARKS[round] && number < world->numbers; number++)
                if (t->depth[number] < expected && t->depth[number] != UNKNOWN && is_lost(t, number, &lost))
                    expected = t->depth[number];
            REQUIRE(first[mark] == expected, "mark %u: %zd, not %zd", mark, (ssize_t)first[mark], (ssize_t)expected);
            if (expected == UINT64_MAX)
                continue;
            struct custody_found found;
            for (u64 layer = expected; layer < t->layers && layer < expected + 2; layer++) {
                REQUIRE(custody_reach_find(reach, layer, mark, &found) == CUSTODY_DONE, "mark %u", mark);
                require_states(&found, t, layer, is_lost, &lost);
                custody_found_free(&found);
            }
        }
        custody_reach_free(reach);
    }
}

/* ------------------------------------------------------------------ searches */

static struct custody_shape shape_of(u32 threads)
{
    return (struct custody_shape){words, world->bits, world->actions, WATCHES, PREMISES, threads, 1};
}

static struct custody_engine *engine_new(u32 threads, const char *where, u64 resident)
{
    struct custody_shape shape = shape_of(threads), same;
    struct custody_engine *engine = custody_new(&shape, expand);
    REQUIRE(engine, "no memory");
    REQUIRE(!where || custody_use_files(engine, where, resident) == CUSTODY_DONE, "no memory for names");
    same = custody_shape_of(engine);
    REQUIRE(!memcmp(&shape, &same, sizeof shape), "another shape");
    return engine;
}

static void seed(struct custody_engine *engine)
{
    u64 states[8 * MOST_WORDS];
    for (size_t k = 0; k < 2 * world->seed_count; k++) /* each of them twice */
        encode(world->seeds[k / 2], states + k * words);
    REQUIRE(custody_seed(engine, states, 2 * world->seed_count) == CUSTODY_DONE, "no seeds");
}

static u64 states_of(const struct custody_engine *engine)
{
    struct custody_count count;
    custody_counts(engine, &count);
    REQUIRE(count.states == count.expanded + count.frontier, "%zu are expanded", (size_t)count.expanded);
    return count.states;
}

static struct custody_engine *saved_and_loaded(struct custody_engine *engine, u32 threads, u64 resident)
{
    size_t need = custody_save(engine, NULL, 0);
    u64 *position = memory(need * sizeof(u64)), states = states_of(engine);
    REQUIRE(custody_save(engine, position, need) == need, "not saved");
    /* What comes after the position does not count any more. */
    enum custody_status status = custody_run(engine, FOREVER, states + 20000, 0);
    REQUIRE(status == CUSTODY_DONE || status == CUSTODY_MAX_STATES, "status %d", status);
    custody_free(engine);
    engine = engine_new(threads, folder, resident);
    REQUIRE(custody_load(engine, position, need) == CUSTODY_DONE, "not loaded");
    REQUIRE(states_of(engine) == states, "%zu states were loaded", (size_t)states_of(engine));
    size_t again = custody_save(engine, NULL, 0);
    u64 *same = memory(again * sizeof(u64));
    REQUIRE(again == need && custody_save(engine, same, need) == need, "not saved again");
    REQUIRE(!memcmp(position, same, need * sizeof(u64)), "what was loaded is not what was saved");
    free(position);
    free(same);
    return engine;
}

static void clear_folder(u32 threads)
{
    char path[4096];
    for (u32 k = 0; k < threads; k++) {
        snprintf(path, sizeof path, "%s/states.%u", folder, k);
        unlink(path);
    }
}

static void test_at_once(const struct truth *t, u32 threads)
{
    struct custody_engine *engine = engine_new(threads, NULL, UINT64_MAX);
    seed(engine);
    REQUIRE(custody_run(engine, FOREVER, 0, 0) == CUSTODY_DONE, "not done");
    require_search(engine, t);
    require_find(engine, t);
    for (u64 layer = 0; layer < t->layers; layer += t->layers / 3 + 1)
        require_into(engine, t, layer);
    if (t->can[0])
        require_reach(engine, t);
    REQUIRE(custody_run(engine, FOREVER, 0, 0) == CUSTODY_DONE, "not done any more");
    require_search(engine, t);
    custody_free(engine);
}

static void test_in_pieces(const struct truth *t, u32 threads)
{
    struct custody_engine *engine = engine_new(threads, NULL, UINT64_MAX);
    enum custody_status status;
    u64 before = 0, pauses = 0;
    seed(engine);
    while ((status = custody_run(engine, 0, 0, 0)) == CUSTODY_PAUSED) {
        u64 states = states_of(engine);
        REQUIRE(states >= before, "fewer states than before");
        before = states;
        pauses++;
    }
    REQUIRE(status == CUSTODY_DONE, "status %d", status);
    REQUIRE(pauses >= t->layers - 1, "%zu pauses", (size_t)pauses);
    require_search(engine, t);
    custody_free(engine);
}

static void test_saving(const struct truth *t, u32 threads, u64 resident)
{
    struct custody_engine *engine = engine_new(threads, folder, resident);
    enum custody_status status;
    seed(engine);
    u64 most = 0;
    do {
        status = custody_run(engine, FOREVER, most += t->states / 2 + 1, 0);
        REQUIRE(status == CUSTODY_DONE || status == CUSTODY_MAX_STATES, "status %d", status);
        REQUIRE(status == CUSTODY_DONE || states_of(engine) > most, "only %zu states", (size_t)states_of(engine));
        engine = saved_and_loaded(engine, threads, resident);
    } while (status != CUSTODY_DONE);
    REQUIRE(custody_run(engine, FOREVER, 0, 0) == CUSTODY_DONE, "not done");
    require_search(engine, t);
    require_into(engine, t, t->layers / 2);
    if (t->can[0])
        require_reach(engine, t);
    custody_free(engine);
    clear_folder(threads);
}

static void begin(const struct world *w, u32 threads, const char *what)
{
    world = w;
    words = w->bits ? (w->bits + 63) / 64 : 1;
    snprintf(told, sizeof told, "%s, %u bits, %u threads: %s", w->name, w->bits, threads, what);
}

static void test_world(const struct world *w, u32 threads)
{
    begin(w, threads, "what is to be found");
    struct truth t = truth_of_world();
    bool is_large = t.states > 15000;
    for (u32 round = 0; !is_large && round < ROUNDS; round++)
        truth_of_reach(&t, round);
    begin(w, threads, "at once");
    test_at_once(&t, threads);
    begin(w, threads, "in pieces");
    test_in_pieces(&t, threads);
    begin(w, threads, "saved and loaded");
    test_saving(&t, threads, is_large ? 0 : t.states / 2);
    truth_free(&t);
}

static void test_worlds(u32 threads, bool all)
{
    struct world alone = {"one state", jump, 1, 1, 6, 0, false, {0}, 1};
    static const u32 BITS[] = {20, 30, 34, 40, 60, 64, 128, 200, 1000};
    test_world(&alone, threads);
    for (size_t k = 0; k < sizeof BITS / sizeof *BITS; k++) {
        u32 bits = BITS[k];
        u64 many = bits != 40 && bits != 60 ? 20000 : all ? 300000 : 60000;
        struct world counters = {"counters", count_up, 15 * 15 * 15, 15, 3, bits, false, {0}, 1};
        struct world grid = {"grid", walk, 40 * 71, 40, 3, bits, false, {1}, 1};
        struct world pairs = {"pairs", hop, 60 * 60, 60, 4, bits, true, {0, 0}, 2};
        struct world sparse = {"sparse jumps", jump, 10000, 4, 6, bits, false, {1, 2, 3, 4}, 4};
        struct world dense = {"dense jumps", jump, many, 2, 6, bits, false, {1, 2, 3, 4}, 4};
        struct world still = {"no step", jump, 5, 1, 0, bits, false, {3, 0, 3}, 3};
        test_world(&dense, threads);
        if (!all)
            continue;
        test_world(&counters, threads);
        test_world(k % 2 ? &grid : &pairs, threads);
        test_world(k % 2 ? &still : &sparse, threads);
    }
}

/* ------------------------------------------------------------------ limits and damage */

static void test_max_states(u32 threads)
{
    struct world tree = {"tree", branch, (u64)1 << 50, 1, 2, 60, false, {0}, 1};
    begin(&tree, threads, "states are limited");
    struct custody_engine *engine = engine_new(threads, NULL, UINT64_MAX);
    seed(engine);
    for (u64 most = 1; most < 200000; most = 3 * most + 1) {
        REQUIRE(custody_run(engine, FOREVER, most, 0) == CUSTODY_MAX_STATES, "not stopped at %zu", (size_t)most);
        u64 states = states_of(engine);
        REQUIRE(states > most && states < most + threads * 40000, "stopped at %zu", (size_t)states);
    }
    custody_free(engine);
}

static void test_max_bytes(u32 threads, u32 bits, u64 most)
{
    struct world tree = {"tree", branch, (u64)1 << 50, 1, 2, bits, false, {0}, 1};
    begin(&tree, threads, "bytes are limited");
    struct custody_engine *engine = engine_new(threads, NULL, UINT64_MAX);
    seed(engine);
    for (int k = 0; k < 2; k++, most += most / 4) {
        struct custody_count count;
        REQUIRE(custody_run(engine, FOREVER, 0, most) == CUSTODY_MAX_MEMORY, "not stopped at %zu", (size_t)most);
        custody_counts(engine, &count);
        /* Besides, what the threads have sent each other is still kept. */
        u64 under_way = (u64)(threads - 1) * words << 21;
        REQUIRE(count.bytes < most / 100 * 105 + under_way && count.bytes > most / 100 * 90,
                "of %zu bytes %zu were used, for %zu states", (size_t)most, (size_t)count.bytes,
                (size_t)count.states);
        REQUIRE(count.bytes >= count.states * words * 2 * sizeof(u64), "%zu bytes are too few", (size_t)count.bytes);
    }
    custody_free(engine);
}

static void require_refused(u32 threads, const u64 *position, size_t need, const char *why)
{
    struct custody_engine *engine = engine_new(threads, folder, 0);
    REQUIRE(custody_load(engine, position, need) == CUSTODY_NO_DISK, "loaded in spite of %s", why);
    custody_free(engine);
}

static void test_damage(u32 threads)
{
    struct world jumps = {"jumps", jump, 300000, 2, 6, 60, false, {1, 2, 3, 4}, 4};
    char path[4096];
    struct stat status;
    begin(&jumps, threads, "damage");
    snprintf(path, sizeof path, "%s/states.%u", folder, threads - 1);
    struct custody_engine *engine = engine_new(threads, folder, 0);
    seed(engine);
    REQUIRE(custody_run(engine, FOREVER, 50000, 0) == CUSTODY_MAX_STATES, "not stopped");
    size_t need = custody_save(engine, NULL, 0);
    u64 *position = memory(need * sizeof(u64));
    REQUIRE(custody_save(engine, position, need) == need, "not saved");
    custody_free(engine);
    require_refused(threads, position, need - 1, "a word that is missing");
    require_refused(threads, position, 0, "nothing");
    require_refused(threads + 1, position, need, "another number of threads");
    REQUIRE(stat(path, &status) == 0 && status.st_size > 8, "no file");
    FILE *file = fopen(path, "r+b");
    REQUIRE(file && fseek(file, status.st_size / 2, SEEK_SET) == 0, "no file");
    int byte = fgetc(file);
    REQUIRE(fseek(file, -1, SEEK_CUR) == 0 && fputc(byte ^ 4, file) != EOF && fclose(file) == 0, "not written");
    require_refused(threads, position, need, "a bit that is not what it was");
    REQUIRE(truncate(path, status.st_size - 1) == 0, "not shortened");
    require_refused(threads, position, need, "a byte that is missing");
    free(position);
    clear_folder(threads + 1);
}

static void test_no_folder(u32 threads)
{
    struct world jumps = {"jumps", jump, 300000, 2, 6, 60, false, {1, 2, 3, 4}, 4};
    char missing[4096];
    u64 position[4096];
    begin(&jumps, threads, "no folder");
    snprintf(missing, sizeof missing, "%s/missing", folder);
    struct custody_engine *engine = engine_new(threads, NULL, 0);
    seed(engine);
    REQUIRE(custody_run(engine, FOREVER, 0, 0) == CUSTODY_DONE, "needs a folder");
    REQUIRE(custody_save(engine, position, 4096) == 0, "saved nowhere");
    custody_free(engine);
    engine = engine_new(threads, missing, 0);
    seed(engine);
    REQUIRE(custody_run(engine, FOREVER, 0, 0) == CUSTODY_NO_DISK, "spilled nowhere");
    custody_free(engine);
}

static void test_nothing(u32 threads)
{
    struct world jumps = {"jumps", jump, 1000, 2, 6, 60, false, {0}, 0};
    begin(&jumps, threads, "no first state");
    struct truth t = truth_of_world();
    for (u32 round = 0; round < ROUNDS; round++)
        truth_of_reach(&t, round);
    test_at_once(&t, threads);
    truth_free(&t);
}

/* A search for which there is no memory has nothing of its own to close yet. */
static void test_no_memory(u32 threads)
{
    struct world jumps = {"jumps", jump, 1000, 2, 1 << 20, 60, false, {0}, 1};
    struct stat status;
    begin(&jumps, threads, "no memory");
    words = 1 << 24;
    struct custody_shape shape = shape_of(threads);
    REQUIRE(custody_new(&shape, expand) == NULL, "so much memory");
    REQUIRE(fstat(0, &status) == 0, "a file that was not its own is closed");
    custody_free(NULL);
}

int main(int count, char **arguments)
{
    bool all = count > 3 && !strcmp(arguments[1], "all");
    if (!all && (count <= 3 || strcmp(arguments[1], "shared") != 0)) {
        fprintf(stderr, "usage: test_engine all|shared FOLDER THREADS...\n");
        return 2;
    }
    folder = arguments[2];
    for (int k = 3; k < count; k++) {
        u32 threads = (u32)strtoul(arguments[k], NULL, 10);
        test_worlds(threads, all);
        test_max_states(threads);
        test_max_bytes(threads, 60, all ? 24 << 20 : 6 << 20);
        test_damage(threads);
        if (!all)
            continue;
        test_max_bytes(threads, 1000, 48 << 20);
        test_no_folder(threads);
        test_nothing(threads);
        test_no_memory(threads);
    }
    printf("all is as it should be\n");
    return 0;
}
