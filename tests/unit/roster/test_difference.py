"""A file as the whole truth of a scope: what differs, what needs to be vouched for, and when too many would go."""

from dataclasses import replace
from datetime import date

import pytest

from relay.errors import Invalid
from relay.mail.address import parse_address
from relay.roster.difference import Known, Standing, compare, judge_removals, judge_vouchers
from relay.roster.member import MemberState, Role
from relay.roster.nomination import Nomination
from relay.roster.person import to_cells
from relay.roster.roll import Row
from relay.roster.scope import Scope
from tests.builders import make_member

TODAY = date(2026, 11, 26)
KNOWN = Known(
    lists=frozenset({"central-africa", "species-id"}),
    countries=frozenset({"CM", "GA"}),
    languages=frozenset({"en", "fr"}),
)
EVERYTHING = Scope()


def standing(local, *, waived_on=None, **facts):
    facts = {"country": "CM", "agency": "Douanes", "language": "fr", "lists": frozenset({"central-africa"})} | facts
    member = replace(make_member(), id=local, address=address(local), name=local.title(), **facts)
    nomination = Nomination(
        address=member.address, name=member.name, agency=member.agency, agency_type=member.agency_type, country=member.country,
        language=member.language, roles=member.roles, lists=member.lists, nominated_by=address("minister"), confirmed_by=address("director"),
        valid_until=member.valid_until, waived_on=waived_on,
    )  # fmt: skip
    return Standing(member=member, nomination=nomination)


def address(local):
    found = parse_address(f"{local}@douanes.example")
    assert found
    return found


ANA, BELA = standing("ana"), standing("bela")
CHIEF = standing("chief", roles=frozenset({Role.MEMBER, Role.FOCAL_POINT}))
ADMIN = standing("admin", roles=frozenset({Role.ADMIN}))
ALL = (ANA, BELA, CHIEF, ADMIN)


def rows(*standings, **changes):
    """The file that says what is on record, but for what changes in the first line."""
    cells = [to_cells(one.member, one.nomination) for one in standings]
    return [Row(line=number, cells=one | (changes if number == 2 else {})) for number, one in enumerate(cells, start=2)]


def difference(*standings, scope=EVERYTHING, everyone=ALL, **changes):
    return compare(everyone, rows(*standings, **changes), scope, KNOWN, TODAY)


def refused(*standings, **changes):
    with pytest.raises(Invalid) as error:
        judge_vouchers(difference(*standings, **changes), ALL, (), TODAY)
    return str(error.value)


VOUCHED = {"nominated_by": "chief@douanes.example", "confirmed_by": "admin@douanes.example"}


def test_what_was_exported_differs_in_nothing():
    found = difference(*ALL)
    assert (found.added, found.changed, found.missing, found.scope_size) == ((), (), (), 4)


def test_a_change_names_each_column_with_old_and_new():
    [change] = difference(ANA, name="Ana  Maria", valid_until="2027-06-30").changed
    assert dict(change.columns) == {"name": ("Ana", "Ana Maria"), "valid_until": ("", "2027-06-30")}
    assert (change.after.valid_until, change.vouchers) == (date(2027, 6, 30), None)


def test_a_column_that_is_not_in_the_file_stays_as_it_is():
    cells = {
        name: cell
        for name, cell in to_cells(CHIEF.member, CHIEF.nomination).items()
        if name in {"address", "country", "agency"}
    }
    assert compare(ALL, [Row(line=2, cells=cells)], EVERYTHING, KNOWN, TODAY).changed == ()


def test_accents_written_apart_are_the_same_letters():
    jose = standing("jose", agency="Sécurité")
    assert compare([jose], rows(jose, agency="Se\u0301curite\u0301"), EVERYTHING, KNOWN, TODAY).changed == ()


def test_who_is_not_in_the_file_is_missing_and_who_is_new_is_added():
    new = standing("new")
    found = compare(ALL, rows(ANA, BELA, CHIEF, new), EVERYTHING, KNOWN, TODAY)
    assert [row.cells["address"] for row in found.added] == ["new@douanes.example"]
    assert found.missing == (ADMIN.member,)


@pytest.mark.parametrize(
    "gain",
    [
        {"role": "member;admin"},
        {"role": "member;moderator"},
        {"lists": "central-africa;species-id"},
        {"agency": "Police"},
        {"agency_type": "police"},
        {"country": "GA"},
    ],
)
def test_whoever_gains_something_needs_two_who_vouch_for_it(gain):
    assert "neither a focal point" in refused(ANA, **gain)  # those on record are no members
    assert "“nominated_by” is missing" in refused(ANA, **gain, nominated_by="")
    assert "two different people" in refused(ANA, **gain, **VOUCHED | {"confirmed_by": "CHIEF@douanes.example"})
    assert "themselves" in refused(ANA, **gain, **VOUCHED | {"confirmed_by": "ana@douanes.example"})
    by_bela = {"nominated_by": "admin@douanes.example", "confirmed_by": "bela@douanes.example"}
    assert "bela@douanes.example is neither a focal point" in refused(ANA, **gain, **by_bela)


def test_two_who_may_vouch_let_somebody_gain():
    found = difference(ANA, role="member;moderator", **VOUCHED)
    judge_vouchers(found, ALL, (), TODAY)
    [change] = found.changed
    assert [str(one) for one in change.vouchers or ()] == list(VOUCHED.values())


def test_a_focal_point_vouches_for_no_other_country():
    assert "chief@douanes.example is neither a focal point of GA" in refused(ANA, country="GA", **VOUCHED)


def test_who_gains_by_a_file_or_goes_by_it_vouches_for_nobody_in_it():
    both = [
        *rows(ANA, role="member;moderator", **VOUCHED),
        Row(
            line=3,
            cells=to_cells(CHIEF.member, CHIEF.nomination)
            | {"role": "member;focal-point;admin"}
            | VOUCHED
            | {"nominated_by": "admin@douanes.example", "confirmed_by": "other@douanes.example"},
        ),
    ]
    other = standing("other", roles=frozenset({Role.ADMIN}))
    found = compare((*ALL, other), both, EVERYTHING, KNOWN, TODAY)
    with pytest.raises(Invalid, match=r"line 2: chief@douanes.example can't vouch for others"):
        judge_vouchers(found, (*ALL, other), (), TODAY)
    found = difference(ANA, role="member;moderator", **VOUCHED)
    with pytest.raises(Invalid, match=r"admin@douanes.example can't vouch"):
        judge_vouchers(found, ALL, (ADMIN.member,), TODAY)


def test_a_suspended_voucher_vouches_for_nobody():
    everyone = (ANA, CHIEF, standing("admin", roles=frozenset({Role.ADMIN}), state=MemberState.SUSPENDED))
    found = compare(everyone, rows(ANA, role="member;moderator", **VOUCHED), EVERYTHING, KNOWN, TODAY)
    with pytest.raises(Invalid, match=r"admin@douanes.example is neither"):
        judge_vouchers(found, everyone, (), TODAY)


@pytest.mark.parametrize("loss", [{"role": "member"}, {"lists": ""}])
def test_nobody_vouches_for_what_somebody_loses(loss):
    chief = standing("chief", roles=frozenset({Role.MEMBER, Role.FOCAL_POINT, Role.MODERATOR}))
    [change] = compare([chief], rows(chief, **loss), EVERYTHING, KNOWN, TODAY).changed
    assert change.vouchers is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nominated_by": "other@douanes.example"}, "was vouched for by others"),
        ({"name": "Ana M", "confirmed_by": "other@douanes.example"}, "was vouched for by others"),
        ({"state": "suspended"}, "is active, not suspended"),
        ({"country": "XX"} | VOUCHED, "“XX” is not an ISO 3166 country code"),
        ({"language": "de"}, "“de” is not a language of the notices"),
        ({"lists": "nowhere"} | VOUCHED, "“nowhere” is not an active list here"),
        ({"role": "king"} | VOUCHED, "“king” is not a role"),
        ({"agency_type": "spy"} | VOUCHED, "“spy” is not an agency type"),
        ({"valid_until": "2020-01-01"}, "is over already"),
        ({"valid_until": "soon"}, "is not a day"),
        ({"name": " "}, "needs a name"),
        ({"name": "a\u202eb"}, "must each be one line"),
        ({"free_mail_waiver": "2026-11-01"} | VOUCHED, "needs no waiver"),
    ],
)
def test_a_line_that_says_what_can_not_be_is_named(changes, words):
    sentence = refused(ANA, **changes)
    assert sentence.startswith("line 2: ")
    assert words in sentence


def test_what_stays_as_it_was_is_not_judged_again():
    old = standing(
        "old", country="", lists=frozenset({"closed"}), valid_until=date(2020, 1, 1), agency="Administration"
    )
    assert compare([old], rows(old), EVERYTHING, KNOWN, TODAY).changed == ()
    assert len(compare([old], rows(old, language="en"), EVERYTHING, KNOWN, TODAY).changed) == 1


def test_somebody_twice_in_a_file_is_named_whatever_the_case():
    both = [*rows(ANA), Row(line=3, cells=to_cells(ANA.member, ANA.nomination) | {"address": "ANA@Douanes.example"})]
    with pytest.raises(Invalid, match=r"line 3: ana@douanes.example stands on line 2 already"):
        compare(ALL, both, EVERYTHING, KNOWN, TODAY)


def test_a_file_reaches_nobody_outside_of_its_scope():
    jean = standing("jean", country="GA")
    found = compare((*ALL, jean), rows(*ALL), Scope(country="CM"), KNOWN, TODAY)
    assert (found.missing, found.scope_size) == ((), 4)
    for line in (
        rows(jean),
        rows(jean, country="CM"),
        rows(ANA, country="GA", **VOUCHED),
        rows(standing("new", country="GA")),
    ):
        with pytest.raises(Invalid, match="outside of CM"):
            compare((*ALL, jean), line, Scope(country="CM"), KNOWN, TODAY)


def test_what_was_proposed_is_not_changed_before_it_is_confirmed():
    nominee = standing("new", state=MemberState.NOMINATED)
    with pytest.raises(Invalid, match="nominated only"):
        compare([nominee], rows(nominee, name="Other"), EVERYTHING, KNOWN, TODAY)


@pytest.mark.parametrize(
    ("missing", "of", "named", "allowed"),
    [
        (0, 0, None, True), (1, 1, None, True), (1, 8, None, True), (2, 8, None, False), (2, 10, None, True), (5, 25, None, True),
        (6, 100, None, False), (6, 100, 6, True), (6, 100, 7, False), (6, 100, 5, False), (50, 50, 50, True), (1, 100, 2, False),
    ],
)  # fmt: skip
def test_a_file_that_was_cut_off_expels_no_region(missing, of, named, allowed):
    people = tuple(standing(f"p{number}") for number in range(of))
    found = compare(people, rows(*people[missing:]), EVERYTHING, KNOWN, TODAY)
    assert (judge_removals(found, named) == "") is allowed
