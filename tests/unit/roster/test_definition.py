"""Lists as data: what is read, what is refused, and with which sentence."""

from dataclasses import replace
from datetime import date

import pytest

from relay.errors import ConfigurationError
from relay.mail.auth_results import Proof
from relay.mail.signature import SignatureMethod
from relay.roster.countries import COUNTRIES
from relay.roster.definition import judge_lists, read_list
from relay.roster.mailing_list import Tlp, Weekday
from relay.roster.member import AgencyType, Role

SMALLEST = """\
name = "lake-region"
title = "Lake Region"
tag = "LAKE"
active = true
languages = ["en"]
countries = ["KE", "UG"]
as_of = 2026-01-31
status = "unconfirmed"
source = "a meeting"
ceiling = "TLP:GREEN"
community = "its members"
footer = "For officials."
integrity_contact = "the secretariat"
"""


def read(text: str):
    return read_list(text, "lake-region.toml", "relay.example")


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    return str(caught.value)


def with_policy(line: str) -> str:
    return f"{SMALLEST}\n[policy]\n{line}\n"


def test_the_smallest_definition_gets_careful_defaults():
    one = read(SMALLEST)
    assert str(one.address) == "lake-region@relay.example"
    assert one.list_id == "lake-region.relay.example"
    assert one.default_marking is Tlp.GREEN
    assert (one.author_from, one.reply_to) == ("list", "author")
    assert one.roles == {Role.MEMBER}
    assert one.agency_types == {kind for kind in AgencyType if kind.is_official}
    assert (one.strict, one.require_marking, one.two_person_release, one.overrides) == (False, False, False, {})
    assert (one.weekend, one.holidays) == ({Weekday.SATURDAY, Weekday.SUNDAY}, frozenset())


def test_tls_all_the_way_is_for_lists_that_say_so_and_for_their_moderators_too():
    assert read(SMALLEST).tls == "site"
    strict = read(f'{SMALLEST}tls = "required"\n')
    assert (strict.tls, strict.owners.tls) == ("required", "required")


def test_a_list_wants_no_signature_unless_it_says_which():
    assert read(SMALLEST).second_proof == frozenset()
    assert read(SMALLEST + 'second_proof = ["smime"]\n').second_proof == {SignatureMethod.SMIME}
    assert ":14: second_proof: input should be 'smime'" in refusal(SMALLEST + 'second_proof = ["pgp"]\n')


def test_a_list_takes_logins_certificates_and_a_gateways_word_unless_it_names_its_own_proofs():
    assert read(SMALLEST).proofs == {Proof.AUTH, Proof.CERTIFICATE, Proof.GATEWAY}
    one = read(SMALLEST + 'proofs = ["dkim", "dmarc", "challenge"]\n')
    assert one.proofs == {Proof.DKIM, Proof.DMARC, Proof.CHALLENGE}
    assert one.owners.proofs == one.proofs


def test_a_list_that_takes_no_proof_or_an_unknown_one_is_refused():
    both = SMALLEST + 'proofs = ["auth", "challenge"]\nsecond_proof = ["smime"]\n'
    assert "exclude each other" in refusal(both)
    assert "proofs is empty: nobody could post" in refusal(SMALLEST + "proofs = []\n")
    assert ":14: proofs: input should be 'auth'" in refusal(SMALLEST + 'proofs = ["spf"]\n')


def test_a_list_says_on_which_days_its_moderators_do_not_work():
    one = read(SMALLEST + 'weekend = ["friday", "saturday"]\nholidays = [2026-12-25, 2027-01-01]\n')
    assert one.weekend == {Weekday.FRIDAY, Weekday.SATURDAY}
    assert one.holidays == {date(2026, 12, 25), date(2027, 1, 1)}
    assert read(SMALLEST + "weekend = []\n").weekend == frozenset()


def test_a_list_without_a_working_day_or_with_an_unknown_one_is_refused():
    every = '["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]'
    assert "weekend names every day" in refusal(f"{SMALLEST}weekend = {every}\n")
    assert "weekend" in refusal(f'{SMALLEST}weekend = ["funday"]\n')


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('name = "Lake"', "lower-case words"),
        ('name = "a-list-name-that-is-much-too-long"', "31 characters at most"),
        ('name = "alerts"', "the relay itself answers"),
        ('name = "lake-owner"', "the relay itself answers"),
        ('tag = "KE"', "can't be a tag"),
        ('tag = "Lake"', "can't be a tag"),
        ('tag = "ALERT"', "belongs to alerts@"),
        ('title = " "', "title is empty"),
        ('title = "two\\nlines"', "must be one line"),
        ('community = ""', "community is empty"),
        ("languages = []", "languages is empty"),
        ('languages = ["english"]', "“english” is not a two-letter language code"),
        ('countries = ["KE", "EU"]', "“EU” is not an ISO 3166 country code"),
        ('ceiling = "TLP:PURPLE"', "ceiling: "),
    ],
)
def test_a_wrong_value_is_answered_with_its_line(line, sentence):
    key = line.split(" ")[0]
    lines = [line if old.startswith(f"{key} ") else old for old in SMALLEST.splitlines()]
    said = refusal("\n".join(lines))
    assert sentence in said
    assert said.startswith(f"lake-region.toml:{lines.index(line) + 1}: ")


def test_a_default_marking_above_the_ceiling_is_refused():
    assert "above the list's ceiling TLP:GREEN" in refusal(f'{SMALLEST}default_marking = "TLP:AMBER"')
    assert read(f'{SMALLEST}default_marking = "TLP:CLEAR"').default_marking is Tlp.CLEAR


def test_a_misspelt_key_is_answered_with_the_nearest_right_one():
    assert "did you mean “reply_to”?" in refusal(f'{SMALLEST}replyto = "list"')
    assert "did you mean “agency_types”?" in refusal(f'{SMALLEST}[post]\nagency_type = ["police"]')


def test_from_is_written_as_people_say_it():
    assert read(f'{SMALLEST}from = "author"').author_from == "author"


def test_a_domain_that_makes_no_address_is_refused():
    with pytest.raises(ConfigurationError, match="is not a mail address"):
        read_list(SMALLEST, "lake-region.toml", "no_domain")


@pytest.mark.parametrize("code", ["H3", "H4", "H5", "H8", "H9"])
@pytest.mark.parametrize("verdict", ["relay", "hold", "withhold"])
def test_a_list_decides_these_codes_by_itself(code, verdict):
    assert read(with_policy(f'{code} = "{verdict}"')).overrides == {code: verdict}


@pytest.mark.parametrize("code", ["H2", "H6", "H7"])
def test_what_nobody_has_read_is_never_relayed(code):
    assert f"{code} can't be set to relay" in refusal(with_policy(f'{code} = "relay"'))
    assert read(with_policy(f'{code} = "withhold"')).overrides == {code: "withhold"}


@pytest.mark.parametrize("code", ["T1", "M1", "H1"])
@pytest.mark.parametrize("verdict", ["relay", "hold", "withhold"])
def test_no_list_changes_threats_classified_markings_or_unreadable_parts(code, verdict):
    line = f'{code} = "{verdict}"\napprovers = ["head of secretariat", "legal adviser"]'
    assert f"{code} can't be changed" in refusal(with_policy(line))


@pytest.mark.parametrize("code", ["N1", "N2", "O1", "O2", "O3"])
def test_a_withhold_code_is_weakened_only_by_two_people_and_only_to_hold(code):
    two = 'approvers = ["head of secretariat", "legal adviser"]'
    assert read(with_policy(f'{code} = "hold"\n{two}')).overrides == {code: "hold"}
    assert "two different people" in refusal(with_policy(f'{code} = "hold"'))
    assert "two different people" in refusal(
        with_policy(f'{code} = "hold"\napprovers = ["Legal adviser", " legal adviser"]')
    )
    assert "the most a list may do is hold" in refusal(with_policy(f'{code} = "relay"\n{two}'))
    assert read(with_policy(f'{code} = "withhold"')).overrides == {code: "withhold"}


def test_two_lists_never_share_a_name_or_a_tag():
    one = read(SMALLEST)
    assert "two lists are named “lake-region”" in judge_lists([one, one])
    assert "have the same tag LAKE" in judge_lists([one, replace(one, name="other")])
    assert judge_lists([one, replace(one, name="other", tag="OTHER")]) == ""


def test_the_countries_are_the_249_of_iso_3166():
    assert len(COUNTRIES) == 249
    assert {"CM", "VN", "TW", "SS"} <= COUNTRIES
    assert not COUNTRIES & {"EU", "UN", "XK", "ZZ"}
