/*
 * The analyses of graphs without Python, to be run under the sanitizers: random graphs against the plainest way to
 * find the same out, no way to run out of memory that is not survived, and a stop at every point.
 *
 * Prints what failed and where, and ends with 1; silence is success.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

#define MOST_NODES 9
#define MOST_EDGES 40
#define ACTIONS 6
#define ROUNDS 20000

static void must(bool holds, int line, const char *what)
{
    if (!holds) {
        fprintf(stderr, "line %d: %s\n", line, what);
        exit(1);
    }
}
#define MUST(condition) must(condition, __LINE__, #condition)

/* ------------------------------------------------------------------ random graphs */

typedef struct small {
    graph_arrays a;
    uint64_t offsets[MOST_NODES + 1];
    uint32_t targets[MOST_EDGES];
    uint16_t narrow[MOST_EDGES];
    uint32_t wide[MOST_EDGES];
    uint64_t broken_offsets[MOST_NODES + 1];
    uint16_t narrow_broken[MOST_NODES];
    uint32_t wide_broken[MOST_NODES];
    uint64_t keeps[ACTIONS * 2];
    uint64_t strong[2];
    uint64_t weak[2];
    graph_promises p;
} small;

static uint32_t next_random(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*state >> 33) % below;
}

/* Numbers the nodes of a random graph breadth first, by drawing the targets of one node after the other. */
static void draw(small *s, uint64_t *dice)
{
    memset(s, 0, sizeof *s);
    uint32_t most = 2 + next_random(dice, MOST_NODES - 1);
    uint32_t nodes = 1 + next_random(dice, 2);
    uint32_t initial = nodes;
    uint32_t edges = 0;
    uint32_t broken = 0;
    for (uint32_t node = 0; node < nodes; node++) {
        for (uint32_t some = next_random(dice, 5); some > 0 && edges < MOST_EDGES; some--) {
            bool is_new = nodes < most && next_random(dice, 3) == 0;
            uint32_t target = is_new ? nodes : next_random(dice, nodes);
            nodes += target == nodes;
            s->targets[edges] = target;
            s->wide[edges] = next_random(dice, ACTIONS);
            s->narrow[edges] = (uint16_t)s->wide[edges];
            edges++;
        }
        s->offsets[node + 1] = edges;
        if (next_random(dice, 8) == 0) {
            s->wide_broken[broken] = next_random(dice, ACTIONS);
            s->narrow_broken[broken] = (uint16_t)s->wide_broken[broken];
            broken++;
        }
        s->broken_offsets[node + 1] = broken;
    }
    bool wide = next_random(dice, 2) == 0;
    s->a = (graph_arrays){.nodes = nodes,
                          .initial = initial,
                          .actions = ACTIONS,
                          .action_bytes = wide ? 4 : 2,
                          .edges = edges,
                          .broken = broken,
                          .offsets = s->offsets,
                          .targets = s->targets,
                          .edge_actions = wide ? (const void *)s->wide : (const void *)s->narrow,
                          .broken_offsets = s->broken_offsets,
                          .broken_actions = wide ? (const void *)s->wide_broken : (const void *)s->narrow_broken};
    uint32_t words = next_random(dice, 3);
    for (uint32_t count = words == 0 ? 0 : next_random(dice, 4); count > 0; count--) {
        uint32_t word = next_random(dice, words);
        uint64_t bit = (uint64_t)1 << next_random(dice, 64);
        *(next_random(dice, 2) == 0 ? &s->strong[word] : &s->weak[word]) |= bit & ~(s->strong[word] | s->weak[word]);
        s->keeps[next_random(dice, ACTIONS) * words + word] |= bit;
        s->keeps[next_random(dice, ACTIONS) * words + word] |= bit;
    }
    s->p = (graph_promises){.words = words, .keeps = s->keeps, .strong = s->strong, .weak = s->weak};
}

/* Sets of nodes are 16 bits here, as bytes for the graph. */
typedef struct set {
    uint8_t bytes[2];
} set;

static set bytes_of(uint32_t nodes)
{
    return (set){{(uint8_t)(nodes & 0xFFU), (uint8_t)(nodes >> 8)}};
}

static uint32_t number_of(set nodes, const small *s)
{
    return nodes.bytes[0] | (s->a.nodes > 8 ? (uint32_t)nodes.bytes[1] << 8 : 0);
}

static bool has(uint32_t nodes, uint32_t node)
{
    return (nodes >> node & 1U) != 0;
}

/* ------------------------------------------------------------------ the plain way */

static uint32_t reach_plainly(const small *s, uint32_t seeds, uint32_t within, bool backward)
{
    uint32_t found = seeds & within;
    for (uint32_t round = 0; round < s->a.nodes; round++) {
        for (uint32_t node = 0; node < s->a.nodes; node++) {
            for (uint64_t e = s->offsets[node]; e < s->offsets[node + 1]; e++) {
                uint32_t from = backward ? s->targets[e] : node;
                uint32_t to = backward ? node : s->targets[e];
                if (has(found, from) && has(within, to)) {
                    found |= 1U << to;
                }
            }
        }
    }
    return found;
}

/* Whether any promise of the word is asked in the node. */
static uint64_t asked_plainly(const small *s, uint32_t node, uint32_t word)
{
    uint64_t asked = 0;
    for (uint64_t e = s->offsets[node]; e < s->offsets[node + 1]; e++) {
        asked |= s->keeps[s->wide[e] * s->p.words + word];
    }
    for (uint64_t b = s->broken_offsets[node]; b < s->broken_offsets[node + 1]; b++) {
        asked |= s->keeps[s->wide_broken[b] * s->p.words + word];
    }
    return asked;
}

/* Whether a run that goes round in exactly these nodes for ever, by all steps between them, keeps all promises. */
static bool is_home_plainly(const small *s, uint32_t nodes)
{
    uint32_t one = nodes & (~nodes + 1);
    bool connected = reach_plainly(s, one, nodes, false) == nodes && reach_plainly(s, one, nodes, true) == nodes;
    bool moves = false;
    uint64_t kept[2] = {0, 0};
    for (uint32_t node = 0; node < s->a.nodes; node++) {
        for (uint64_t e = s->offsets[node]; has(nodes, node) && e < s->offsets[node + 1]; e++) {
            for (uint32_t w = 0; has(nodes, s->targets[e]) && w < s->p.words; w++) {
                kept[w] |= s->keeps[s->wide[e] * s->p.words + w];
            }
            moves = moves || has(nodes, s->targets[e]);
        }
    }
    for (uint32_t w = 0; w < s->p.words; w++) {
        uint64_t ever = 0;
        uint64_t always = UINT64_MAX;
        for (uint32_t node = 0; node < s->a.nodes; node++) {
            if (has(nodes, node)) {
                ever |= asked_plainly(s, node, w);
                always &= asked_plainly(s, node, w);
            }
        }
        if ((((ever & s->strong[w]) | (always & s->weak[w])) & ~kept[w]) != 0) {
            return false;
        }
    }
    return connected && moves;
}

static uint32_t homes_plainly(const small *s, uint32_t region)
{
    uint32_t homes = 0;
    for (uint32_t nodes = region; nodes != 0; nodes = (nodes - 1) & region) {
        if ((homes | nodes) != homes && is_home_plainly(s, nodes)) {
            homes |= nodes;
        }
    }
    return homes;
}

/* The length of the shortest stem, UINT32_MAX for none: by the steps from one set of nodes to the next. */
static uint32_t stem_plainly(const small *s, uint32_t entries, uint32_t inside, uint32_t goals)
{
    uint32_t before = (1U << s->a.initial) - 1;
    uint32_t within = 0;
    for (uint32_t length = 0; length <= 2 * s->a.nodes; length++) {
        within |= before & entries & inside;
        if ((within & goals) != 0) {
            return length;
        }
        uint32_t next_before = 0;
        uint32_t next_within = 0;
        for (uint32_t node = 0; node < s->a.nodes; node++) {
            for (uint64_t e = s->offsets[node]; e < s->offsets[node + 1]; e++) {
                uint32_t target = 1U << s->targets[e];
                next_before |= has(before, node) ? target : 0;
                next_within |= has(within, node) ? target & inside : 0;
            }
        }
        before = next_before;
        within = next_within;
    }
    return UINT32_MAX;
}

/* ------------------------------------------------------------------ comparing */

/* That the path is one of the graph; gives its length in steps. */
static uint32_t check_path(const small *s, const graph *g)
{
    const uint32_t *nodes = graph_path_nodes(g);
    const uint32_t *actions = graph_path_actions(g);
    uint32_t length = (uint32_t)graph_path_length(g);
    MUST(length > 0 && actions[0] == GRAPH_NONE);
    for (uint32_t i = 1; i < length; i++) {
        bool found = false;
        for (uint64_t e = s->offsets[nodes[i - 1]]; e < s->offsets[nodes[i - 1] + 1]; e++) {
            found = found || (s->targets[e] == nodes[i] && s->wide[e] == actions[i]);
        }
        MUST(found);
    }
    return length - 1;
}

static void check_trip(const small *s, const graph *g, uint32_t start, const uint32_t *component)
{
    const uint32_t *nodes = graph_path_nodes(g);
    const uint32_t *actions = graph_path_actions(g);
    uint32_t length = check_path(s, g);
    MUST(length > 0 && nodes[0] == start && nodes[length] == start);
    for (uint32_t w = 0; w < s->p.words; w++) {
        uint64_t ever = 0;
        uint64_t always = UINT64_MAX;
        uint64_t kept = 0;
        for (uint32_t i = 1; i <= length; i++) {
            ever |= asked_plainly(s, nodes[i], w);
            always &= asked_plainly(s, nodes[i], w);
            kept |= s->keeps[actions[i] * s->p.words + w];
        }
        MUST((((ever & s->strong[w]) | (always & s->weak[w])) & ~kept) == 0);
    }
    for (uint32_t i = 0; i <= length; i++) {
        MUST(component[nodes[i]] == component[start]);
    }
}

static void compare(const small *s, uint64_t *dice)
{
    graph *g = NULL;
    MUST(graph_open(&s->a, NULL, 0, &g) == GRAPH_OK);
    uint32_t all = (1U << s->a.nodes) - 1;
    uint32_t seeds = next_random(dice, all + 1);
    uint32_t within = next_random(dice, all + 1) | next_random(dice, all + 1);
    set some = bytes_of(seeds | ~all);
    set inside = bytes_of(within | ~all);
    set found;
    MUST(graph_reach(g, some.bytes, inside.bytes, found.bytes) == GRAPH_OK);
    MUST(number_of(found, s) == reach_plainly(s, seeds, within, false));
    MUST(graph_reach(g, some.bytes, NULL, found.bytes) == GRAPH_OK);
    MUST(number_of(found, s) == reach_plainly(s, seeds, all, false));

    MUST(graph_still(g, &s->p, inside.bytes, found.bytes) == GRAPH_OK);
    for (uint32_t node = 0; node < s->a.nodes; node++) {
        bool is_still = has(within, node);
        for (uint32_t w = 0; w < s->p.words; w++) {
            is_still = is_still && asked_plainly(s, node, w) == 0;
        }
        MUST(has(number_of(found, s), node) == is_still);
    }

    uint32_t component[MOST_NODES];
    uint32_t count = 0;
    MUST(graph_fair(g, &s->p, inside.bytes, found.bytes, component, &count) == GRAPH_OK);
    uint32_t homes = number_of(found, s);
    MUST(homes == homes_plainly(s, within));
    uint32_t sets = 0;
    for (uint32_t node = 0; node < s->a.nodes; node++) {
        MUST(has(homes, node) == (component[node] != GRAPH_NONE));
        uint32_t members = 0;
        for (uint32_t other = 0; has(homes, node) && other < s->a.nodes; other++) {
            members |= component[other] == component[node] ? 1U << other : 0;
        }
        sets += members != 0 && (members & (~members + 1)) == 1U << node;
        MUST(members == 0 || is_home_plainly(s, members));
        int status = graph_round_trip(g, &s->p, node, component);
        MUST(status == (has(homes, node) ? GRAPH_OK : GRAPH_NO_WAY));
        if (status == GRAPH_OK) {
            check_trip(s, g, node, component);
        }
    }
    MUST(sets == count);

    set goals = bytes_of(homes | ~all);
    uint32_t length = stem_plainly(s, seeds, within, homes);
    int status = graph_stem(g, some.bytes, inside.bytes, goals.bytes);
    MUST(status == (length == UINT32_MAX ? GRAPH_NO_WAY : GRAPH_OK));
    if (status == GRAPH_OK) {
        const uint32_t *nodes = graph_path_nodes(g);
        MUST(check_path(s, g) == length && nodes[0] < s->a.initial && has(homes, nodes[length]));
        uint32_t at = length;
        while (!(has(seeds, nodes[at]) && has(within, nodes[at]))) {
            MUST(has(within, nodes[at]) && at > 0);
            at--;
        }
    }
    graph_close(g);
}

/* ------------------------------------------------------------------ memory, stops, wrong arrays */

/* Everything once; the first code that is not success, or GRAPH_NO_WAY where there may be none. */
static int everything(const small *s, const _Atomic int32_t *stop, uint64_t most, uint64_t *peak)
{
    graph *g = NULL;
    int status = graph_open(&s->a, stop, most, &g);
    if (status != GRAPH_OK) {
        MUST(g == NULL);
        return status;
    }
    set all = bytes_of(UINT32_MAX);
    set found;
    uint32_t component[MOST_NODES];
    uint32_t count = 0;
    status = graph_reach(g, all.bytes, all.bytes, found.bytes);
    status = status == GRAPH_OK ? graph_still(g, &s->p, all.bytes, found.bytes) : status;
    status = status == GRAPH_OK ? graph_fair(g, &s->p, all.bytes, found.bytes, component, &count) : status;
    if (status == GRAPH_OK && count > 0) {
        status = graph_stem(g, all.bytes, all.bytes, found.bytes);
        uint32_t end = status == GRAPH_OK ? graph_path_nodes(g)[graph_path_length(g) - 1] : 0;
        status = status == GRAPH_OK ? graph_round_trip(g, &s->p, end, component) : status;
    }
    *peak = graph_peak_bytes(g);
    MUST(graph_bytes(g) <= *peak && (most == 0 || *peak <= most));
    graph_close(g);
    return status;
}

/* With any amount of memory it either works or says that it is not enough, and nothing is lost. */
static void survive_every_limit(const small *s)
{
    uint64_t peak = 0;
    MUST(everything(s, NULL, 0, &peak) == GRAPH_OK);
    uint64_t unused = 0;
    for (uint64_t most = 1; most < peak; most++) {
        MUST(everything(s, NULL, most, &unused) == GRAPH_OVER_LIMIT);
    }
    MUST(everything(s, NULL, peak, &unused) == GRAPH_OK);
}

static int open_only(const graph_arrays *a)
{
    graph *g = NULL;
    int status = graph_open(a, NULL, 0, &g);
    MUST((g != NULL) == (status == GRAPH_OK));
    graph_close(g);
    return status;
}

static void refuse_wrong_arrays(void)
{
    const uint64_t offsets[] = {0, 1, 2, 3};
    const uint64_t falling[] = {0, 2, 1, 3};
    const uint32_t targets[] = {1, 2, 0};
    const uint32_t beyond[] = {1, 3, 0};
    const uint32_t skipping[] = {2, 1, 0};
    const uint32_t apart[] = {1, 0, 0};
    const uint16_t actions[] = {0, 1, 1};
    const graph_arrays right = {.nodes = 3,
                                .initial = 1,
                                .actions = 2,
                                .action_bytes = 2,
                                .edges = 3,
                                .offsets = offsets,
                                .targets = targets,
                                .edge_actions = actions};
    MUST(open_only(&right) == GRAPH_OK);
    graph_arrays wrong = right;
    wrong.offsets = falling;
    MUST(open_only(&wrong) == GRAPH_BAD_ARRAYS);
    wrong = right;
    wrong.edges = 2;
    MUST(open_only(&wrong) == GRAPH_BAD_ARRAYS);
    wrong = right;
    wrong.targets = beyond;
    MUST(open_only(&wrong) == GRAPH_BAD_ARRAYS);
    wrong = right;
    wrong.actions = 1;
    MUST(open_only(&wrong) == GRAPH_BAD_ARRAYS);
    wrong = right;
    wrong.action_bytes = 3;
    MUST(open_only(&wrong) == GRAPH_BAD_ARRAYS);
    wrong = right;
    wrong.targets = NULL;
    MUST(open_only(&wrong) == GRAPH_BAD_ARRAYS);
    wrong = right;
    wrong.broken = 1;
    MUST(open_only(&wrong) == GRAPH_BAD_ARRAYS);
    wrong = right;
    wrong.broken_offsets = offsets;
    MUST(open_only(&wrong) == GRAPH_BAD_ARRAYS);
    wrong = right;
    wrong.initial = 4;
    MUST(open_only(&wrong) == GRAPH_BAD_ARRAYS);
    wrong = right;
    wrong.initial = 0;
    MUST(open_only(&wrong) == GRAPH_NOT_BREADTH_FIRST);
    wrong = right;
    wrong.targets = skipping;
    MUST(open_only(&wrong) == GRAPH_NOT_BREADTH_FIRST);
    wrong = right;
    wrong.targets = apart;
    MUST(open_only(&wrong) == GRAPH_NOT_BREADTH_FIRST);
    wrong = right;
    wrong.nodes = GRAPH_NONE;
    MUST(open_only(&wrong) == GRAPH_TOO_LARGE);
    const graph_arrays empty = {.action_bytes = 2, .offsets = offsets};
    MUST(open_only(&empty) == GRAPH_OK);
}

/* A ring, long enough that the flag is looked at in each analysis, also as a way home. */
static void stop_everywhere(void)
{
    const uint32_t nodes = 300000;
    uint64_t *offsets = calloc(nodes + (size_t)1, sizeof *offsets);
    uint32_t *targets = calloc(nodes, sizeof *targets);
    uint16_t *actions = calloc(nodes, sizeof *actions);
    uint8_t *all = calloc(nodes / 8, 1);
    uint8_t *last = calloc(nodes / 8, 1);
    uint8_t *found = calloc(nodes / 8, 1);
    uint32_t *component = calloc(nodes, sizeof *component);
    MUST(offsets && targets && actions && all && last && found && component);
    for (uint32_t node = 0; node < nodes; node++) {
        offsets[node + (size_t)1] = node + (uint64_t)1;
        targets[node] = (node + 1) % nodes;
    }
    memset(all, 0xFF, nodes / 8);
    last[nodes / 8 - 1] = 0x80;
    const graph_arrays a = {.nodes = nodes,
                            .initial = 1,
                            .actions = 1,
                            .action_bytes = 2,
                            .edges = nodes,
                            .offsets = offsets,
                            .targets = targets,
                            .edge_actions = actions};
    const uint64_t keeps[] = {1};
    const uint64_t none[] = {0};
    const graph_promises p = {.words = 1, .keeps = keeps, .strong = keeps, .weak = none};
    _Atomic int32_t stop = 0;
    graph *g = NULL;
    uint32_t count = 0;
    MUST(graph_open(&a, &stop, 0, &g) == GRAPH_OK);
    for (int turn = 0; turn < 2; turn++) {
        int wanted = turn == 0 ? GRAPH_STOPPED : GRAPH_OK;
        stop = turn == 0;
        MUST(graph_reach(g, last, NULL, found) == wanted);
        MUST(graph_reach(g, last, all, found) == wanted);
        MUST(graph_still(g, &p, all, found) == wanted);
        MUST(graph_fair(g, &p, all, found, component, &count) == wanted);
        MUST(graph_stem(g, last, all, all) == wanted);
        MUST(graph_stem(g, all, all, last) == wanted);
        memset(component, 0, nodes * sizeof *component);
        MUST(graph_round_trip(g, &p, 0, component) == wanted);
    }
    MUST(graph_path_length(g) == nodes + (uint64_t)1);
    MUST(count == 1);
    graph_close(g);
    stop = 1;
    MUST(graph_open(&a, &stop, 0, &g) == GRAPH_STOPPED && g == NULL);
    free(offsets);
    free(targets);
    free(actions);
    free(all);
    free(last);
    free(found);
    free(component);
}

int main(void)
{
    uint64_t dice = 1;
    small s;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        draw(&s, &dice);
        compare(&s, &dice);
        if (round % 400 == 0) {
            survive_every_limit(&s);
        }
    }
    refuse_wrong_arrays();
    stop_everywhere();
    return 0;
}
