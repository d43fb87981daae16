"""A provider reports that a member marked a copy as unwanted: it is noted and told to who looks after them, and a person decides."""

import resource
from datetime import timedelta

import pytest

from relay.actions.bounce import bounce
from relay.actions.postmaster import take_letter
from relay.delivery.bounce import post_path, return_path
from relay.delivery.delivery import Kind, Status
from relay.mail.envelope import Client, Envelope
from relay.roster.member import MemberState
from relay.store import complaints, failures, members, queue, retention, subjects
from tests.builders import address
from tests.integration.clocked import at, fixtures, recipient
from tests.integration.test_addresses_that_fail import AUTHOR, FOCAL, FRIEND, LOST, MODERATOR, PEOPLE
from tests.unit.mail.test_complaint import feedback

SUBJECT = "Marked as unwanted"
KEY = b"k" * 32


made, site = fixtures(PEOPLE)


def delivered(site, now):
    """A post goes out to everybody; each copy's return path, by member."""
    site.post(AUTHOR, now)
    going = [one for one in site.begun(now) if one.kind is Kind.COPY]
    for one in going:
        done = queue.Settlement(id=one.id, status=Status.DELIVERED, reply="250 Ok", sent_at=now)
        site.resources.database.write(lambda c, one=one, done=done: queue.settle(c, one.lease, [done], now))
    key = site.resources.keys.verp
    return {str(one.recipient): return_path(one.list_name, "relay.example", one.id, key) for one in going}


def complain(site, path, now, kind="abuse"):
    assert bounce(site.resources, path, feedback(kind), now).code == 250


def told(site, now):
    return [(recipient(mail), mail) for mail in site.letters(now) if mail["Subject"] == SUBJECT]


def marked(site):
    with site.resources.database.read() as connection:
        return complaints.of_all(connection)


def test_a_complaint_is_told_to_the_focal_point_and_the_member_stays(site):
    paths = delivered(site, at(2, 8))
    complain(site, paths[LOST], at(2, 9))
    assert marked(site) == {site.member(LOST).id: at(2).date()}
    [(reader, mail)] = told(site, at(2, 10))
    assert reader == FOCAL
    said = " ".join(mail.get_content().split())
    assert "on 2 November 2026: - Jean, Service Nothing follows by itself" in said
    assert "STOP" in said
    assert LOST not in mail.as_string(), "the address itself is not named"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert site.member(LOST).state is MemberState.ACTIVE
    [facts] = site.audited("member.complained")
    assert site.member(LOST).id in facts
    with site.resources.database.read() as connection:
        assert failures.list_failing(connection) == {}, "the address works"
    assert site.rows("SELECT count(*) FROM deliveries WHERE kind = 'undelivered'") == [(0,)]


def test_many_complaints_are_one_row_a_day_and_one_letter_a_month_and_suspend_nobody(site):
    for day in (2, 3, 4):
        paths = delivered(site, at(day, 8))
        for hour in (9, 10, 11):
            complain(site, paths[LOST], at(day, hour))
        site.tick(at(day, 12))
    assert site.rows("SELECT count(*) FROM deliveries WHERE kind = 'complaint'") == [(1,)]
    assert site.rows("SELECT count(*) FROM complaints") == [(3,)]
    later = at(4) + timedelta(days=31)
    complain(site, delivered(site, later)[LOST], later)
    assert site.rows("SELECT count(*) FROM deliveries WHERE kind = 'complaint'") == [(2,)]
    assert site.member(LOST).state is MemberState.ACTIVE


@pytest.mark.parametrize("kind", ["auth-failure", "not-spam"])
def test_reports_of_authentication_and_of_what_was_no_spam_are_no_complaints(site, kind):
    complain(site, delivered(site, at(2, 8))[LOST], at(2, 9), kind)
    assert marked(site) == {}
    assert told(site, at(2, 10)) == []


def test_a_focal_point_who_complains_is_not_told_of_it_but_who_comes_next(site):
    complain(site, delivered(site, at(2, 8))[FOCAL], at(2, 9))
    assert [reader for reader, _ in told(site, at(2, 10))] == [MODERATOR]


def write_to_abuse(site, octets, now):
    """What a provider with a feedback loop for the whole domain sends."""
    envelope = Envelope(mail_from=address("loop@provider.example"), rcpt_to=(address("abuse@relay.example"),))
    client = Client(ip="192.0.2.1", helo_name="provider.example", tls=False, login=None)
    return take_letter(
        site.resources, lambda *_: pytest.fail("it was scanned as a letter"), envelope, client, octets, now
    )


def test_at_abuse_the_sealed_return_path_tells_whose_copy_it_was_and_a_forged_one_nothing(site):
    paths = delivered(site, at(2, 8))
    object.__setattr__(site.resources.settings.relay, "postmaster", "ops@agency.example")
    big = b"x" * 70 + b"\r\n"
    named = feedback(fields="", returned=f"Return-Path: <{paths[FRIEND]}>\r\n") + big * 2000
    assert write_to_abuse(site, named, at(2, 9)).code == 250
    assert set(marked(site)) == {site.member(FRIEND).id}
    local, _, domain = str(paths[LOST]).partition("@")
    forged = f"Return-Path: <{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}>\r\n"
    assert write_to_abuse(site, feedback(fields="", returned=forged) + big * 2000, at(2, 9)).code == 552, "a letter"
    assert set(marked(site)) == {site.member(FRIEND).id}


def shared_path(site, recipient):
    """The path that all copies of the one post share, as a server makes a recipient's own from it."""
    [(post_id,)] = site.rows("SELECT id FROM posts")
    shared = post_path("central-africa", "relay.example", post_id, site.resources.keys.verp)
    return address(f"{shared.local}+{recipient.replace('@', '=')}@relay.example")


def test_on_a_path_that_copies_share_no_complaint_counts_since_each_reader_could_make_others_complain(site):
    delivered(site, at(2, 8))
    path = shared_path(site, LOST)
    complain(site, path, at(2, 9))
    object.__setattr__(site.resources.settings.relay, "postmaster", "ops@agency.example")
    named = feedback(fields="", returned=f"Return-Path: <{path}>\r\n") + (b"x" * 70 + b"\r\n") * 2000
    assert write_to_abuse(site, named, at(2, 9)).code == 552, "a letter"
    assert marked(site) == {}


@pytest.mark.parametrize("whom", [LOST, "eva@parcs.example"])
def test_free_text_to_a_shared_path_is_read_whoever_it_names(site, whom):
    """Else the work would tell who is a member: here in the processor time of the process that reads."""
    delivered(site, at(2, 8))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    hello = b"From: x@y.example\r\n\r\nHello\r\n"
    assert bounce(site.resources, shared_path(site, whom), hello, at(2, 9)).code == 250
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > before + 0.02


def test_it_is_shown_to_who_asks_forgotten_with_the_deliveries_and_with_the_membership(site):
    paths = delivered(site, at(2, 8))
    complain(site, paths[LOST], at(2, 9))
    complain(site, paths[FRIEND], at(2, 9))
    database = site.resources.database
    with database.read() as connection:
        [row] = subjects.access(connection, address(LOST))["complaints"]
    assert (row["list_name"], row["kind"]) == ("central-africa", "abuse")
    database.write(lambda c: members.remove(c, site.node, address(LOST), operator="root", now=at(3)))
    assert set(marked(site)) == {site.member(FRIEND).id}
    database.write(lambda c: retention.delete_deliveries(c, at(2)))
    assert set(marked(site)) == {site.member(FRIEND).id}
    database.write(lambda c: retention.delete_deliveries(c, at(3)))
    assert marked(site) == {}
