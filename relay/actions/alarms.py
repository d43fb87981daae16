"""Raise alarms: write down what a look at the relay found, tell the operator by mail, and write the letter when it is sent.

The mail path may be the very thing that is wrong. So an alarm also stands in the log as an error, on /metrics, in `queue status` and, where
deliveries are stuck, in the answer of /health; no program is started, since a setting that names one is a door. The letter itself waits in the queue.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from relay.actions.postmaster import compose_for_postmaster
from relay.delivery.alarm import AlarmKind, News, Step, compose_alarm
from relay.delivery.delivery import Delivery, Kind
from relay.mail.address import parse_address
from relay.maillog import note
from relay.resources import Resources
from relay.store import alarms
from relay.store.alarms import Look


def raise_alarms(
    resources: Resources, look: Look, patience: Callable[[AlarmKind], timedelta], now: datetime
) -> tuple[News, ...]:
    """Write down what was found, if anything is new; what is told now.

    Raises:
        Unavailable: the database can't serve; the next look does it.
    """
    with resources.database.read() as connection:
        if not alarms.has_news(connection, look, patience, now):
            return ()
    settings = resources.settings
    operator = alarms.Operator(
        address=parse_address(settings.relay.postmaster) if settings.relay.postmaster else None,
        language=settings.relay.language,
        letters_per_hour=settings.alarms.letters_per_hour,
    )
    told = resources.database.write(lambda connection: alarms.keep(connection, look, patience, operator, now))
    for one in told:
        event = "alarm.over" if one.step is Step.OVER else "alarm.raised"
        note(event, kind=str(one.kind), about=one.about, node=one.node, since=one.since.isoformat())
    return told


def compose_for_operator(resources: Resources, delivery: Delivery, now: datetime) -> bytes:
    """The whole message that a letter to who runs the relay sends: an alarm, or what somebody wrote to the postmaster.

    Raises:
        NotFound: its content is gone.
        SealError: it can't be opened.
    """
    if delivery.kind is not Kind.ALARM:
        return compose_for_postmaster(resources, delivery, now)
    return compose_alarm(
        [
            News(
                step=Step(one["step"]),
                kind=AlarmKind(one["kind"]),
                about=one["about"],
                node=one["node"],
                since=datetime.fromisoformat(one["since"]),
            )
            for one in delivery.facts["news"]
        ],
        reference=delivery.reference,
        recipient=delivery.recipient,
        domain=resources.settings.relay.domain,
        written_at=now,
        catalogue=resources.catalogue(delivery.language),
    )
