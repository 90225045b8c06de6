#define _GNU_SOURCE /* mremap */
#include "table.h"

#ifdef __linux__
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 };
static const u64 RESERVED = (u64)1 << 40;

/* A large piece of addresses is reserved and used from its beginning: it grows without being moved, which would break
 * its huge pages into small ones.  Where so many addresses are not to be had, it moves after all. */
char *memory_new(u64 bytes, u64 *reserved)
{
    for (u64 size = RESERVED; size > bytes; size /= 2) {
        char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED)
            continue;
        *reserved = size;
        if (bytes >= HUGE_PAGE)
            madvise(memory, size, MADV_HUGEPAGE);
        return memory;
    }
    return NULL;
}

void memory_free(char *memory, u64 reserved)
{
    if (memory)
        munmap(memory, reserved);
}

char *memory_more(char *memory, u64 *reserved, u64 bytes, u64 more)
{
    if (bytes < HUGE_PAGE && more >= HUGE_PAGE)
        madvise(memory, *reserved, MADV_HUGEPAGE);
    if (more <= *reserved)
        return memory;
    void *moved = mremap(memory, *reserved, more, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED)
        return NULL;
    *reserved = more;
    return moved;
}
#else
char *memory_new(u64 bytes, u64 *reserved)
{
    *reserved = bytes;
    return calloc(1, bytes);
}

void memory_free(char *memory, u64 reserved)
{
    (void)reserved;
    free(memory);
}

char *memory_more(char *memory, u64 *reserved, u64 bytes, u64 more)
{
    *reserved = more;
    char *moved = realloc(memory, more);
    if (moved)
        memset(moved + bytes, 0, more - bytes);
    return moved;
}
#endif

bool table_open(struct table *table, enum kind kind, unsigned bits, unsigned words)
{
    memset(table, 0, sizeof *table);
    table->kind = kind;
    table->bits = bits;
    table->slack = UINT64_MAX;
    if (kind == BITS) {
        table->bytes = bit_table_bytes(bits);
    } else {
        set_buckets(table, CUSTODY_LEAST_BUCKETS, kind, words);
    }
    table->slots = memory_new(table->bytes, &table->reserved);
    return table->slots != NULL;
}

void table_close(struct table *table)
{
    memory_free(table->slots, table->reserved);
    memset(table, 0, sizeof *table);
}
