"""The processes that serve a relay know of each other, and one of them leads."""

from datetime import timedelta

import pytest

from relay.errors import Superseded, Unavailable
from relay.store import nodes
from relay.store.engine import Database
from tests.integration.store.conftest import START

SECOND = timedelta(seconds=1)
GONE = START + nodes.SILENT + SECOND


def run(node="node-1", boot="a", place="here:/data", roles=("jobs", "smtp")):
    return nodes.Run(node=node, roles=roles, boot=boot, place=place, version="1.0")


def write(world, call, *words):
    return world.database.write(lambda connection: call(connection, *words))


def listed(world):
    with world.database.read() as connection:
        return nodes.list_processes(connection)


def test_who_serves_is_listed_with_the_last_sign_of_life_until_it_takes_leave(world):
    write(world, nodes.enter, run(), START)
    write(world, nodes.enter, run("node-2", roles=["web"]), START)
    assert write(world, nodes.sign, run(), START + SECOND)
    seen = [(one.node, one.role, one.since, one.seen_at) for one in listed(world)]
    later = START + SECOND
    assert seen == [
        ("node-1", "jobs", START, later),
        ("node-1", "smtp", START, later),
        ("node-2", "web", START, START),
    ]
    assert [one.is_silent(GONE) for one in listed(world)] == [False, False, True]
    write(world, nodes.leave, run())
    assert [one.node for one in listed(world)] == ["node-2"]


def test_a_node_that_was_killed_starts_again_at_once_in_its_own_place_and_its_old_run_is_told_to_end(world):
    write(world, nodes.enter, run(boot="a"), START)
    write(world, nodes.enter, run(boot="b"), START)
    assert not write(world, nodes.sign, run(boot="a"), START)
    write(world, nodes.leave, run(boot="a"))
    assert write(world, nodes.sign, run(boot="b"), START)


def test_two_places_can_not_have_one_name_until_one_of_them_was_silent_for_long(world):
    write(world, nodes.enter, run(), START)
    elsewhere = run(boot="b", place="there:/data")
    with pytest.raises(Unavailable, match="runs in another place \\(here:/data\\)"):
        write(world, nodes.enter, elsewhere, START + nodes.SILENT)
    write(world, nodes.enter, elsewhere, GONE)
    assert not write(world, nodes.sign, run(), GONE)


def test_other_roles_of_a_node_may_run_in_another_place(world):
    write(world, nodes.enter, run(), START)
    write(world, nodes.enter, run(boot="b", place="there:/data", roles=["web"]), START)
    assert len(listed(world)) == 3


def test_one_leads_until_its_lease_has_run_out_and_each_change_of_hands_has_a_new_token(world):
    one, other = run(), run("node-2", "b")
    assert write(world, nodes.lead, one, START) == 1
    assert write(world, nodes.lead, other, START) is None
    assert write(world, nodes.lead, one, START + SECOND) == 1
    assert write(world, nodes.lead, other, START + nodes.SILENT) is None  # it was renewed a second later
    assert write(world, nodes.lead, other, GONE) == 2
    assert write(world, nodes.lead, one, GONE) is None
    assert write(world, nodes.lead, run(boot="anew"), GONE) is None


def test_a_node_that_was_killed_while_it_led_leads_again_at_once_under_another_token(world):
    assert write(world, nodes.lead, run(), START) == 1
    assert write(world, nodes.lead, run("node-11", "b"), START) is None
    assert write(world, nodes.lead, run(boot="b"), START) == 2
    with pytest.raises(Superseded):
        write(world, nodes.check, 1)


def test_who_steps_down_is_followed_at_once_and_leads_no_more_by_its_old_token(world):
    one, other = run(), run("node-2", "b")
    token = write(world, nodes.lead, one, START)
    write(world, nodes.step_down, token, START)
    with pytest.raises(Superseded):
        write(world, nodes.check, token)
    assert write(world, nodes.lead, other, START) == token + 2
    write(world, nodes.step_down, token, START)  # too late: it is another's
    write(world, nodes.check, token + 2)


def test_the_leader_is_listed_by_its_run(world):
    write(world, nodes.enter, run(), START)
    write(world, nodes.lead, run(), START)
    assert [(one.role, one.leads) for one in listed(world)] == [("jobs", True), ("smtp", False)]
    write(world, nodes.enter, run(boot="anew"), START)
    assert not any(one.leads for one in listed(world))


def test_who_ended_without_a_word_is_forgotten_after_a_month(world):
    write(world, nodes.enter, run(), START)
    assert write(world, nodes.forget, START + nodes.FORGOTTEN) == 0
    assert write(world, nodes.forget, START + nodes.FORGOTTEN + SECOND) == 2


def test_what_a_superseded_leader_writes_is_refused_in_the_same_transaction(world):
    token = write(world, nodes.lead, run(), START)
    guarded: Database = world.database.guarded(lambda connection: nodes.check(connection, token))
    guarded.write(lambda connection: nodes.enter(connection, run(), START))
    write(world, nodes.lead, run("node-2", "b"), GONE)
    with pytest.raises(Superseded):
        guarded.write(lambda connection: nodes.enter(connection, run("node-3"), START))
    assert {one.node for one in listed(world)} == {"node-1"}
    with guarded.read() as connection:  # it may look
        assert len(nodes.list_processes(connection)) == 2
    assert guarded.now() <= world.database.now()
    assert guarded.can_write
