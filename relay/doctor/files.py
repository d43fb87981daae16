"""Who may read and change the relay's files. The owner of the data directory is taken for the user that the relay runs as."""

import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from relay.doctor.finding import Finding, ok, warning, wrong
from relay.settings import Settings

_OTHERS_ACT = 0o022  # group and others may write
_ANYBODY_ELSE = 0o077
_STRANGERS = 0o007
_LISTED = 5  # files that an advice names


def try_the_door(settings: Settings) -> Finding | None:
    """Say so when the data directory is there and this user may not look into it: then nothing else can be told."""
    data = settings.data
    try:
        owner = _name(data.stat().st_uid)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        owner = "root"
    if os.access(data, os.R_OK | os.X_OK, effective_ids=True):
        return None
    return wrong("data", f"{data} can't be looked into by this user", f"sudo -u {owner} wen-relay doctor")


def look_at_data(settings: Settings) -> Iterator[Finding]:
    """The data directory, all that lies in it, and the way to it."""
    data = settings.data
    try:
        owner = data.stat().st_uid
    except OSError as error:
        advice = "make it with `wen-relay init`, or correct [relay] data"
        yield wrong("data", f"{data}: {error.strerror}", advice)
        return
    loose = [
        *_looser([data], _STRANGERS),
        *_looser(_below(data / "lists", data / "config", data / "run"), _OTHERS_ACT),
        *_looser(sorted(data.glob("relay.db*")), _ANYBODY_ELSE),
    ]
    yield from _judge("data", loose, "may be read or changed by others", "chmod -R go-rwx")
    foreign = [path for path in _below(data) if _owner(path) not in {owner, None}]
    yield from _judge("owner", foreign, f"belongs to another than {_name(owner)}", f"chown {_name(owner)}:")
    if os.geteuid() not in {0, owner}:
        yield warning(
            "owner", f"this is not {_name(owner)}, who owns {data}", f"sudo -u {_name(owner)} wen-relay doctor"
        )
    yield from _judge(
        "way", list(_writable_above(data)), "may be changed by others, and so what lies below it", "chmod go-w"
    )


def look_at_keys(settings: Settings) -> Iterator[Finding]:
    """Private keys and passwords: the relay's user reads them, and nobody else."""
    data, owner = settings.data, _owner(settings.data)
    keys = _looser(_below(data / "keys"), _ANYBODY_ELSE)
    yield from _judge("keys", keys, "may be read by others", "chmod go-rwx")
    for name, file in (("password", settings.delivery.password_file), ("TLS key", settings.smtp.tls_key)):
        if not file:
            continue
        yield from _judge(name, _looser([Path(file).resolve()], _STRANGERS), "may be read by everybody", "chmod o-rwx")
        if owner is not None and not _may_read(Path(file), owner):
            yield wrong(
                name, f"{file} can't be read by {_name(owner)}, who runs the relay", f"chown {_name(owner)}: {file}"
            )
    if (data / "recovery.key").exists():
        advice = "move it to a safe place off this machine: whoever has it reads every backup"
        yield warning("recovery key", f"{data / 'recovery.key'} is still on this machine", advice)


def look_at_settings(settings: Settings, site_file: Path) -> Iterator[Finding]:
    """The site's file decides everything; it may hold the database's password."""
    secret = "@" in settings.database.url
    loose = _looser([site_file.resolve()], _OTHERS_ACT | (_STRANGERS if secret else 0))
    advice = "chmod o-rwx,g-w" if secret else "chmod go-w"
    yield from _judge(
        "settings", loose, "may be changed by others" + (", or read: it holds a password" if secret else ""), advice
    )


def _judge(check: str, found: Iterable[Path], what: str, advice: str) -> Iterator[Finding]:
    """One line for all files with the same fault; `what` is said of them, and that none is so when there are none."""
    paths = [str(path) for path in found]
    if paths:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        listed = f"{' '.join(paths[:_LISTED])}{' …' if len(paths) > _LISTED else ''}"
        yield wrong(check, f"{paths[0]}{more} {what}", f"{advice} {listed}")
    else:
        yield ok(check, f"nothing there {what}")


def _below(*roots: Path) -> list[Path]:
    """The directories and all that lies in them, links not followed."""
    found = [root for root in roots if root.exists()]
    return found + [path for root in roots for path in sorted(root.rglob("*"))]


def _looser(paths: Iterable[Path], forbidden: int) -> list[Path]:
    """Those that have any of these permissions; links have none of their own."""
    found = []
    for path in paths:
        try:
            mode = path.lstat().st_mode
        except OSError:
            continue
        if not stat.S_ISLNK(mode) and mode & forbidden:
            found.append(path)
    return found


def _writable_above(path: Path) -> Iterator[Path]:
    """The directories above in which others may rename what is not theirs: writable by them, and not sticky."""
    for above in path.resolve().parents:
        mode = above.stat().st_mode
        if mode & _OTHERS_ACT and not mode & stat.S_ISVTX:
            yield above


def _owner(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None


def _may_read(path: Path, user: int) -> bool:
    """Whether a user's permissions let it read a file; True where that can't be told."""
    try:
        found = path.stat()
        account = pwd.getpwuid(user)
        groups = os.getgrouplist(account.pw_name, account.pw_gid)
    except (OSError, KeyError):
        return True
    if user == 0:
        return True
    if found.st_uid == user:
        return bool(found.st_mode & stat.S_IRUSR)
    return bool(found.st_mode & (stat.S_IRGRP if found.st_gid in groups else stat.S_IROTH))


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"
