/*
 * Does this kernel do what the contract of dma-buf says? A table of paths through the contract, taken by udmabuf and by
 * the system heap as far as user space can take them, with the results that the contract has. KTAP on stdout; exit codes
 * as kselftest has them: 0 passed, 1 failed, 4 skipped.
 *
 * Build: cc -Wall -Wextra -O2 -o dma_buf_contract dma_buf_contract.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>

enum operation { CREATE, CLOSE, MAP, UNMAP, START, STOP, LOAD, STORE };

/* One step: by which user, with which argument (SYNC flags; pages to map), and the errno that is to come of it, or 0. */
struct step {
    enum operation operation;
    int user;
    unsigned int argument;
    int expected;
    const char *text;
};

struct path {
    const struct step *steps;
    unsigned int count;
};

#define USERS 4
#define SKIP 4

/* THE TABLE */

struct world {
    int (*create)(size_t size);
    int fd;
    size_t size;
    uint64_t newest;
    void *area[USERS];
};

static int create_udmabuf(size_t size)
{
    struct udmabuf_create request = {.flags = UDMABUF_FLAGS_CLOEXEC, .size = size};
    int device, memory, fd = -1, saved;

    device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
    if (device < 0)
        return -1;
    memory = memfd_create("contract", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    if (memory >= 0 && ftruncate(memory, (off_t)size) == 0 && fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) == 0) {
        request.memfd = (uint32_t)memory;
        fd = ioctl(device, UDMABUF_CREATE, &request);
    }
    saved = errno;
    if (memory >= 0)
        close(memory);
    close(device);
    errno = saved;
    return fd;
}

static int create_heap(size_t size)
{
    struct dma_heap_allocation_data request = {.len = size, .fd_flags = O_RDWR | O_CLOEXEC};
    int heap, saved, failed;

    heap = open("/dev/dma_heap/system", O_RDONLY | O_CLOEXEC);
    if (heap < 0)
        return -1;
    failed = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &request);
    saved = errno;
    close(heap);
    errno = saved;
    return failed ? -1 : (int)request.fd;
}

static int sync_buffer(const struct world *world, uint64_t flags)
{
    struct dma_buf_sync request = {.flags = flags};
    int failed;

    do
        failed = ioctl(world->fd, DMA_BUF_IOCTL_SYNC, &request);
    while (failed && (errno == EINTR || errno == EAGAIN));
    return failed;
}

static void *map(const struct world *world, size_t length)
{
    return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, world->fd, 0);
}

/* A load or a store of the whole page, by the user's own area or by one that is made for it. */
static int touch(struct world *world, int user, int store)
{
    uint64_t *words = world->area[user] ? world->area[user] : map(world, world->size);
    size_t count = world->size / sizeof(*words), i;
    int failed = 0;

    if (words == MAP_FAILED)
        return -1;
    if (store)
        world->newest++;
    for (i = 0; i < count; i++) {
        if (store)
            words[i] = world->newest;
        else if (words[i] != world->newest)
            failed = 1;
    }
    if (!world->area[user])
        munmap(words, world->size);
    if (failed)
        errno = ESTALE;
    return failed ? -1 : 0;
}

static int take(struct world *world, const struct step *step)
{
    void *area;
    int failed;

    switch (step->operation) {
    case CREATE:
        world->fd = world->create(world->size);
        return world->fd < 0 ? -1 : 0;
    case CLOSE:
        failed = close(world->fd);
        world->fd = -1;
        return failed;
    case MAP:
        area = map(world, step->argument * world->size);
        if (area == MAP_FAILED)
            return -1;
        world->area[step->user] = area;
        return 0;
    case UNMAP:
        failed = munmap(world->area[step->user], world->size);
        world->area[step->user] = NULL;
        return failed;
    case START:
        return sync_buffer(world, DMA_BUF_SYNC_START | step->argument);
    case STOP:
        return sync_buffer(world, DMA_BUF_SYNC_END | step->argument);
    case LOAD:
        return touch(world, step->user, 0);
    case STORE:
        return touch(world, step->user, 1);
    }
    errno = EINVAL;
    return -1;
}

static void leave(struct world *world)
{
    int user;

    for (user = 0; user < USERS; user++)
        if (world->area[user])
            munmap(world->area[user], world->size);
    if (world->fd >= 0)
        close(world->fd);
}

/* The number of the first step that came out otherwise than the contract has it, counting from 1; 0 for none. */
static unsigned int follow(int (*create)(size_t), const struct path *path, int *came)
{
    struct world world = {.create = create, .fd = -1, .size = (size_t)sysconf(_SC_PAGESIZE)};
    unsigned int i, failed = 0;

    for (i = 0; i < path->count && !failed; i++) {
        errno = 0;
        *came = take(&world, &path->steps[i]) ? errno : 0;
        if (*came != path->steps[i].expected)
            failed = i + 1;
    }
    leave(&world);
    return failed;
}

int main(void)
{
    static const struct {
        const char *name;
        int (*create)(size_t size);
    } exporters[] = {{"udmabuf", create_udmabuf}, {"system heap", create_heap}};
    const unsigned int kinds = sizeof(exporters) / sizeof(exporters[0]);
    unsigned int kind, number, failures = 0, done = 0;

    printf("KTAP version 1\n1..%u\n", kinds * PATHS);
    for (kind = 0; kind < kinds; kind++) {
        int fd = exporters[kind].create((size_t)sysconf(_SC_PAGESIZE));
        int there = fd >= 0;

        if (there)
            close(fd);
        for (number = 0; number < PATHS; number++) {
            unsigned int line = kind * PATHS + number + 1, failed;
            int came = 0;

            if (!there) {
                printf("ok %u %s path %u # SKIP there is none\n", line, exporters[kind].name, number);
                continue;
            }
            done++;
            failed = follow(exporters[kind].create, &paths[number], &came);
            if (failed) {
                const struct step *step = &paths[number].steps[failed - 1];

                failures++;
                printf("# step %u, %s: expected %s, got %s\n", failed, step->text,
                       step->expected ? strerror(step->expected) : "success", came ? strerror(came) : "success");
            }
            printf("%s %u %s path %u\n", failed ? "not ok" : "ok", line, exporters[kind].name, number);
        }
    }
    printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n", done - failures, failures,
           kinds * PATHS - done);
    if (!done)
        return SKIP;
    return failures ? 1 : 0;
}
