"""Pinned certificates, gateways and signing keys in the database."""

import pytest

from relay.errors import Conflict, NotFound
from relay.mail.signature import RegisteredKey, SignatureMethod
from relay.roster.gateway import Gateway
from relay.store import certificates, members, signing_keys
from relay.store.certificates import Pin
from tests.integration.store.conftest import NODE, START

FIRST, SECOND = (Pin(pin=bytes([number]) * 32, expires_at=START) for number in (1, 2))
BY = {"operator": "root", "now": START}
KEY = RegisteredKey(fingerprint="ab12", method=SignatureMethod.OPENPGP, octets=b"key", expires_at=None)
GATEWAY = Gateway(
    name="mx.police.example", agency="Police", addresses=frozenset(), domains=frozenset({"police.example"})
)


def pin(world, member, one):
    world.database.write(lambda c: certificates.add_for_member(c, NODE, member.address, one, **BY))


def holder(world, one):
    with world.database.read() as connection:
        return certificates.holder_of(connection, one.pin)


def test_a_pin_stands_for_one_member_or_one_gateway(world):
    ama, bela = world.join("ama"), world.join("bela")
    pin(world, ama, FIRST)
    assert holder(world, FIRST) == ama
    assert holder(world, SECOND) is None
    for again in (ama, bela):
        with pytest.raises(Conflict, match="registered already"):
            pin(world, again, FIRST)
    with pytest.raises(Conflict, match="registered already"):
        world.database.write(lambda c: certificates.add_gateway(c, NODE, GATEWAY, [SECOND, FIRST], **BY))
    assert holder(world, SECOND) is None, "all of it or nothing"
    world.database.write(lambda c: certificates.add_gateway(c, NODE, GATEWAY, [SECOND], **BY))
    assert holder(world, SECOND) == GATEWAY
    with pytest.raises(Conflict, match="there is a gateway"):
        world.database.write(lambda c: certificates.add_gateway(c, NODE, GATEWAY, [], **BY))


def test_a_pin_is_taken_away_by_its_beginning_if_that_is_one_pins(world):
    ama = world.join("ama")
    other = Pin(pin=b"\1" * 31 + b"\2", expires_at=START)
    for one in (FIRST, other, SECOND):
        pin(world, ama, one)

    def remove(prefix):
        return world.database.write(lambda c: certificates.remove_from_member(c, NODE, ama.address, prefix, **BY))

    for prefix, words in (("01", "several"), ("ff", "no certificate")):
        with pytest.raises(NotFound, match=words):
            remove(prefix)
    assert remove("02") == SECOND
    with world.database.read() as connection:
        assert certificates.of_member(connection, ama.id) == (FIRST, other)


def test_a_gateway_that_is_removed_leaves_its_key_free(world):
    world.database.write(lambda c: certificates.add_gateway(c, NODE, GATEWAY, [FIRST], **BY))
    with world.database.read() as connection:
        assert certificates.list_gateways(connection) == (GATEWAY,)
        assert certificates.of_gateway(connection, GATEWAY.name) == (FIRST,)
    world.database.write(lambda c: certificates.remove_gateway(c, NODE, GATEWAY.name, **BY))
    assert holder(world, FIRST) is None
    with pytest.raises(NotFound):
        world.database.write(lambda c: certificates.remove_gateway(c, NODE, GATEWAY.name, **BY))
    pin(world, world.join("ama"), FIRST)


def test_what_is_signed_with_is_registered_once_and_taken_away_by_its_beginning(world):
    ama, bela = world.join("ama"), world.join("bela")
    world.database.write(lambda c: signing_keys.add(c, NODE, ama.address, KEY, **BY))
    for again in (ama, bela):
        with pytest.raises(Conflict):
            world.database.write(lambda c, again=again: signing_keys.add(c, NODE, again.address, KEY, **BY))
    with world.database.read() as connection:
        assert signing_keys.of_member(connection, ama.id) == (KEY,)
        assert signing_keys.of_member(connection, bela.id) == ()
    with pytest.raises(NotFound, match="nothing"):
        world.database.write(lambda c: signing_keys.remove(c, NODE, bela.address, "ab", **BY))
    assert world.database.write(lambda c: signing_keys.remove(c, NODE, ama.address, "AB", **BY)) == KEY


def test_who_leaves_is_known_by_nothing_any_more_and_gets_nothing_registered(world):
    ama = world.join("ama")
    pin(world, ama, FIRST)
    world.database.write(lambda c: signing_keys.add(c, NODE, ama.address, KEY, **BY))
    world.database.write(lambda c: members.remove(c, NODE, ama.address, operator="root", now=START))
    assert holder(world, FIRST) is None
    with world.database.read() as connection:
        assert signing_keys.of_member(connection, ama.id) == ()
    with pytest.raises(Conflict, match="no longer"):
        pin(world, ama, FIRST)
    with pytest.raises(Conflict, match="no longer"):
        world.database.write(lambda c: signing_keys.add(c, NODE, ama.address, KEY, **BY))
