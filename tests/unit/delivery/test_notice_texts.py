"""What people are told, kind by kind and in every language."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from relay.delivery.catalogue import read_catalogue
from relay.delivery.notice import compose_notice
from relay.delivery.notice_facts import NoticeFacts, Verdict
from relay.delivery.wording import _CATEGORIES, _DOORS, _RULES, _SEND_AGAIN
from relay.mail.address import Address
from relay.policy.channels import (
    Advice,
    Channel,
    ChannelEntry,
    CountryChannels,
    Directory,
    Door,
    Rule,
    SendAgain,
    advise,
    what_may_be_sent_again,
)
from relay.policy.decision import Reason
from relay.policy.photos import CONFIRMATIONS, FOR_A_MODERATOR, NOT_CONFIRMED
from relay.roster.definition import read_list
from relay.roster.member import AgencyType, Role
from relay.roster.nomination import Nomination

ROOT = Path(__file__).parents[3]
LANGUAGES = ("en", "fr", "es", "pt")
CATALOGUES = {
    one: read_catalogue((ROOT / "config" / "locales" / f"{one}.po").read_text("utf-8"), one) for one in LANGUAGES
}
LIST = read_list((ROOT / "lists" / "central-africa.toml").read_text("utf-8"), "central-africa.toml", "relay.example")
NOW = datetime(2026, 3, 1, 14, 2, tzinfo=UTC)
NCB = ChannelEntry(
    id=Channel.NCB, name="BCN Yaoundé", as_of=date(2026, 1, 31), status="unconfirmed", source="a meeting"
)
DIRECTORY = Directory(countries={"CM": CountryChannels(country="CM", channel=(NCB,))})
BASE = NoticeFacts(
    kind="withhold",
    reference="CAFR-2026-000123",
    recipient=Address(local="i.ekotto", domain="customs.example"),
    recipient_name="Inès Ékotto",
    domain="relay.example",
    written_at=NOW + timedelta(minutes=1),
    queued_at=NOW,
    lists=(LIST,),
    received_at=NOW,
)
REASONS = {
    "N1": Reason("N1", "name.after_trigger.fr", "text, line 6"),
    "N2": Reason("N2", "document.passport", "attachment 2, page 1"),
    "M1": Reason("M1", "tlp.amber", "subject"),
    "classified": Reason("M1", "classified.fr", "subject"),
    "T1": Reason("T1", "threat.life", "text"),
    "O1": Reason("O1", "operation.person", "text"),
    "O2": Reason("O2", "position.living", "text"),
    "O3": Reason("O3", "consignment.moving", "text"),
    "H1": Reason("H1", "scan.not_finished", "whole message"),
    "H3": Reason("H3", "company.name", "quoted text"),
    "H9": Reason("H9", "coordinates.finished", "text"),
}


def withheld(*codes: str, agency_type: AgencyType = AgencyType.CUSTOMS, **changes) -> NoticeFacts:
    reasons = tuple(REASONS[code] for code in codes)
    advice = advise(reasons, agency_type=agency_type, country="CM", directory=DIRECTORY)
    facts = replace(BASE, reasons=reasons, advice=advice, send_again=what_may_be_sent_again(reasons))
    return replace(facts, **changes)


def read(facts: NoticeFacts, language: str = "en"):
    octets = compose_notice(facts, CATALOGUES[language])
    assert octets.isascii()
    assert all(len(line) <= 76 for line in octets.split(b"\r\n"))
    message = message_from_bytes(octets, policy=policy.default)
    assert not message.defects
    return message


def text(facts: NoticeFacts, language: str = "en") -> str:
    return read(facts, language).get_content().replace("\r\n", "\n")


def test_a_withheld_notice_has_the_promised_header():
    message = read(withheld("N1"))
    assert dict(message.items()) == {
        "Date": "Sun, 01 Mar 2026 14:03:00 +0000",
        "From": "WEN Relay <central-africa-request@relay.example>",
        "To": "Inès Ékotto <i.ekotto@customs.example>",
        "Subject": "Not distributed: CAFR-2026-000123",
        "Message-ID": f"<CAFR-2026-000123.withhold.{int(NOW.timestamp())}.notice@relay.example>",
        "Auto-Submitted": "auto-replied",
        "X-WEN-Reference": "CAFR-2026-000123",
        "X-WEN-Decision": "withhold",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }


def test_a_withheld_notice_tells_what_why_where_and_which_door():
    said = text(withheld("N1", "N2", "H3"))
    assert said.startswith("Dear Inès Ékotto,\n\nYour message was not distributed.")
    assert (
        "Reference: CAFR-2026-000123\nReceived: 1 March 2026, 14:02 UTC\nList: Central Africa <central-africa@" in said
    )
    assert "\n- personal data: text, line 6; attachment 2, page 1; quoted text\n" in said
    assert "has not stored your text" in said
    assert "crossed the internet" in said
    assert "SPILL CAFR-2026-000123 to central-africa-request@relay.example" in said
    assert "CENcomm through your CEN National Contact Point" in said
    assert "- CEN National Contact Point at customs headquarters, for CENcomm (unconfirmed)\n" in said
    assert "- INTERPOL National Central Bureau (NCB): BCN Yaoundé (as of 31 January 2026, unconfirmed)" in said
    assert "You may send it again without these details" in said
    assert "REVIEW CAFR-2026-000123" in said
    assert "CONFIRM CAFR-2026-000123" in said
    assert "contact the secretariat of the network, by telephone" in said


@pytest.mark.parametrize(
    ("codes", "offered"),
    [
        (["N1"], True),
        (["N2"], True),
        (["N1", "H3"], True),
        (["H3"], True),
        (["H1"], False),
        (["M1"], False),
        (["N1", "M1"], False),
        (["T1"], False),
        (["O1"], False),
        (["O2", "N2"], False),
        (["O3"], False),
    ],
)
def test_confirm_is_offered_only_where_it_changes_something(codes, offered):
    assert ("CONFIRM" in text(withheld(*codes))) is offered
    assert "REVIEW" in text(withheld(*codes))


@pytest.mark.parametrize(
    ("codes", "named"), [(["N1"], True), (["O1"], True), (["T1"], True), (["N2"], False), (["M1", "O3"], False)]
)
def test_the_integrity_contact_is_named_for_names_operations_and_threats(codes, named):
    assert ("do not use the doors above" in text(withheld(*codes))) is named


def test_a_list_without_an_integrity_contact_names_none():
    assert "doors above" not in text(withheld("N1", lists=(replace(LIST, integrity_contact=""),)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_classified_marking_names_no_channel(language):
    said = text(withheld("classified"), language)
    for channel in ("CEN", "NCB", "BCN", "OCN", "I-24/7", "INTERPOL", "RILO", "Ecomessage", "SIENA"):
        assert channel not in said.replace("CAFR-2026-000123", "")


def test_rangers_are_never_told_to_use_i247():
    for code in REASONS:
        assert "I-24/7" not in text(withheld(code, agency_type=AgencyType.RANGER))


def test_a_tlp_marking_is_the_originators_to_widen():
    said = text(withheld("M1"))
    assert "Only the originator may widen the circle" in said
    assert "- INTERPOL National Central Bureau (NCB): BCN Yaoundé" in said
    assert "- marking: subject" in said
    assert "send nothing about this matter" in said


def test_a_threat_to_life_says_telephone_first():
    said = text(withheld("T1"))
    assert said.index("telephone now") < said.index("- emergency number") < said.index("- your chain of command\n")
    assert "- safety: text" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_notice_says_words_that_endanger(language):
    dangerous = re.compile(
        r"\b(informants?|informers?|informantes?|informateurs?|indics?|indicateurs?|soplón|delator|undercover|covert|"
        r"infiltr\w*|surveill\w*|sources?|fuentes?|fontes?)\b"
    )
    for code, reason in REASONS.items():
        for agency_type in AgencyType:
            said = text(withheld(code, agency_type=agency_type), language).casefold()
            assert not dangerous.search(said)
            assert reason.rule not in said
            assert "{" not in said


def test_a_door_is_confirmed_only_for_a_year():
    advice = Advice(
        rule=Rule.POLICE,
        doors=(
            Door(channel=Channel.NCB, name="NCB Exampleville", how="duty desk", as_of=date(2026, 2, 1), confirmed=True),
        ),
    )
    fresh = text(withheld("N1", advice=advice))
    assert "(NCB): NCB Exampleville: duty desk (as of 1 February 2026)\n" in fresh
    assert "(as of 1 February 2026, unconfirmed)" in text(
        withheld("N1", advice=advice, written_at=NOW + timedelta(days=400))
    )


def test_a_moderators_refusal_says_that_the_kept_copy_is_gone():
    said = text(withheld("N1", was_held=True))
    assert "A moderator has decided. The encrypted copy that was kept for this has been destroyed." in said
    assert "has not stored" not in said
    assert "CONFIRM" not in said
    assert "central-africa-owner@relay.example" in said
    assert "central-africa-owner" not in text(withheld("N1", was_held=True, lists=()))


def test_many_places_are_cut_short():
    reasons = tuple(Reason("N1", "name", f"text, line {n}") for n in range(1, 40))
    said = text(withheld("N1", reasons=reasons))
    assert "text, line 12; and elsewhere\n" in said
    assert "text, line 13" not in said


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("subject", "subject"),
        ("text, hidden part", "text, hidden part"),
        ("text, line 3", "text, line 3"),
        ("quoted text", "quoted text"),
        ("attachment 2, file name", "message"),
        ("attachment 2, name", "message"),
        ("attachment 3, page 2", "attachment 3, page 2"),
        ("header x-ekotto-secret", "header"),
        ("header from", "header"),
        ("whole message", "message"),
        ("text, line 1234567", "message"),
        ("text, line 6, Ekotto", "message"),
        ("Subject", "message"),
        ("", "message"),
    ],
)
def test_a_place_is_said_in_our_words_or_not_at_all(place, shown):
    expected = {"attachment 2, name": "attachment 2, file name"}.get(place, shown)
    assert f"- personal data: {expected}\n" in text(withheld("N2", reasons=(Reason("N2", "x", place),)))


def test_an_unknown_code_counts_as_unreadable():
    assert "- unreadable: text\n" in text(withheld("H1", reasons=(Reason("Z9", "x", "text"),)))


def test_places_are_said_in_the_authors_language():
    assert "- données personnelles\xa0: texte, ligne 6\xa0; pièce jointe 2, page 1" in text(withheld("N1", "N2"), "fr")


def test_a_hold_notice_tells_who_decides_until_when_and_what_if_it_is_urgent():
    facts = withheld("H3", kind="hold", held_until=NOW + timedelta(hours=72))
    said = text(facts)
    assert read(facts)["X-WEN-Decision"] == "hold"
    assert "waiting for a moderator" in said
    assert "- personal data: quoted text\n" in said
    assert "a moderator of the list who is a serving official" in said
    assert "Until when: 4 March 2026, 14:02 UTC." in said
    assert "Is it urgent? Then do not wait:\nSend it by CENcomm" in said
    assert "WITHDRAW CAFR-2026-000123 to central-africa-request@relay.example" in said
    assert "two moderators" not in said
    assert "two moderators must agree" in text(replace(facts, lists=(replace(LIST, two_person_release=True),)))
    assert "Until when" not in text(replace(facts, held_until=None, send_again=None))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_about_photos_names_the_words_that_the_list_understands(language):
    facts = replace(withheld("H3", kind="hold"), reasons=(Reason("H6", NOT_CONFIRMED, "attachment 1"),))
    assert CONFIRMATIONS[language] in " ".join(text(facts, language).split())
    look = replace(facts, reasons=(Reason("H6", FOR_A_MODERATOR, "attachment 1"),))
    assert CONFIRMATIONS[language] not in " ".join(text(look, language).split())


def test_a_post_that_waits_for_its_photos_alone_is_not_told_to_leave_out_details():
    facts = replace(withheld("H3", kind="hold"), reasons=(Reason("H6", FOR_A_MODERATOR, "attachment 1"),))
    assert "a moderator looks at every photo" in text(facts)
    assert "without these details" not in text(facts)
    both = replace(facts, reasons=(*facts.reasons, REASONS["H3"]))
    assert "a moderator looks at every photo" in text(both)
    assert "without these details" in text(both)


def test_a_receipt_of_a_post_that_nobody_got_says_so():
    facts = replace(BASE, kind="receipt")
    assert "went to nobody" in text(facts)
    for language in CATALOGUES:
        assert "CAFR-2026-000123" in text(facts, language)
        assert read(facts, language)["Subject"] != read(replace(facts, members=1), language)["Subject"]


def test_a_notice_keeps_its_identity_at_every_attempt_and_gets_another_when_there_is_more_to_tell():
    facts = replace(BASE, kind="undelivered", unreached=1)
    again = replace(facts, written_at=NOW + timedelta(hours=3))
    more = replace(facts, unreached=2, queued_at=NOW + timedelta(hours=3))
    assert read(facts)["Message-ID"] == read(again)["Message-ID"] != read(more)["Message-ID"]


def test_a_receipt_is_one_line():
    facts = replace(BASE, kind="receipt", members=11, countries=5, removed=1)
    assert text(facts) == "CAFR-2026-000123 went to 11 members in 5 countries; 1 attachment removed.\n"
    assert read(facts)["X-WEN-Decision"] == "relay"
    assert (
        text(replace(facts, members=1, countries=1, removed=0)) == "CAFR-2026-000123 went to 1 member in 1 country.\n"
    )
    assert text(facts, "fr") == "CAFR-2026-000123 a été envoyé à 11 membres dans 5 pays\xa0; 1 pièce jointe retirée.\n"


def test_an_author_learns_how_many_were_never_reached():
    facts = replace(BASE, kind="undelivered", unreached=1)
    assert text(facts).startswith("CAFR-2026-000123 did not reach 1 member, whose mail server")
    assert "2 membres, dont les serveurs" in text(replace(facts, unreached=2), "fr")
    assert read(facts)["X-WEN-Decision"] == "relay"


def test_an_expiry_notice_is_sorry_and_names_the_door():
    facts = withheld("H3", kind="expiry")
    said = text(facts)
    assert "Nobody could decide about your message in time." in said
    assert "- INTERPOL National Central Bureau" in said
    assert read(facts)["X-WEN-Decision"] == "hold"


def test_a_nominations_notice_asks_for_a_no():
    nomination = Nomination(
        address=Address(local="b.nkolo", domain="police.example"),
        name="Bruno Nkolo",
        agency="Example Police",
        agency_type=AgencyType.POLICE,
        country="CM",
        language="fr",
        roles=frozenset({Role.MEMBER}),
        lists=frozenset({"central-africa"}),
        nominated_by=Address(local="i.ekotto", domain="customs.example"),
        confirmed_by=Address(local="c.mba", domain="cites.example"),
    )
    facts = replace(BASE, kind="nomination", nomination=nomination)
    said = text(facts)
    assert "Bruno Nkolo <b.nkolo@police.example>, Example Police, Cameroon, is now a member of: Central Africa." in said
    assert "Proposed by i.ekotto@customs.example, confirmed by c.mba@cites.example." in said
    assert "the word NO" in said
    assert read(facts)["Auto-Submitted"] == "auto-generated"
    assert "X-WEN-Decision" not in read(facts)
    with pytest.raises(ValueError, match="needs the nomination"):
        compose_notice(replace(facts, nomination=None), CATALOGUES["en"])


def test_a_notice_without_lists_or_name_still_goes_out():
    facts = replace(BASE, kind="expiry", lists=(), recipient_name="", received_at=None)
    assert read(facts)["From"].addresses[0].addr_spec == "postmaster@relay.example"
    assert text(facts).startswith("Nobody could decide")


def test_every_rule_door_and_advice_has_its_words():
    assert set(_RULES) == set(Rule)
    assert set(_DOORS) == set(Channel)
    assert set(_SEND_AGAIN) == set(SendAgain)
    assert sum(len(codes) for codes, _ in _CATEGORIES) == len(frozenset().union(*(codes for codes, _ in _CATEGORIES)))


# — letters to moderators, and practice —


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_names_neither_the_author_nor_anything_of_the_post(language):
    facts = withheld("N1", kind="call", author_country="GA", held_until=NOW + timedelta(hours=72), recipient_name="")
    mail = read(facts, language)
    text = mail.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert CATALOGUES[language].country("GA") in text
    assert f"wen-relay held release CAFR-2026-000123 --moderator {BASE.recipient}" in text
    assert CATALOGUES[language].text("personal data") in text


def test_a_call_about_an_offer_says_that_it_comes_from_another_region():
    offered = Reason("F1", "routing.named_by_tag", "subject")
    facts = replace(BASE, kind="call", author_country="KE", reasons=(offered,))
    text = read(facts).get_content()
    assert "another region (Kenya)" in text
    assert "unreadable" not in text
    assert "Why" not in text


def test_a_call_says_when_two_must_agree_and_when_one_has():
    two = replace(LIST, two_person_release=True)
    facts = withheld("N1", kind="call", author_country="GA", lists=(two,))
    assert "On this list two moderators must agree" in text(facts)
    assert "One moderator has agreed already. A second" in text(replace(facts, agreed=1)).replace("\n", " ")
    assert "moderators must agree" not in text(replace(facts, lists=(LIST,)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_that_a_post_still_waits_says_until_when_what_if_it_is_urgent_and_how_to_take_it_back(language):
    catalogue = CATALOGUES[language]
    facts = withheld("N1", kind="waiting", held_until=NOW + timedelta(hours=68))
    mail = read(facts, language)
    said = mail.get_content()
    assert (mail["Auto-Submitted"], mail["X-WEN-Decision"]) == ("auto-generated", "hold")
    assert str(mail["Subject"]).endswith(f" {facts.reference}")
    assert str(mail["Subject"]).split()[0] == catalogue.text("Still waiting: {reference}", reference="").split()[0]
    assert catalogue.moment(NOW + timedelta(hours=68)) in said
    assert "WITHDRAW CAFR-2026-000123" in said
    assert "BCN Yaoundé" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_verdict_on_practice_says_what_each_list_would_have_done(language):
    verdict = (
        Verdict(title="Central Africa", decision="relay", marking="TLP:GREEN", offered=False),
        Verdict(title="Eastern Africa", decision="hold", marking="TLP:GREEN", offered=True),
    )
    mail = read(replace(BASE, kind="practice", lists=(), verdict=verdict, removed=2), language)
    catalogue, text = CATALOGUES[language], mail.get_content()
    assert catalogue.definition("Central Africa") in text
    assert "TLP:GREEN" in text
    assert catalogue.plural("[{n} attachment removed]", "[{n} attachments removed]", 2) in text
    assert mail["From"].addresses[0].addr_spec == "postmaster@relay.example"


def test_practice_that_would_be_withheld_names_the_doors():
    facts = withheld("N1", kind="practice", lists=())
    verdict = (Verdict(title="Central Africa", decision="withhold", marking=None, offered=False),)
    text = read(replace(facts, verdict=verdict)).get_content()
    assert "it would not be distributed" in text
    assert "CEN National Contact Point" in text
    assert "You may send it again without these details" in text
