/* What a generated model gives to the engine.
 *
 * A state is `words` words of 64 bits; variables never cross a word.  A model is compiled on its own and knows nothing
 * of tables, threads or files.
 */
#ifndef CUSTODY_MODEL_H
#define CUSTODY_MODEL_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef int64_t i64;

/* What one thread has seen while it expanded states. */
struct tally {
    u64 *fired;      /* for each action, how often its guard held */
    u64 *bad;        /* bit k: watch k was seen (an invariant false, a check broken, a deadlock, ...) */
    u64 *held;       /* bit k: premise k was seen to hold */
    u64 states;      /* with symmetry: the sizes of the orbits of the expanded states, added up */
    u64 transitions; /* with symmetry: the transitions of all states of these orbits */
};

/* Appends the successors of `count` states to `out`, in any order, repeated where several actions lead to one;
 * returns how many there are.  `out` has room for the greatest number that is possible. */
typedef size_t custody_expand(const u64 *states, size_t count, u64 *out, struct tally *tally);

/* The enabled steps of one state in the order of their actions.  `broken` is -1, or the number of the check that
 * failed: then there is no successor, and what is written for it means nothing.  Bit k of a step's `bad` words says
 * that it violates watch k, a property of steps. */
typedef size_t custody_steps(const u64 *state, u64 *successors, u32 *actions, int32_t *broken, u64 *bad);

/* For each state as many words as the marks need: bit k says whether expression k holds there. */
typedef void custody_marks(const u64 *states, size_t count, u64 *marks);

/* Replaces each state by the one that stands for its orbit. */
typedef void custody_canonical(u64 *states, size_t count);

/* The same; `from` gets for each state and each of its marks the one that it was before: what mark m says of the new
 * state, mark from[m] said of the old one. */
typedef void custody_turned(u64 *states, size_t count, u64 *from);

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#endif
