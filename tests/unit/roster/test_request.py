"""The words that members write to LIST-request@."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.roster.request import DEPARTURES, REQUESTS, Request, Word, read_requests
from relay.roster.saying import read_acceptance, read_yes_or_no

REF = "CAFR-2026-000123"


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("", "HELP\n", [Request(Word.HELP)]),
        ("help", "", [Request(Word.HELP)]),
        ("Aide", "", [Request(Word.HELP)]),
        ("Hello", "\n\n  Lang FR.\n", [Request(Word.LANG, "fr")]),
        ("", "RECEIPTS off\nWHOAMI\nLISTS\nRULES\nSTOP\n",
         [Request(Word.RECEIPTS, "OFF"), Request(Word.WHOAMI), Request(Word.LISTS), Request(Word.RULES), Request(Word.STOP)]),
        ("", f"WITHDRAW {REF}", [Request(Word.WITHDRAW, REF)]),
        ("", f"withdraw {REF.lower()}", [Request(Word.WITHDRAW, REF)]),
        (f"Re: Not distributed: {REF}", "REVIEW\n\n> Dear Ana,\n> STOP\n", [Request(Word.REVIEW, REF)]),
        (f"RE : TR: En attente d'un modérateur : {REF}", "WITHDRAW", [Request(Word.WITHDRAW, REF)]),
        ("Re: A new member in your name: M-000042", "NO\n", [Request(Word.NO, "M-000042")]),
        (f"Re: {REF} and SPEC-2026-000001", "REVIEW\n", []),
        ("", "WITHDRAW\n", []),
        ("", "WITHDRAW everything\n", []),
        ("", "LANG\n", []),
        ("", "RECEIPTS maybe\n", []),
        ("DIGEST", "", [Request(Word.DIGEST, "DAILY")]),
        ("", "digest weekly\nINSTANT", [Request(Word.DIGEST, "WEEKLY"), Request(Word.INSTANT)]),
        ("", "DIGEST hourly", []),
        ("", "PAUSE\nRESUME.", [Request(Word.PAUSE), Request(Word.RESUME)]),
        ("", "PAUSE 7", [Request(Word.PAUSE, "7")]),
        ("Pause 14 days", "", [Request(Word.PAUSE, "14")]),
        ("", "PAUSE 14 días.", [Request(Word.PAUSE, "14")]),
        ("", "PAUSE 2027-01-15", [Request(Word.PAUSE, "2027-01-15")]),
        ("", "PAUSE 1234", []),
        ("Pause for thought", "", []),
        ("", "RESUME work", []),
        ("", f"SEND {REF}\nSEND SPEC-2026-000001", [Request(Word.SEND, REF), Request(Word.SEND, "SPEC-2026-000001")]),
        ("", "SEND", []),
        ("", "Please stop this at once\nSTOP\n", []),
        ("", "HELP\nThank you\nSTOP\n", [Request(Word.HELP)]),
        ("", "> STOP\n", []),
        ("", "STOPPED\n", []),
        ("STOP the smugglers", "", []),
        ("", "HELP\nHELP\n", [Request(Word.HELP)]),
        ("Re: To confirm: M-000042", "Yes.\n", [Request(Word.YES, "M-000042")]),
        (f"Re: {REF}", "YES\n", []),
        ("", "PEOPLE\nATTEST cm\nHERE\nACCEPT\n",
         [Request(Word.PEOPLE), Request(Word.ATTEST, "CM"), Request(Word.HERE), Request(Word.ACCEPT)]),
        ("", "GONE B.Ondo@Douanes.example\nATTEST\n", [Request(Word.GONE, "b.ondo@douanes.example"), Request(Word.ATTEST)]),
        ("", "GONE home\n", []),
        ("", "ATTEST everybody\n", []),
        ("NOMINATE", "", [Request(Word.NOMINATE)]),
        ("Nominate", "NOMINATE b.ondo@douanes.example\n\nName: Bela  Ondo\nagency: Douanes\nTYPE: customs\nThank you\nSTOP\n",
         [Request(Word.NOMINATE, "b.ondo@douanes.example", (("NAME", "Bela Ondo"), ("AGENCY", "Douanes"), ("TYPE", "customs")))]),
        ("", "NAME: Bela\nNOMINATE b.ondo@douanes.example\n", []),
        ("", "NOMINATE b.ondo@douanes.example\nNOM : Bela\n", [Request(Word.NOMINATE, "b.ondo@douanes.example", (("NOM", "Bela"),))]),
        ("", "NOMINATE b.ondo@douanes.example\ncountry: GA\n",
         [Request(Word.NOMINATE, "b.ondo@douanes.example", (("COUNTRY", "GA"),))]),
        ("", "NOMINATE a@b.example\nNAME: Awa\n\nDe : WEN Relay\nEnvoyé : lundi\nObjet : Réponse\n",
         [Request(Word.NOMINATE, "a@b.example", (("NAME", "Awa"),))]),
        ("", "Bonjour,\n\nHELP\n", [Request(Word.HELP)]),
        ("", "Chers collègues du réseau,\nPEOPLE\n", [Request(Word.PEOPLE)]),
        ("", "Please don't stop,\nSTOP\n", []),
        ("", "Bonjour,\nHello,\nSTOP\n", []),
        ("", "GONE Awa Mbarga <Awa@douanes.example>\nGONE: o'ondo@police.example.\nGONE c@d.example<mailto:c@d.example>\n",
         [Request(Word.GONE, "awa@douanes.example"), Request(Word.GONE, "o'ondo@police.example"), Request(Word.GONE, "c@d.example")]),
        ("", "GONE a@b.example <c@d.example>\n", []),
        ("Re: To confirm: M-000042", "OUI\n", [Request(Word.YES, "M-000042")]),
        ("RE: Por confirmar: M-000042", "Sí.\n", [Request(Word.YES, "M-000042")]),
        ("", "sim M-000042\n", [Request(Word.YES, "M-000042")]),
        ("Re: M-000042", "Boa tarde,\nNa\u0303o!\n", [Request(Word.NO, "M-000042")]),
        ("Re: M-000042", "Oui, mais\n", []),
        ("", "J’accepte\n", [Request(Word.ACCEPT)]),
    ],
)  # fmt: skip
def test_a_message_asks_for_what_its_first_lines_say(subject, text, expected):
    assert list(read_requests(subject, text).requests) == expected


@pytest.mark.parametrize(
    ("subject", "text", "accepts"),
    [
        ("Re: Invitation", "ACCEPT\n\n> Dear Bela,\n", True),
        ("Re: Invitation", "\n  J’accepte.\n", True),
        ("accept", "", True),
        ("Re: Invitation", "Bonjour,\nJ'accepte\n", True),
        ("Re: Invitation", "Accepté", True),
        ("Re: Invitation", "Dear Chief,\n\nI accept.\n", True),
        ("Re: Invitation", "Not today,\nACCEPT\n", None),
        ("Re: Invitation", "No,\nACCEPT\n", None),
        ("Re: Invitation", "DECLINE", False),
        ("Re: Invitation", "I do not ACCEPT", None),
        ("Re: Invitation", "> ACCEPT", None),
        ("Re: Invitation", "I am away until Monday.\nACCEPT\n", None),
        ("Re: Invitation", "", None),
    ],
)
def test_a_nominee_accepts_by_a_word_that_stands_alone_on_the_first_line(subject, text, accepts):
    assert read_acceptance(subject, text) is accepts


@pytest.mark.parametrize(
    ("subject", "text", "yes"),
    [
        ("Re: Did you send this? C-000001", "YES\n\n> Dear Ana,\n> NO\n", True),
        ("Re: Did you send this? C-000001", "\n oui. \n", True),
        ("RE: ¿Ha enviado usted esto? C-000001", "Sí", True),
        ("Re: Foi você que enviou isto? C-000001", "Sim!", True),
        ("yes", "", True),
        ("Re: Did you send this? C-000001", "YES C-000001.", True),
        ("Re: Did you send this? C-000001", "spill c-000001", False),
        ("Re: Did you send this? C-000001", "SPILL C-000001", False),
        ("Re: Did you send this? C-000001", "NO", False),
        ("Re: Did you send this? C-000001", "Não", False),
        ("Re: Did you send this? C-000001", "SPILL", False),
        ("no", "YES", None),
        ("Re: Did you send this? C-000001", "Yes, I did", None),
        ("Re: Did you send this? C-000001", "> YES", None),
        ("Re: Did you send this? C-000001", "I am away.\nYES\n", None),
        ("Re: Did you send this? C-000001", "", None),
    ],
)
def test_a_question_is_answered_by_a_word_that_stands_alone_on_the_first_line(subject, text, yes):
    assert read_yes_or_no(subject, text) is yes


def test_one_message_asks_for_so_much_and_no_more():
    text = "".join(f"WITHDRAW CAFR-2026-{number:06}\n" for number in range(20))
    assert len(read_requests("", text).requests) == REQUESTS


def test_a_whole_country_can_be_cleared_up_in_one_message():
    gone = [f"GONE a{number}@douanes.example" for number in range(DEPARTURES)]
    asked = read_requests("", "\n".join([*gone, "ATTEST CM", ""]))
    assert [one.word for one in asked.requests] == [Word.GONE] * DEPARTURES + [Word.ATTEST]
    assert asked.unread == 0
    more = read_requests("", "\n".join(["", *gone, "GONE more@douanes.example", "ATTEST CM"]))
    assert (len(more.requests), more.unread) == (DEPARTURES, DEPARTURES + 2)


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("HELP\nThank you\nSTOP\n", 2),
        ("Bonjour,\n\nGONE a@b.example\nGONE Awa a@b.example\nATTEST\n", 4),
        ("HELP\n\n> STOP\n", 0),
        ("HELP\n\nOn Monday the relay wrote:\n> STOP\n", 0),
        ("HELP\n-- \nAna\n", 0),
        ("NOMINATE a@b.example\nNAME: Awa\n\nDe : WEN Relay\nEnvoyé : lundi\nObjet : Réponse\n", 0),
        ("HELP\nHELP\n", 0),
        ("HELP\n" * 500 + "STOP", 121),
    ],
)
def test_what_was_not_read_is_known_by_its_line(text, unread):
    assert read_requests("", text).unread == unread


def test_reports_of_spills_are_read_first_and_all_of_them():
    others = "".join(f"WITHDRAW CAFR-2026-{number:06}\n" for number in range(6))
    reports = "".join(f"SPILL CAFR-2026-{number:06}\n" for number in range(8))
    read = read_requests("", others + reports).requests
    assert [one.word for one in read] == [Word.SPILL] * 8 + [Word.WITHDRAW] * REQUESTS
    assert read[0].argument == "CAFR-2026-000000"


@given(st.text(), st.text())
def test_no_message_is_too_strange_to_be_read(subject, text):
    for request in read_requests(subject, text).requests:
        assert request.argument.isascii()
        assert len(request.argument) <= 254


@pytest.mark.parametrize("text", ["re{}x", "{}x y z", "HELP{}x y", "re:{}re{}x"])
def test_a_long_run_of_spaces_takes_no_time(text):
    spaces = " " * 90_000
    assert read_requests(text.replace("{}", spaces), "").requests == ()
    assert read_requests("", text.replace("{}", spaces * 10)).requests == ()


@pytest.mark.parametrize(
    ("subject", "text", "found"),
    [
        ("", "CONTACTS CM\n", [Request(Word.CONTACTS, "CM")]),
        ("contacts kenya", "", [Request(Word.CONTACTS, "KENYA")]),
        ("", "CONTACTS\n", [Request(Word.CONTACTS)]),
        ("Re: Please confirm: CM-2026-2-7F3A9C01", "CORRECT\n", [Request(Word.CORRECT, "CM-2026-2-7F3A9C01")]),
        ("", "correct cm-2026-2-7f3a9c01\n", [Request(Word.CORRECT, "CM-2026-2-7F3A9C01")]),
        ("", "CORRECT\n", []),
        ("", "CORRECT CAFR-2026-000123\n", []),
        ("Re: CM-2026-2-7F3A9C01", "NO\n", []),
        ("Re: CM-2026-2-7F3A9C01", "WITHDRAW\n", []),
    ],
)
def test_doors_are_asked_for_by_country_and_confirmed_by_their_letters_reference(subject, text, found):
    assert list(read_requests(subject, text).requests) == found


def test_a_list_is_stopped_by_its_name_alone():
    assert read_requests("", "STOP-LIST central-africa").requests == (Request(Word.STOP_LIST, "central-africa"),)
    assert read_requests("RESUME-LIST Central-Africa", "").requests == (Request(Word.RESUME_LIST, "central-africa"),)
    assert read_requests("", "STOP-LIST").requests == (Request(Word.STOP_LIST),)  # to be told what is missing
    assert read_requests("", "STOP").requests == (Request(Word.STOP),)
