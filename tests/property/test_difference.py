"""Promises of a file that is the whole truth: nobody gains by one person's word, the scope is kept, and what was done differs no more."""

from dataclasses import replace
from datetime import date
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from relay.errors import Invalid
from relay.mail.address import Address
from relay.roster.difference import Known, Standing, compare, judge_removals, judge_vouchers
from relay.roster.member import AgencyType, Member, MemberState, Role
from relay.roster.nomination import Nomination
from relay.roster.person import to_cells
from relay.roster.roll import Row
from relay.roster.scope import Scope

TODAY = date(2026, 11, 26)
KNOWN = Known(lists=frozenset({"a", "b"}), countries=frozenset({"CM", "GA"}), languages=frozenset({"en", "fr"}))
LOCALS = ("ana", "bela", "cleo", "dora", "eva")
ROLES = st.frozensets(st.sampled_from([Role.MEMBER, Role.MODERATOR, Role.FOCAL_POINT, Role.ADMIN]))


def address(local):
    return Address(local=local, domain="customs.example")


@st.composite
def standings(draw):
    people = draw(st.lists(st.sampled_from(LOCALS), unique=True, min_size=2))
    return tuple(draw(standing(local)) for local in people)


@st.composite
def standing(draw, local):
    member = Member(
        id=local, address=address(local), name=local.title(), agency=draw(st.sampled_from(["Customs", "Parks"])),
        agency_type=draw(st.sampled_from([AgencyType.CUSTOMS, AgencyType.NGO])), country=draw(st.sampled_from(["CM", "GA"])), language="en",
        roles=draw(ROLES), state=draw(st.sampled_from([MemberState.ACTIVE, MemberState.ACTIVE, MemberState.SUSPENDED])),
        lists=draw(st.frozensets(st.sampled_from(["a", "b"]))),
    )  # fmt: skip
    nomination = Nomination(
        address=member.address, name=member.name, agency=member.agency, agency_type=member.agency_type, country=member.country,
        language="en", roles=member.roles, lists=member.lists, nominated_by=address("one"), confirmed_by=address("two"),
    )  # fmt: skip
    return Standing(member=member, nomination=nomination)


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Ana", "Other"]),
        "agency": st.sampled_from(["Customs", "parks", "Police"]),
        "agency_type": st.sampled_from(["customs", "ngo"]),
        "country": st.sampled_from(["CM", "GA"]),
        "language": st.sampled_from(["en", "fr"]),
        "lists": st.sampled_from(["", "a", "a;b", "b;a"]),
        "role": st.sampled_from(["member", "member;admin", "moderator", "focal-point;member"]),
        "nominated_by": st.sampled_from(["", *(f"{local}@customs.example" for local in LOCALS)]),
        "confirmed_by": st.sampled_from(["", *(f"{local}@customs.example" for local in LOCALS)]),
    },
)


@st.composite
def files(draw):
    """Who is on record, and a file about some of them that changes anything."""
    everyone = draw(standings())
    kept = draw(st.lists(st.sampled_from(everyone), unique_by=lambda one: one.member.id, min_size=1))
    rows = [
        Row(line=line, cells=to_cells(one.member, one.nomination) | draw(CHANGES))
        for line, one in enumerate(kept, start=2)
    ]
    return everyone, rows


SCOPES = st.sampled_from([Scope(), Scope(country="CM"), Scope(agency="customs"), Scope(country="GA", agency="Parks")])


def judged(everyone, rows, scope):
    """What the file changes, if it is let."""
    try:
        found = compare(everyone, rows, scope, KNOWN, TODAY)
        judge_vouchers(found, everyone, found.missing, TODAY)
    except Invalid:
        return None
    return found


def gains(change):
    before, after = change.before, change.after
    moved = (before.country, before.agency, before.agency_type) != (after.country, after.agency, after.agency_type)
    return moved or after.lists - before.lists or after.roles - before.roles


@given(files(), SCOPES)
def test_whoever_gains_has_two_who_may_vouch_and_gain_nothing_themselves(file, scope):
    everyone, rows = file
    found = judged(everyone, rows, scope)
    if found is None:
        return
    members = {one.member.address: one.member for one in everyone}
    gaining = {change.before.address for change in found.changed if gains(change)}
    going = {member.address for member in found.missing}
    for change in found.changed:
        assert bool(change.vouchers) == bool(gains(change))
        for voucher, other in permutations(change.vouchers or (), 2):
            assert len({voucher, other, change.before.address}) == 3
            assert members[voucher].may_vouch_for(change.after.country, TODAY)
            assert voucher not in gaining | going


@given(files(), SCOPES)
def test_a_file_reaches_nobody_outside_of_its_scope(file, scope):
    everyone, rows = file
    found = judged(everyone, rows, scope)
    if found is None:
        return
    inside = {one.member.id for one in everyone if scope.includes(one.member)}
    assert {change.before.id for change in found.changed} | {member.id for member in found.missing} <= inside
    assert all(scope.includes(change.after) for change in found.changed)


@given(files(), SCOPES)
def test_what_was_done_differs_no_more(file, scope):
    everyone, rows = file
    found = judged(everyone, rows, scope)
    if found is None:
        return
    after = {change.before.id: change for change in found.changed}
    present = []
    for one in everyone:
        change = after.get(one.member.id)
        if change is None:
            present.append(one)
            continue
        nominated_by, confirmed_by = change.vouchers or (one.nomination.nominated_by, one.nomination.confirmed_by)
        vouched = replace(one.nomination, nominated_by=nominated_by, confirmed_by=confirmed_by)
        present.append(Standing(member=change.after, nomination=vouched))
    again = compare(present, rows, scope, KNOWN, TODAY)
    assert again.changed == ()
    assert [member.id for member in again.missing] == [member.id for member in found.missing]


@given(files(), SCOPES, st.none() | st.integers(0, 6))
def test_more_than_a_few_never_go_unless_their_number_is_named(file, scope, named):
    everyone, rows = file
    found = judged(everyone, rows, scope)
    if found is None or judge_removals(found, named):
        return
    count = len(found.missing)
    assert named == count or count <= 1 or (count <= 5 and count * 5 <= found.scope_size)
