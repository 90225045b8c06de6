/* The set of known states: open addressing over buckets of one cache line, in one array that grows in place.
 *
 * A state's first bucket is its hash scaled to the number of buckets, so positions rise with the hash and never wrap:
 * a state goes into its first bucket or, where that is full, the next that is not, and behind the last first bucket
 * there are more to run over into.  All slots of a bucket are compared without a jump.  To grow, the array is
 * lengthened and its runs of full buckets are moved up, the last run first: a moved state never meets one that has
 * still to move, and at no time does the table exist twice.  An empty slot is zero.
 *
 * Four kinds: a bit for each state where the whole domain fits, at once where that is small, else as soon as the states
 * are not too few for it; 32-bit slots for narrow states; words; and for states of one word, as soon as there are
 * enough of them, what remains of the hash (Cleary 1984, "Compact hash tables using
 * bidirectional linear probing"): the hash is one to one, the bucket tells its upper part, and a slot of 4 to 7 bytes
 * has room for the lower part and for how many buckets too far a state is.  The more buckets, the narrower the slots.
 * In all but the first kind the state that is all zero, whose hash is zero as well, is a flag.
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

enum kind { BITS, NARROW, WORDS, RESTS4, RESTS5, RESTS6, RESTS7 };
enum { OVERRUN = 1 << 7, LINE = 64, GROWS_EIGHTFOLD = 1 << 22, GROWS_TWOFOLD = 1 << 24 };
enum { BITS_OF_A_SMALL_BIT_TABLE = 20, BITS_OF_A_BIT_TABLE = 26, BITS_FOR_A_SLOT = 16 };
enum { FAR_BITS = 7, MOST_FAR = (1 << FAR_BITS) - 2 };
/* Tests have smaller ones, so that small tables grow and change their kind as well. */
#ifndef CUSTODY_LEAST_BUCKETS
#define CUSTODY_LEAST_BUCKETS (1 << 10)
#endif
#ifndef CUSTODY_ODD_SLOTS_FROM /* bytes of a table */
#define CUSTODY_ODD_SLOTS_FROM GROWS_TWOFOLD
#endif

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

ALWAYS_INLINE bool is_rests(const enum kind kind)
{
    return kind >= RESTS4;
}

ALWAYS_INLINE size_t slot_bytes(const enum kind kind, const unsigned words)
{
    return is_rests(kind) ? sizeof(u32) + kind - RESTS4 : kind == NARROW ? sizeof(u32) : words * sizeof(u64);
}

/* Slots of a bucket. */
ALWAYS_INLINE unsigned slots_in(const enum kind kind, const unsigned words)
{
    unsigned slots = (unsigned)(LINE / slot_bytes(kind, words));
    return slots ? slots : 1;
}

ALWAYS_INLINE size_t bucket_bytes(const enum kind kind, const unsigned words)
{
    return is_rests(kind) ? LINE : slots_in(kind, words) * slot_bytes(kind, words);
}

ALWAYS_INLINE u64 first_bucket(u64 hash, u64 buckets)
{
    return (u64)((wide)hash * buckets >> 64);
}

/* Word `k` of the state in a slot. */
ALWAYS_INLINE u64 slot_word(const char *bucket, unsigned slot, unsigned k, const enum kind kind, const unsigned words)
{
    if (kind == NARROW || kind == RESTS4)
        return ((const u32 *)(const void *)bucket)[slot];
    if (is_rests(kind)) {
        u64 value; /* All eight bytes are in the line. */
        memcpy(&value, bucket + slot * slot_bytes(kind, 1), sizeof value);
        return value & (((u64)1 << 8 * slot_bytes(kind, 1)) - 1);
    }
    return ((const u64 *)(const void *)bucket)[slot * words + k];
}

ALWAYS_INLINE void save_slot(char *bucket, unsigned slot, const u64 *state, const enum kind kind,
                             const unsigned words)
{
    if (kind == NARROW || kind == RESTS4)
        ((u32 *)(void *)bucket)[slot] = (u32)state[0];
    else if (is_rests(kind))
        memcpy(bucket + slot * slot_bytes(kind, 1), state, slot_bytes(kind, 1));
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

ALWAYS_INLINE void prefetch(const struct table *table, u64 hash, const u64 *state, const enum kind kind,
                            const unsigned words)
{
    if (kind == BITS)
        __builtin_prefetch(table->slots + (state[0] >> 3), 1);
    else
        __builtin_prefetch(table->slots + first_bucket(hash, table->buckets) * bucket_bytes(kind, words), 1);
}

/* The kind that a table begins with. */
static inline enum kind kind_for(unsigned bits)
{
    return bits <= BITS_OF_A_SMALL_BIT_TABLE ? BITS : bits <= 32 ? NARROW : WORDS;
}

static inline u64 bit_table_bytes(unsigned bits)
{
    return bits > 3 ? (u64)1 << (bits - 3) : 1;
}

bool table_open(struct table *table, enum kind kind, unsigned bits, unsigned words);
void table_close(struct table *table);

/* Memory for `bytes` zeros, and more of it: what was there stays, the rest is zero.  NULL when there is none.
 * `reserved` is for these functions alone. */
char *memory_new(u64 bytes, u64 *reserved);
char *memory_more(char *memory, u64 *reserved, u64 bytes, u64 more);
void memory_free(char *memory, u64 reserved);

/* Nine tenths of the slots; of buckets of one or two slots, which run over sooner, seven tenths. */
ALWAYS_INLINE u64 most_of(u64 buckets, const enum kind kind, const unsigned words)
{
    const unsigned slots = slots_in(kind, words);
    return buckets * slots / 10 * (slots > 2 ? 9 : 7);
}

/* The first empty slot of a bucket that is not full: halved, since a loop would end where no processor foresees it. */
ALWAYS_INLINE unsigned first_empty(const char *bucket, const enum kind kind, const unsigned words)
{
    const unsigned slots = slots_in(kind, words);
    unsigned used = 0;
    for (unsigned half = LINE / sizeof(u32) / 2; half; half /= 2)
        if (half < slots) {
            const bool fits = used + half < slots;
            const bool more = !slot_is_empty(bucket, fits ? used + half - 1 : 0, kind, words);
            used += fits & more ? half : 0;
        }
    return used;
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

/* The number of the first hash, of so many bits, that `rest_of` puts into a bucket: the one with rest 0. */
static inline u64 first_hash(unsigned bits, u64 buckets, u64 bucket)
{
    return (u64)((((wide)bucket << bits) + buckets - 1) / buckets);
}

/* What is in the slot of a rest that is so many buckets too far. */
ALWAYS_INLINE u64 rest_slot(const struct table *table, u64 rest, unsigned far)
{
    return (u64)(far + 1) << table->rest_bits | rest;
}

/* Puts a rest that is not there into the first bucket from its own on that has room; false when all are too far. */
ALWAYS_INLINE bool place_rest(struct table *table, u64 bucket, u64 rest, const enum kind kind)
{
    for (unsigned far = 0; far <= MOST_FAR; far++) {
        char *at = table->slots + (bucket + far) * LINE;
        if (!is_full(at, kind, 1)) {
            u64 value = rest_slot(table, rest, far);
            save_slot(at, first_empty(at, kind, 1), &value, kind, 1);
            return true;
        }
    }
    return false;
}

/* The rest in a slot of bucket `at`, and the bucket that is its own. */
ALWAYS_INLINE u64 rest_in(const struct table *table, u64 value, u64 at, u64 *bucket)
{
    *bucket = at + 1 - (value >> table->rest_bits);
    return value & (((u64)1 << table->rest_bits) - 1);
}

/* The narrowest kind whose slots have room for rests of so many bits; WORDS when none has. */
static inline enum kind rests_of(unsigned rest_bits)
{
    const u64 one = 1;
    const bool low_byte_first = *(const char *)(const void *)&one;
    enum kind kind = RESTS4;
    while (kind <= RESTS7 && rest_bits + FAR_BITS > 8 * slot_bytes(kind, 1))
        kind++;
    return kind > RESTS7 || (kind > RESTS4 && !low_byte_first) ? WORDS : kind;
}

static inline void set_buckets(struct table *table, u64 buckets, const enum kind kind, const unsigned words)
{
    table->buckets = buckets;
    table->bytes = (buckets + OVERRUN) * bucket_bytes(kind, words);
    table->most = most_of(buckets, kind, words);
    if (is_rests(kind)) {
        table->rest_bits = rest_bits_for(table->bits, buckets);
        table->reciprocal = UINT64_MAX / buckets;
    }
}

/* What became of a state that was looked for.  It is in the table afterwards, even where there is no memory for more. */
enum found { KNOWN, FRESH, NO_MEMORY };

/* ------------------------------------------------------------------ growing */

/* What the table grows by, in buckets: every growth moves all of it, so small ones become several times as large, and
 * large ones, where memory counts, grow by a sixth, of narrow slots by a third; less where not so much is left. */
ALWAYS_INLINE u64 growth(const struct table *table, size_t size)
{
    const bool is_narrow = table->kind == NARROW || table->kind == RESTS4 || table->kind == RESTS5;
    u64 least = table->buckets / 32 + 1;
    u64 wanted = table->bytes < GROWS_EIGHTFOLD ? table->buckets * 7
                 : table->bytes < GROWS_TWOFOLD ? table->buckets
                                                : table->buckets / (is_narrow ? 3 : 6);
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
    u64 same = UINT64_MAX,
        first = 0; /* a bucket of the old table and its first hash: divided once for all its rests */
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
                if (is_rests(kind)) {
                    u64 bucket, rest = rest_in(&old, state[0], begin + k, &bucket);
                    if (bucket != same)
                        first = first_hash(old.bits, old.buckets, same = bucket);
                    rest = rest_of(table, (first + rest) << (64 - old.bits), &bucket);
                    ok = ok && place_rest(table, bucket, rest, kind);
                } else {
                    ok = ok && place(table, state, kind, words);
                }
            }
        end = begin;
    }
    free(run);
    return ok;
}

/* Whether no state of a table of words is further from its bucket than a rest can tell. */
static inline bool all_are_near(const struct table *table)
{
    for (u64 bucket = 0; bucket < table->bytes / LINE; bucket++)
        for (unsigned slot = 0; slot < slots_in(WORDS, 1); slot++) {
            u64 state = slot_word(table->slots + bucket * LINE, slot, 0, WORDS, 1);
            u64 own = first_bucket(table_hash(&state, table->bits, 1), table->buckets);
            if (state && bucket - own > MOST_FAR)
                return false;
        }
    return true;
}

/* Rewrites a table with narrower slots where it stands, bucket by bucket: a bucket has more slots then, and a state
 * that is too far moves to where it would be now, which is never further. */
ALWAYS_INLINE void narrow(struct table *table, const enum kind from, const enum kind to)
{
    const struct table old = *table;
    table->kind = to;
    set_buckets(table, old.buckets, to, 1);
    for (u64 at = 0; at < old.bytes / LINE; at++) {
        char *bucket = table->slots + at * LINE;
        u64 values[LINE / sizeof(u32)];
        unsigned count = 0;
        for (unsigned slot = 0; slot < slots_in(from, 1) && !slot_is_empty(bucket, slot, from, 1); slot++)
            values[count++] = slot_word(bucket, slot, 0, from, 1);
        memset(bucket, 0, LINE);
        for (unsigned k = 0; k < count; k++) {
            u64 own, rest = from == WORDS ? rest_of(table, table_hash(&values[k], table->bits, 1), &own)
                                          : rest_in(&old, values[k], at, &own);
            place_rest(table, own, rest, to);
        }
    }
}

ALWAYS_INLINE void narrow_from(struct table *table, const enum kind from, const enum kind to)
{
    switch (to) {
    case RESTS4:
        narrow(table, from, RESTS4);
        break;
    case RESTS5:
        narrow(table, from, RESTS5);
        break;
    case RESTS6:
        narrow(table, from, RESTS6);
        break;
    default:
        narrow(table, from, RESTS7);
    }
}

/* Makes room by narrower slots, where that can be; else leaves the table as it is.  Slots that are not of a power of
 * two are slower to compare, which only pays where the table is not in a cache. */
static inline bool narrower(struct table *table)
{
    if (table->bits >= 64 || table->buckets < CUSTODY_LEAST_BUCKETS)
        return false;
    enum kind to = rests_of(rest_bits_for(table->bits, table->buckets));
    if (to == WORDS || to == table->kind || (to > RESTS4 && table->bytes < CUSTODY_ODD_SLOTS_FROM))
        return false;
    switch (table->kind) {
    case RESTS7:
        narrow_from(table, RESTS7, to);
        return true;
    case RESTS6:
        narrow_from(table, RESTS6, to);
        return true;
    case RESTS5:
        narrow_from(table, RESTS5, to);
        return true;
    default:
        if (!all_are_near(table))
            return false;
        narrow_from(table, WORDS, to);
        return true;
    }
}

/* Turns a table of narrow slots into one of bits, where these are to be had and worth their memory; else leaves it as it
 * is. */
static inline bool spread(struct table *table)
{
    const u64 bytes = bit_table_bytes(table->bits);
    const u64 longer = table->bytes + growth(table, LINE) * LINE;
    struct table bits;
    if (table->bits > BITS_OF_A_BIT_TABLE || bytes > table->slack || bytes > longer * BITS_FOR_A_SLOT ||
        !table_open(&bits, BITS, table->bits, 1))
        return false;
    for (u64 at = 0; at < table->bytes / LINE; at++)
        for (unsigned slot = 0; slot < slots_in(NARROW, 1); slot++) {
            u64 state = slot_word(table->slots + at * LINE, slot, 0, NARROW, 1);
            if (state)
                bits.slots[state >> 3] |= (char)(1 << (state & 7));
        }
    bits.slots[0] |= (char)table->zero;
    bits.slack = table->slack;
    table_close(table);
    *table = bits;
    return true;
}

static __attribute__((noinline)) bool grow(struct table *table, const unsigned words)
{
    bool is_of_words = table->kind == WORDS && words == 1;
    if ((is_of_words || is_rests(table->kind)) && narrower(table))
        return true;
    switch (table->kind) {
    case NARROW:
        return spread(table) || lengthen(table, NARROW, 1);
    case RESTS4:
        return lengthen(table, RESTS4, 1);
    case RESTS5:
        return lengthen(table, RESTS5, 1);
    case RESTS6:
        return lengthen(table, RESTS6, 1);
    case RESTS7:
        return lengthen(table, RESTS7, 1);
    default:
        if (words == 2)
            return lengthen(table, WORDS, 2);
        if (words == 3)
            return lengthen(table, WORDS, 3);
        if (!is_of_words)
            return lengthen(table, WORDS, words);
        if (!lengthen(table, WORDS, 1))
            return false;
        /* With more room, no state may be too far any more. */
        (void)narrower(table);
        return true;
    }
}

/* ------------------------------------------------------------------ looking and inserting */

/* The place of a known state, below `places`; UINT64_MAX when it is not known. */
ALWAYS_INLINE u64 place_of(const struct table *table, const u64 *state, const enum kind kind, const unsigned words)
{
    if (kind == BITS)
        return table->slots[state[0] >> 3] >> (state[0] & 7) & 1 ? state[0] : UINT64_MAX;
    if (is_zero(state, words))
        return table->zero ? 0 : UINT64_MAX;
    u64 hash = table_hash(state, table->bits, words), bucket = first_bucket(hash, table->buckets), wanted[words];
    for (unsigned k = 0; k < words; k++)
        wanted[k] = state[k];
    u64 rest = is_rests(kind) ? rest_of(table, hash, &bucket) : 0;
    for (unsigned far = 0; far <= MOST_FAR || !is_rests(kind); far++, bucket++) {
        const char *at = table->slots + bucket * bucket_bytes(kind, words);
        if (is_rests(kind))
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

/* Looks for a state in a bucket and puts it there where it is not and there is room; false when it belongs into the
 * next one.  Where most states are known, `jumps` on that.  Else no processor can foresee it, and a jump that it guessed
 * wrong costs more than to write a known state as zeros where there are zeros. */
ALWAYS_INLINE bool insert_here(struct table *table, char *bucket, const u64 *state, enum found *found,
                               const enum kind kind, const unsigned words, const bool jumps)
{
    const unsigned slots = slots_in(kind, words);
    unsigned has = 0, used = 0;
    for (unsigned slot = 0; slot < slots; slot++) {
        u64 difference = 0;
        for (unsigned k = 0; k < words; k++)
            difference |= slot_word(bucket, slot, k, kind, words) ^ state[k];
        has |= difference == 0;
    }
    *found = has ? KNOWN : FRESH;
    if (jumps && LIKELY(has))
        return true;
    for (unsigned slot = 0; slot < slots; slot++)
        used += !slot_is_empty(bucket, slot, kind, words);
    if (used == slots)
        return has;
    u64 written[words];
    for (unsigned k = 0; k < words; k++)
        written[k] = has ? 0 : state[k];
    save_slot(bucket, used, written, kind, words);
    table->count += !has;
    const bool at_end = bucket + bucket_bytes(kind, words) == table->slots + table->bytes;
    if (UNLIKELY(table->count > table->most || (at_end && !has)) && !grow(table, words))
        *found = NO_MEMORY;
    return true;
}

static inline enum found insert_zero(struct table *table)
{
    if (table->zero)
        return KNOWN;
    table->zero = true;
    return FRESH;
}

static enum found insert_any_rest(struct table *table, u64 hash, bool jumps);

ALWAYS_INLINE enum found insert_rest(struct table *table, u64 hash, const enum kind kind, const bool jumps)
{
    while (table->kind == kind) {
        u64 first, rest = rest_of(table, hash, &first);
        for (unsigned far = 0; far <= MOST_FAR; far++) {
            char *bucket = table->slots + (first + far) * LINE;
            u64 wanted = rest_slot(table, rest, far);
            enum found found;
            if (LIKELY(insert_here(table, bucket, &wanted, &found, kind, 1, jumps)))
                return found;
        }
        /* Nowhere near is room: as good as full. */
        if (!grow(table, 1))
            return NO_MEMORY;
    }
    return insert_any_rest(table, hash, jumps);
}

/* Whatever kind of rests it is, and whatever state. */
static __attribute__((noinline)) enum found insert_any_rest(struct table *table, u64 hash, bool jumps)
{
    if (hash == 0)
        return insert_zero(table);
    switch (table->kind) {
    case RESTS4:
        return insert_rest(table, hash, RESTS4, jumps);
    case RESTS5:
        return insert_rest(table, hash, RESTS5, jumps);
    case RESTS6:
        return insert_rest(table, hash, RESTS6, jumps);
    default:
        return insert_rest(table, hash, RESTS7, jumps);
    }
}

/* The table may have become one of another kind when this returns. */
ALWAYS_INLINE enum found insert(struct table *table, u64 hash, const u64 *state, const enum kind kind,
                                const unsigned words, const bool jumps)
{
    if (kind == BITS) {
        char *byte = table->slots + (state[0] >> 3);
        char bit = (char)(1 << (state[0] & 7));
        const bool fresh = !(*byte & bit);
        *byte |= bit;
        return fresh ? FRESH : KNOWN;
    }
    if (UNLIKELY(is_zero(state, words)))
        return insert_zero(table);
    if (is_rests(kind))
        return insert_rest(table, hash, kind, jumps);
    const size_t size = bucket_bytes(kind, words);
    char *bucket = table->slots + first_bucket(hash, table->buckets) * size;
    enum found found;
    while (UNLIKELY(!insert_here(table, bucket, state, &found, kind, words, jumps)))
        bucket += size;
    return found;
}

#endif
