"""A provider tells that a member has marked a copy as unwanted: noted, and told to who looks after the member. Nothing else follows.

A person decides, because the button is pressed by mistake and by programs, and says nothing of who pressed it: a machine that
suspended for it would give whoever reaches a mailbox, or runs its server, the power to cut an officer off from alerts.

Only a return path of the copy's own counts: one that copies share is known to all who got the post, and what a server writes
behind it to say whose copy it was is under nobody's seal.
"""

from datetime import datetime

from relay.delivery.bounce import read_return_path
from relay.mail.complaint import Feedback
from relay.maillog import note
from relay.resources import Resources
from relay.store import complaints


def take_feedback(resources: Resources, feedback: Feedback, delivery_id: int, now: datetime) -> None:
    """Take a feedback report about one copy.

    Raises:
        Unavailable: the database can't serve.
    """
    kind = feedback.complaint
    if kind is None:
        note("complaint.ignored", delivery=delivery_id, why="none")
        return
    node = resources.settings.relay.node
    member_id = resources.database.write(lambda connection: complaints.record(connection, node, delivery_id, kind, now))
    if member_id is None:
        note("complaint.ignored", delivery=delivery_id, why="repeated")
    else:
        note("complaint.noted", member=member_id, kind=kind)


def copy_complained_of(resources: Resources, feedback: Feedback) -> int | None:
    """The delivery that a report to another address than a return path is about; None when it names none that is ours."""
    if feedback.complaint is None:
        return None
    found = (read_return_path(one, resources.keys.verp) for one in feedback.return_paths)
    return next((one for one in found if one is not None), None)
