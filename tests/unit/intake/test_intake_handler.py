"""What becomes of a message that came whole when no thread can take it."""

import asyncio
from threading import Thread

from relay.intake.handler import Doors, Reception, Submission
from relay.intake.limits import IntakeLimits, Reservation
from relay.mail.envelope import Client, Envelope
from relay.mail.reply import TRY_LATER, accepted
from relay.mail.scram import make_account

LIMITS = IntakeLimits(
    max_message_octets=1000, max_in_flight_octets=4000, max_recipients=1, max_connections=1, max_connections_per_ip=1
)
SUBMISSION = Submission(
    envelope=Envelope(mail_from=None, rcpt_to=()),
    client=Client(ip="192.0.2.1", helo_name="mail.example", tls=True, login=None),
    authentication=None,
    octets=b"",
)


def test_a_message_that_no_thread_can_take_is_put_off_and_its_memory_is_free_again(monkeypatch):
    events = []
    doors = Doors(
        authenticate=lambda *_: None,
        find_account=lambda _: make_account((), b"salt"),
        enter=lambda _: None,
        admit=lambda *_: None,
        receive=lambda *_: accepted("R"),
        note=lambda event, **_: events.append(event),
    )
    reception = Reception(doors, LIMITS, "relay.example")
    share = reception.share_of("somebody")
    whole = share.free

    def refuse(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def judge():
        reservation = Reservation(share)
        assert reservation.grow_to(1000)
        return await reception.judge(SUBMISSION, reservation)

    with monkeypatch.context() as full:
        full.setattr(Thread, "start", refuse)
        assert asyncio.run(judge()) == TRY_LATER
    assert share.free == whole
    assert events == ["session.trouble"]
