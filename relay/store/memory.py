"""What is remembered of withheld posts, as keyed hashes (policy.thread): kept, asked for with every message, forgotten."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, insert, or_, select

from relay.policy.thread import Given, Memory, Recollection
from relay.store.prepared import Prepared
from relay.store.tables import RELAYED, decisions, hidden_posts, memories, posts

GONE_OUT = 300  # the latest posts among which those are looked for that a text may repeat without harm
PUBLIC_POSTS = 10  # so many of them are read
PUBLIC_OCTETS = 200_000  # each at most: text, not photos

_LENGTHS = (16, 32, 64, 128, 256)  # of a question: each length is a statement of its own
_ANY = Prepared(select(memories.c.needed).limit(1))
_KEPT = Prepared(
    select(or_(exists(select(memories.c.needed)), exists(select(hidden_posts.c.post_id))).label("anything"))
)
_ASKED = memories.c.hash.in_(bindparam("hashes", expanding=True))
_RECALL = Prepared(
    select(*memories.c, posts.c.author_id).join(posts, posts.c.id == memories.c.post_id).where(_ASKED),
    lists=("hashes",),
)
_OF_SPILL = Prepared(
    select(memories.c.post_id).join(hidden_posts, hidden_posts.c.post_id == memories.c.post_id).where(_ASKED).limit(1),
    lists=("hashes",),
)
_KEEP = Prepared(insert(memories))
_WITHHELD = Prepared(
    select(posts.c.id)
    .join(decisions, decisions.c.post_id == posts.c.id)
    .where(
        posts.c.reference == bindparam("reference"),
        posts.c.author_id == bindparam("author"),
        decisions.c.decision == "withhold",
        decisions.c.decided_by.is_(None),
    )
    .limit(1)
)


def is_empty(connection: Connection) -> bool:
    """Whether nothing is remembered."""
    return _ANY.first(connection, {}) is None


def is_anything_kept(connection: Connection) -> bool:
    """Whether anything is remembered of withheld posts, or hidden (`threads`)."""
    return bool(_KEPT.all(connection, {})[0].anything)


def recall(connection: Connection, hashes: Collection[bytes], author_id: str | None) -> tuple[Recollection, ...]:
    """What is remembered under these hashes."""
    return tuple(
        Recollection(
            memory=Memory(
                hash=bytes(row.hash),
                code=row.code,
                rule=row.rule,
                label=row.label,
                needed=row.needed,
                before=row.before,
                words=row.words,
                whole=bytes(row.whole) if row.whole is not None else None,
            ),
            post_id=row.post_id,
            own=row.author_id == author_id,
        )
        for some in _questions(tuple(hashes))
        for row in _RECALL.all(connection, {"hashes": some})
    )


def is_of_spill(connection: Connection, hashes: Collection[bytes]) -> bool:
    """Whether any of these is remembered of a post that was confirmed as a spill."""
    asked = _questions(tuple(hashes))
    return any(_OF_SPILL.first(connection, {"hashes": some}) is not None for some in asked)


def keep(connection: Connection, post_id: int, kept: Sequence[Memory], now: datetime) -> None:
    """Remember a post that was withheld."""
    if kept:
        _KEEP.each(connection, [_row(one, post_id, now) for one in kept])


def give_out(connection: Connection, given: Given) -> None:
    """Forget what members have now."""
    for some in _questions(given.hashes):
        higher = or_(memories.c.label.is_(None), memories.c.label.not_in(given.labels))
        connection.execute(delete(memories).where(memories.c.hash.in_(some), memories.c.whole.is_(None), higher))
    for some in _questions(given.passages):
        connection.execute(delete(memories).where(memories.c.whole.in_(some)))


def is_withheld(connection: Connection, reference: str, author_id: str) -> bool:
    """Whether a post of this author was withheld by the machine, not by a moderator."""
    return _WITHHELD.first(connection, {"reference": reference, "author": author_id}) is not None


def gone_out(connection: Connection, author_id: str, message_ids: Collection[str]) -> tuple[int, ...]:
    """The latest relayed posts by an author and those of these Message-IDs, as far as they aren't large, the newest first."""
    columns = (posts.c.id, posts.c.author_id, posts.c.message_id)
    latest = select(*columns).where(posts.c.size_octets <= PUBLIC_OCTETS).order_by(posts.c.id.desc()).limit(GONE_OUT)
    rows = connection.execute(latest).all()
    answered = [row.id for row in rows if row.message_id in message_ids]
    own = [row.id for row in rows if row.author_id == author_id]
    found = list(dict.fromkeys((*answered, *own)))
    relayed = select(decisions.c.post_id).where(RELAYED, decisions.c.post_id.in_(found))
    went = set(connection.execute(relayed).scalars())
    return tuple(one for one in found if one in went)[:PUBLIC_POSTS]


def _row(one: Memory, post_id: int, now: datetime) -> dict[str, object]:
    return {
        "hash": one.hash,
        "post_id": post_id,
        "code": one.code,
        "before": one.before,
        "words": one.words,
        "rule": one.rule,
        "label": one.label,
        "needed": one.needed,
        "whole": one.whole,
        "kept_at": now,
    }


def _questions(hashes: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Hashes in few lengths, the last one filled up with one of its own."""
    for start in range(0, len(hashes), _LENGTHS[-1]):
        some = list(hashes[start : start + _LENGTHS[-1]])
        length = next(one for one in _LENGTHS if one >= len(some))
        yield some + some[-1:] * (length - len(some))
