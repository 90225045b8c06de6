/* Looks at every state of a set, given as a decision diagram on standard input, and says the first thing that is wrong.

`model.h`, written for one system, has the number of variables N, of PROPERTIES of whole runs, for each level which
`variable` it is, its lowest value `low` and how many there are (`size`), the bits of `all` that wait for somebody to
rest, and `promises` of fairness.  `model.c` has `look`, which takes every step from state `s`, and `over`, which looks
at the step from `s` to `t`.  What is said is `all` with the number of states, or what is wrong, which one, and `s`. */

#include <stdio.h>
#include <stdlib.h>
typedef long long num;
typedef unsigned long long set;
#include "model.h"

enum { SAFE, REST, MARK, PRUNE, LAST };
static num s[N + 1], t[N + 1], *child[N], *skip[N], path[N + 1], number[N + 1], seen;
static set *good, idle; /* for each state who can come to rest from it, or which promises can be kept */
static unsigned char *in; /* for each state whether it is among those that are looked at (1) */
static int mode, property, more, backwards;
static void over(void);
static void look(num here);

static void wrong(const char *what, int which)
{
    printf("%s %d", what, which);
    for (int i = 0; i < N; i++)
        printf(" %lld", s[i]);
    exit(0);
}

/* What follows from the step to state t, which is like s above level `from` and below level `to`. */
static set step(int action, int from, int to, set keeps)
{
    num node = path[from], at = number[from];
    for (int level = from; level < N; level++) {
        if (level > to && node == path[level]) {
            at += number[N] - number[level];
            break;
        }
        num value = t[variable[level]] - low[level], edge = node * size[level] + value;
        if (value < 0 || value >= size[level] || child[level][edge] < 0)
            wrong("step", action);
        at += skip[level][edge];
        node = child[level][edge];
    }
    if (mode == SAFE)
        over();
    if (mode == MARK && !in[at])
        in[at] = 1, more = 1;
    return mode == REST ? good[at] : mode == PRUNE && in[at] == 1 ? good[at] | keeps | idle : 0;
}

/* Whether the state is among those that a run can come by without the goal. */
static int enter(num here, int goal, int trigger)
{
    if (goal)
        in[here] = 2;
    else if (trigger && !in[here])
        in[here] = 1, more = 1;
    return in[here] == 1;
}

static void visit(num here)
{
    if (mode == SAFE)
        seen++;
    if (mode == LAST && in && in[here] == 1)
        wrong("stay", property);
    if (mode == LAST && !in && good[here] != all)
        for (int bit = 0; bit < 64; bit++)
            if ((all & ~good[here]) >> bit & 1)
                wrong("rest", bit);
    if (mode == LAST || (mode == REST && good[here] == all))
        return;
    if (mode != PRUNE || (in[here] == 1 && good[here] != promises))
        look(here);
}

static void walk(int level)
{
    if (level == N) {
        visit(number[N]);
        return;
    }
    for (num k = 0; k < size[level]; k++) {
        num value = backwards ? size[level] - 1 - k : k, edge = path[level] * size[level] + value;
        if (child[level][edge] < 0)
            continue;
        s[variable[level]] = t[variable[level]] = low[level] + value;
        path[level + 1] = child[level][edge];
        number[level + 1] = number[level] + skip[level][edge];
        walk(level + 1);
    }
}

#include "model.c"

static void *room(num count, size_t each)
{
    void *found = calloc((size_t)count + 1, each);
    if (!found)
        exit(2);
    return found;
}

static num *table(num count)
{
    num *found = room(count, sizeof *found);
    if (fread(found, sizeof *found, (size_t)count, stdin) != (size_t)count)
        exit(2);
    return found;
}

/* Until nothing changes any more. */
static void sweep(int how)
{
    mode = how;
    do
        more = 0, walk(0), backwards = !backwards;
    while (more);
}

int main(void)
{
    num *edges = table(N);
    for (int level = 0; level < N; level++)
        child[level] = table(edges[level]), skip[level] = table(edges[level]);
    sweep(SAFE);
    good = room(seen, sizeof *good);
    if (all)
        sweep(REST), sweep(LAST);
    for (property = 0; property < PROPERTIES; property++) {
        in = room(seen, 1);
        sweep(MARK);
        for (num left = 1; left;) {
            for (num i = 0; i < seen; i++)
                good[i] = 0;
            sweep(PRUNE);
            left = 0;
            for (num i = 0; i < seen; i++)
                if (in[i] == 1 && good[i] != promises)
                    in[i] = 3, left++;
        }
        sweep(LAST);
        free(in);
    }
    printf("all %lld", seen);
    return 0;
}
