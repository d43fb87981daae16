"""What goes with age: posts' content, their deliveries, the hashes that knew them, and the names of people who left.

Each takes a part that fits into one short transaction and returns how many it took; `in_rounds` goes on until nothing is left. Two
nodes may do so at once: what the other one has taken or holds is left out.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from relay.delivery.delivery import Kind, Status
from relay.mail.address import Address
from relay.roster.member import MemberState
from relay.store import audit, encryption, fanout
from relay.store.engine import Database
from relay.store.member_rows import address_of
from relay.store.tables import HASHED, KEPT, complaints, decisions, deliveries, members, memories, posts

POSTS, ROWS = 100, 1000  # so many in one transaction
ROUNDS = 20  # so many transactions at a time
NOWHERE = "members.invalid"  # the domain of pseudonyms (RFC 2606 §2)

_FINAL = [Status.DELIVERED, Status.FAILED, Status.EXPIRED, Status.CANCELLED]


def in_rounds(database: Database, part: Callable[[Connection], int]) -> int:
    """Do one of these part by part, each committed, until nothing is left or it is enough for now; returns how many it took.

    Raises:
        Unavailable: the database can't serve; what was done stays done.
    """
    total = 0
    for _ in range(ROUNDS):
        count = database.write(part)
        total += count
        if not count:
            break
    return total


def destroy_posts(connection: Connection, node: str, oldest: datetime, now: datetime) -> int:
    """Destroy what is kept of posts received before `oldest`, and cancel their copies that still wait.

    Of copies that have waited for a reader's key all the time their author is told, as of any that ran out of time.
    """
    query = select(posts.c.id, posts.c.reference).where(KEPT, posts.c.received_at < oldest)
    found = connection.execute(query.order_by(posts.c.received_at).limit(POSTS).with_for_update(skip_locked=True)).all()
    for row in found:
        if list_name := encryption.expire(connection, row.id, now):
            fanout.tell_author(connection, row.id, list_name, Kind.UNDELIVERED, now)
        fanout.destroy(connection, row.id)
        fanout.cancel_copies(connection, row.id)
    if found:
        audit.append(connection, node, now, "posts.destroyed", {"references": [row.reference for row in found]})
    return len(found)


def delete_deliveries(connection: Connection, oldest: datetime) -> int:
    """Delete deliveries that came to an end, of posts received before `oldest`; how many copies ended how stays with the post."""
    first = select(deliveries.c.id).order_by(deliveries.c.id).limit(ROWS)  # ids count up: the old ones come first
    old = (
        select(deliveries.c.id)
        .outerjoin(posts, posts.c.id == deliveries.c.post_id)
        .where(
            deliveries.c.id.in_(first),
            deliveries.c.status.in_(_FINAL),
            func.coalesce(posts.c.received_at, deliveries.c.created_at) < oldest,
        )
    )
    columns = (deliveries.c.post_id, deliveries.c.list_name, deliveries.c.kind, deliveries.c.status)
    gone = connection.execute(delete(deliveries).where(deliveries.c.id.in_(old)).returning(*columns)).all()
    connection.execute(delete(complaints).where(complaints.c.day < oldest.date()))
    ended: dict[tuple[int, str], Counter[str]] = {}
    for row in gone:
        if row.kind == Kind.COPY:
            ended.setdefault((row.post_id, row.list_name), Counter())[row.status] += 1
    for (post_id, list_name), counts in ended.items():
        this = (decisions.c.post_id == post_id) & (decisions.c.list_name == list_name)
        before = connection.execute(select(decisions.c.past_deliveries).where(this).with_for_update()).scalar_one()
        connection.execute(update(decisions).where(this).values(past_deliveries=Counter(before) + counts))
    return len(gone)


def forget_hashes(connection: Connection, before: datetime) -> int:
    """Forget the keyed hashes of posts received before `before`, whose key is destroyed: they recognise nothing any more."""
    old = select(posts.c.id).where(HASHED, posts.c.received_at < before).order_by(posts.c.received_at).limit(ROWS)
    forgotten = update(posts).where(posts.c.id.in_(old)).values(duplicate_key=None, content_key=None)
    return connection.execute(forgotten).rowcount


def forget_threads(connection: Connection, before: datetime) -> int:
    """Forget what was remembered of withheld posts under a key that is destroyed."""
    old = select(memories.c.hash).where(memories.c.kept_at < before).limit(ROWS)
    return connection.execute(delete(memories).where(memories.c.kept_at < before, memories.c.hash.in_(old))).rowcount


def replace_names(connection: Connection, node: str, left_before: datetime, now: datetime) -> int:
    """Put a pseudonym in the place of everyone who left before `left_before`, also where they vouched for somebody else.

    The random id stays, by which the audit log knows them. Their address is free: who comes back is a new member.
    """
    left = (members.c.state == MemberState.LEFT, members.c.left_at < left_before, members.c.name != "")
    found = connection.execute(select(members.c.id, members.c.address).where(*left).limit(POSTS)).all()
    if not found:
        return 0
    put_pseudonyms(connection, [(row.id, address_of(row.address)) for row in found])
    audit.append(connection, node, now, "members.names_replaced", {"members": [row.id for row in found]})
    return len(found)


def put_pseudonyms(connection: Connection, people: Sequence[tuple[str, Address]]) -> None:
    """Put pseudonyms in the place of people, by id and address, also where they vouched for somebody else."""
    pseudonyms = {address.key: _pseudonym(member_id) for member_id, address in people}
    for member_id, _ in people:
        pseudonym = _pseudonym(member_id)
        unnamed = {
            "name": "",
            "agency": "",
            "agency_key": "",
            "address": str(pseudonym),
            "address_key": pseudonym.key,
        }
        connection.execute(update(members).where(members.c.id == member_id).values(**unnamed))
    for column in (members.c.nominated_by, members.c.confirmed_by):
        named = select(column).where(column.is_not(None)).distinct()  # nobody has confirmed a nominee yet
        for voucher in connection.execute(named).scalars().all():
            if found := pseudonyms.get(address_of(voucher).key):
                connection.execute(update(members).where(column == voucher).values({column: str(found)}))


def _pseudonym(member_id: str) -> Address:
    return Address(local=f"former-{member_id}", domain=NOWHERE)
