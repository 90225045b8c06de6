/*
 * The graph of a search without Python, to be run under the sanitizers: each step of a model that is written down
 * here, for states of one word and of more, by one thread and by two, in memory and in files; every limit of memory, a
 * stop at every point, a search that is not done, files that are gone.
 *
 * The one argument is a folder for files.  Prints what failed and where, and ends with 1; silence is success.
 */
#define _POSIX_C_SOURCE 200809L /* truncate */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edges.h"

static void must(bool holds, int line, const char *what)
{
    if (!holds) {
        fprintf(stderr, "line %d: %s\n", line, what);
        exit(1);
    }
}
#define MUST(condition) must(condition, __LINE__, #condition)

/* ------------------------------------------------------------------ the model */

/*
 * Digits of a base that each turn on by one: digit d by action d * STRIDE, the last one first, so that the steps do not
 * come in the order of their actions.  The last action is enabled where all digits are 1, and breaks a check; the one
 * before it where digit 0 is 2, and stays there.
 */
enum { MOST_DIGITS = 6, MARKS = 70 };

static struct custody_shape shape;
static u32 digits, base, stride;
static uint64_t calls, stop_after;
static _Atomic int32_t stop;

/* Digit d is in word d % words, above the digits that are there already. */
static unsigned shift_of(u32 digit)
{
    return digit / shape.words * 3;
}

static u64 digit_of(const u64 *state, u32 digit)
{
    return state[digit % shape.words] >> shift_of(digit) & 7;
}

static void turn_on(u64 *state, u32 digit)
{
    u64 next = (digit_of(state, digit) + 1) % base;
    u64 *word = &state[digit % shape.words];
    *word = (*word & ~((u64)7 << shift_of(digit))) | next << shift_of(digit);
}

static bool is_broken(const u64 *state)
{
    for (u32 digit = 0; digit < digits; digit++)
        if (digit_of(state, digit) != 1)
            return false;
    return true;
}

static custody_steps steps;
static size_t steps(const u64 *state, u64 *successors, u32 *actions, int32_t *broken, u64 *bad)
{
    size_t count = 0;
    memset(bad, 0xff, ((size_t)shape.actions + 2) * (shape.watches / 64 + 1) * sizeof(u64));
    if (++calls == stop_after)
        atomic_store(&stop, 1);
    if (is_broken(state)) {
        actions[count] = shape.actions - 1;
        memset(successors, 0xff, shape.words * sizeof(u64));
        broken[count++] = 3;
    }
    if (digit_of(state, 0) == 2) {
        actions[count] = shape.actions - 2;
        memcpy(successors + count * shape.words, state, shape.words * sizeof(u64));
        broken[count++] = -1;
    }
    for (u32 digit = digits; digit-- > 0;) {
        actions[count] = digit * stride;
        memcpy(successors + count * shape.words, state, shape.words * sizeof(u64));
        turn_on(successors + count * shape.words, digit);
        broken[count++] = -1;
    }
    return count;
}

static custody_expand expand;
static size_t expand(const u64 *states, size_t count, u64 *out, struct tally *tally)
{
    size_t n = 0;
    for (size_t k = 0; k < count; k++)
        for (u32 digit = 0; digit < digits; digit++) {
            tally->fired[digit * stride]++;
            memcpy(out + n * shape.words, states + k * shape.words, shape.words * sizeof(u64));
            turn_on(out + n++ * shape.words, digit);
        }
    return n;
}

/* Mark k holds where digit k % digits is not k / digits. */
static custody_marks marks;
static void marks(const u64 *states, size_t count, u64 *held)
{
    memset(held, 0, count * 2 * sizeof(u64));
    for (size_t k = 0; k < count; k++)
        for (u32 mark = 0; mark < MARKS; mark++)
            if (digit_of(states + k * shape.words, mark % digits) != mark / digits)
                held[k * 2 + mark / 64] |= (u64)1 << (mark % 64);
}

static const struct custody_model model = {.steps = steps, .marks = marks, .mark_words = 2};

static void describe(u32 words, u32 many, u32 values, u32 threads, u32 wide)
{
    digits = many;
    base = values;
    stride = wide;
    u32 in_a_word = (many + words - 1) / words;
    u32 bits = 64 * (words - 1) + 3 * in_a_word;
    shape = (struct custody_shape){words, bits, many * wide + 2, 65, 0, threads, 0};
    calls = stop_after = 0;
    atomic_store(&stop, 0);
}

static struct custody_engine *search(const char *folder, u64 resident, u64 most_states)
{
    struct custody_engine *engine = custody_new(&shape, expand);
    u64 first[2 * MOST_DIGITS] = {0};
    MUST(engine);
    MUST(!folder || custody_use_files(engine, folder, resident) == CUSTODY_DONE);
    turn_on(first + shape.words, 0);
    MUST(custody_seed(engine, first, base > 2 ? 2 : 1) == CUSTODY_DONE);
    enum custody_status status;
    do {
        status = custody_run(engine, 1.0, most_states, 0);
    } while (status == CUSTODY_PAUSED);
    MUST(status == (most_states ? CUSTODY_MAX_STATES : CUSTODY_DONE));
    return engine;
}

/* ------------------------------------------------------------------ what must be */

static u32 action_at(const graph_arrays *a, const void *actions, u64 at)
{
    return a->action_bytes == 2 ? ((const uint16_t *)actions)[at] : ((const u32 *)actions)[at];
}

static u64 depth_of(const u64 *state)
{
    u64 depth = 0;
    for (u32 digit = 0; digit < digits; digit++)
        depth += digit_of(state, digit);
    /* Of two first states one has digit 0 on already. */
    return base > 2 && digit_of(state, 0) > 0 ? depth - 1 : depth;
}

static void check_states(const struct custody_edges *edges, const graph_arrays *a, const u64 *states)
{
    u32 words = shape.words;
    u64 depth = 0;
    u64 one[MOST_DIGITS];
    for (u32 node = 0; node < a->nodes; node++) {
        u64 here = depth_of(states + (size_t)node * words);
        MUST(here >= depth);
        MUST((here == 0) == (node < a->initial));
        depth = here;
        MUST(custody_edges_states(edges, node, 1, one) == GRAPH_OK);
        MUST(!memcmp(one, states + (size_t)node * words, words * sizeof(u64)));
    }
}

static void check_steps(const graph_arrays *a, const u64 *states)
{
    u32 words = shape.words;
    u64 edge = 0, broken = 0, after[MOST_DIGITS];
    for (u32 node = 0; node < a->nodes; node++) {
        const u64 *state = states + (size_t)node * words;
        MUST(a->offsets[node] == edge);
        for (u32 digit = 0; digit < digits; digit++, edge++) {
            MUST(action_at(a, a->edge_actions, edge) == digit * stride);
            memcpy(after, state, words * sizeof(u64));
            turn_on(after, digit);
            MUST(a->targets[edge] < a->nodes);
            MUST(!memcmp(after, states + (size_t)a->targets[edge] * words, words * sizeof(u64)));
        }
        if (digit_of(state, 0) == 2) {
            MUST(action_at(a, a->edge_actions, edge) == shape.actions - 2);
            MUST(a->targets[edge++] == node);
        }
        if (a->broken) {
            MUST(a->broken_offsets[node] == broken);
            if (is_broken(state))
                MUST(action_at(a, a->broken_actions, broken++) == shape.actions - 1);
        }
    }
    MUST(a->offsets[a->nodes] == edge && a->edges == edge);
    MUST(a->broken == broken && (!broken || a->broken_offsets[a->nodes] == broken));
    MUST(!broken == !a->broken_offsets);
}

static void check_marks(struct custody_edges *edges, const graph_arrays *a, const u64 *states)
{
    size_t set_bytes = ((size_t)a->nodes + 7) / 8;
    uint8_t *sets = malloc(set_bytes * MARKS);
    MUST(sets);
    memset(sets, 0xff, set_bytes * MARKS);
    MUST(custody_edges_marks(edges, MARKS, sets) == GRAPH_OK);
    for (u32 mark = 0; mark < MARKS; mark += 5)
        for (u32 bit = 0; bit < set_bytes * 8; bit++) {
            bool has = sets[mark * set_bytes + bit / 8] >> (bit % 8) & 1;
            MUST(has ==
                 (bit < a->nodes && digit_of(states + (size_t)bit * shape.words, mark % digits) != mark / digits));
        }
    free(sets);
}

static void check_all(const struct custody_engine *engine, u64 nodes)
{
    struct custody_edges *edges;
    MUST(custody_edges_new(engine, &model, NULL, 0, &edges) == GRAPH_OK);
    const graph_arrays *a = custody_edges_arrays(edges);
    MUST(a->nodes == nodes && a->actions == shape.actions && a->initial == (base > 2 ? 2 : 1));
    u64 *states = malloc((size_t)a->nodes * shape.words * sizeof(u64));
    MUST(states);
    MUST(custody_edges_states(edges, 0, a->nodes, states) == GRAPH_OK);
    check_states(edges, a, states);
    check_steps(a, states);
    u64 bytes = custody_edges_bytes(edges);
    MUST(bytes >= a->edges * (4 + a->action_bytes) + 8 * nodes && bytes <= custody_edges_peak_bytes(edges));
    check_marks(edges, a, states);
    MUST(custody_edges_bytes(edges) == bytes);
    graph *g;
    MUST(graph_open(a, NULL, 0, &g) == GRAPH_OK);
    graph_close(g);
    free(states);
    custody_edges_free(edges);
}

static u64 power(u64 of, u32 times)
{
    return times ? of * power(of, times - 1) : 1;
}

static void check_kinds(const char *folder)
{
    for (u32 words = 1; words <= MOST_DIGITS; words++)
        for (u32 threads = 1; threads <= 2; threads++)
            for (u32 in_files = 0; in_files < 2; in_files++) {
                describe(words, 6, 5, threads, words == 3 ? 20000 : 1);
                struct custody_engine *engine = search(in_files ? folder : NULL, 1, 0);
                check_all(engine, power(5, 6));
                custody_free(engine);
            }
    describe(1, 1, 2, 1, 1);
    struct custody_engine *engine = search(NULL, 0, 0);
    check_all(engine, 2);
    custody_free(engine);
}

static void check_nothing(void)
{
    describe(1, 1, 2, 1, 1);
    struct custody_engine *engine = custody_new(&shape, expand);
    struct custody_edges *edges;
    uint8_t none = 0;
    MUST(engine && custody_seed(engine, NULL, 0) == CUSTODY_DONE);
    MUST(custody_run(engine, 1.0, 0, 0) == CUSTODY_DONE);
    MUST(custody_edges_new(engine, &model, NULL, 0, &edges) == GRAPH_OK);
    const graph_arrays *a = custody_edges_arrays(edges);
    MUST(a->nodes == 0 && a->initial == 0 && a->edges == 0 && a->offsets[0] == 0);
    MUST(custody_edges_marks(edges, MARKS, &none) == GRAPH_OK);
    custody_edges_free(edges);
    custody_edges_free(NULL);
    custody_free(engine);
}

/* ------------------------------------------------------------------ how it can end */

static void check_limits(void)
{
    describe(2, 4, 4, 1, 1);
    struct custody_engine *engine = search(NULL, 0, 0);
    struct custody_edges *edges;
    MUST(custody_edges_new(engine, &model, NULL, 0, &edges) == GRAPH_OK);
    u64 peak = custody_edges_peak_bytes(edges);
    custody_edges_free(edges);
    for (u64 most = 1; most < peak; most += 97) {
        MUST(custody_edges_new(engine, &model, NULL, most, &edges) == GRAPH_OVER_LIMIT);
        MUST(!edges);
    }
    MUST(custody_edges_new(engine, &model, NULL, peak - 1, &edges) == GRAPH_OVER_LIMIT);
    MUST(custody_edges_new(engine, &model, NULL, peak, &edges) == GRAPH_OK);
    custody_edges_free(edges);
    custody_free(engine);
}

static void check_stops(void)
{
    describe(1, 5, 5, 1, 1);
    struct custody_engine *engine = search(NULL, 0, 0);
    struct custody_edges *edges;
    u64 nodes = power(5, 5);
    for (u64 after = 1; after < nodes; after += 101) {
        atomic_store(&stop, 0);
        calls = 0;
        stop_after = after;
        MUST(custody_edges_new(engine, &model, &stop, 0, &edges) == GRAPH_STOPPED);
        MUST(calls < after + 1100);
    }
    calls = stop_after = 0;
    MUST(custody_edges_new(engine, &model, &stop, 0, &edges) == GRAPH_STOPPED);
    MUST(calls == 0);
    atomic_store(&stop, 0);
    MUST(custody_edges_new(engine, &model, &stop, 0, &edges) == GRAPH_OK);
    atomic_store(&stop, 1);
    uint8_t *sets = malloc((nodes + 7) / 8 * MARKS);
    MUST(sets && custody_edges_marks(edges, MARKS, sets) == GRAPH_STOPPED);
    free(sets);
    custody_edges_free(edges);
    custody_free(engine);
}

static custody_canonical as_it_is;
static void as_it_is(u64 *states, size_t count)
{
    (void)states;
    (void)count;
}

static void check_folded(void)
{
    const struct custody_model folded = {.steps = steps, .marks = marks, .canonical = as_it_is, .mark_words = 2};
    describe(1, 2, 5, 1, 1);
    struct custody_engine *engine = search(NULL, 0, 0);
    struct custody_edges *edges;
    MUST(custody_edges_new(engine, &folded, NULL, 0, &edges) == EDGES_FOLDED);
    custody_free(engine);
}

static void check_unfinished(void)
{
    describe(1, 6, 5, 1, 1);
    struct custody_engine *engine = search(NULL, 0, 1000);
    struct custody_edges *edges;
    MUST(custody_edges_new(engine, &model, NULL, 0, &edges) == EDGES_UNFINISHED);
    custody_free(engine);
}

static void check_lost_files(const char *folder)
{
    char path[4096];
    describe(6, 6, 5, 1, 1);
    struct custody_engine *engine = search(folder, 1, 0);
    struct custody_edges *edges;
    u64 state[MOST_DIGITS];
    MUST(custody_edges_new(engine, &model, NULL, 0, &edges) == GRAPH_OK);
    snprintf(path, sizeof path, "%s/states.0", folder);
    MUST(truncate(path, 0) == 0);
    MUST(custody_edges_states(edges, 0, 1, state) == EDGES_NO_DISK);
    custody_edges_free(edges);
    MUST(custody_edges_new(engine, &model, NULL, 0, &edges) == EDGES_NO_DISK);
    custody_free(engine);
}

int main(int count, char **arguments)
{
    MUST(count == 2);
    check_kinds(arguments[1]);
    check_nothing();
    check_limits();
    check_stops();
    check_folded();
    check_unfinished();
    check_lost_files(arguments[1]);
    return 0;
}
