/* The set of known states: open addressing over buckets of one cache line, in one array that grows in place.
 *
 * A state's first bucket is its hash scaled to the number of buckets, so positions rise with the hash and never wrap:
 * a state goes into its first bucket or, where that is full, the next that is not, and behind the last first bucket
 * there are more to run over into.  All slots of a bucket are compared without a jump.  To grow, the array is
 * lengthened and its runs of full buckets are moved up, the last run first: a moved state never meets one that has
 * still to move, and at no time does the table exist twice.  An empty slot is zero.
 *
 * Four kinds: a bit for each state where the whole domain fits; 32-bit slots for narrow states; words; and for states
 * of one word, as soon as there are enough of them, what remains of the hash (Cleary 1984, "Compact hash tables using
 * bidirectional linear probing"): the hash is one to one, the bucket tells its upper part, and 32 bits have room for
 * the lower part and for how many buckets too far a state is.  In the second and third kind the state that is all
 * zero is a flag.
 *
 * The functions take the kind and the number of words as constants and are inlined for each.
 */
#ifndef CUSTODY_TABLE_H
#define CUSTODY_TABLE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum kind { BITS, NARROW, WORDS, RESTS };
enum { LEAST_BUCKETS = 1 << 7, OVERRUN = 1 << 6, LINE = 64, GROWS_FOURFOLD = 1 << 22, GROWS_TWOFOLD = 1 << 24 };
enum { FAR_BITS = 6, MOST_FAR = (1 << FAR_BITS) - 2, MOST_REST_BITS = 32 - FAR_BITS };

struct table {
    enum kind kind;
    unsigned bits; /* of a state */
    char *slots;  /* buckets + OVERRUN buckets; the last one is never full.  Or the bits of kind BITS. */
    u64 buckets;  /* first buckets are below it */
    u64 count;
    u64 most;     /* the count at which it grows */
    u64 bytes;
    u64 reserved; /* addresses, in bytes */
    u64 slack;    /* bytes that it may grow by, though by a thirty-second it always may */
    u64 reciprocal; /* of `buckets` */
    unsigned rest_bits;
    bool zero; /* the state of zeros is known */
};

/* Multiply and fold, word by word.  The upper half of the result is the better one. */
ALWAYS_INLINE u64 hash_of(const u64 *state, const unsigned words)
{
    u64 hash = 0;
    for (unsigned k = 0; k < words; k++) {
        hash = (hash ^ state[k]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash * 0xd6e8feb86659fd93u;
}

__extension__ typedef unsigned __int128 wide;

/* The same for the states of a table: where they have one word, it is one to one on their bits, which are the upper
 * ones of the result. */
ALWAYS_INLINE u64 table_hash(const u64 *state, const unsigned bits, const unsigned words)
{
    if (words != 1)
        return hash_of(state, words);
    const unsigned unused = (64 - bits) & 63; /* also where there are no bits at all */
    const u64 mask = UINT64_MAX >> unused;
    const unsigned half = (bits + 1) / 2;
    u64 hash = state[0];
    hash ^= hash >> half;
    hash = hash * 0x9e3779b97f4a7c15u & mask;
    hash ^= hash >> half;
    hash = hash * 0xd6e8feb86659fd93u & mask;
    hash ^= hash >> half;
    return hash << unused;
}

ALWAYS_INLINE size_t slot_bytes(const enum kind kind, const unsigned words)
{
    return kind == NARROW || kind == RESTS ? sizeof(u32) : words * sizeof(u64);
}

/* Slots of a bucket. */
ALWAYS_INLINE unsigned slots_in(const enum kind kind, const unsigned words)
{
    unsigned slots = (unsigned)(LINE / slot_bytes(kind, words));
    return slots ? slots : 1;
}

ALWAYS_INLINE size_t bucket_bytes(const enum kind kind, const unsigned words)
{
    return slots_in(kind, words) * slot_bytes(kind, words);
}

ALWAYS_INLINE u64 first_bucket(u64 hash, u64 buckets)
{
    return (u64)((wide)hash * buckets >> 64);
}

/* Word `k` of the state in a slot. */
ALWAYS_INLINE u64 slot_word(const char *bucket, unsigned slot, unsigned k, const enum kind kind, const unsigned words)
{
    if (kind == NARROW || kind == RESTS)
        return ((const u32 *)(const void *)bucket)[slot];
    return ((const u64 *)(const void *)bucket)[slot * words + k];
}

ALWAYS_INLINE void save_slot(char *bucket, unsigned slot, const u64 *state, const enum kind kind,
                             const unsigned words)
{
    if (kind == NARROW)
        ((u32 *)(void *)bucket)[slot] = (u32)state[0];
    else
        for (unsigned k = 0; k < words; k++)
            ((u64 *)(void *)bucket)[slot * words + k] = state[k];
}

ALWAYS_INLINE bool is_zero(const u64 *state, const unsigned words)
{
    u64 any = 0;
    for (unsigned k = 0; k < words; k++)
        any |= state[k];
    return any == 0;
}

ALWAYS_INLINE bool slot_is_empty(const char *bucket, unsigned slot, const enum kind kind, const unsigned words)
{
    u64 any = 0;
    for (unsigned k = 0; k < words; k++)
        any |= slot_word(bucket, slot, k, kind, words);
    return any == 0;
}

/* Slots are filled in order. */
ALWAYS_INLINE bool is_full(const char *bucket, const enum kind kind, const unsigned words)
{
    return !slot_is_empty(bucket, slots_in(kind, words) - 1, kind, words);
}

ALWAYS_INLINE bool bucket_has(const char *bucket, const u64 *state, const enum kind kind, const unsigned words)
{
    unsigned has = 0;
    for (unsigned slot = 0; slot < slots_in(kind, words); slot++) {
        u64 difference = 0;
        for (unsigned k = 0; k < words; k++)
            difference |= slot_word(bucket, slot, k, kind, words) ^ state[k];
        has |= difference == 0;
    }
    return has;
}

ALWAYS_INLINE void prefetch(const struct table *table, u64 hash, const u64 *state, const enum kind kind,
                            const unsigned words)
{
    if (kind == BITS)
        __builtin_prefetch(table->slots + (state[0] >> 3), 1);
    else
        __builtin_prefetch(table->slots + first_bucket(hash, table->buckets) * bucket_bytes(kind, words), 1);
}

bool table_open(struct table *table, enum kind kind, unsigned bits, unsigned words);
void table_close(struct table *table);

/* Memory for `bytes` zeros, and more of it: what was there stays, the rest is zero.  NULL when there is none.
 * `reserved` is for these functions alone. */
char *memory_new(u64 bytes, u64 *reserved);
char *memory_more(char *memory, u64 *reserved, u64 bytes, u64 more);
void memory_free(char *memory, u64 reserved);

/* Nine tenths of the slots. */
ALWAYS_INLINE u64 most_of(u64 buckets, const enum kind kind, const unsigned words)
{
    return buckets * slots_in(kind, words) / 10 * 9;
}

ALWAYS_INLINE unsigned first_empty(const char *bucket, const enum kind kind, const unsigned words)
{
    unsigned slot = 0;
    while (!slot_is_empty(bucket, slot, kind, words))
        slot++;
    return slot;
}

/* Puts a state that is not there into the first bucket from its own on that has room; false when none has. */
ALWAYS_INLINE bool place(struct table *table, const u64 *state, const enum kind kind, const unsigned words)
{
    const size_t size = bucket_bytes(kind, words);
    u64 hash = table_hash(state, table->bits, words);
    char *bucket = table->slots + first_bucket(hash, table->buckets) * size;
    while (is_full(bucket, kind, words))
        if ((bucket += size) == table->slots + table->bytes)
            return false;
    save_slot(bucket, first_empty(bucket, kind, words), state, kind, words);
    return true;
}

/* ------------------------------------------------------------------ rests */

/* How many bits the rests need with so many buckets. */
static inline unsigned rest_bits_for(unsigned bits, u64 buckets)
{
    u64 most = (u64)((((wide)1 << bits) - 1) / buckets);
    return most ? 64 - (unsigned)__builtin_clzll(most) : 0;
}

/* The first bucket of a hash, and the number of the hash among those that have the same: its rest. */
ALWAYS_INLINE u64 rest_of(const struct table *table, u64 hash, u64 *bucket)
{
    wide product = (wide)hash * table->buckets;
    u64 among = (u64)product >> (64 - table->bits);
    u64 rest = (u64)((wide)among * table->reciprocal >> 64);
    *bucket = (u64)(product >> 64);
    return rest + (among - rest * table->buckets >= table->buckets);
}

/* The hash that `rest_of` told apart, of a table with so many buckets. */
static inline u64 hash_again(unsigned bits, u64 buckets, u64 bucket, u64 rest)
{
    u64 first = (u64)((((wide)bucket << bits) + buckets - 1) / buckets);
    return (first + rest) << (64 - bits);
}

/* What is in the slot of a rest that is so many buckets too far. */
ALWAYS_INLINE u32 rest_slot(const struct table *table, u64 rest, unsigned far)
{
    return (u32)((u64)(far + 1) << table->rest_bits | rest);
}

/* Puts a hash that is not there into the first bucket from its own on that has room; false when all are too far. */
static inline bool place_rest(struct table *table, u64 hash)
{
    u64 bucket, rest = rest_of(table, hash, &bucket);
    for (unsigned far = 0; far <= MOST_FAR; far++) {
        char *at = table->slots + (bucket + far) * LINE;
        if (!is_full(at, RESTS, 1)) {
            ((u32 *)(void *)at)[first_empty(at, RESTS, 1)] = rest_slot(table, rest, far);
            return true;
        }
    }
    return false;
}

static inline void set_buckets(struct table *table, u64 buckets, const enum kind kind, const unsigned words)
{
    table->buckets = buckets;
    table->bytes = (buckets + OVERRUN) * bucket_bytes(kind, words);
    table->most = most_of(buckets, kind, words);
    if (kind == RESTS) {
        table->rest_bits = rest_bits_for(table->bits, buckets);
        table->reciprocal = UINT64_MAX / buckets;
    }
}

/* ------------------------------------------------------------------ growing */

/* What the table grows by, in buckets: every growth moves all of it, so small ones become several times as large, and
 * large ones, where memory counts, grow by a sixth; less where not so much is left. */
ALWAYS_INLINE u64 growth(const struct table *table, size_t size)
{
    u64 least = table->buckets / 32 + 1;
    u64 wanted = table->bytes < GROWS_FOURFOLD  ? table->buckets * 3
                 : table->bytes < GROWS_TWOFOLD ? table->buckets
                                                : table->buckets / 6;
    u64 left = table->slack / size;
    return left < least ? least : left < wanted ? left : wanted;
}

/* Lengthens the table; false when there is no memory. */
ALWAYS_INLINE bool lengthen(struct table *table, const enum kind kind, const unsigned words)
{
    const size_t size = bucket_bytes(kind, words);
    const struct table old = *table;
    u64 end = old.buckets + OVERRUN;
    u64 buckets = old.buckets + growth(table, size);
    char *slots = memory_more(table->slots, &table->reserved, table->bytes, (buckets + OVERRUN) * size);
    if (!slots)
        return false;
    table->slots = slots;
    set_buckets(table, buckets, kind, words);
    char *run = NULL;
    size_t room = 0;
    bool ok = true;
    while (end > 0 && ok) {
        u64 begin = end - 1;
        while (begin > 0 && is_full(slots + (begin - 1) * size, kind, words))
            begin--;
        size_t length = (size_t)(end - begin);
        if (length > room) {
            char *longer = realloc(run, 2 * length * size);
            if (!longer) {
                ok = false;
                break;
            }
            run = longer;
            room = 2 * length;
        }
        memcpy(run, slots + begin * size, length * size);
        memset(slots + begin * size, 0, length * size);
        for (size_t k = 0; k < length; k++)
            for (unsigned slot = 0; slot < slots_in(kind, words); slot++) {
                u64 state[words];
                for (unsigned word = 0; word < words; word++)
                    state[word] = slot_word(run + k * size, slot, word, kind, words);
                if (is_zero(state, words))
                    break;
                if (kind == RESTS) {
                    u64 home = begin + k + 1 - (state[0] >> old.rest_bits);
                    u64 rest = state[0] & (((u64)1 << old.rest_bits) - 1);
                    ok = ok && place_rest(table, hash_again(old.bits, old.buckets, home, rest));
                } else {
                    ok = ok && place(table, state, kind, words);
                }
            }
        end = begin;
    }
    free(run);
    return ok;
}

/* Makes the table one of rests, with room for more, where that can be; else leaves it as it is. */
static inline bool keep_rests(struct table *table)
{
    u64 buckets = table->count / 12;
    if (table->bits >= 64 || buckets < LEAST_BUCKETS || rest_bits_for(table->bits, buckets) > MOST_REST_BITS)
        return false;
    struct table rests = *table;
    rests.kind = RESTS;
    set_buckets(&rests, buckets, RESTS, 1);
    rests.slots = memory_new(rests.bytes, &rests.reserved);
    if (!rests.slots)
        return false;
    const u64 zero = 0;
    bool ok = !table->zero || place_rest(&rests, table_hash(&zero, table->bits, 1));
    rests.count += table->zero;
    for (u64 k = 0; ok && k < table->bytes / sizeof(u64); k++) {
        const u64 *state = (const u64 *)(const void *)table->slots + k;
        if (*state)
            ok = place_rest(&rests, table_hash(state, table->bits, 1));
    }
    if (!ok) {
        memory_free(rests.slots, rests.reserved);
        return false;
    }
    memory_free(table->slots, table->reserved);
    *table = rests;
    return true;
}

static __attribute__((noinline)) bool grow(struct table *table, const unsigned words)
{
    if (table->kind == WORDS && words == 1 && keep_rests(table))
        return true;
    switch (table->kind) {
    case NARROW:
        return lengthen(table, NARROW, 1);
    case RESTS:
        return lengthen(table, RESTS, 1);
    default:
        return words == 1 ? lengthen(table, WORDS, 1) : lengthen(table, WORDS, words);
    }
}

/* ------------------------------------------------------------------ looking and inserting */

/* The place of a known state, below `places`; UINT64_MAX when it is not known. */
ALWAYS_INLINE u64 place_of(const struct table *table, const u64 *state, const enum kind kind, const unsigned words)
{
    if (kind == BITS)
        return table->slots[state[0] >> 3] >> (state[0] & 7) & 1 ? state[0] : UINT64_MAX;
    if (kind != RESTS && is_zero(state, words))
        return table->zero ? 0 : UINT64_MAX;
    u64 hash = table_hash(state, table->bits, words), bucket = first_bucket(hash, table->buckets), wanted[words];
    for (unsigned k = 0; k < words; k++)
        wanted[k] = state[k];
    u64 rest = kind == RESTS ? rest_of(table, hash, &bucket) : 0;
    for (unsigned far = 0; far <= MOST_FAR || kind != RESTS; far++, bucket++) {
        const char *at = table->slots + bucket * bucket_bytes(kind, words);
        if (kind == RESTS)
            wanted[0] = rest_slot(table, rest, far);
        for (unsigned slot = 0; slot < slots_in(kind, words); slot++) {
            u64 difference = 0;
            for (unsigned k = 0; k < words; k++)
                difference |= slot_word(at, slot, k, kind, words) ^ wanted[k];
            if (difference == 0)
                return bucket * slots_in(kind, words) + slot + 1;
        }
        if (!is_full(at, kind, words))
            break;
    }
    return UINT64_MAX;
}

ALWAYS_INLINE u64 places(const struct table *table, const enum kind kind, const unsigned words)
{
    return kind == BITS ? table->bytes * 8 : table->bytes / bucket_bytes(kind, words) * slots_in(kind, words) + 1;
}

/* What became of a state that was looked for.  It is in the table afterwards, even where there is no memory for more. */
enum found { KNOWN, FRESH, NO_MEMORY };

/* Counts what was put into a bucket, and grows the table where it has to be. */
ALWAYS_INLINE enum found added(struct table *table, const char *bucket, const enum kind kind, const unsigned words)
{
    table->count++;
    bool at_end = bucket + bucket_bytes(kind, words) == table->slots + table->bytes;
    if (UNLIKELY(table->count > table->most || at_end) && !grow(table, words))
        return NO_MEMORY;
    return FRESH;
}

ALWAYS_INLINE enum found insert_rest(struct table *table, u64 hash)
{
    for (;;) {
        u64 first, rest = rest_of(table, hash, &first);
        for (unsigned far = 0; far <= MOST_FAR; far++) {
            char *bucket = table->slots + (first + far) * LINE;
            u64 wanted = rest_slot(table, rest, far);
            if (LIKELY(bucket_has(bucket, &wanted, RESTS, 1)))
                return KNOWN;
            if (is_full(bucket, RESTS, 1))
                continue;
            ((u32 *)(void *)bucket)[first_empty(bucket, RESTS, 1)] = (u32)wanted;
            return added(table, bucket, RESTS, 1);
        }
        /* Nowhere near is room: as good as full. */
        if (!grow(table, 1))
            return NO_MEMORY;
    }
}

/* A table of words may have become one of rests when this returns. */
ALWAYS_INLINE enum found insert(struct table *table, u64 hash, const u64 *state, const enum kind kind,
                                const unsigned words)
{
    if (kind == BITS) {
        char *byte = table->slots + (state[0] >> 3);
        char bit = (char)(1 << (state[0] & 7));
        if (*byte & bit)
            return KNOWN;
        *byte |= bit;
        return FRESH;
    }
    if (kind == RESTS)
        return insert_rest(table, hash);
    if (UNLIKELY(is_zero(state, words))) {
        if (table->zero)
            return KNOWN;
        table->zero = true;
        return FRESH;
    }
    const size_t size = bucket_bytes(kind, words);
    char *bucket = table->slots + first_bucket(hash, table->buckets) * size;
    for (;; bucket += size) {
        if (LIKELY(bucket_has(bucket, state, kind, words)))
            return KNOWN;
        if (!is_full(bucket, kind, words))
            break;
    }
    save_slot(bucket, first_empty(bucket, kind, words), state, kind, words);
    return added(table, bucket, kind, words);
}

#endif
