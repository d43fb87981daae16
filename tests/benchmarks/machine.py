"""What the figures depend on, and what a process of this machine uses: read from /proc."""

import os
import platform
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Self

_KIB = 1024
_PAGE = b"\0" * 4096


def facts(data: Path) -> dict[str, str]:
    """The machine, and the file system that the data directory is on."""
    memory = _field(Path("/proc/meminfo"), "MemTotal")
    return {
        "processor": _field(Path("/proc/cpuinfo"), "model name") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(memory.split()[0]) / _KIB / _KIB:.1f} GiB",
        "kernel": platform.release(),
        "file system": file_system(data),
        "Python": platform.python_version(),
    }


def file_system(path: Path) -> str:
    """The type of the file system that a path is on: the mount with the longest matching point."""
    mounts = (line.split() for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines())
    types = {Path(words[4]): words[words.index("-") + 1] for words in mounts}
    whole = path.resolve()
    return next(types[point] for point in (whole, *whole.parents) if point in types)


def fsync_seconds(folder: Path, times: int = 200) -> float:
    """The median time of appending 4 KiB to a file and bringing it to the disk."""
    file, taken = folder / "fsync", []
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for _ in range(times):
            start = perf_counter()
            os.write(descriptor, _PAGE)
            os.fdatasync(descriptor)
            taken.append(perf_counter() - start)
    finally:
        os.close(descriptor)
        file.unlink()
    return median(taken)


def proportional_octets(pid: int) -> int:
    """PSS of a process and all its descendants: shared pages are counted once, each process bearing its share."""
    found = 0
    for one in family(pid):
        with suppress(OSError):  # it has ended meanwhile
            found += int(_field(Path(f"/proc/{one}/smaps_rollup"), "Pss").split()[0])
    return found * _KIB


def family(pid: int) -> Iterator[int]:
    """A process and its descendants, each before its own."""
    yield pid
    for child in _children(pid):
        yield from family(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):  # the process has ended meanwhile
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):  # the thread has
                found += map(int, (thread / "children").read_text("ascii").split())
    return found


def processor_seconds(pid: int) -> tuple[float, float]:
    """User and system time so far: of a process itself, and of all that it started, ended or not."""
    own, others = _times(pid)
    for one in family(pid):
        if one != pid:
            with suppress(OSError):
                others += sum(_times(one))
    return own, others


def _times(pid: int) -> tuple[float, float]:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(map(int, fields[11:13])) / ticks, sum(map(int, fields[13:15])) / ticks


class Peak:
    """The highest PSS of a process and its descendants while the block runs, looked at `every` so many seconds: each look halts them."""

    def __init__(self, pid: int, every: float = 0.0) -> None:
        self.octets = 0
        self._pid, self._every, self._end = pid, every, threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(self._every):
            self.octets = max(self.octets, proportional_octets(self._pid))


def resident_octets(pid: int) -> int:
    """RSS of one process now."""
    return int(_field(Path(f"/proc/{pid}/status"), "VmRSS").split()[0]) * _KIB


def forget_peak(pid: int) -> None:
    """Begin to measure the peak anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def peak_octets(pid: int) -> int:
    """The highest RSS since the peak was forgotten."""
    return int(_field(Path(f"/proc/{pid}/status"), "VmHWM").split()[0]) * _KIB


def _field(file: Path, name: str) -> str:
    for line in file.read_text("utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
