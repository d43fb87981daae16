"""Photos as they came, for lists that keep them: in one sealed piece beside the post's content, destroyed with it."""

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate, pairwise

from sqlalchemy import Connection, select

from relay.store.keys import Keys
from relay.store.posts import load_sealed
from relay.store.tables import posts
from relay.store.vault import unseal_originals


def pack(originals: Iterable[bytes]) -> bytearray:
    """Several files as one piece: all of them, then a line of JSON with their sizes. Empty when there are none.

    The sizes come last, so that each file needs to be in memory only once.
    """
    packed, sizes = bytearray(), []
    for octets in originals:
        packed += octets
        sizes.append(len(octets))
    if sizes:
        packed += b"\n" + json.dumps(sizes).encode("ascii")
    return packed


def load(connection: Connection, keys: Keys, post_id: int) -> tuple[bytes, ...]:
    """The originals of a post's photos, in the order of its photos; empty when none are kept, or no longer.

    Raises:
        SealError: the week's key is not there, or the row was damaged or moved.
    """
    stored = load_sealed(connection, post_id)
    sealed = connection.execute(select(posts.c.originals).where(posts.c.id == post_id)).scalar_one_or_none()
    if stored is None or sealed is None:
        return ()
    octets, _, sizes = unseal_originals(keys, stored[0], replace(stored[1], originals=sealed)).rpartition(b"\n")
    return tuple(octets[start:end] for start, end in pairwise(accumulate(json.loads(sizes), initial=0)))
