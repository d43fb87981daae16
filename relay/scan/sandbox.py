"""What a scanner gives up before it sees its first hostile octet.

After this a process can compute, read from and write to the pipes it was born with, and end. It must have imported
everything it will ever need. Two walls stand one behind the other: limits and an unprivileged user, and a seccomp filter
that lets pass only the system calls named here. Whatever else exists, or a later kernel invents, fails with EPERM: there
is no way to a file, a socket, another process or more privileges.
"""

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

PROCESSOR_TIME = timedelta(hours=1)  # for all messages of one scanner; each has its own deadline, which the pool keeps
NOBODY = 65534  # the customary unprivileged user and group
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_KILL_PROCESS = 0x80000000
_ERRNO = 0x00050000
_ALLOW = 0x7FFF0000

# Instructions of classic BPF: load a word of struct seccomp_data, jump if equal, return.
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET = 0, 4

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE3 = 435  # the same number everywhere; ENOSYS makes a C library fall back to clone, which then fails
# What an interpreter needs that has loaded everything: memory, its open pipes, time, random numbers, locks, signals, its end.
_CALLS: dict[str, tuple[int, int]] = {
    "read": (0, 63),
    "write": (1, 64),
    "writev": (20, 66),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "brk": (12, 214),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    "madvise": (28, 233),
    "futex": (202, 98),
    "sched_yield": (24, 124),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getrandom": (318, 278),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "restart_syscall": (219, 128),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
# What a program beside needs to be loaded and to read the files that it is given. Where aarch64 has no call of a name, another's
# number stands in its place.
_CALLS_TO_RUN: dict[str, tuple[int, int]] = {
    "execve": (59, 221),
    "openat": (257, 56),
    "pread64": (17, 67),
    "access": (21, 48),
    "faccessat": (269, 48),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "getdents64": (217, 61),
    "ioctl": (16, 29),
    "fcntl": (72, 25),
    "arch_prctl": (158, 96),
    "set_tid_address": (218, 96),
    "set_robust_list": (273, 99),
    "prlimit64": (302, 261),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
}
_FILES_OF_A_PROGRAM = 64


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Which of the two stronger walls stand; the limits on memory, files and processes always do."""

    seccomp: bool
    unprivileged: bool


def enter_sandbox(memory: int, *, to_run: bool = False) -> Sandbox:
    """Give up what a scanner doesn't need, for good.

    The order matters: a change of user clears the parent-death signal and needs privileges; the filter comes last
    because it forbids all of these calls.

    Args:
        memory: the most address space in octets, beside what is loaded already: that is shared by all scanners.
        to_run: whether another program is to be executed behind these walls. It may read files, of which none can grow, and
            has no network and no other process either.
    """
    _limit(resource.RLIMIT_AS, memory + _address_space())
    _limit(resource.RLIMIT_CPU, int(PROCESSOR_TIME.total_seconds()))
    _limit(resource.RLIMIT_FSIZE, 0)  # no file can grow: nothing of a message can reach a disk
    _limit(resource.RLIMIT_CORE, 0)
    _limit(
        resource.RLIMIT_NOFILE, _FILES_OF_A_PROGRAM if to_run else 0
    )  # open descriptors stay usable, new ones can't be had
    if os.geteuid() == 0:
        _become_nobody()
    _limit(resource.RLIMIT_NPROC, 0)  # not while root: some kernels count it at setuid
    _control_process(_PR_SET_NO_NEW_PRIVS, 1)
    _control_process(_PR_SET_DUMPABLE, 0)  # no core, no ptrace, no reading of /proc/PID/mem by the same user
    _control_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return Sandbox(
        seccomp=_install_filter(_CALLS | _CALLS_TO_RUN if to_run else _CALLS), unprivileged=os.geteuid() != 0
    )


def _address_space() -> int:
    """The octets of it that are in use; 0 where the system doesn't say."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _limit(which: int, value: int) -> None:
    """Lower a limit, soft and hard; one that is lower already stays."""
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _become_nobody() -> None:
    """Change to the unprivileged user; in a container that doesn't map it this fails, and the result says so."""
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return


def _install_filter(calls: dict[str, tuple[int, int]]) -> bool:
    """Put the filter in force for this process, for good; PR_SET_NO_NEW_PRIVS must be set already.

    Returns:
        Whether it is in force: False where the system or the processor has no such filter that we know.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES or struct.calcsize("P") != 8:
        return False
    program = _assemble(_ARCHITECTURES[machine], [numbers[machine == "aarch64"] for numbers in calls.values()])
    octets = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(octets))  # struct sock_fprog
    return bool(ctypes.CDLL(None).prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) == 0)


def _assemble(architecture: int, allowed: list[int]) -> bytes:
    """The program: another architecture's call kills, an allowed one passes, all else fails with EPERM."""
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
        (_JUMP_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
        (_JUMP_IF_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    for number in allowed:
        lines += [(_JUMP_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    lines.append((_RETURN, 0, 0, _ERRNO | errno.EPERM))
    return b"".join(struct.pack("@HBBI", *line) for line in lines)


def _control_process(option: int, value: int) -> bool:
    """prctl(2) with one number; False where it is refused or there is none."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
