"""Who was a member when, by the log of every node: told again from its entries, it ends where the tables are."""

import contextlib
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.delivery.delivery import Kind
from relay.errors import RelayError
from relay.mail.address import Address
from relay.roster.difference import Change
from relay.roster.member import AgencyType, MemberState, Role
from relay.roster.nomination import Nomination
from relay.store import attestations, history, members, retention, roll, vetting, wishes
from tests.integration.store.conftest import LISTS, START

NODES = ("node-1", "node-2")
ACTS = (
    "suspend", "reinstate", "renew", "remove", "leave", "dispute", "change", "sleep", "attest", "add", "nominate", "answer", "confirm", "decline", "lapse",
)  # fmt: skip
LISTED = st.sets(st.sampled_from(LISTS)).map(frozenset)
_NUMBERS = count()
_CLOCK = [START]  # goes on from one registry to the next, since they share a log


class Registry:
    """One relay whose people are changed by the store's own functions, by turns on two nodes, a minute between each."""

    def __init__(self, world):
        self.world, self.round = world, next(_NUMBERS)
        self.chiefs = [
            self.enter(f"chief{number}", frozenset(LISTS), roles={Role.MEMBER, Role.ADMIN}) for number in range(2)
        ]

    @property
    def now(self):
        return _CLOCK[0]

    def wait(self, time):
        _CLOCK[0] += time

    def address(self, name):
        return Address(local=f"{name}-{self.round}", domain="customs.example")

    def nomination(self, name, on, **changes):
        usual = Nomination(
            address=self.address(name), name=name, agency="Customs", agency_type=AgencyType.CUSTOMS, country="CM", language="fr",
            roles=frozenset({Role.MEMBER}), lists=on, nominated_by=self.address("chief0"), confirmed_by=self.address("chief1"),
        )  # fmt: skip
        return replace(usual, **changes)

    def enter(self, name, on, roles=frozenset({Role.MEMBER})):
        self.write(members.add, self.nomination(name, on, roles=frozenset(roles)), operator="root")
        return self.find(name)

    def find(self, name):
        with self.world.database.read() as connection:
            return members.find(connection, self.address(name))

    def write(self, function, *arguments, **facts):
        """Do it, as the next of the two nodes; what the present state forbids is no matter."""
        self.wait(timedelta(minutes=1))
        node = NODES[self.now.minute % 2]
        with contextlib.suppress(RelayError):
            self.world.database.write(lambda connection: function(connection, node, *arguments, now=self.now, **facts))

    def do(self, act, name, on, day):
        address, member, by_root = self.address(name), self.find(name), {"operator": "root"}
        match act:
            case "add":
                self.write(members.add, self.nomination(name, on, valid_until=day), **by_root)
            case "nominate":
                self.write(vetting.nominate, self.nomination(name, on, confirmed_by=None), **by_root)
            case "suspend":
                self.write(members.suspend, address, reason="on leave", **by_root)
            case "reinstate":
                self.write(members.reinstate, address, by=self.chiefs[0], **by_root)
            case "renew":
                self.write(members.renew, address, valid_until=day, **by_root)
            case "remove":
                self.write(members.remove, address, **by_root)
            case "lapse" if day is None:
                self.wait(timedelta(days=31))
                self.write(vetting.lapse)
            case _ if member is not None:
                self.do_to(act, member, on, day)

    def do_to(self, act, member, on, day):
        match act:
            case "leave":
                for name in sorted(on):
                    self.write(wishes.leave, member, name)
            case "dispute":
                self.write(wishes.object_to, self.chiefs[1], self.letter(Kind.NOMINATION, member))
            case "answer":
                self.write(vetting.answer, self.letter(Kind.INVITATION, member), member.address)
            case "decline":
                self.write(vetting.decline, self.letter(Kind.INVITATION, member), member.address)
            case "confirm":
                self.write(vetting.confirm, member, self.chiefs[1], operator="root")
            case "attest":
                self.write(attestations.attest, [member], self.chiefs[0], operator="root")
            case "sleep":
                self.sleep()
            case "change" if member.state is MemberState.ACTIVE:
                after = replace(
                    member, lists=on, valid_until=day, country="GA", roles=frozenset({Role.MEMBER, Role.EXPERT})
                )
                columns = dict.fromkeys(("lists", "valid_until", "country", "role"), ("", ""))
                self.write(
                    roll.change_member, Change(line=2, before=member, after=after, columns=columns), operator="root"
                )

    def sleep(self):
        """Let everybody fall dormant, and wake those who vouch."""
        self.wait(timedelta(days=3))
        self.write(attestations.ask, timedelta(days=1))
        for chief in self.chiefs:
            self.write(members.renew, chief.address, valid_until=None, operator="root")

    def letter(self, kind, member):
        query = "SELECT max(id) FROM deliveries WHERE kind = :kind AND about_id = :about"
        [[number]] = self.world.rows(query, kind=kind.value, about=member.id)
        return number or 0

    def told(self, moment=None):
        with self.world.database.read() as connection:
            return history.at(connection, moment)

    def in_tables(self):
        with self.world.database.read() as connection:
            return members.list_members(connection)


def as_told(member):
    return (member.state, member.lists, member.roles, member.country, member.agency_type, member.valid_until)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACTS),
            st.sampled_from(["ama", "bela", "cleo"]),
            LISTED,
            st.none() | st.dates(date(2027, 1, 1), date(2029, 1, 1)),
        ),
        max_size=25,
    )
)
def test_the_log_told_again_ends_where_the_tables_are(world, acts):
    registry = Registry(world)
    registry.enter("ama", frozenset({"central-africa"}))
    for act in acts:
        registry.do(*act)
    told = registry.told()
    assert {one.id: as_told(told[one.id]) for one in registry.in_tables()} == {
        one.id: as_told(one) for one in registry.in_tables()
    }


def test_every_act_leaves_its_trace_in_the_log(world):
    registry = Registry(world)
    everything = frozenset(LISTS)
    steps = {
        "add": MemberState.ACTIVE, "sleep": MemberState.DORMANT, "attest": MemberState.ACTIVE, "dispute": MemberState.SUSPENDED,
        "reinstate": MemberState.ACTIVE, "change": MemberState.ACTIVE, "suspend": MemberState.SUSPENDED, "remove": MemberState.LEFT,
        "nominate": MemberState.NOMINATED, "answer": MemberState.NOMINATED, "confirm": MemberState.ACTIVE,
    }  # fmt: skip
    moments = []
    for act, state in steps.items():
        registry.do(act, "dora", everything, None)
        member = registry.find("dora")
        assert (act, member.state) == (act, state)
        moments.append((registry.now, state))
    assert [registry.told(moment)[member.id].state for moment, _ in moments] == [state for _, state in moments]


def test_a_dormant_members_nomination_is_disputed_like_any(world):
    registry = Registry(world)
    registry.do("add", "dora", frozenset(LISTS), None)
    registry.do("sleep", "dora", frozenset(), None)
    registry.do("dispute", "dora", frozenset(), None)
    assert registry.find("dora").state is MemberState.SUSPENDED


def test_who_became_a_pseudonym_is_told_like_all_others(world):
    registry = Registry(world)
    ama = registry.enter("ama", frozenset({"savanna"}))
    there = registry.now
    registry.do("remove", "ama", frozenset(), None)
    registry.wait(timedelta(days=800))
    registry.write(retention.replace_names, registry.now - timedelta(days=1))
    assert registry.find("ama") is None
    assert (registry.told(there)[ama.id].state, registry.told(there)[ama.id].lists) == (MemberState.ACTIVE, {"savanna"})
    assert registry.told()[ama.id].state is MemberState.LEFT
