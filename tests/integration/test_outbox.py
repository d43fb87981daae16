"""The queue as the courier sees it, on a real database: every claimed copy ends in a record that tells the truth."""

import logging
import re
import secrets
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import text

from relay.actions import composing, deliver
from relay.actions import copies as made_copies
from relay.actions.bounce import bounce
from relay.actions.deliver import Outbox
from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.actions.open import opened
from relay.actions.receive import receive
from relay.delivery.delivery import Action, Kind, Outcome
from relay.detectors.facts import Facts
from relay.errors import Unavailable
from relay.mail.address import parse_address
from relay.mail.auth_results import AuthenticationResults, Method
from relay.mail.envelope import Client, Envelope
from relay.mail.reply import TAKEN as TAKEN_REPLY
from relay.policy.post import Progress, Scan
from relay.scan.frames import advance
from relay.scan.stages import scan_octets
from relay.store import failures, letters, members, queue, stops
from relay.transport.smtp import Parcel
from tests.builders import make_message
from tests.scanning import FACTS, RULES

AUTHOR = "ana@douanes.example"
PEOPLE = {
    AUTHOR: "central-africa;species-id",
    "jean@parcs.example": "central-africa;species-id",
    "maria@museo.example": "species-id",
}
READERS = {*PEOPLE} - {AUTHOR}
TAKEN = Outcome(action=Action.DELIVERED, reply="250 2.0.0 Ok")
REFUSED = Outcome(action=Action.FAILED, reply="554 5.7.1 No")
UNHEARD = Outcome(action=Action.DELAYED, reply="no reply after the message was sent", ambiguous=True)


@contextmanager
def relay_with(people, folder):
    """A relay with these members, by their lists, without a service."""
    made = establish(folder / "relay", "relay.example", ("central-africa", "species-id"), "", None, datetime.now(UTC))
    with opened(str(made.site_file)) as resources:
        for address, lists in people.items():
            row = {
                "address": address, "name": "Ana Example", "agency": "Douanes", "agency_type": "customs", "country": "CM", "language": "en",
                "lists": lists, "nominated_by": "one@network.example", "confirmed_by": "two@network.example",
            }  # fmt: skip
            add_member(resources, row, with_password=False, now=datetime.now(UTC))
        yield resources


@pytest.fixture
def resources(tmp_path):
    with relay_with(PEOPLE, tmp_path) as resources:
        yield resources


def scanned(octets: bytes, facts: Facts = FACTS) -> Scan:
    scan = Scan(progress=Progress.NOTHING, message=None)
    for stage in scan_octets(octets, RULES, facts):
        scan = advance(scan, stage)
    return scan


def post(resources, *lists: str) -> str:
    """Accept an alert; its reference."""
    author = parse_address(AUTHOR)
    envelope = Envelope(mail_from=author, rcpt_to=tuple(parse_address(f"{name}@relay.example") for name in lists))
    client = Client(ip="192.0.2.1", helo_name="client.example", tls=True, login=author)
    proof = AuthenticationResults(method=Method.AUTH, address=author)
    octets = make_message(f"Seizure {secrets.token_hex(4)}.\r\n", sender=AUTHOR)
    return receive(resources, scanned, envelope, client, proof, octets, datetime.now(UTC)).text


def outbox(resources) -> Outbox:
    return Outbox(lambda: resources, boot=secrets.token_hex(4))


def counts(resources) -> dict[str, int]:
    with resources.database.read() as connection:
        return queue.counts(connection)


def subject(parcel) -> str:
    return message_from_bytes(parcel.octets, policy=default)["subject"]


def copies(parcels):
    return [parcel for parcel in parcels if parcel.mail_from]


def test_all_of_a_post_who_fared_alike_are_one_line_of_the_log(resources, caplog):
    logger = logging.getLogger("relay")
    logger.addHandler(caplog.handler)
    try:
        reference, box = post(resources, "species-id"), outbox(resources)
        begun = box.begin(box.claim(100).parcels)
        box.settle([(one, REFUSED if one.mail_from else TAKEN) for one in begun])
    finally:
        logger.removeHandler(caplog.handler)
    [facts] = [record.facts for record in caplog.records if record.getMessage() == "delivery.failed"]
    assert (facts["reference"], facts["kind"], facts["attempts"], facts["code"]) == (reference, "copy", 1, 554)
    assert len(set(facts["recipients"])) == 2


def test_an_author_is_told_of_copies_that_the_smarthost_refused_for_good(resources):
    post(resources, "central-africa")
    box = outbox(resources)
    work = box.claim(100)
    begun = box.begin(work.parcels)
    box.settle([(parcel, REFUSED if parcel.mail_from else TAKEN) for parcel in begun])
    [word] = box.claim(100).parcels
    assert word.recipient == AUTHOR
    assert "Did not reach everybody" in subject(word)
    assert counts(resources)["failed"] == 1


@pytest.mark.parametrize(
    ("outcome", "days"),
    [
        (Outcome(action=Action.FAILED, reply="550 5.1.1 No such user", to_rcpt=True), 1),
        (Outcome(action=Action.FAILED, reply="550 No such user", to_rcpt=True), 1),
        (Outcome(action=Action.FAILED, reply="550 sender refused"), None),
        (Outcome(action=Action.DELAYED, reply="450 4.1.1 Try later", to_rcpt=True), None),
        (REFUSED, None),
        (TAKEN, None),
    ],
)
def test_a_final_refusal_of_the_recipient_is_held_against_the_address_and_nothing_else_is(resources, outcome, days):
    for _ in range(3):
        post(resources, "central-africa")
    box = outbox(resources)
    begun = box.begin(box.claim(100).parcels)
    box.settle([(parcel, outcome if parcel.mail_from else TAKEN) for parcel in begun])
    with resources.database.read() as connection:
        failing = failures.list_failing(connection)
        jean = members.find(connection, parse_address("jean@parcs.example"))
    assert {one.member_id: one.days for one in failing.values()} == ({jean.id: days} if days else {})


def test_a_copy_whose_reply_was_not_heard_is_counted_as_a_possible_duplicate(resources):
    post(resources, "central-africa")
    box = outbox(resources)
    begun = box.begin(box.claim(100).parcels)
    box.settle([(parcel, UNHEARD if parcel.mail_from else TAKEN) for parcel in begun])
    assert counts(resources)["possible_duplicates"] == 1


def test_who_takes_all_that_it_can_carry_wakes_the_others(resources, monkeypatch):
    woken = []
    monkeypatch.setattr(type(resources.database), "announce", lambda _, connection: woken.append(connection))
    post(resources, "central-africa")
    box = outbox(resources)
    assert len(box.claim(1).parcels) == len(woken) == 1
    assert len(box.claim(100).parcels) == 1  # the receipt, and there is room for more
    assert box.claim(1).parcels == ()
    assert len(woken) == 1


def test_a_lease_that_ran_out_before_its_chunk_began_costs_nothing(resources, monkeypatch):
    post(resources, "central-africa")
    monkeypatch.setattr(deliver, "LEASE", timedelta(0))
    box = outbox(resources)
    first = box.claim(100).parcels
    second = box.claim(100).parcels
    assert {parcel.recipient for parcel in first} == {parcel.recipient for parcel in second}
    begun = box.begin(second)
    assert box.begin(first) == ()
    box.settle([(parcel, TAKEN) for parcel in begun])
    assert (counts(resources)["delivered"], counts(resources)["sending"]) == (len(second), 0)


def test_every_copy_carries_the_tag_of_the_first_list_that_was_addressed(resources):
    post(resources, "central-africa", "species-id")
    parcels = copies(outbox(resources).claim(100).parcels)
    assert {parcel.recipient for parcel in parcels} == {"jean@parcs.example", "maria@museo.example"}
    assert all(subject(parcel).startswith("[CAFR][TLP:GREEN]") for parcel in parcels)


@pytest.mark.parametrize("column", ["content", "wrapped_key", "nonce"])
def test_a_post_that_can_no_longer_be_opened_waits_and_stops_nothing_else(resources, column):
    damaged, whole = post(resources, "central-africa"), post(resources, "central-africa")

    def spoil(connection):
        octets = text(f"UPDATE posts SET {column} = randomblob(40) WHERE reference = :reference")
        connection.execute(octets, {"reference": damaged})

    resources.database.write(spoil)
    parcels = outbox(resources).claim(100).parcels
    assert [parcel.recipient for parcel in copies(parcels)] == ["jean@parcs.example"]
    assert whole in copies(parcels)[0].octets.decode()
    assert counts(resources)["queued"] == 1


def test_a_copy_that_cannot_be_composed_waits_and_stops_nothing_else(resources, monkeypatch):
    post(resources, "central-africa")
    monkeypatch.setattr(made_copies, "compose_copy", lambda *_: 1 / 0)
    parcels = outbox(resources).claim(100).parcels
    assert [parcel.recipient for parcel in parcels] == [AUTHOR]
    assert counts(resources)["queued"] == 1


def test_what_the_database_cannot_read_now_waits_for_all_who_share_it(resources, monkeypatch):
    post(resources, "species-id")

    def away(*_):
        raise Unavailable("the database can't be read now")

    monkeypatch.setattr(made_copies, "compose_copy", away)
    assert [parcel.recipient for parcel in outbox(resources).claim(100).parcels] == [AUTHOR]
    assert counts(resources)["queued"] == len(READERS)


def test_a_claim_that_the_database_ends_half_way_through_a_post_carries_nothing(resources, monkeypatch):
    post(resources, "species-id")
    box, seen = outbox(resources), []

    def second_fails(**given):
        if given["recipient"] not in seen:
            seen.append(given["recipient"])
        if seen.index(given["recipient"]) == 1:
            raise ValueError("not this one")
        return Parcel(**given)

    def away(*_):
        raise Unavailable("the database is away")

    monkeypatch.setattr(deliver, "Parcel", second_fails)
    monkeypatch.setattr(deliver, "_postpone", away)
    with pytest.raises(Unavailable):
        box.claim(100)
    assert len(seen) == 2
    assert not box._carried


def test_a_node_gives_signs_of_life_and_another_takes_over_when_they_end(resources):
    post(resources, "central-africa")
    section = resources.settings.relay.model_copy(update={"node": "node-2"})
    other = replace(resources, settings=resources.settings.model_copy(update={"relay": section}))
    sender, heir = outbox(resources), outbox(other)
    begun = sender.begin(sender.claim(100).parcels)

    def let_time_pass() -> None:
        change = text("UPDATE deliveries SET leased_until = leased_until - 60000000")  # microseconds
        resources.database.write(lambda connection: connection.execute(change) and None)

    let_time_pass()
    assert sender.beat() == 0
    assert heir.beat() == 0  # the sign of life was heard
    let_time_pass()
    assert heir.beat() == len(begun) == counts(resources)["possible_duplicates"]
    assert len(heir.claim(100).parcels) == len(begun)


def test_what_there_is_no_room_to_compose_is_left_to_the_next_claim_on_whichever_node(resources, monkeypatch):
    references = [post(resources, "species-id") for _ in range(3)]
    monkeypatch.setattr(composing, "OCTETS", 1)
    boxes, named = (outbox(resources), outbox(resources)), []
    for box in (boxes[0], boxes[1], boxes[0]):
        work = box.claim(100)
        assert work.next_due <= resources.now() or len(named) == 2
        begun = copies(box.begin(work.parcels))
        assert {parcel.recipient for parcel in begun} == READERS
        [content] = {parcel.content for parcel in begun}
        named.append(re.search(rb"X-WEN-Reference: (\S+)", content.octets)[1].decode())
    assert named == references
    assert counts(resources)["queued"] == counts(resources)["leased"] == 0


def test_a_claim_has_so_much_time_and_so_much_room_as_what_was_settled_left(resources, monkeypatch):
    for _ in range(2):
        post(resources, "species-id")
    with monkeypatch.context() as patch:
        patch.setattr(composing, "SECONDS", 0.0)
        box = outbox(resources)
        first = box.begin(box.claim(100).parcels)
    assert len(copies(first)) == len(READERS)
    for _ in range(2):
        post(resources, "species-id")
    monkeypatch.setattr(composing, "OCTETS", sum(len(content.octets) for content in {one.content for one in first}))
    second = box.begin(box.claim(100).parcels)
    assert len(copies(second)) == len(READERS)
    box.settle([(one, TAKEN) for one in (*first, *second)])
    assert len(copies(box.claim(100).parcels)) == 2 * len(READERS)


def test_claims_that_fail_hold_no_room(resources, monkeypatch):
    for _ in range(2):
        post(resources, "species-id")
    present = [resources]
    box = Outbox(lambda: present[0], boot=secrets.token_hex(4))
    octets = len(copies(outbox(resources).claim(1).parcels)[0].octets)
    monkeypatch.setattr(composing, "OCTETS", 20 * octets)

    def away(_):
        raise Unavailable("the database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "next_due", away)
        for _ in range(20):
            present[0] = replace(resources)  # by which all is composed anew
            with pytest.raises(Unavailable):
                box.claim(100)
    assert len(copies(box.claim(100).parcels)) == 2 * len(READERS) - 1  # but for the one of which the size was taken


def test_a_list_that_asks_for_tls_is_believed_from_the_next_claim_on(resources):
    post(resources, "species-id")
    present = [resources]
    box = Outbox(lambda: present[0], boot=secrets.token_hex(4))
    [early] = copies(box.claim(1).parcels)
    asks = replace(resources.known_lists["species-id"], tls="required")
    present[0] = replace(resources, known_lists={**resources.known_lists, "species-id": asks})
    later = copies(box.claim(100).parcels)
    assert [early.requires_tls, *(one.requires_tls for one in later)] == [False, True]


def test_a_report_to_a_path_that_others_have_counts_until_the_member_is_warned_and_then_only_one_to_their_own(
    resources,
):
    """Whoever has a post could forge the first: it must not suspend anybody."""
    jean, box, now = parse_address("jean@parcs.example"), outbox(resources), datetime.now(UTC)
    said = (
        'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\r\n'
        f"Final-Recipient: rfc822; {jean}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    ).encode()

    def send() -> dict[str, Parcel]:
        begun = box.begin(box.claim(100).parcels)
        box.settle([(one, TAKEN) for one in begun])
        return {one.recipient: one for one in begun if one.mail_from}

    def days() -> int:
        with resources.database.read() as connection:
            return sum(one.days for one in failures.list_failing(connection).values())

    post(resources, "species-id")
    assert bounce(resources, parse_address(send()[str(jean)].shared_from), said, now) == TAKEN_REPLY
    assert days() == 1
    with resources.database.read() as connection:
        member = members.find(connection, jean)
    facts = {"since": now.isoformat(), "days": 3, "suspended_from": now.date().isoformat()}
    resources.database.write(lambda c: letters.write(c, member.id, Kind.PROBE, "species-id", facts, now))
    probe = send()[str(jean)]
    post(resources, "species-id")
    bounce(resources, parse_address(send()[str(jean)].shared_from), said, now + timedelta(days=1))
    assert days() == 1
    assert probe.shared_from == ""
    bounce(resources, parse_address(probe.mail_from), said, now + timedelta(days=2))
    assert days() == 2


def test_what_was_composed_before_a_stop_is_composed_anew_with_the_time_to_acknowledge_it(resources):
    post(resources, "central-africa")

    def due(year):
        at = datetime(year, 5, 4, tzinfo=UTC).timestamp() * 1_000_000
        change = text("UPDATE posts SET ack_hours = 4, ack_due = :at")
        resources.database.write(lambda c: c.execute(change, {"at": int(at)}))

    due(2090)
    box, now = outbox(resources), datetime.now(UTC)
    [copy] = copies(work := box.claim(100).parcels)
    assert b"2090" in copy.octets
    change = {"reason": "leak", "operator": "root"}
    resources.database.write(lambda c: stops.stop(c, "n", "central-africa", now, **change))
    assert not copies(box.begin(work))
    resources.database.write(lambda c: stops.resume(c, "n", "central-africa", datetime.now(UTC), operator="root"))
    due(2091)
    [copy] = copies(box.claim(100).parcels)
    assert b"2091" in copy.octets
