/* The set of known states: open addressing over buckets of one cache line, in one array that grows in place.
 *
 * A state's first bucket is its hash scaled to the number of buckets, so positions rise with the hash and never wrap:
 * a state goes into its first bucket or, where that is full, the next that is not, and behind the last first bucket
 * there are more to run over into.  All slots of a bucket are compared without a jump.  To grow, the array is
 * lengthened by an eighth and its runs of full buckets are moved up, the last run first: a moved state never meets one
 * that has still to move, and at no time does the table exist twice.  An empty slot is zero, so the state that is all
 * zero is a flag.
 *
 * Three kinds: a bit for each state where the whole domain fits, 32-bit slots for narrow states, words otherwise.
 * The functions take the kind and the number of words as constants and are inlined for each.
 */
#ifndef CUSTODY_TABLE_H
#define CUSTODY_TABLE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum kind { BITS, NARROW, WORDS };
enum { LEAST_BUCKETS = 1 << 7, OVERRUN = 1 << 6, LINE = 64, GROWS_BY_HALF = 1 << 24 };

struct table {
    char *slots;  /* buckets + OVERRUN buckets; the last one is never full.  Or the bits of kind BITS. */
    u64 buckets;  /* first buckets are below it */
    u64 count;
    u64 most;     /* the count at which it grows */
    u64 bytes;
    u64 reserved; /* addresses, in bytes */
    u64 slack;    /* bytes that it may grow by, though by a thirty-second it always may */
    bool zero;    /* the state of zeros is known */
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

ALWAYS_INLINE size_t slot_bytes(const enum kind kind, const unsigned words)
{
    return kind == NARROW ? sizeof(u32) : words * sizeof(u64);
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
    __extension__ typedef unsigned __int128 wide;
    return (u64)((wide)hash * buckets >> 64);
}

/* Word `k` of the state in a slot. */
ALWAYS_INLINE u64 slot_word(const char *bucket, unsigned slot, unsigned k, const enum kind kind, const unsigned words)
{
    if (kind == NARROW)
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

/* Puts a state that is not there into the first bucket from its own on that has room, before `end`. */
ALWAYS_INLINE void place(struct table *table, const u64 *state, const enum kind kind, const unsigned words)
{
    const size_t size = bucket_bytes(kind, words);
    char *bucket = table->slots + first_bucket(hash_of(state, words), table->buckets) * size;
    while (is_full(bucket, kind, words))
        bucket += size;
    unsigned slot = 0;
    while (!slot_is_empty(bucket, slot, kind, words))
        slot++;
    save_slot(bucket, slot, state, kind, words);
}

/* What the table grows by, in buckets: small ones by half, since every growth moves all of it, large ones by a sixth,
 * less where not so much is left. */
ALWAYS_INLINE u64 growth(const struct table *table, size_t size)
{
    u64 least = table->buckets / 32 + 1;
    u64 wanted = table->bytes < GROWS_BY_HALF ? table->buckets / 2 : table->buckets / 6;
    u64 left = table->slack / size;
    return left < least ? least : left < wanted ? left : wanted;
}

/* Lengthens the table; false when there is no memory. */
ALWAYS_INLINE bool lengthen(struct table *table, const enum kind kind, const unsigned words)
{
    const size_t size = bucket_bytes(kind, words);
    u64 end = table->buckets + OVERRUN;
    u64 buckets = table->buckets + growth(table, size);
    u64 bytes = (buckets + OVERRUN) * size;
    char *slots = memory_more(table->slots, &table->reserved, table->bytes, bytes);
    if (!slots)
        return false;
    table->slots = slots;
    table->bytes = bytes;
    table->buckets = buckets;
    table->most = most_of(buckets, kind, words);
    char *run = NULL;
    size_t room = 0;
    while (end > 0) {
        u64 begin = end - 1;
        while (begin > 0 && is_full(slots + (begin - 1) * size, kind, words))
            begin--;
        size_t length = (size_t)(end - begin);
        if (length > room) {
            char *longer = realloc(run, 2 * length * size);
            if (!longer) {
                free(run);
                return false;
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
                place(table, state, kind, words);
            }
        end = begin;
    }
    free(run);
    return true;
}

static __attribute__((noinline)) bool grow(struct table *table, const enum kind kind, const unsigned words)
{
    if (kind == NARROW)
        return lengthen(table, NARROW, 1);
    return words == 1 ? lengthen(table, WORDS, 1) : lengthen(table, WORDS, words);
}

/* The place of a known state, below `places`; UINT64_MAX when it is not known. */
ALWAYS_INLINE u64 place_of(const struct table *table, const u64 *state, const enum kind kind, const unsigned words)
{
    if (kind == BITS)
        return table->slots[state[0] >> 3] >> (state[0] & 7) & 1 ? state[0] : UINT64_MAX;
    if (is_zero(state, words))
        return table->zero ? 0 : UINT64_MAX;
    u64 bucket = first_bucket(hash_of(state, words), table->buckets);
    for (;; bucket++) {
        const char *at = table->slots + bucket * bucket_bytes(kind, words);
        for (unsigned slot = 0; slot < slots_in(kind, words); slot++) {
            u64 difference = 0;
            for (unsigned k = 0; k < words; k++)
                difference |= slot_word(at, slot, k, kind, words) ^ state[k];
            if (difference == 0)
                return bucket * slots_in(kind, words) + slot + 1;
        }
        if (!is_full(at, kind, words))
            return UINT64_MAX;
    }
}

ALWAYS_INLINE u64 places(const struct table *table, const enum kind kind, const unsigned words)
{
    return kind == BITS ? table->bytes * 8 : table->bytes / bucket_bytes(kind, words) * slots_in(kind, words) + 1;
}

/* What became of a state that was looked for.  It is in the table afterwards, even where there is no memory for more. */
enum found { KNOWN, FRESH, NO_MEMORY };

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
    unsigned slot = 0;
    while (!slot_is_empty(bucket, slot, kind, words))
        slot++;
    save_slot(bucket, slot, state, kind, words);
    table->count++;
    bool at_end = bucket + size == table->slots + table->bytes;
    if (UNLIKELY(table->count > table->most || at_end) && !grow(table, kind, words))
        return NO_MEMORY;
    return FRESH;
}

#endif
