"""Files that only this relay's user may read, written so that a crash leaves the old or the new, never a half."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from relay.errors import Unavailable


def create_private_file(path: Path) -> None:
    """Make sure an own, private file stands there (mode 0600); a directory that is missing is made for us alone (0700).

    A directory that exists keeps its mode: it may be shared with others on purpose.
    """
    make_private_directory(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)
    sync_directory(path.parent)


def make_private_directory(path: Path) -> None:
    """Make the directory and its missing parents, readable by us alone."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        sync_directory(path.parent)


def write_private_file(path: Path, octets: bytes) -> None:
    """Write a small secret (0600): to a new file, fsync, rename, fsync of the directory."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)
    sync_directory(path.parent)


def write_new_private_file(path: Path, octets: bytes) -> bool:
    """Write a small secret (0600) under a name that is free; False, and nothing written, when the name is taken.

    Of several processes that make the same file at once one wins, and the others find its file whole.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(descriptor)
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    sync_directory(path.parent)
    return True


def sync_directory(path: Path) -> None:
    """Bring a directory's entries to the disk: a new name is durable only after this."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_octets(directory: Path) -> int:
    """What is free for us on a directory's disk, without what the system keeps for root.

    Raises:
        OSError: it can't be told.
    """
    space = os.statvfs(directory)
    return space.f_bavail * space.f_frsize


class Reserve:
    """The room on some directories' disks that no new post may take, so that what was taken already can still be delivered.

    Args:
        directories: on each disk one.
        octets: how much must stay free on each.
        note: is told `service.disk_low` and `service.disk_recovered`, once each time.
    """

    def __init__(self, directories: Iterable[Path], octets: int, note: Callable[[str], None]) -> None:
        self._directories = tuple(directories)
        self._octets = octets
        self._note = note
        self._low = False

    def has_room(self, octets: int) -> bool:
        """Whether so many octets, and the reserve, are free for us, who may not use what the system keeps for root."""
        beyond = min(map(free_octets, self._directories)) - self._octets
        if (beyond < 0) != self._low:
            self._low = beyond < 0
            self._note("service.disk_low" if self._low else "service.disk_recovered")
        return beyond >= octets


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold the lock that only one process of a role can hold on a data directory; the kernel frees it when the process ends.

    Raises:
        Unavailable: another process has it, or the lock's file can't be written.
    """
    try:
        make_private_directory(lock.parent)
        file = lock.open("w")
    except OSError as error:
        raise Unavailable(f"{lock} can't be written ({error.strerror}): check its directory") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Unavailable(
                f"another wen-relay serve runs on {lock.parent.parent} (role {lock.stem}): stop it first"
            ) from None
        yield
