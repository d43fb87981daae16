"""The keys, each in a file of its own that only this relay's user may read.

audit.pem                  Ed25519, signs the heads of the audit log
vault-20261122T080000Z.key  32 octets, wraps the keys of posts; the newest one seals, an older one opens until it is destroyed
duplicates-2026-11-22.key   32 octets, recognises a message that is sent again and what a withheld one said; the newest two are tried
verp.key                    32 octets, authenticates return paths
login.key                   32 octets, gives every login its salt, whether somebody has it or not
dkim-rsa-SELECTOR.pem, dkim-ed25519-SELECTOR.pem
list.NAME.….openpgp.key    and .smime.key, with their public halves: to read what was encrypted for a list (store.list_keys)
recovery.pub.pem           X25519, backups are encrypted to it; its private half, recovery.key, is to leave this machine

Those of the vault and of the duplicates are renewed (store.renewal); when each was made stands in its name.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from relay.delivery.signing import can_sign
from relay.errors import ConfigurationError
from relay.store.disk import make_private_directory, sync_directory, write_private_file

KEY_OCTETS = 32
VAULT, DUPLICATES = "vault", "duplicates"  # the kinds that are renewed

_AUDIT, _VERP, _LOGIN = "audit.pem", "verp.key", "login.key"
_RECOVERY_PUBLIC, _RECOVERY_PRIVATE = "recovery.pub.pem", "recovery.key"
_ADVICE = "put it back from where you keep it safe; without it the relay can't go on as the one it was"
_FORMS = {VAULT: "%Y%m%dT%H%M%SZ", DUPLICATES: "%Y-%m-%d"}
_VAULT_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_PrivateKey = Ed25519PrivateKey | RSAPrivateKey | X25519PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """One DKIM signing key and the selector under which its public half stands in the DNS (RFC 6376 §3.1, RFC 8463)."""

    selector: str
    algorithm: Literal["rsa-sha256", "ed25519-sha256"]
    key: RSAPrivateKey | Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"DkimKey({self.algorithm} {self.selector}, hidden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Every key of the relay. `vault` is in order of age, the newest last; `duplicate` newest first, two at most.

    `directory` is where they lie, and `files` names those of the kinds that are renewed: another process may have made newer ones
    since.
    """

    directory: Path
    files: tuple[str, ...]
    audit: Ed25519PrivateKey
    vault: MappingProxyType[str, bytes]
    duplicate: tuple[bytes, ...]
    verp: bytes
    login: bytes
    dkim: tuple[DkimKey, ...]
    recovery: X25519PublicKey

    def __repr__(self) -> str:
        return "Keys(hidden)"


def create_keys(directory: Path, now: datetime) -> tuple[str, ...]:
    """Make each key that isn't there yet, and give the names of the files made.

    What exists is never replaced, so a run that was cut short is finished by the next. The recovery key's private half is
    written beside `directory`.
    """
    make_private_directory(directory)
    month = f"{now:%Y%m}"
    plan: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
        (_AUDIT, _AUDIT, lambda: _private_pem(Ed25519PrivateKey.generate())),
        (_VERP, _VERP, new_secret),
        (_LOGIN, _LOGIN, new_secret),
        ("vault-*.key", file_name(VAULT, now), new_secret),
        ("duplicates-*.key", file_name(DUPLICATES, now), new_secret),
        ("dkim-rsa-*.pem", f"dkim-rsa-r{month}.pem", lambda: _private_pem(generate_private_key(65537, 2048))),
        ("dkim-ed25519-*.pem", f"dkim-ed25519-e{month}.pem", lambda: _private_pem(Ed25519PrivateKey.generate())),
        (_RECOVERY_PUBLIC, _RECOVERY_PUBLIC, lambda: _recovery_pair(directory.parent / _RECOVERY_PRIVATE)),
    )
    missing = [(name, make) for pattern, name, make in plan if not any(directory.glob(pattern))]
    for name, make in missing:
        write_private_file(directory / name, make())
    return tuple(name for name, _ in missing)


def make_dkim_pair(directory: Path, now: datetime) -> None:
    """Make a signing key of each algorithm under selectors that name the day.

    Raises:
        FileExistsError: there is one of this day.
        OSError: the directory can't be written.
    """
    rsa, ed25519 = directory / f"dkim-rsa-r{now:%Y%m%d}.pem", directory / f"dkim-ed25519-e{now:%Y%m%d}.pem"
    if rsa.exists() or ed25519.exists():
        raise FileExistsError(rsa)
    write_private_file(rsa, _private_pem(generate_private_key(65537, 2048)))
    write_private_file(ed25519, _private_pem(Ed25519PrivateKey.generate()))


def destroy_dkim_key(directory: Path, selector: str) -> None:
    """Destroy a signing key for good; OSError where the directory can't be written."""
    for kind in ("rsa", "ed25519"):
        (directory / f"dkim-{kind}-{selector}.pem").unlink(missing_ok=True)
    sync_directory(directory)


def load_keys(directory: Path) -> Keys:
    """Read every key.

    Raises:
        ConfigurationError: one is missing, unreadable or damaged; says which file.
    """
    vault, duplicates = _load_renewable(directory, VAULT), _load_renewable(directory, DUPLICATES)
    recovery = _load(directory / _RECOVERY_PUBLIC, load_pem_public_key)
    if not isinstance(recovery, X25519PublicKey):
        raise _damaged(directory / _RECOVERY_PUBLIC)
    return Keys(
        directory=directory,
        files=tuple(path.name for path, _ in (*vault, *duplicates)),
        audit=_load_audit(directory / _AUDIT),
        vault=MappingProxyType({path.stem.removeprefix("vault-"): octets for path, octets in vault}),
        duplicate=tuple(octets for _, octets in duplicates[:-3:-1]),
        verp=_load_secret(directory / _VERP),
        login=_load_secret(directory / _LOGIN),
        dkim=tuple(_load_dkim(directory)),
        recovery=recovery,
    )


def file_name(kind: str, made_at: datetime) -> str:
    """The name of a key of a kind that is renewed."""
    return f"{kind}-{made_at.astimezone(UTC):{_FORMS[kind]}}.key"


def made_at(path: Path) -> datetime:
    """When a key of a kind that is renewed was made, as its name says.

    Raises:
        ConfigurationError: its name doesn't say.
    """
    kind, _, when = path.stem.partition("-")
    try:
        return datetime.strptime(when, _FORMS[kind]).replace(tzinfo=UTC)
    except ValueError:
        raise _damaged(path) from None


def renewable(directory: Path, kind: str) -> tuple[Path, ...]:
    """The keys of a kind that is renewed, the oldest first.

    Raises:
        ConfigurationError: the directory can't be read, there is none, or one is misnamed.
    """
    return tuple(sorted(_files(directory, f"{kind}-*.key"), key=made_at))


def are_current(keys: Keys) -> bool:
    """Whether no process has made or destroyed a key since these were loaded.

    Raises:
        ConfigurationError: the directory can't be read, or one is misnamed.
    """
    present = (*renewable(keys.directory, VAULT), *renewable(keys.directory, DUPLICATES))
    return tuple(path.name for path in present) == keys.files


def find_vault_key(keys: Keys, key_id: str) -> bytes | None:
    """The vault's key of that name: one that was loaded, or that another process has made since; None when there is none.

    Raises:
        ConfigurationError: there is one that can't be read, or that is damaged.
    """
    if key_id in keys.vault or not _VAULT_ID.fullmatch(key_id):
        return keys.vault.get(key_id)
    path = keys.directory / f"{VAULT}-{key_id}.key"
    return _load_secret(path) if path.exists() else None


def new_secret() -> bytes:
    """A fresh symmetric key."""
    return secrets.token_bytes(KEY_OCTETS)


def _private_pem(key: _PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _recovery_pair(private_file: Path) -> bytes:
    """Write the private half first: a public half without it would encrypt backups that nobody can read."""
    key = X25519PrivateKey.generate()
    write_private_file(private_file, _private_pem(key))
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _files(directory: Path, pattern: str) -> list[Path]:
    """The files of one kind, oldest first: their names sort by date."""
    try:
        found = sorted(
            path for path in directory.iterdir() if path.match(pattern)
        )  # glob takes an unreadable one for empty
    except OSError as error:
        raise ConfigurationError(f"the keys can't be read: {error.strerror}", file=str(directory)) from None
    if not found:
        raise ConfigurationError(f"this key is missing: {_ADVICE}", file=str(directory / pattern))
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"this key is missing: {_ADVICE}", file=str(path)) from None
    except OSError as error:
        raise ConfigurationError(f"this key can't be read ({error.strerror}): {_ADVICE}", file=str(path)) from None


def _damaged(path: Path) -> ConfigurationError:
    return ConfigurationError(f"this key is damaged or misnamed: {_ADVICE}", file=str(path))


def _load_secret(path: Path) -> bytes:
    octets = _read(path)
    if len(octets) != KEY_OCTETS:
        raise _damaged(path)
    return octets


def _load_renewable(directory: Path, kind: str) -> list[tuple[Path, bytes]]:
    """Read every key of a kind; one that another process destroys at this moment is left out."""
    found = []
    for path in renewable(directory, kind):
        try:
            found.append((path, _load_secret(path)))
        except ConfigurationError:
            if path.exists():
                raise
    return found or _load_renewable(directory, kind)  # which says what is missing


def _load(path: Path, parse: Callable[[bytes], object]) -> object:
    octets = _read(path)
    try:
        return parse(octets)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _damaged(path) from None


def _load_audit(path: Path) -> Ed25519PrivateKey:
    key = _load(path, _parse_private)
    if not isinstance(key, Ed25519PrivateKey):
        raise _damaged(path)
    return key


def _load_dkim(directory: Path) -> list[DkimKey]:
    """The signing keys, those of each algorithm oldest first."""
    found = []
    for path in _files(directory, "dkim-rsa-*.pem"):
        if not (isinstance(rsa := _load(path, _parse_private), RSAPrivateKey) and can_sign(rsa)):
            raise _damaged(path)
        found.append(DkimKey(selector=path.stem.removeprefix("dkim-rsa-"), algorithm="rsa-sha256", key=rsa))
    for path in _files(directory, "dkim-ed25519-*.pem"):
        if not isinstance(ed25519 := _load(path, _parse_private), Ed25519PrivateKey):
            raise _damaged(path)
        found.append(DkimKey(selector=path.stem.removeprefix("dkim-ed25519-"), algorithm="ed25519-sha256", key=ed25519))
    return found


def _parse_private(pem: bytes) -> object:
    # To prove that an RSA key's primes are some takes longer than all else that is loaded. It is ours, and one whose signatures don't
    # verify is refused (`can_sign`).
    return load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
