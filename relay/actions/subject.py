"""What one person may ask about what is kept of them: to read it, and to have it erased."""

from datetime import datetime
from typing import Any

from relay.delivery.compose import unpack
from relay.mail.address import Address
from relay.resources import Resources
from relay.store import audit, members, posts, subjects
from relay.store.vault import SealError, unseal


def read_about(
    resources: Resources, address: Address, operator: str, now: datetime, *, with_posts: bool
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Everything that is kept about a person, and the texts of their own posts by file name; the reading is audited.

    What is hidden as a spill, or gone, is not among the texts.

    Raises:
        NotFound: nothing is kept about them.
    """
    with resources.database.read() as connection:
        found = subjects.access(connection, address)
        member = members.find(connection, address)
    own = _own_posts(resources, member.id) if member and with_posts else {}
    node = resources.settings.relay.node
    facts: audit.Facts = {"member": member.id if member else None, "operator": operator}
    resources.database.write(lambda transaction: audit.append(transaction, node, now, "member.accessed", facts))
    return found, own


def erase(resources: Resources, address: Address, operator: str, now: datetime) -> subjects.Erased:
    """Erase somebody who has left.

    Raises:
        NotFound: there is no such member.
        Conflict: they have not left.
    """
    node = resources.settings.relay.node
    done = resources.database.write(
        lambda transaction: subjects.erase(transaction, node, address, operator=operator, now=now)
    )
    resources.database.truncate_log()  # what was destroyed must not live on in the write-ahead log
    return done


def _own_posts(resources: Resources, member_id: str) -> dict[str, bytes]:
    texts: dict[str, bytes] = {}
    with resources.database.read() as connection:
        kept = subjects.kept_posts(connection, member_id)
    for reference, post_id in kept:
        with resources.database.read() as connection:
            stored = posts.load_sealed(connection, post_id)
        try:
            copy = unpack(unseal(resources.keys, *stored)) if stored else None
        except SealError:
            continue
        if copy is not None:
            plain = "\n\n".join(one.text for one in copy.parts if one.media_type == "text/plain")
            texts[f"{reference}.txt"] = f"{copy.subject}\n\n{plain}\n".encode()
    return texts
