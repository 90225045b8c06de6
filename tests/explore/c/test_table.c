/* The table of known states by itself, against states of which it is known beforehand whether they are there.
 *
 * Prints the first thing that is wrong and ends with 1; silence is success.  Compiled so that slots of 5 to 7 bytes
 * are used from the beginning.
 */
#include <stdio.h>

#include "table.h"

enum { STATES = 30000, LOOK_AT_ALL = 2500 };

#define MUST(condition)                                                                                           \
    do {                                                                                                          \
        if (!(condition)) {                                                                                       \
            fprintf(stderr, "%s:%d: %u bits, state %zu, kind %d: %s\n", __FILE__, __LINE__, bits, (size_t)number, \
                    table.kind, #condition);                                                                      \
            exit(1);                                                                                              \
        }                                                                                                         \
    } while (0)

/* Different for every number below 2^bits, and 0 for 0.  With `crowded`, many states have nearly the same hash at
 * first, for one half of what is hashed does not change. */
static u64 state_of(u64 number, unsigned bits, bool crowded)
{
    const u64 mask = UINT64_MAX >> (64 - bits);
    return crowded ? number << (bits / 2) & mask : number * 0xda942042e4dd58b5u & mask;
}

/* `jumps` where the search does so: when most states are known. */
static enum found put(struct table *table, u64 state, bool jumps)
{
    u64 hash = table_hash(&state, table->bits, 1);
    switch (table->kind) {
    case BITS:
        return insert(table, hash, &state, BITS, 1, jumps);
    case NARROW:
        return insert(table, hash, &state, NARROW, 1, jumps);
    case WORDS:
        return insert(table, hash, &state, WORDS, 1, jumps);
    default:
        return insert_any_rest(table, hash, jumps);
    }
}

static u64 where(const struct table *table, u64 state)
{
    switch (table->kind) {
    case BITS:
        return place_of(table, &state, BITS, 1);
    case NARROW:
        return place_of(table, &state, NARROW, 1);
    case WORDS:
        return place_of(table, &state, WORDS, 1);
    case RESTS4:
        return place_of(table, &state, RESTS4, 1);
    case RESTS5:
        return place_of(table, &state, RESTS5, 1);
    case RESTS6:
        return place_of(table, &state, RESTS6, 1);
    default:
        return place_of(table, &state, RESTS7, 1);
    }
}

/* Those below `count` are there, each at a place of its own, and nothing else is. */
static void look_at_all(struct table table, unsigned bits, u64 count, bool crowded)
{
    u64 most = places(&table, table.kind, 1), number = count;
    char *taken = calloc(1, most);
    MUST(taken);
    for (number = 0; number < count; number++) {
        u64 place = where(&table, state_of(number, bits, crowded));
        MUST(place < most && !taken[place]);
        taken[place] = 1;
    }
    for (number = count; number < 2 * count; number++)
        MUST(where(&table, state_of(number, bits, crowded)) == UINT64_MAX);
    free(taken);
}

static unsigned check(enum kind kind, unsigned bits, bool crowded)
{
    struct table table;
    u64 number = 0;
    unsigned kinds = 0;
    if (!table_open(&table, kind, bits, 1))
        exit(1);
    table.slack = UINT64_MAX;
    for (; number < STATES; number++) {
        u64 state = state_of(number, bits, crowded), earlier = state_of(number / 3, bits, crowded);
        const bool jumps = number % 2;
        MUST(put(&table, state, jumps) == FRESH);
        MUST(put(&table, state, !jumps) == KNOWN);
        MUST(put(&table, earlier, jumps) == KNOWN);
        kinds |= 1u << table.kind;
        if (number % LOOK_AT_ALL == 0)
            look_at_all(table, bits, number + 1, crowded);
    }
    look_at_all(table, bits, number, crowded);
    table_close(&table);
    return kinds;
}

int main(void)
{
    unsigned kinds = 0;
    for (unsigned bits = 17; bits <= 64; bits++)
        for (unsigned crowded = 0; crowded < 2; crowded++) {
            /* As many different ones as are looked for have to be in the upper half. */
            if (crowded && bits < 34)
                continue;
            if (bits <= 26)
                kinds |= check(BITS, bits, crowded);
            if (bits <= 32)
                kinds |= check(NARROW, bits, crowded);
            else
                kinds |= check(WORDS, bits, crowded);
        }
    for (unsigned kind = BITS; kind <= RESTS7; kind++)
        if (!(kinds >> kind & 1)) {
            fprintf(stderr, "no table was of kind %u\n", kind);
            return 1;
        }
    return 0;
}
