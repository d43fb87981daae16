"""What of the relay's memory the machine could write to a disk, and whether its clock and disk can be relied on.

`root` is where the machine's file system begins; tests lay out another one.
"""

import ctypes
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from relay.doctor.finding import Finding, ok, warning, wrong
from relay.scan.tesseract import LANGUAGES, languages
from relay.settings import Settings
from relay.store.disk import free_octets

ROOT = Path("/")
_NOT_SYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
_SOON_FULL = 10  # times the reserve


def look_at_swap(root: Path = ROOT) -> Iterator[Finding]:
    """Withheld texts are in memory; swap that is not encrypted could bring them to a disk."""
    areas = _swap_areas(root)
    bare = [name for name, kind in areas if not _is_encrypted_swap(root, name, kind)]
    kept_out = _keeps_out_of_swap(root)
    if not areas:
        yield ok("swap", "there is none")
    elif not bare:
        yield ok("swap", f"{', '.join(name for name, _ in areas)}: encrypted or in memory")
    elif kept_out:
        yield ok("swap", f"{', '.join(bare)} is not encrypted, but {', '.join(kept_out)} may not use it")
    else:
        advice = "encrypt it, switch it off (swapoff -a, and /etc/fstab), or run the relay by deploy/systemd, which keeps it out"
        yield wrong("swap", f"{', '.join(bare)} is not encrypted: what is withheld could be written there", advice)


def look_at_hibernation(root: Path = ROOT) -> Iterator[Finding]:
    """Hibernation writes all memory to swap."""
    states = _read(root / "sys" / "power" / "state").split()
    masked = any(
        os.path.realpath(root / place / "hibernate.target") == "/dev/null"
        for place in ("etc/systemd/system", "run/systemd/system")
    )
    disks = [(name, kind) for name, kind in _swap_areas(root) if not Path(name).name.startswith("zram")]
    bare = [name for name, kind in disks if not _is_encrypted_swap(root, name, kind)]
    if "disk" in states and bare and not masked:
        advice = "systemctl mask hibernate.target hybrid-sleep.target suspend-then-hibernate.target"
        yield warning("hibernation", f"this machine can hibernate to {', '.join(bare)}, which is not encrypted", advice)
    else:
        yield ok("hibernation", "no memory can be written to a disk by it")


def look_at_memory_dumps(dumps_forbidden: bool, root: Path = ROOT) -> Iterator[Finding]:
    """Whether a crash of the relay or of the kernel writes memory to a disk.

    Args:
        dumps_forbidden: whether this machine lets a process of ours be exempt, as `serve` is.
        root: see the module.
    """
    handler = _read(root / "proc" / "sys" / "kernel" / "core_pattern").strip()
    if dumps_forbidden:
        yield ok("core dumps", f"the relay's processes leave none (to others, the kernel gives “{handler}”)")
    else:
        advice = "set kernel.core_pattern to |/bin/false, and LimitCORE=0 in the unit"
        yield wrong("core dumps", f"this machine doesn't let the relay forbid them; they go to “{handler}”", advice)
    if _read(root / "sys" / "kernel" / "kexec_crash_loaded").strip() == "1":
        advice = "remove kdump-tools, or let it write to an encrypted disk only"
        yield warning("kernel dumps", "when the kernel crashes, kdump writes all memory to a disk", advice)


def look_at_clock(now: datetime, newest: datetime | None) -> Iterator[Finding]:
    """Times are in the audit chain, signatures, retention and retries.

    Args:
        now: what the clock says.
        newest: the time of the newest audit entry; None where there is none.
    """
    if newest and newest > now:
        advice = "set it right, and find out which was wrong: the clock now, or when that entry was written"
        yield wrong(
            "clock",
            f"it says {now:%Y-%m-%d %H:%M} UTC, before the newest audit entry ({newest:%Y-%m-%d %H:%M})",
            advice,
        )
    elif _clock_state() == _NOT_SYNCHRONISED:
        yield warning("clock", "the kernel doesn't know it to be synchronised", "apt-get install chrony")
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def look_at_space(settings: Settings) -> Iterator[Finding]:
    """Below the reserve posts are put off with 452."""
    reserve = settings.smtp.min_free_octets
    for directory in settings.disks.values():
        try:
            free = free_octets(directory)
            names = os.statvfs(directory)
        except OSError as error:
            yield wrong(
                "disk space", f"{directory}: {error.strerror}", "mount it, or correct [relay] data or [database] disk"
            )
            continue
        sentence = f"{free >> 20} MiB free in {directory}"
        if free < reserve or (names.f_files and not names.f_favail):
            advice = f"make room: below {reserve >> 20} MiB, or without a free inode, no post is taken"
            yield wrong("disk space", sentence, advice)
        elif free < _SOON_FULL * reserve:
            yield warning("disk space", sentence, f"make room: below {reserve >> 20} MiB no post is taken")
        else:
            yield ok("disk space", sentence)


def look_at_reading(root: Path = ROOT) -> Iterator[Finding]:
    """Without tesseract nobody reads what is written on photos, or scans."""
    packages = [f"tesseract-ocr-{one.replace('_', '-')}" for one in LANGUAGES if one not in languages(root)]
    if not languages(root):
        advice = f"apt-get install libtesseract5 {' '.join(packages)}"
        yield warning(
            "writing on photos",
            "tesseract is not here: scans and photos that mostly show writing stay behind, other photos pass unread",
            advice,
        )
    elif packages:
        advice = f"apt-get install {' '.join(packages)}"
        yield warning("writing on photos", f"tesseract reads {', '.join(languages(root))} only", advice)
    else:
        yield ok("writing on photos", f"tesseract reads {', '.join(languages(root))}")


def _swap_areas(root: Path) -> list[tuple[str, str]]:
    """The name and kind ("partition", "file") of each area in use."""
    lines = _read(root / "proc" / "swaps").splitlines()[1:]
    columns = [line.split() for line in lines]
    return [
        (re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), one[0]), one[1]) for one in columns if len(one) > 1
    ]


def _is_encrypted_swap(root: Path, name: str, kind: str) -> bool:
    """Whether what is written to an area is encrypted, or stays in memory (zram without a disk behind it)."""
    if kind == "file":
        try:
            device = Path(name).stat().st_dev
        except OSError:
            return False
        return _is_encrypted(root / "sys" / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}")
    block = root / "sys" / "class" / "block" / Path(name).resolve().name
    if block.name.startswith("zram"):
        return _read(block / "backing_dev").strip() in {"none", ""}
    return _is_encrypted(block)


def _is_encrypted(block: Path) -> bool:
    """Whether a block device is dm-crypt's, or lies on nothing but such devices (LVM on LUKS)."""
    if _read(block / "dm" / "uuid").startswith("CRYPT-"):
        return True
    try:
        below = list((block / "slaves").iterdir())
    except OSError:
        return False
    return bool(below) and all(_is_encrypted(one) for one in below)


def _keeps_out_of_swap(root: Path) -> list[str]:
    """The relay's units, when every one that runs is forbidden to swap (MemorySwapMax=0)."""
    files = sorted((root / "sys" / "fs" / "cgroup" / "system.slice").glob("**/wen-relay*.service/memory.swap.max"))
    return [file.parent.name for file in files] if files and all(_read(file).strip() == "0" for file in files) else []


def _clock_state() -> int:
    """What adjtimex(2) says without changing anything; -1 where it can't be asked."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)))
    except (OSError, AttributeError):
        return -1


def _read(path: Path) -> str:
    """A file of the kernel's; "" where it doesn't exist or may not be read."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
