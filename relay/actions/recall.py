"""Recall a post by command; by mail it is done in the transaction that answers (`actions.assist`)."""

from datetime import datetime

from relay.errors import Conflict, Invalid, NotFound
from relay.mail.address import Address
from relay.maillog import note
from relay.resources import Resources
from relay.store import members, recalls
from relay.store.recalls import Recalled


def recall(resources: Resources, reference: str, by: Address, why: str, now: datetime) -> Recalled:
    """Take a post back and ask whoever may have it to delete it.

    Raises:
        Invalid: no such reason.
        NotFound: no such post has gone out to a list of this person's.
        Conflict: this person may not recall it, or it is recalled already.
    """
    if why not in recalls.REASONS:
        raise Invalid(f"“{why}” is not a reason: use one of {', '.join(recalls.REASONS)}")
    with resources.database.read() as connection:
        person = members.find(connection, by)
    if person is None or not person.may_act(now.date()):
        raise Conflict(f"{by} is not an active member")
    node = resources.settings.relay.node
    done = resources.database.write(lambda connection: recalls.recall(connection, node, person, reference, why, now))
    match done.outcome:
        case "unknown":
            raise NotFound(f"{reference} is no post that has gone out to a list of {by}; see `wen-relay posts list`")
        case "barred":
            raise Conflict(f"{by} is neither the author of {reference} nor an official who moderates its lists")
        case "already":
            raise Conflict(f"{reference} is recalled already; see `wen-relay posts show {reference}`")
        case "done" | "held":
            note("post.recalled", reference=reference, cancelled=done.cancelled, asked=done.asked)
            return done
