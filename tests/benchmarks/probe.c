/* The bare loop: what a search cannot be faster than, looking up random keys in a table.
 *
 *   probe KEYS PROBES SLOTS WIDTH [huge]
 *
 * Fills an open-addressing table of SLOTS slots of WIDTH bytes with KEYS different keys, then looks PROBES random
 * ones of them up: one hash multiply, linear probing, and a ring of RING look-ups under way whose first slot was
 * prefetched.  A key is 4 bytes where WIDTH is 4, else 8; of wider slots only the first word is compared.  Prints the
 * nanoseconds of the look-ups alone, by the clock and of the processor, and how many were found (all of them, or the
 * program is wrong).  `huge` asks the system for huge pages.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define RING 64

static char *table;
static uint64_t slots;

/* Bijections, so that different numbers make different keys; never 0 for what is not 0. */
static inline uint64_t long_key(uint64_t number)
{
    number ^= number >> 30;
    number *= UINT64_C(0xbf58476d1ce4e5b9);
    number ^= number >> 27;
    number *= UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

static inline uint32_t short_key(uint32_t number)
{
    number ^= number >> 16;
    number *= UINT32_C(0x7feb352d);
    number ^= number >> 15;
    number *= UINT32_C(0x846ca68b);
    return number ^ number >> 16;
}

static inline uint64_t key_of(uint64_t number, const size_t width)
{
    return width == 4 ? short_key((uint32_t)number) : long_key(number);
}

/* `word` scaled to 0 .. below-1. */
static inline uint64_t scaled(uint64_t word, uint64_t below)
{
    return (uint64_t)((unsigned __int128)word * below >> 64);
}

static inline uint64_t slot_of(uint64_t key)
{
    return scaled(key * UINT64_C(0x9e3779b97f4a7c15), slots);
}

static inline uint64_t key_in(uint64_t slot, const size_t width)
{
    if (width == 4)
        return ((const uint32_t *)(const void *)table)[slot];
    return *(const uint64_t *)(const void *)(table + slot * width);
}

static inline uint64_t find(uint64_t key, uint64_t slot, const size_t width)
{
    for (uint64_t there; (there = key_in(slot, width)) != key && there != 0;)
        slot = slot + 1 == slots ? 0 : slot + 1;
    return slot;
}

struct pending {
    uint64_t key, slot;
};

static inline void fill(uint64_t keys, const size_t width)
{
    struct pending ring[RING];

    memset(ring, 0, sizeof ring);
    for (uint64_t number = 1; number <= keys + RING; number++) {
        struct pending *one = &ring[number % RING];

        if (one->key != 0) {
            char *free_slot = table + find(one->key, one->slot, width) * width;

            if (width == 4)
                *(uint32_t *)(void *)free_slot = (uint32_t)one->key;
            else
                *(uint64_t *)(void *)free_slot = one->key;
        }
        one->key = number <= keys ? key_of(number, width) : 0;
        one->slot = slot_of(one->key);
        __builtin_prefetch(table + one->slot * width, 1);
    }
}

static inline uint64_t look_up(uint64_t keys, uint64_t probes, const size_t width)
{
    struct pending ring[RING];
    uint64_t random = 1, found = 0;

    memset(ring, 0, sizeof ring);
    for (uint64_t done = 0; done < probes + RING; done++) {
        struct pending *one = &ring[done % RING];

        if (done >= RING)
            found += key_in(find(one->key, one->slot, width), width) == one->key;
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        one->key = key_of(1 + scaled(random, keys), width);
        one->slot = slot_of(one->key);
        __builtin_prefetch(table + one->slot * width);
    }
    return found;
}

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(int count, char **words)
{
    if (count < 5)
        return 2;
    uint64_t keys = strtoull(words[1], NULL, 10);
    uint64_t probes = strtoull(words[2], NULL, 10);
    slots = strtoull(words[3], NULL, 10);
    size_t width = strtoull(words[4], NULL, 10);
    if (keys == 0 || slots <= keys || width == 0 || (width != 4 && width % 8 != 0) ||
        (width == 4 && keys > UINT32_MAX))
        return 2;
    size_t bytes = slots * width;
    table = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (table == MAP_FAILED)
        return 3;
#ifdef MADV_HUGEPAGE
    if (count > 5 && strcmp(words[5], "huge") == 0)
        madvise(table, bytes, MADV_HUGEPAGE);
#endif
    if (width == 4)
        fill(keys, 4);
    else if (width == 8)
        fill(keys, 8);
    else
        fill(keys, width);

    int64_t wall = nanoseconds(CLOCK_MONOTONIC), cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t found = width == 4   ? look_up(keys, probes, 4)
                     : width == 8 ? look_up(keys, probes, 8)
                                  : look_up(keys, probes, width);
    cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = nanoseconds(CLOCK_MONOTONIC) - wall;
    printf("%" PRId64 " %" PRId64 " %" PRIu64 "\n", wall, cpu, found);
    return found == probes ? 0 : 1;
}
