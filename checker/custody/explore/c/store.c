#define _GNU_SOURCE /* pread, pwrite */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { CHUNK_WORDS = 1 << 15, MAX_CHUNKS = 1 << 22 };

/* The directory of chunks is as long as it can ever be, so that it never moves; untouched pages of it cost nothing. */
bool store_open(struct store *store, unsigned words)
{
    memset(store, 0, sizeof *store);
    store->words = words;
    store->per_chunk = words < CHUNK_WORDS ? CHUNK_WORDS / words : 1;
    store->file = -1;
    store->chunks = calloc(MAX_CHUNKS, sizeof *store->chunks);
    return store->chunks;
}

bool store_use_file(struct store *store, const char *path)
{
    free(store->path);
    store->path = strdup(path);
    return store->path;
}

void store_close(struct store *store)
{
    if (store->chunks)
        for (size_t k = store->first_kept; k * store->per_chunk < store->count; k++)
            free(store->chunks[k]);
    free(store->chunks);
    free(store->path);
    if (store->file >= 0)
        close(store->file);
    memset(store, 0, sizeof *store);
    store->file = -1;
}

static size_t chunk_bytes(const struct store *store)
{
    return store->per_chunk * store->words * sizeof(u64);
}

bool store_extend(struct store *store)
{
    size_t chunk = store->count / store->per_chunk;
    if (chunk >= MAX_CHUNKS || !(store->chunks[chunk] = malloc(chunk_bytes(store))))
        return false;
    store->resident++;
    store->next = store->chunks[chunk];
    store->room = store->per_chunk;
    return true;
}

static bool read_all(int file, void *to, size_t bytes, off_t from)
{
    char *next = to;
    while (bytes) {
        ssize_t got = pread(file, next, bytes, from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        next += got;
        from += got;
        bytes -= (size_t)got;
    }
    return true;
}

static bool write_all(int file, const void *from, size_t bytes, off_t to)
{
    const char *next = from;
    while (bytes) {
        ssize_t put = pwrite(file, next, bytes, to);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        next += put;
        to += put;
        bytes -= (size_t)put;
    }
    return true;
}

const u64 *store_read(const struct store *store, u64 index, size_t wanted, u64 *buffer, size_t *got)
{
    size_t chunk = index / store->per_chunk;
    size_t place = index % store->per_chunk;
    size_t there = store->per_chunk - place;
    /* Not compared with the count, which another thread may be raising. */
    size_t count = wanted < there ? wanted : there;
    *got = count;
    if (chunk >= store->first_kept)
        return store->chunks[chunk] + place * store->words;
    size_t bytes = (size_t)store->words * sizeof(u64);
    return read_all(store->file, buffer, count * bytes, (off_t)(index * bytes)) ? buffer : NULL;
}

static bool need_file(struct store *store)
{
    if (store->file < 0 && store->path)
        store->file = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return store->file >= 0;
}

u64 store_checksum(u64 checksum, const u64 *words, size_t count)
{
    for (size_t k = 0; k < count; k++)
        checksum = (checksum ^ words[k]) * 0x9e3779b97f4a7c15u;
    return checksum;
}

/* Makes the file hold the states below `end`. */
static bool save(struct store *store, u64 end)
{
    size_t state = (size_t)store->words * sizeof(u64);
    if (!need_file(store))
        return false;
    while (store->saved < end) {
        size_t place = store->saved % store->per_chunk;
        u64 left = end - store->saved;
        size_t there = store->per_chunk - place;
        size_t count = left < there ? (size_t)left : there;
        const u64 *from = store->chunks[store->saved / store->per_chunk] + place * store->words;
        if (!write_all(store->file, from, count * state, (off_t)(store->saved * state)))
            return false;
        store->checksum = store_checksum(store->checksum, from, count * store->words);
        store->saved += count;
    }
    return true;
}

bool store_spill(struct store *store, size_t keep)
{
    size_t full = store->count / store->per_chunk;
    while (store->resident > keep && store->first_kept < full) {
        size_t k = store->first_kept;
        u64 end = (k + 1) * store->per_chunk;
        if (store->saved < end && !save(store, end))
            return false;
        free(store->chunks[k]);
        store->chunks[k] = NULL;
        store->first_kept++;
        store->resident--;
    }
    return true;
}

bool store_flush(struct store *store)
{
    return save(store, store->count) && fdatasync(store->file) == 0;
}

bool store_adopt(struct store *store, u64 count)
{
    size_t state = (size_t)store->words * sizeof(u64);
    if (!need_file(store) || lseek(store->file, 0, SEEK_END) < (off_t)(count * state))
        return false;
    store->count = store->saved = count;
    store->first_kept = count / store->per_chunk;
    size_t rest = count % store->per_chunk;
    if (rest == 0)
        return true;
    /* The last chunk goes on growing, so it has to be in memory. */
    u64 *chunk = malloc(chunk_bytes(store));
    if (!chunk || !read_all(store->file, chunk, rest * state, (off_t)(store->first_kept * chunk_bytes(store)))) {
        free(chunk);
        store->count = store->first_kept * store->per_chunk;
        return false;
    }
    store->chunks[store->first_kept] = chunk;
    store->resident = 1;
    store->next = chunk + rest * store->words;
    store->room = store->per_chunk - rest;
    return true;
}

u64 store_bytes(const struct store *store)
{
    return store->resident * chunk_bytes(store);
}
