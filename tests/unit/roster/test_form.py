"""Which lines of a nomination by mail can't be taken."""

from datetime import date

import pytest

from relay.roster.form import missing_lines, wrong_lines

ROW = {
    "address": "bela@eaux-forets.example",
    "name": "Bela Ondo",
    "agency": "Eaux et Forêts",
    "agency_type": "ranger",
    "country": "CM",
    "language": "fr",
    "lists": "central-africa",
    "nominated_by": "chief@douanes.example",
    "valid_until": "",
    "free_mail_waiver": "",
}


def wrong(**changes):
    known = {"known_lists": {"central-africa"}, "known_countries": {"CM"}, "languages": {"en", "fr"}}
    return wrong_lines(ROW | changes, **known, today=date(2026, 11, 26))


def test_a_right_form_has_no_wrong_line():
    assert wrong() == ()
    assert wrong(address="bela@gmail.com", free_mail_waiver="2026-11-26") == ()


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"address": "bela@"}, ("ADDRESS",)),
        ({"address": "chief@douanes.example"}, ("ADDRESS",)),
        ({"address": "bela@gmail.com"}, ("WAIVER",)),
        ({"address": "bela@gmail.com", "free_mail_waiver": "2027-01-15"}, ("WAIVER",)),
        ({"address": "bela@gmail.com", "free_mail_waiver": "2020-01-15"}, ("WAIVER",)),
        ({"free_mail_waiver": "yes"}, ("WAIVER",)),
        ({"name": "Bela\x07"}, ("NAME",)),
        ({"agency": "Eaux\x07"}, ("AGENCY",)),
        ({"agency_type": "douane", "language": "de"}, ("TYPE", "LANGUAGE")),
        ({"country": "Gabon"}, ("COUNTRY",)),
        ({"lists": "central-africa;elsewhere"}, ("LISTS",)),
        ({"lists": ""}, ("LISTS",)),
        ({"valid_until": "soon"}, ("UNTIL",)),
        ({"valid_until": "2026-11-25"}, ("UNTIL",)),
    ],
)
def test_a_wrong_line_is_named(changes, lines):
    assert wrong(**changes) == lines


def test_what_is_missing_is_named_whole():
    assert missing_lines("", {"NAME": "Bela", "TYPE": ""}) == ("ADDRESS", "AGENCY", "TYPE")
    assert missing_lines("bela@eaux-forets.example", {"NAME": "B", "AGENCY": "E", "TYPE": "ranger"}) == ()
