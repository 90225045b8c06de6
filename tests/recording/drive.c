/* SPDX-License-Identifier: MIT */
/*
 * Drives dma-bufs through small scenarios and says of each system call what came of it, in the trace itself:
 * `user pid=P CALL = RESULT`. Buffers come from /dev/udmabuf or from /dev/dma_heap/system; vgem imports them (PRIME).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 4096
#define SKIPPED 77

/* The parts of the DRM interface that importing needs, so that no library has to be there. */
struct prime_handle {
    unsigned int handle;
    unsigned int flags;
    int fd;
};
struct gem_close {
    unsigned int handle;
    unsigned int pad;
};
struct drm_version {
    int major, minor, patch;
    size_t name_length;
    char *name;
    size_t date_length;
    char *date;
    size_t description_length;
    char *description;
};
#define DRM_VERSION _IOWR('d', 0x00, struct drm_version)
#define DRM_GEM_CLOSE _IOW('d', 0x09, struct gem_close)
#define DRM_PRIME_IMPORT _IOWR('d', 0x2e, struct prime_handle)

static int marker = -1;
static int use_heap;

static int say(int result, const char *format, ...)
{
    int error = errno;
    char call[128], line[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(call, sizeof(call), format, arguments);
    va_end(arguments);
    if (result < 0)
        snprintf(line, sizeof(line), "user pid=%d %s = %d %s\n", getpid(), call, -error, strerror(error));
    else
        snprintf(line, sizeof(line), "user pid=%d %s = %d\n", getpid(), call, result);
    if (marker >= 0 && write(marker, line, strlen(line)) < 0)
        perror("trace_marker");
    return result;
}

static int make_udmabuf(void)
{
    struct udmabuf_create create = {0};
    int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
    int memory = memfd_create("buffer", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    int fd;

    if (device < 0 || memory < 0)
        exit(SKIPPED);
    if (ftruncate(memory, SIZE) || fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK))
        exit(1);
    create.memfd = memory;
    create.flags = UDMABUF_FLAGS_CLOEXEC;
    create.size = SIZE;
    fd = say(ioctl(device, UDMABUF_CREATE, &create), "udmabuf_create");
    close(memory);
    close(device);
    return fd;
}

static int make_from_heap(void)
{
    struct dma_heap_allocation_data data = {.len = SIZE, .fd_flags = O_RDWR | O_CLOEXEC};
    int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);

    if (heap < 0)
        exit(SKIPPED);
    if (say(ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data), "dma_heap_alloc") < 0)
        exit(1);
    close(heap);
    return (int)data.fd;
}

static int make(void)
{
    return use_heap ? make_from_heap() : make_udmabuf();
}

static int vgem(void)
{
    char path[32], name[16];

    for (int number = 0; number < 16; number++) {
        struct drm_version version = {.name = name, .name_length = sizeof(name) - 1};
        int fd;

        snprintf(path, sizeof(path), "/dev/dri/card%d", number);
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
            continue;
        memset(name, 0, sizeof(name));
        if (!ioctl(fd, DRM_VERSION, &version) && !strcmp(name, "vgem"))
            return fd;
        close(fd);
    }
    exit(SKIPPED);
}

static unsigned int import(int drm, int fd)
{
    struct prime_handle prime = {.fd = fd};

    say(ioctl(drm, DRM_PRIME_IMPORT, &prime), "prime_fd_to_handle");
    return prime.handle;
}

static void drop(int drm, unsigned int handle)
{
    struct gem_close data = {.handle = handle};

    say(ioctl(drm, DRM_GEM_CLOSE, &data), "gem_close");
}

static int sync_cpu(int fd, unsigned int flags)
{
    struct dma_buf_sync data = {.flags = flags};
    const char *end = flags & DMA_BUF_SYNC_END ? "END" : "START";
    const char *access[] = {"", "|READ", "|WRITE", "|READ|WRITE"};

    return say(ioctl(fd, DMA_BUF_IOCTL_SYNC, &data), "sync fd=%d %s%s", fd, end, access[flags & 3]);
}

static char *map(int fd)
{
    char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    say(memory == MAP_FAILED ? -1 : 0, "mmap");
    return memory;
}

static void finish(int fd)
{
    say(close(fd), "close");
}

static void bracket(int fd, char *memory, unsigned int access)
{
    sync_cpu(fd, DMA_BUF_SYNC_START | access);
    if (access & DMA_BUF_SYNC_WRITE)
        memset(memory, 0x5a, SIZE);
    if (access & DMA_BUF_SYNC_READ)
        *(volatile char *)memory;
    sync_cpu(fd, DMA_BUF_SYNC_END | access);
}

/* ---------------------------------------------------------------- scenarios */

static void cpu_bracketed(void)
{
    int fd = make();
    char *memory = map(fd);

    bracket(fd, memory, DMA_BUF_SYNC_WRITE);
    bracket(fd, memory, DMA_BUF_SYNC_READ);
    munmap(memory, SIZE);
    finish(fd);
}

static void import_roundtrip(void)
{
    int drm = vgem(), fd = make();
    char *memory = map(fd);
    unsigned int handle;

    bracket(fd, memory, DMA_BUF_SYNC_RW);
    handle = import(drm, fd);
    bracket(fd, memory, DMA_BUF_SYNC_READ);
    drop(drm, handle);
    munmap(memory, SIZE);
    finish(fd);
}

static void close_while_imported(void)
{
    int drm = vgem(), fd = make();
    unsigned int handle = import(drm, fd);

    finish(fd);
    usleep(20000);
    drop(drm, handle);
}

static void two_buffers(void)
{
    int drm = vgem(), one = make(), other = make();
    unsigned int first = import(drm, one), second = import(drm, other);
    char *memory = map(other);

    bracket(other, memory, DMA_BUF_SYNC_RW);
    drop(drm, first);
    finish(one);
    drop(drm, second);
    munmap(memory, SIZE);
    finish(other);
}

static void reused_pointer(void)
{
    for (int round = 0; round < 3; round++) {
        int fd = make();

        sync_cpu(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
        sync_cpu(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
        finish(fd);
    }
}

static void concurrent(void)
{
    int fd = make();

    for (int child = 0; child < 3; child++) {
        if (!fork()) {
            char *memory = map(fd);

            for (int round = 0; round < 3; round++)
                bracket(fd, memory, child ? DMA_BUF_SYNC_WRITE : DMA_BUF_SYNC_READ);
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
    finish(fd);
}

static void unbalanced_end(void)
{
    int fd = make();

    sync_cpu(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
    finish(fd);
}

static void unended_start(void)
{
    int fd = make();

    sync_cpu(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
    finish(fd);
}

static void wrong_direction(void)
{
    int fd = make();

    sync_cpu(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
    sync_cpu(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
    finish(fd);
}

static void unbracketed_write(void)
{
    int fd = make();
    char *memory = map(fd);

    say(0, "write outside a bracket");
    memory[0] = 1;
    munmap(memory, SIZE);
    finish(fd);
}

static void invalid_arguments(void)
{
    int fd = make();
    struct dma_buf_sync data = {.flags = 0};
    void *memory;

    say(ioctl(fd, DMA_BUF_IOCTL_SYNC, &data), "sync flags=0");
    memory = mmap(NULL, 16 * SIZE, PROT_READ, MAP_SHARED, fd, 0);
    say(memory == MAP_FAILED ? -1 : 0, "mmap too large");
    finish(fd);
    sync_cpu(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"cpu_bracketed", cpu_bracketed},
    {"import_roundtrip", import_roundtrip},
    {"close_while_imported", close_while_imported},
    {"two_buffers", two_buffers},
    {"reused_pointer", reused_pointer},
    {"concurrent", concurrent},
    {"unbalanced_end", unbalanced_end},
    {"unended_start", unended_start},
    {"wrong_direction", wrong_direction},
    {"unbracketed_write", unbracketed_write},
    {"invalid_arguments", invalid_arguments},
};

int main(int count, char **arguments)
{
    marker = open("/sys/kernel/tracing/trace_marker", O_WRONLY | O_CLOEXEC);
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(*scenarios); at++) {
        if (count == 2 && !strcmp(arguments[1], "list"))
            puts(scenarios[at].name);
        if (count == 3 && !strcmp(arguments[2], scenarios[at].name)) {
            use_heap = strcmp(arguments[1], "udmabuf") != 0;
            scenarios[at].run();
            return 0;
        }
    }
    if (count == 2 && !strcmp(arguments[1], "probe")) {
        use_heap = access("/dev/udmabuf", R_OK) != 0;
        finish(make());
        return 0;
    }
    return count == 2 ? 0 : 2;
}
