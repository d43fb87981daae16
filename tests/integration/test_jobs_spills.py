"""The periodic work on spills, deletions and breaches, by the clock that the test sets."""

import secrets
from datetime import timedelta

from relay.actions import spill
from relay.actions.enrol import add_member
from relay.delivery.compose import CleanCopy, pack
from relay.doctor.spills import look_at_spills
from relay.mail.address import parse_address
from relay.policy.post import CleanPart
from relay.store import breaches, members, posts, spills
from relay.store.vault import seal
from tests.integration.test_jobs import AUTHOR, DAY, READER, RELAYED, START, made, site, with_retention

__all__ = ("made", "site")  # fixtures

HOUR = timedelta(hours=1)
MODERATOR, ADMIN = "paul@police.example", "chief@network.example"


def enrol(site, address: str, role: str) -> None:
    row = {
        "address": address, "name": "Paul Example", "agency": "Police", "agency_type": "police", "country": "CM", "language": "en",
        "lists": "central-africa", "nominated_by": "one@network.example", "confirmed_by": "two@network.example", "role": role,
    }  # fmt: skip
    add_member(site.resources, row, with_password=False, now=START)


def post(site) -> str:
    """A post with a text that memory can read; its reference."""
    copy = CleanCopy(
        author_name="Ana Example",
        author_address=parse_address(AUTHOR),
        subject="Saisie",
        message_id="<1@douanes.example>",
        date=START,
        references=(),
        parts=(CleanPart(media_type="text/plain", text="Quarante kilos."),),
    )
    uid = secrets.token_hex(16)
    accepted = posts.Accepted(
        uid=uid,
        received_at=START,
        author_id=site.author_id,
        size_octets=5,
        message_id=copy.message_id,
        duplicate_keys=(secrets.token_bytes(32),),
        prefix="CAFR",
        decisions=(("central-africa", RELAYED),),
        sealed=seal(site.resources.keys, uid, pack(copy)),
        held_until={},
        client_ip="192.0.2.7",
        proof="auth",
    )
    return site.resources.database.write(lambda c: posts.record(c, "node-1", accepted)).reference


def report(site, reference: str) -> None:
    with site.resources.database.read() as connection:
        reader = members.find(connection, parse_address(READER))
    assert site.resources.database.write(lambda c: spills.report(c, "node-1", reader, reference, START))


def letters(site, kind: str, address: str) -> int:
    """How many letters of a kind wait for somebody, or whether one about a post does."""
    sql = f"SELECT count(*) FROM deliveries d JOIN members m ON m.id = d.member_id WHERE d.kind = '{kind}' AND m.address = '{address}' AND d.status = 'queued'"
    return site.rows(sql)[0][0]


def sent(site) -> None:
    """Everything that waits has gone out."""
    site.resources.database.write(
        lambda c: (
            c.exec_driver_sql(
                "UPDATE deliveries SET status = 'delivered', next_attempt_at = NULL WHERE status = 'queued'"
            )
            and None
        )
    )


def test_an_undecided_report_calls_again_with_the_administrators_from_the_second_time_on(site):
    enrol(site, MODERATOR, "moderator")
    enrol(site, ADMIN, "admin")
    reference = post(site)
    report(site, reference)
    called = {}
    for hours in (0, 3, 4, 5, 24, 25, 48, 168, 400):
        sent(site)
        site.tick(START + hours * HOUR)
        called[hours] = (letters(site, "spill", MODERATOR), letters(site, "spill", ADMIN))
    assert called == {
        **dict.fromkeys((0, 3, 5, 25, 400), (0, 0)),
        4: (1, 0),
        **dict.fromkeys((24, 48, 168), (1, 1)),
    }


def test_recipients_and_administrators_are_reminded_until_they_have_answered(site):
    enrol(site, MODERATOR, "moderator")
    enrol(site, ADMIN, "admin")
    reference = post(site)
    sent(site)
    report(site, reference)
    spill.confirm(site.resources, reference, parse_address(MODERATOR), START)
    asked, told = [], []
    for hours in (0, 24, 48, 66, 71, 72, 73, 168, 169, 1000):
        if hours:
            sent(site)
        site.tick(START + hours * HOUR)
        asked.append(letters(site, "deletion", READER))
        told.append(letters(site, "breach", ADMIN))
    assert asked == [1, 0, 0, 0, 0, 1, 0, 1, 0, 0]
    assert told == [1, 1, 1, 1, 0, 1, 0, 1, 0, 0]


def test_closed_breaches_are_kept_for_their_time_and_open_ones_for_good(site):
    with_retention(site, breaches=30 * DAY)
    enrol(site, MODERATOR, "moderator")
    enrol(site, ADMIN, "admin")
    numbers = []
    for _ in range(2):
        reference = post(site)
        report(site, reference)
        numbers.append(spill.confirm(site.resources, reference, parse_address(MODERATOR), START).breach)
    admin = spill.administrator(site.resources, parse_address(ADMIN), START)
    site.resources.database.write(
        lambda c: (
            breaches.close(c, "node-1", numbers[0], admin.id, START, risk="unlikely", note="nobody named") and None
        )
    )
    site.tick(START + 29 * DAY)
    assert len(site.rows("SELECT * FROM breaches")) == 2
    site.tick(START + 31 * DAY)
    assert site.rows("SELECT number FROM breaches") == [(numbers[1],)]


def test_the_doctor_tells_who_could_not_decide_and_what_waits_too_long(site):
    def told(now=START):
        found = list(look_at_spills(site.resources.settings, now))
        return sorted((one.level, one.finding) for one in found)

    assert [level for level, _ in told()] == ["warning", "warning"]
    assert "central-africa has 0 officials" in str(told())
    assert "no active administrator" in str(told())
    enrol(site, MODERATOR, "moderator")
    assert "central-africa has 1 official who" in str(told())
    enrol(site, "deputy@police.example", "deputy")
    enrol(site, ADMIN, "admin")
    assert [level for level, _ in told()] == ["ok"]
    reference = post(site)
    report(site, reference)
    assert [level for level, _ in told(START + 23 * HOUR)] == ["ok"]
    assert f"{reference} was reported" in str(told(START + 25 * HOUR))
    number = spill.confirm(site.resources, reference, parse_address(MODERATOR), START).breach
    assert [level for level, _ in told(START + 71 * HOUR)] == ["ok"]
    assert told(START + 73 * HOUR) == [("wrong", f"{number} is neither notified nor closed, and its 72 hours are over")]
