"""Keys of lists, with which posts can be encrypted for the relay: in the keys' directory, each half in a file that only this user may read.

    list.central-africa.20261127T080000Z.openpgp.key   secret half       ….openpgp.asc   public half
    list.central-africa.20261127T080000Z.smime.key     private key       ….smime.pem     certificate

The newest generation is shown; all of them open, so that what was written with an older one still comes in. They are not renewed by
themselves, because nobody could tell those who write; an old one ends when its files are taken away.
"""

from datetime import UTC, datetime
from pathlib import Path

from relay.errors import ConfigurationError, Unavailable
from relay.mail.list_keys import KeyFiles, ListKeys
from relay.store.disk import write_new_private_file

_SECRET, _PUBLIC, _PRIVATE, _CERTIFICATE = "openpgp.key", "openpgp.asc", "smime.key", "smime.pem"


def write(directory: Path, list_name: str, keys: ListKeys, now: datetime) -> str:
    """Write a new generation of a list's keys; gives what its files' names begin with.

    The certificate comes last: a generation without one isn't whole, and isn't read.

    Raises:
        Unavailable: the directory can't be written.
    """
    stem = f"list.{list_name}.{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    halves = {
        _SECRET: keys.openpgp_secret,
        _PUBLIC: keys.openpgp,
        _PRIVATE: keys.certificate_secret,
        _CERTIFICATE: keys.certificate,
    }
    try:
        for ending, octets in halves.items():
            if not write_new_private_file(directory / f"{stem}.{ending}", octets):
                raise Unavailable(f"{directory / stem}.{ending} is there already: try again in a moment")
    except OSError as error:
        raise Unavailable(f"{directory} can't be written: {error.strerror}") from None
    return stem


def files_of(directory: Path, list_name: str) -> tuple[KeyFiles, ...]:
    """All generations of a list's keys, the newest first; () when it has none. None is read."""
    whole = sorted(directory.glob(f"list.{list_name}.*.{_CERTIFICATE}"), reverse=True)
    stems = (str(path).removesuffix(_CERTIFICATE) for path in whole)
    return tuple(
        KeyFiles(
            openpgp=stem + _PUBLIC,
            openpgp_secret=stem + _SECRET,
            certificate=stem + _CERTIFICATE,
            certificate_secret=stem + _PRIVATE,
        )
        for stem in stems
    )


def load_public(directory: Path, list_name: str) -> tuple[bytes, bytes] | None:
    """The newest generation's OpenPGP public key in ASCII armour, and its certificate in PEM; None when a list has no keys.

    Raises:
        ConfigurationError: one can't be read.
    """
    generations = files_of(directory, list_name)
    if not generations:
        return None
    try:
        return Path(generations[0].openpgp).read_bytes(), Path(generations[0].certificate).read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"a key of the list {list_name} can't be read: {error.strerror}", file=str(directory)
        ) from None
