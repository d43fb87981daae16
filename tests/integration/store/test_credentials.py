"""App passwords in the database: several for each member, found by address, ended one by one."""

import threading
from datetime import timedelta

import pytest

from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.mail.scram import MOST_PASSWORDS, make_verifier
from relay.roster.member import AgencyType, Role
from relay.roster.nomination import Nomination
from relay.store import credentials, members, vetting
from tests.integration.store.conftest import NODE, START

SALT = b"a" * 16
FIRST = make_verifier("first password", SALT, 4096)
SECOND = make_verifier("second password", SALT, 4096)


def issue(world, member, verifier, name="phone", now=START):
    world.database.write(lambda c: credentials.add_password(c, NODE, member, name, verifier, operator="root", now=now))


def revoke(world, member, name):
    world.database.write(
        lambda c: credentials.revoke_password(c, NODE, member.address, name, operator="root", now=START)
    )


def found_by(world, member, password):
    """The id of this password of a member; None when it is none."""
    with world.database.read() as connection:
        account = credentials.find_account(connection, member.address.key)
    found = account.by_password(password) if account else None
    return found.password_id if found else None


def names(world, member):
    with world.database.read() as connection:
        return [one.name for one in credentials.list_passwords(connection, member.id)]


def owner_of(world, password_id):
    with world.database.read() as connection:
        return credentials.owner_of(connection, password_id)


def test_several_passwords_of_a_member_are_found_by_address_and_told_apart(world):
    ama, bela = world.join("ama"), world.join("bela")
    issue(world, ama, FIRST, "phone")
    issue(world, ama, SECOND, "laptop")
    phone, laptop = found_by(world, ama, "first password"), found_by(world, ama, "second password")
    assert phone != laptop
    assert owner_of(world, phone) == owner_of(world, laptop) == (ama.id, None)
    assert found_by(world, ama, "third password") is None
    assert found_by(world, bela, "first password") is None
    assert names(world, ama) == ["laptop", "phone"]


def test_a_new_password_of_the_same_name_takes_the_place_of_the_old_one_and_is_another(world):
    ama = world.join("ama")
    issue(world, ama, FIRST)
    before = found_by(world, ama, "first password")
    issue(world, ama, SECOND)
    assert found_by(world, ama, "first password") is None
    assert owner_of(world, before) is None
    assert owner_of(world, found_by(world, ama, "second password")) == (ama.id, None)


def test_one_password_is_revoked_and_the_others_stay(world):
    ama = world.join("ama")
    issue(world, ama, FIRST, "phone")
    issue(world, ama, SECOND, "laptop")
    lost = found_by(world, ama, "first password")
    revoke(world, ama, "phone")
    assert found_by(world, ama, "first password") is None
    assert owner_of(world, lost) is None
    assert found_by(world, ama, "second password")
    with pytest.raises(NotFound):
        revoke(world, ama, "phone")


def test_ten_passwords_are_the_most_and_one_of_them_can_still_be_renewed(world):
    ama = world.join("ama")
    for number in range(MOST_PASSWORDS):
        issue(world, ama, FIRST, f"p-{number}")
    with pytest.raises(Conflict, match="password-revoke"):
        issue(world, ama, SECOND, "one-more")
    issue(world, ama, SECOND, "p-3")
    assert len(names(world, ama)) == MOST_PASSWORDS


def test_two_first_passwords_under_different_salts_never_stand_together(world):
    ama = world.join("ama")
    issue(world, ama, FIRST, "phone")
    with pytest.raises(Conflict, match="try again"):
        issue(world, ama, make_verifier("other", b"b" * 16, 4096), "laptop")
    with world.database.read() as connection:
        assert credentials.shared_salt(connection, ama.id) == (SALT, 4096)


def test_first_passwords_that_are_issued_at_once_leave_one_salt(world):
    ama = world.join("ama")
    together, refused = threading.Barrier(2), []

    def try_to(name, salt):
        verifier = make_verifier("any", salt, 4096)
        together.wait()
        try:
            issue(world, ama, verifier, name)
        except Conflict:
            refused.append(name)

    threads = [threading.Thread(target=try_to, args=(name, name.encode() * 8)) for name in ("aa", "bb")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == len(names(world, ama)) == 1


def test_passwords_of_the_removed_are_gone_and_who_left_gets_none(world):
    ama = world.join("ama")
    issue(world, ama, FIRST)
    world.database.write(lambda c: members.remove(c, NODE, ama.address, operator="root", now=START))
    with pytest.raises(Conflict, match="no longer a member"):
        issue(world, ama, FIRST)
    world.join("ama")
    assert found_by(world, ama, "first password") is None


def test_who_is_only_nominated_gets_no_password_that_could_outlive_a_rejection(world):
    nomination = Nomination(
        address=Address(local="nominee", domain="customs.example"),
        name="Nominee",
        agency="Customs of Cameroon",
        agency_type=AgencyType.CUSTOMS,
        country="CM",
        language="fr",
        roles=frozenset({Role.MEMBER}),
        lists=frozenset({"central-africa"}),
        nominated_by=Address(local="minister", domain="ministry.example"),
        confirmed_by=None,
    )
    nominee = world.database.write(lambda c: vetting.nominate(c, NODE, nomination, operator="root", now=START))
    with pytest.raises(Conflict, match="no member yet"):
        issue(world, nominee, FIRST)
    assert names(world, nominee) == []


def test_the_last_use_is_noted_and_the_audit_log_names_passwords_and_holds_no_secret(world):
    ama = world.join("ama")
    issue(world, ama, FIRST)
    password_id, later = found_by(world, ama, "first password"), START + timedelta(hours=3)
    world.database.write(lambda c: credentials.touch(c, password_id, later))
    assert owner_of(world, password_id) == (ama.id, later)
    with world.database.read() as connection:
        [one] = credentials.list_passwords(connection, ama.id)
    assert (one.name, one.created_at, one.last_used_at) == ("phone", START, later)
    revoke(world, ama, "phone")
    entries = world.rows("SELECT event, facts FROM audit WHERE event LIKE 'password.%' ORDER BY sequence")
    assert [event for event, _ in entries] == ["password.issued", "password.revoked"]
    assert {facts for _, facts in entries} == {f'{{"member":"{ama.id}","operator":"root","password":"phone"}}'}
