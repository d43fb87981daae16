"""Which copies a message to a return path is about.

One that was made for a delivery alone says so itself. One that a post's copies share says only which post: whose copy is meant is
told by the server that made a path of each recipient's own from it (XVERP), or by the report. That is not under our seal, and so
believed only of members to whom a copy of that very post went, by one look-up for each.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from relay.delivery.bounce import read_post_path, read_return_path
from relay.mail.address import Address, parse_international_address
from relay.mail.report import named_recipients
from relay.resources import Resources
from relay.store import reach

NAMED = 100  # recipients of one report: a transaction has no more
NAMED_IN_TEXT = 20
READ = 3  # of them, where each has a process of its own to read for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The copies that may be meant; whether their return path was one that others have too; whether the path alone names the recipient."""

    delivery_ids: tuple[int, ...]
    shared: bool
    by_path: bool = True


def returned(resources: Resources, return_path: Address, octets: bytes) -> Returned | None:
    """Read a return path, and what came to it; None for one that we never made.

    Raises:
        Unavailable: the database can't be read.
    """
    if (own := read_return_path(return_path, resources.keys.verp)) is not None:
        return Returned(delivery_ids=(own,), shared=False)
    if (path := read_post_path(return_path, resources.keys.verp)) is None:
        return None
    if path.names_one:
        named: Iterable[Address] = [path.recipient] if path.recipient else []
        most = 1
    else:
        found, is_report = named_recipients(octets)
        parsed = (parse_international_address(one) for one in found[: NAMED if is_report else NAMED_IN_TEXT])
        named, most = [one for one in parsed if one], NAMED if is_report else READ
    with resources.database.read() as connection:
        ids = [reach.copy_of(connection, path.post_id, one) for one in named]
    return Returned(
        delivery_ids=tuple([one for one in ids if one is not None][:most]), shared=True, by_path=path.names_one
    )
