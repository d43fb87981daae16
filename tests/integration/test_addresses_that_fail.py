"""A member whose address fails is warned, later suspended, and their focal point is told; nobody is removed, and what works again is forgotten."""

import re
import threading
from contextlib import closing
from datetime import timedelta

import pytest

from relay.actions.bounce import bounce
from relay.delivery.bounce import return_path
from relay.delivery.delivery import Kind, Status
from relay.roster.member import MemberState
from relay.roster.reachability import DAYS
from relay.store import failing, failures, members, queue
from relay.store.engine import Database
from tests.integration.clocked import at, fixtures, recipient

AUTHOR, LOST, FRIEND = "ana@douanes.example", "jean@parcs.example", "marc@parcs.example"
FOCAL, MODERATOR, ADMIN = "fatou@ministry.example", "paul@police.example", "ada@secretariat.example"
PEOPLE = (
    (AUTHOR, "customs", "CM", "fr", "central-africa", "member"),
    (LOST, "ranger", "GA", "pt", "central-africa", "member"),
    (FRIEND, "ranger", "GA", "en", "central-africa", "member"),
    (FOCAL, "environment", "GA", "en", "central-africa", "member;focal-point"),
    (MODERATOR, "police", "CM", "en", "central-africa", "member;moderator"),
    (ADMIN, "environment", "CM", "en", "central-africa", "member;admin"),
)
GONE = "550 5.1.1 no such user"


made, site = fixtures(PEOPLE)


def report(status="5.1.1", diagnostic="smtp; 550 5.1.1 no such user"):
    return (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n'
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; x@y.example\r\nAction: failed\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n\r\n--b--\r\n"
    ).encode()


def come_back(site, delivery, now, octets=None):
    """A report about a delivery reaches its return path."""
    path = return_path(delivery.list_name, "relay.example", delivery.id, site.resources.keys.verp)
    return bounce(site.resources, path, octets or report(), now)


def send_out(site, now, failing_for=(), octets=None):
    """Deliver all that waits; what is for these addresses comes back an hour later, by report. The letters that went out."""
    going = site.begun(now)
    for one in going:
        done = queue.Settlement(id=one.id, status=Status.DELIVERED, reply="250 Ok", sent_at=now)
        site.resources.database.write(lambda c, one=one, done=done: queue.settle(c, one.lease, [done], now))
    for one in going:
        if str(one.recipient) in failing_for and one.kind in {Kind.COPY, Kind.PROBE}:
            come_back(site, one, now + timedelta(hours=1), octets)
    return [one for one in going if one.kind in {Kind.PROBE, Kind.FAILING}]


def a_day(site, day, failing_for=(LOST,), octets=None, posts=1):
    """A day on which posts go out, and come back from some; at its end the jobs run. The letters that the jobs caused."""
    for _ in range(posts):
        site.post(AUTHOR, at(day, 8))
    send_out(site, at(day, 9), failing_for, octets)
    site.tick(at(day, 12))


def letters(site, now):
    """What the jobs have queued, composed and delivered."""
    return {(recipient(mail), mail["Subject"]): mail for mail in site.letters(now)}


def since(site, address=LOST):
    with site.resources.database.read() as connection:
        return failures.list_failing(connection).get(site.member(address).id)


def test_three_days_of_failures_warn_the_address_and_the_focal_point(site):
    for day in (2, 3):
        a_day(site, day)
        assert not [one for one in letters(site, at(day, 13)) if "PROBE" in one]
    assert site.audited("member.address_fails") == []
    a_day(site, 4)
    sent = {mail["Subject"]: mail for mail in site.letters(at(4, 13))}
    probe, word = sent["O seu endereço funciona?"], sent["Mail to members fails"]
    assert (recipient(probe), recipient(word)) == (LOST, FOCAL)
    assert {mail["Auto-Submitted"] for mail in (probe, word)} == {"auto-generated"}
    said = " ".join(word.get_content().split())
    assert "Jean, Service: since 2 November 2026" in said
    assert "11 November 2026" in said, "the day from which on they are suspended"
    assert LOST not in word.as_string(), "the address itself is not named"
    asked = " ".join(probe.get_content().split())
    assert "durante 3 dias, desde 2 de novembro de 2026" in asked
    [facts] = site.audited("member.address_fails")
    assert site.member(LOST).id in facts
    site.tick(at(4, 14))
    site.started_anew()
    site.tick(at(4, 15))
    assert site.letters(at(4, 16)) == [], "once"


def test_a_storm_on_one_day_counts_once(site):
    a_day(site, 2, posts=40)
    assert since(site).days == 1
    assert site.rows("SELECT count(*) FROM deliveries WHERE kind = 'probe'") == [(0,)]


@pytest.mark.parametrize(
    ("status", "diagnostic"),
    [
        ("5.2.2", "smtp; 552 5.2.2 mailbox full"),
        ("5.7.1", "smtp; 550 5.7.1 spam"),
        ("5.3.4", "smtp; 552 5.3.4 too big"),
    ],
)
def test_a_full_box_and_a_policy_are_not_held_against_the_address(site, status, diagnostic):
    for day in (2, 3, 4, 5):
        a_day(site, day, octets=report(status, diagnostic))
    assert since(site) is None


def test_a_week_after_the_warning_a_further_failure_suspends_and_the_focal_point_is_told(site):
    for day in range(2, 11):
        a_day(site, day)
        send_out(site, at(day, 13), [LOST])
    assert site.member(LOST).state is MemberState.ACTIVE
    a_day(site, 11)
    assert site.member(LOST).state is MemberState.SUSPENDED
    assert site.rows(f"SELECT suspension FROM members WHERE id = '{site.member(LOST).id}'") == [("address fails",)]
    [facts] = [one for one in site.audited("member.suspended") if site.member(LOST).id in one]
    assert '"operator":"relay"' in facts
    assert '"reason":"address fails"' in facts
    told = [mail for mail in site.letters(at(11, 13)) if mail["Subject"] == "Mail to members fails"]
    assert [recipient(mail) for mail in told] == [FOCAL]
    said = " ".join(told[0].get_content().split())
    assert "They are suspended: - Jean, Service: since 2 November 2026" in said
    assert "central-africa-owner@relay.example" in said
    site.tick(at(11, 14))
    a_day(site, 12)
    assert [one for one in site.letters(at(12, 13)) if recipient(one) in {LOST, FOCAL}] == []
    assert site.member(LOST).lists == {"central-africa"}, "nobody is removed"


def test_where_nothing_is_posted_probes_bring_it_to_an_end(site):
    """Three failures, then silence on the list; the second probe fails as the first did."""
    for day in (2, 3, 4):
        a_day(site, day)
    send_out(site, at(4, 13), [LOST])
    for day in range(5, 11):
        site.tick(at(day, 12))
        assert send_out(site, at(day, 13), [LOST]) == []
    site.tick(at(11, 12))
    assert [one.kind for one in send_out(site, at(11, 13), [LOST])] == [Kind.PROBE]
    site.tick(at(11, 15))
    assert site.member(LOST).state is MemberState.SUSPENDED


@pytest.mark.parametrize("letter", ["copy", "probe"])
def test_what_stands_for_three_days_proves_the_address(site, letter):
    for day in (2, 3, 4):
        a_day(site, day)
    if letter == "copy":
        send_out(site, at(4, 13), [LOST])
        site.post(AUTHOR, at(5, 8))
        send_out(site, at(5, 9))
    else:
        send_out(site, at(5, 9))
    site.tick(at(8, 8))
    assert since(site).days == 3
    site.tick(at(8, 10))
    assert since(site) is None
    assert len(site.audited("member.reached_again")) == 1
    a_day(site, 13)
    assert site.member(LOST).state is MemberState.ACTIVE
    assert since(site).days == 1


def test_an_address_that_fails_every_other_day_is_not_dead(site):
    for day in range(2, 30):
        a_day(site, day, failing_for=(LOST,) if day % 2 else ())
        assert since(site) is None or since(site).days < DAYS
    assert site.audited("member.address_fails") == []


def test_reinstating_begins_anew(site):
    for day in range(2, 12):
        a_day(site, day)
    assert since(site).days == 10, "the operator sees it as long as they are suspended"
    lost = site.member(LOST)
    site.resources.database.write(lambda c: members.reinstate(c, site.node, lost.address, operator="root", now=at(12)))
    assert since(site) is None
    a_day(site, 13)
    a_day(site, 14)
    assert site.member(LOST).state is MemberState.ACTIVE
    site.letters(at(14, 13))
    a_day(site, 15)
    assert len(site.audited("member.address_fails")) == 2, "warned again before anything else"


def test_a_refusal_in_the_session_counts_like_a_report(site):
    """By way of the outbox itself, in `test_outbox`; here that a day is a day whichever way it came."""
    lost = site.member(LOST).id
    for hour in (1, 2, 23):
        site.resources.database.write(lambda c, hour=hour: failures.note(c, [lost, lost], at(2, hour)))
    a_day(site, 2)
    assert since(site).days == 1


def suspended_or_left(site, *addresses):
    for address in addresses:
        gone = site.member(address).address
        site.resources.database.write(
            lambda c, gone=gone: members.remove(c, site.node, gone, operator="root", now=at(1))
        )


@pytest.mark.parametrize(
    ("away", "reader"), [((), FOCAL), ((FOCAL,), MODERATOR), ((FOCAL, MODERATOR), ADMIN)], ids=["focal", "mod", "admin"]
)
def test_who_is_told_is_the_focal_point_else_the_moderators_else_the_administrators(site, away, reader):
    suspended_or_left(site, *away)
    for day in (2, 3, 4):
        a_day(site, day)
    assert {recipient(mail) for mail in site.letters(at(4, 13)) if mail["Subject"] == "Mail to members fails"} == {
        reader
    }


def test_a_focal_point_whose_own_address_fails_is_not_written_to_about_it(site):
    for day in (2, 3, 4):
        a_day(site, day, failing_for=(FOCAL,))
    assert recipients_of_word(site, at(4, 13)) == {MODERATOR}


def recipients_of_word(site, now):
    return {recipient(mail) for mail in site.letters(now) if mail["Subject"] == "Mail to members fails"}


def test_one_letter_tells_of_everybody_whom_it_concerns(site):
    for day in (2, 3, 4):
        a_day(site, day, failing_for=(LOST, FRIEND))
    [word] = [mail for mail in site.letters(at(4, 13)) if mail["Subject"] == "Mail to members fails"]
    assert sorted(re.findall(r"- (\w+), Service", word.get_content())) == ["Jean", "Marc"]


def test_when_half_of_all_fail_at_once_it_is_the_next_server_and_nobody_is_warned(site):
    everyone = tuple(person[0] for person in PEOPLE)
    for day in range(2, 20):
        a_day(site, day, failing_for=everyone)
    assert site.audited("member.address_fails") == []
    assert {site.member(one).state for one in everyone} == {MemberState.ACTIVE}
    with site.resources.database.read() as connection:
        assert failing.too_many(connection, at(19, 20)) > 0


def test_a_report_counts_for_the_member_of_its_copy_whatever_it_names(site):
    """Row 77: a malicious server can harm its own member only; the return path says whom, and a forged one is nobody's."""
    site.post(AUTHOR, at(2, 8))
    going = {str(one.recipient): one for one in site.begun(at(2, 9)) if one.kind is Kind.COPY}
    done = [
        queue.Settlement(id=one.id, status=Status.DELIVERED, reply="250", sent_at=at(2, 9)) for one in going.values()
    ]
    lease = going[LOST].lease
    site.resources.database.write(lambda c: queue.settle(c, lease, done, at(2, 9)))
    named = report().replace(b"x@y.example", FRIEND.encode())
    assert come_back(site, going[LOST], at(2, 10), named).code == 250
    assert since(site, FRIEND) is None
    assert since(site, LOST).days == 1
    forged = return_path(going[FRIEND].list_name, "relay.example", going[FRIEND].id, b"k" * 32)
    assert bounce(site.resources, forged, report(), at(2, 11)).code == 550
    assert since(site, FRIEND) is None


def test_two_nodes_that_tick_at_once_take_each_step_once(site):
    for day in (2, 3):
        a_day(site, day, failing_for=(LOST, FRIEND))
    site.post(AUTHOR, at(4, 8))
    send_out(site, at(4, 9), [LOST, FRIEND])
    with closing(Database.open(site.resources.settings.database_url)) as other:
        for now in (at(4, 12), at(11, 13)):
            both = threading.Barrier(2)

            def tick(database, node, now=now, both=both):
                both.wait()
                database.write(lambda c: failing.judge(c, node, now))

            threads = [
                threading.Thread(target=tick, args=pair)
                for pair in ((site.resources.database, site.node), (other, "node-2"))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            send_out(site, now + timedelta(minutes=5), [LOST, FRIEND])
    site.tick(at(11, 15))
    assert len(site.audited("member.address_fails")) == 2
    assert site.rows("SELECT count(*) FROM deliveries WHERE kind = 'probe'") == [(2 + 2,)]
    assert site.rows("SELECT count(*) FROM deliveries WHERE kind = 'failing'") == [(1 + 1,)]
    assert {site.member(one).state for one in (LOST, FRIEND)} == {MemberState.SUSPENDED}


def test_who_is_suspended_already_is_left_alone(site):
    """A suspended member stays what the operator made them, whatever comes back of earlier copies."""
    for day in (2, 3):
        a_day(site, day)
    lost = site.member(LOST).address
    site.resources.database.write(
        lambda c: members.suspend(c, site.node, lost, reason="left the service", operator="root", now=at(4))
    )
    site.resources.database.write(lambda c: failures.note(c, [site.member(LOST).id], at(4, 1)))
    site.tick(at(4, 12))
    assert site.audited("member.address_fails") == []
    assert site.rows("SELECT count(*) FROM deliveries WHERE kind IN ('probe', 'failing')") == [(0,)]
