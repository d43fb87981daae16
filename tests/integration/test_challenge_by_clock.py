"""Half an hour, by the clock: who doesn't answer is told once, and what they were asked about is destroyed unread."""

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from relay.actions import moderate, spill
from relay.actions.prove import prove
from relay.actions.receive import receive
from relay.errors import Conflict
from relay.mail.address import parse_address
from relay.mail.auth_results import Proof
from relay.mail.envelope import Client, Envelope
from relay.senders.evidence import NOTHING
from relay.store import spills
from relay.store.challenges import A_DAY, OPEN
from tests.integration.clocked import at, fixtures, recipient
from tests.scanning import scan

AUTHOR, PAUL, MARIA, IVO = "ana@douanes.example", "paul@police.example", "maria@aduanas.example", "ivo@policia.example"
LIST = "central-africa@relay.example"
PEOPLE = (
    (AUTHOR, "customs", "CM", "fr", "central-africa", "member"),
    (PAUL, "police", "CM", "en", "central-africa", "member;moderator"),
    (MARIA, "customs", "GQ", "es", "central-africa", "member"),
    (IVO, "police", "ST", "pt", "central-africa", "member"),
)
CLIENT = Client(ip="192.0.2.25", helo_name="mail.example", tls=True, login=None)
START = at(17, 8)
MINUTE = timedelta(minutes=1)


def take_challenges(data: Path) -> None:
    definition = data / "lists" / "central-africa.toml"
    text = definition.read_text("utf-8")
    definition.write_text(text.replace("\nactive = true", '\nactive = true\nproofs = ["challenge"]'), "utf-8")


made, site = fixtures(PEOPLE, take_challenges)


def hand_in(site, text, now, author=AUTHOR, to=LIST, more="", again=""):
    """A message from anywhere; the reply."""
    octets = (
        f"From: {author}\r\nTo: {to}\r\nSubject: Wobbleglimmer\r\nMessage-ID: <{again}{hashlib.sha256(text.encode()).hexdigest()}@x.example>\r\n"
        f"MIME-Version: 1.0\r\n{more}\r\n{text}\r\n"
    ).encode()
    envelope = Envelope(mail_from=parse_address(author), rcpt_to=(parse_address(to),))
    return str(receive(site.resources, lambda octets, _: scan(octets), envelope, CLIENT, NOTHING, octets, now))


def reply_to(mail):
    return str(mail["Reply-To"].addresses[0].addr_spec)


def states(site):
    return [state for (state,) in site.rows("SELECT state FROM challenges ORDER BY id")]


def test_nobody_answers_and_it_is_destroyed_after_half_an_hour_and_told_once(site):
    assert hand_in(site, "Two tusks.", START) == "250 2.0.0 Ok"
    [letter] = site.letters(START)
    assert recipient(letter) == AUTHOR
    site.tick(START + OPEN - MINUTE)
    assert (states(site), site.letters(START + OPEN - MINUTE)) == (["open"], [])
    site.started_anew()
    site.tick(START + OPEN)
    site.tick(START + OPEN)
    [ended] = site.letters(START + OPEN)
    assert (recipient(ended), "détruit" in ended.get_content()) == (AUTHOR, True)
    assert site.rows("SELECT content, wrapped_key, judged FROM challenges") == [(None, None, "[]")]
    assert hand_in(site, "YES", START + OPEN, to=reply_to(letter)).startswith("550 5.7.1 This question is not open")
    assert site.rows("SELECT id FROM posts") == []
    assert len(site.audited("challenge.expired")) == 1
    site.tick(START + timedelta(days=1))
    assert states(site) == []


def test_a_question_that_could_not_be_sent_in_time_is_not_sent_any_more(site):
    hand_in(site, "Two tusks.", START)
    site.tick(START + OPEN)
    [ended] = site.letters(START + OPEN)
    assert ended["Reply-To"] is None


def test_a_late_yes_is_refused_though_no_job_has_run(site):
    hand_in(site, "Two tusks.", START)
    [letter] = site.letters(START)
    assert hand_in(site, "YES", START + OPEN, to=reply_to(letter)).startswith("550 5.7.1")
    assert site.rows("SELECT id FROM posts") == []


def test_a_yes_at_the_last_moment_counts_and_the_post_is_received_then(site):
    hand_in(site, "Two tusks.", START)
    [letter] = site.letters(START)
    now = START + OPEN - timedelta(seconds=1)
    site.started_anew()
    assert hand_in(site, "YES", now, to=reply_to(letter)) == "250 2.0.0 Ok"
    with site.resources.database.read() as connection:
        [reference] = connection.exec_driver_sql("SELECT reference FROM posts").scalars()
    assert re.fullmatch(r"CAFR-2026-\d{6}", reference)
    site.tick(now)
    site.tick(START + OPEN)
    [receipt] = site.letters(now)
    assert (recipient(receipt), reference in receipt["Subject"]) == (AUTHOR, True)
    assert states(site) == ["confirmed"]


@pytest.mark.parametrize(
    ("author", "question", "said"),
    [
        (AUTHOR, "Est-ce vous qui avez envoyé ceci ? C-000001", "OUI"),
        (PAUL, "Did you send this? C-000001", "YES"),
        (MARIA, "¿Ha enviado usted esto? C-000001", "SÍ"),
        (IVO, "Foi você que enviou isto? C-000001", "SIM"),
    ],
)
def test_each_is_asked_in_their_language_and_may_answer_in_it(site, author, question, said):
    hand_in(site, "Two tusks.", START, author)
    [letter] = site.letters(START)
    text = letter.get_content()
    assert (letter["Subject"], CLIENT.ip in text) == (question, True)
    assert re.findall(r"\b(?:YES|NO)\b", text) == ["YES", "NO"]  # as in every letter; their own words will do
    assert "Wobbleglimmer" not in str(letter)
    assert "tusks" not in text
    assert hand_in(site, said, START, author, to=reply_to(letter)) == "250 2.0.0 Ok"
    assert states(site) == ["confirmed"]


def test_what_came_meanwhile_is_counted_and_told_with_the_end(site):
    for number in range(4):
        hand_in(site, f"Message {number}", START)
    assert len(site.letters(START)) == 1
    site.tick(START + OPEN)
    [ended] = site.letters(START + OPEN)
    assert " 3 " in ended.get_content()


def test_a_day_of_forgery_comes_to_a_few_letters(site):
    letters = []
    for minute in range(0, 24 * 60, 7):
        now = START + minute * MINUTE
        assert hand_in(site, f"Message {minute}", now) == "250 2.0.0 Ok"
        site.tick(now)
        letters += site.letters(now)
    assert {recipient(one) for one in letters} == {AUTHOR}
    assert len(letters) == 2 * A_DAY
    assert site.rows("SELECT id FROM posts") == []


@pytest.mark.parametrize(
    "field", ["Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <central-africa.relay.example>"]
)
def test_a_machine_or_a_loop_asks_nobody(site, field):
    assert hand_in(site, "I am away until Monday.", START, more=f"{field}\r\n") == "250 2.0.0 Ok"
    assert (site.letters(START), states(site)) == ([], [])


def test_an_author_over_their_limit_may_say_yes_again_later(site):
    settings = site.resources.settings
    limits = settings.limits.model_copy(update={"posts_per_hour": 1})
    site.resources = replace(site.resources, settings=settings.model_copy(update={"limits": limits}))
    for answered, text in enumerate(("One.", "Two.")):
        now = START + answered * MINUTE
        hand_in(site, text, now)
        [letter] = [mail for mail in site.letters(now) if mail["Reply-To"]]
        reply = hand_in(site, "YES", now, to=reply_to(letter))
        assert reply.startswith(("250", "451")[answered])
    assert states(site) == ["confirmed", "open"]


def test_thread_memory_learns_nothing_from_what_nobody_owned_up_to(site):
    hand_in(site, "TLP:RED\r\nOne two three four five six seven eight nine ten eleven twelve.", START)
    assert site.rows("SELECT decision FROM decisions") == [("withhold",)]
    assert site.rows("SELECT hash FROM memories") == []


def through_gateway(site, results, now):
    """A message that a trusted gateway hands over, with what it has found."""
    smtp = site.resources.settings.smtp.model_copy(
        update={"authserv_id": "mx.relay.example", "trusted_gateways": (CLIENT.ip,)}
    )
    resources = replace(site.resources, settings=site.resources.settings.model_copy(update={"smtp": smtp}))
    octets = f"Authentication-Results: mx.relay.example; {results}\r\nFrom: {AUTHOR}\r\nTo: {LIST}\r\n\r\n{results}\r\n".encode()
    envelope = Envelope(mail_from=parse_address(AUTHOR), rcpt_to=(parse_address(LIST),))
    proof = prove(
        resources, lambda _: pytest.fail("nobody asks the DNS about a gateway's mail"), envelope, CLIENT, octets, now
    )
    return str(receive(resources, lambda octets, _: scan(octets), envelope, CLIENT, proof, octets, now))


def test_a_gateways_finding_comes_first_and_what_it_knows_nothing_of_is_asked_about(site):
    assert through_gateway(site, "dmarc=fail header.from=douanes.example", START).startswith("550 5.7.1 Refused")
    assert states(site) == []
    assert through_gateway(site, "none", START) == "250 2.0.0 Ok"
    assert states(site) == ["open"]


def test_a_proof_that_the_list_does_not_take_is_none_and_its_author_is_asked(site):
    assert through_gateway(site, "dkim=pass header.d=douanes.example", START) == "250 2.0.0 Ok"
    assert states(site) == ["open"]


def test_who_is_proven_otherwise_is_never_asked(site):
    central = site.resources.lists["central-africa"]
    both = replace(central, proofs=central.proofs | {Proof.GATEWAY})
    site.resources = replace(site.resources, known_lists={**site.resources.known_lists, "central-africa": both})
    assert through_gateway(site, "dkim=pass header.d=douanes.example", START).startswith("250 2.0.0 CAFR-")
    assert states(site) == []


@pytest.mark.parametrize("change", [{"proofs": frozenset({Proof.AUTH})}, {"active": False}, {"roles": frozenset()}])
def test_a_list_that_does_not_take_it_any_more_gets_nothing(site, change):
    hand_in(site, "Two tusks.", START)
    [letter] = site.letters(START)
    changed = replace(site.resources.lists["central-africa"], **change)
    lists = {**site.resources.known_lists, "central-africa": changed}
    site.resources = replace(site.resources, known_lists=lists)
    assert hand_in(site, "YES", START, to=reply_to(letter)).startswith("550 5.7.1 This question is not open")
    assert (states(site), site.rows("SELECT id FROM posts")) == (["open"], [])


LEAK = "The grey van with the sixty kilos leaves the port of Limbe about midnight with four officers behind it."
LATER = START + 2 * MINUTE


def gone_out(site):
    """A post that everybody has got; its reference."""
    hand_in(site, LEAK, START)
    [letter] = site.letters(START)
    assert hand_in(site, "YES", START, to=reply_to(letter)) == "250 2.0.0 Ok"
    site.letters(START)
    return last_post(site)[0]


def last_post(site):
    """Reference, decision and reasons of the newest."""
    [(reference, decision, reasons)] = site.rows(
        "SELECT reference, decision, reasons FROM posts JOIN decisions ON post_id = id ORDER BY id DESC LIMIT 1"
    )
    return reference, decision, reasons


def asked_about(site, text, **fields):
    """A message that waits for its author's word; the letter that asks."""
    hand_in(site, text, START + MINUTE, **fields)
    [letter] = [mail for mail in site.letters(START + MINUTE) if mail["Reply-To"]]
    return letter


def report(site, reference):
    member = site.member(MARIA)
    assert site.resources.database.write(lambda c: spills.report(c, site.node, member, reference, LATER))


def confirm(site, reference):
    spill.confirm(site.resources, reference, parse_address(PAUL), LATER)


def test_a_spill_that_was_confirmed_while_its_author_was_asked_does_not_go_out_again_and_is_not_forgotten(site):
    reference = gone_out(site)
    letter = asked_about(site, LEAK, again="1")
    report(site, reference)
    confirm(site, reference)
    remembered = site.rows("SELECT hash, code FROM memories ORDER BY hash")
    assert hand_in(site, "YES", LATER, to=reply_to(letter)) == "250 2.0.0 Ok"
    again, decision, reasons = last_post(site)
    assert (again != reference, decision, "thread.marking" in reasons) == (True, "withhold", True)
    assert set(remembered) <= set(site.rows("SELECT hash, code FROM memories"))
    notices = [mail for mail in site.letters(LATER) if again in mail["Subject"]]
    assert [(recipient(mail), "YES" in mail.get_content()) for mail in notices] == [(AUTHOR, False)]
    assert site.rows("SELECT content, message_id FROM posts ORDER BY id DESC LIMIT 1") == [(None, None)]
    assert hand_in(site, LEAK, LATER, again="2") == "250 2.0.0 Ok"
    assert (last_post(site)[1], states(site)[-1]) == ("withhold", "withheld")


def test_a_spill_that_was_confirmed_before_is_not_even_asked_about(site):
    reference = gone_out(site)
    report(site, reference)
    confirm(site, reference)
    assert hand_in(site, LEAK, LATER, again="1") == "250 2.0.0 Ok"
    assert (last_post(site)[1], states(site)) == ("withhold", ["confirmed", "withheld"])


@pytest.mark.parametrize("decided", ["confirmed", "dismissed", ""])
def test_what_quotes_a_post_that_was_reported_while_its_author_was_asked_waits_with_it(site, decided):
    reference = gone_out(site)
    letter = asked_about(site, f"Seen.\r\n> {LEAK}\r\n> -- \r\n> TLP:GREEN · {reference} · x")
    report(site, reference)
    if decided == "confirmed":
        confirm(site, reference)
    elif decided == "dismissed":
        spill.dismiss(site.resources, reference, parse_address(PAUL), LATER)
    assert hand_in(site, "YES", LATER, to=reply_to(letter)) == "250 2.0.0 Ok"
    quoting, decision, reasons = last_post(site)
    assert decision == {"confirmed": "withhold", "dismissed": "relay", "": "hold"}[decided]
    assert ("thread.reported" in reasons) == (decided == "")
    if not decided:
        with pytest.raises(Conflict, match="hidden"):
            moderate.release(site.resources, quoting, None, parse_address(PAUL), LATER)
