"""Recordings that nobody made: written line by line, in the layout of the real ones."""

from __future__ import annotations

BUFFER, OTHER = "0xffff888100000100", "0xffff888100009100"
ATTACHMENT, TABLE = "0xffff888100000200", "0xffff888100000300"
ERROR = "0xfffffffffffffff4"
"""-ENOMEM as a pointer."""


class Invented:
    """A recording; each method adds what one call of a function leaves behind."""

    def __init__(self) -> None:
        self.lines = ["# tracer: nop", "#"]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def raw(self, line: str) -> Invented:
        self.lines.append(line)
        return self

    def line(self, name: str, rest: str, pid: int = 100) -> Invented:
        time = 1 + len(self.lines) / 10_000
        return self.raw(f"{'work':>16}-{pid:<5} [001] ..... {time:12.6f}: {name}: {rest}")

    def says(self, words: str, pid: int = 100) -> Invented:
        return self.line("tracing_mark_write", f"user pid={pid} {words}", pid)

    def export(self, buffer: str = BUFFER, pid: int = 100, fd: int = 4) -> Invented:
        self.line("export_enter", "(dma_buf_export+0x4/0x2b0)", pid)
        self.line("export", f"(udmabuf_create+0x4db/0x600 <- dma_buf_export) dmabuf={buffer}", pid)
        if buffer == ERROR:
            return self
        self.line("fd", f"(dma_buf_fd+0x4/0x50) dmabuf={buffer} flags=0x80000", pid)
        return self.line("fd_ret", f"(udmabuf_create+0x4f9/0x600 <- dma_buf_fd) fd={fd}", pid)

    def begin(self, way: int = 1, pid: int = 100, buffer: str = BUFFER, ret: int = 0) -> Invented:
        self.line("begin_cpu", f"(dma_buf_begin_cpu_access+0x4/0x70) dmabuf={buffer} dir={way}", pid)
        self.line("udmabuf_begin_cpu", f"(begin_cpu_udmabuf+0x4/0x80) dmabuf={buffer} dir={way}", pid)
        return self.line("begin_cpu_ret", f"(dma_buf_ioctl+0x34e/0x410 <- dma_buf_begin_cpu_access) ret={ret}", pid)

    def end(self, way: int = 1, pid: int = 100, buffer: str = BUFFER, ret: int = 0) -> Invented:
        self.line("end_cpu", f"(dma_buf_end_cpu_access+0x4/0x70) dmabuf={buffer} dir={way}", pid)
        self.line("udmabuf_end_cpu", f"(end_cpu_udmabuf+0x4/0x50) dmabuf={buffer} dir={way}", pid)
        return self.line("end_cpu_ret", f"(dma_buf_ioctl+0x34e/0x410 <- dma_buf_end_cpu_access) ret={ret}", pid)

    def attach(self, attachment: str = ATTACHMENT) -> Invented:
        self.line(
            "attach", f'(dma_buf_dynamic_attach+0x4/0x220) dmabuf={BUFFER} dev=0xffff8b0c01000000 devname="vgem"'
        )
        return self.line("attach_ret", f"(x+0x51/0x120 <- dma_buf_dynamic_attach) attach={attachment}")

    def map(
        self, way: int = 0, attachment: str = ATTACHMENT, table: str = TABLE, *, exporter: bool = True
    ) -> Invented:
        self.line("map", f"(dma_buf_map_attachment+0x4/0x1d0) attach={attachment} dir={way} dmabuf={BUFFER}")
        if exporter:
            self.line("udmabuf_map", f"(map_udmabuf+0x4/0x30) attach={attachment} dir={way}")
        return self.line("map_ret", f"(x+0x49/0x70 <- dma_buf_map_attachment) sgt={table}")

    def unmap(self, way: int = 0, attachment: str = ATTACHMENT, table: str = TABLE) -> Invented:
        fields = f"attach={attachment} sgt={table} dir={way} dmabuf={BUFFER}"
        return self.line("unmap", f"(dma_buf_unmap_attachment+0x4/0xa0) {fields}")

    def detach(self, way: int = 0, attachment: str = ATTACHMENT, *, exporter: bool = True) -> Invented:
        self.line("detach", f"(dma_buf_detach+0x4/0x130) dmabuf={BUFFER} attach={attachment}")
        if exporter:
            self.line("udmabuf_unmap", f"(unmap_udmabuf+0x4/0x40) attach={attachment} sgt={TABLE} dir={way}")
        return self

    def put(self) -> Invented:
        return self.line("put", f"(dma_buf_put+0x4/0x40) dmabuf={BUFFER}")

    def release(self, buffer: str = BUFFER, pid: int = 100) -> Invented:
        self.line("release", f"(dma_buf_release+0x4/0x90) dentry=0xffff8b0c01451cc0 dmabuf={buffer}", pid)
        return self.line("udmabuf_release", f"(release_udmabuf+0x4/0x70) dmabuf={buffer}", pid)


def imported() -> Invented:
    """A buffer that a device is mapped to."""
    return Invented().export().attach().map()
