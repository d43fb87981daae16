"""App passwords in the database."""

from relay.mail.scram import make_verifier, matches
from relay.store import credentials, members
from tests.integration.store.conftest import NODE, START

FIRST = make_verifier("first password", b"a" * 16, 4096)
SECOND = make_verifier("second password", b"b" * 16, 4096)


def issue(world, member, verifier):
    world.database.write(lambda c: credentials.add_password(c, NODE, member.id, verifier, START))


def stored(world, member):
    with world.database.read() as connection:
        return credentials.verifiers(connection, member.address.key)


def test_a_password_is_found_by_address_and_a_new_one_takes_its_place(world):
    ama, bela = world.join("ama"), world.join("bela")
    issue(world, ama, FIRST)
    assert stored(world, ama) == ((ama.id, FIRST),)
    issue(world, ama, SECOND)
    ((_, verifier),) = stored(world, ama)
    assert matches(verifier, "second password")
    assert not matches(verifier, "first password")
    assert stored(world, bela) == ()


def test_passwords_of_the_suspended_do_not_count_and_those_of_the_removed_are_gone(world):
    ama = world.join("ama")
    issue(world, ama, FIRST)
    write = world.database.write
    write(lambda c: members.suspend(c, NODE, ama.address, reason="x", operator="root", now=START))
    assert stored(world, ama) == ()
    write(lambda c: members.reinstate(c, NODE, ama.address, operator="root", now=START))
    assert stored(world, ama) == ((ama.id, FIRST),)
    write(lambda c: members.remove(c, NODE, ama.address, operator="root", now=START))
    world.join("ama")
    assert stored(world, ama) == ()


def test_the_last_use_is_noted_and_the_audit_log_holds_no_secret(world):
    ama = world.join("ama")
    issue(world, ama, FIRST)
    world.database.write(lambda c: credentials.touch(c, ama.id, START))
    assert world.rows("SELECT last_used_at IS NOT NULL FROM credentials") == [(1,)]
    assert world.rows("SELECT facts FROM audit WHERE event = 'password.issued'") == [(f'{{"member":"{ama.id}"}}',)]
