"""The keys' directory, and posts sealed with its keys."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from relay.errors import ConfigurationError, Unavailable
from relay.store.keys import are_current, create_keys, load_keys
from relay.store.renewal import renew_keys, rotate_vault
from relay.store.vault import Sealed, seal, unseal

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    directory = tmp_path_factory.mktemp("data") / "keys"
    create_keys(directory, NOW)
    return directory


@pytest.fixture
def directory(made, tmp_path):
    """A copy that a test may spoil."""
    copy = tmp_path / "keys"
    copy.mkdir()
    for path in made.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def test_every_key_is_made_for_this_user_alone(made):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()}
    assert set(modes) == {
        "audit.pem",
        "verp.key",
        "login.key",
        "vault-20261122T080000Z.key",
        "duplicates-2026-11-22.key",
        "dkim-rsa-r202611.pem",
        "dkim-ed25519-e202611.pem",
        "recovery.pub.pem",
    }
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert stat.S_IMODE((made.parent / "recovery.key").stat().st_mode) == 0o600


def test_the_keys_come_back_and_hide_themselves(made):
    keys = load_keys(made)
    assert list(keys.vault) == ["20261122T080000Z"]
    assert [len(key) for key in (*keys.vault.values(), *keys.duplicate, keys.verp)] == [32, 32, 32]
    rsa, ed25519 = keys.dkim
    assert (rsa.algorithm, rsa.selector, rsa.key.key_size) == ("rsa-sha256", "r202611", 2048)
    assert (ed25519.algorithm, ed25519.selector) == ("ed25519-sha256", "e202611")
    assert isinstance(rsa.key, RSAPrivateKey)
    assert isinstance(ed25519.key, Ed25519PrivateKey)
    private = load_pem_private_key((made.parent / "recovery.key").read_bytes(), None)
    assert private.public_key().public_bytes_raw() == keys.recovery.public_bytes_raw()
    assert repr(keys) == "Keys(hidden)"
    assert repr(rsa) == "DkimKey(rsa-sha256 r202611, hidden)"


def test_a_second_init_makes_only_what_is_missing(directory):
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert create_keys(directory, NOW + timedelta(days=90)) == ()
    (directory / "verp.key").unlink()
    assert create_keys(directory, NOW) == ("verp.key",)
    after = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"verp.key"}


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("audit.pem",) * 2, ("verp.key",) * 2, ("recovery.pub.pem",) * 2, ("vault-*.key",) * 2, ("dkim-rsa-*",) * 2],
)
def test_a_missing_key_is_named_with_what_to_do(directory, pattern, name):
    for path in directory.glob(pattern):
        path.unlink()
    with pytest.raises(ConfigurationError, match="put it back") as caught:
        load_keys(directory)
    assert name.removesuffix("*") in str(caught.value)


def test_a_key_that_can_not_be_read_is_named(directory):
    (directory / "verp.key").unlink()
    (directory / "verp.key").mkdir()
    with pytest.raises(ConfigurationError, match=r"verp\.key: this key can't be read"):
        load_keys(directory)


@pytest.mark.parametrize(
    "name", ["audit.pem", "verp.key", "vault-20261122T080000Z.key", "dkim-rsa-r202611.pem", "dkim-ed25519-e202611.pem"]
)
def test_a_damaged_key_is_named(directory, name):
    (directory / name).write_bytes(b"damaged")
    with pytest.raises(ConfigurationError, match=f"{name}: this key is damaged"):
        load_keys(directory)


def test_a_key_whose_public_half_does_not_verify_is_damaged(directory):
    path = directory / "dkim-rsa-r202611.pem"
    numbers = load_pem_private_key(path.read_bytes(), None).private_numbers()
    public = RSAPublicNumbers(65539, numbers.public_numbers.n)
    primes = (numbers.p, numbers.q, numbers.d, numbers.dmp1, numbers.dmq1, numbers.iqmp)
    spoilt = RSAPrivateNumbers(*primes, public).private_key(unsafe_skip_rsa_key_validation=True)
    path.write_bytes(spoilt.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigurationError, match=f"{path.name}: this key is damaged"):
        load_keys(directory)


def test_a_key_of_another_kind_is_no_key(directory):
    rsa, ed25519 = directory / "dkim-rsa-r202611.pem", directory / "dkim-ed25519-e202611.pem"
    public = (directory / "recovery.pub.pem").read_bytes()
    for name, octets in [
        ("recovery.pub.pem", Ed25519PrivateKey.generate().public_key()),
        ("audit.pem", rsa.read_bytes()),
        ("dkim-ed25519-e202611.pem", rsa.read_bytes()),
        ("dkim-rsa-r202611.pem", ed25519.read_bytes()),
    ]:
        kept = (directory / name).read_bytes()
        (directory / name).write_bytes(octets if isinstance(octets, bytes) else public_pem(octets))
        with pytest.raises(ConfigurationError, match="damaged or misnamed"):
            load_keys(directory)
        (directory / name).write_bytes(kept)
    assert (directory / "recovery.pub.pem").read_bytes() == public
    load_keys(directory)


def public_pem(key) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_vault_keys_are_renewed_each_week_and_the_old_ones_still_open(directory):
    sealed = seal(load_keys(directory), "uid", b"old post")
    assert renew_keys(directory, NOW + timedelta(days=7) - timedelta(seconds=1)) == ()
    assert renew_keys(directory, NOW + timedelta(days=7)) == ("vault-20261129T080000Z.key",)
    keys = load_keys(directory)
    assert list(keys.vault) == ["20261122T080000Z", "20261129T080000Z"]
    assert seal(keys, "uid", b"new post").key_id == "20261129T080000Z"
    assert unseal(keys, "uid", sealed) == b"old post"


def test_a_key_is_made_once_however_many_ask_for_it(directory):
    later = NOW + timedelta(days=30)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: renew_keys(directory, later), range(16)))
    assert sorted(name for names in made for name in names) == [
        "duplicates-2026-12-22.key",
        "vault-20261222T080000Z.key",
    ]
    assert not [path for path in directory.iterdir() if path.suffix == ".new"]


def test_a_process_notices_keys_that_another_has_made_and_opens_with_them_before_it_does(directory):
    keys = load_keys(directory)
    assert are_current(keys)
    assert rotate_vault(directory, NOW + timedelta(hours=1)) == ("vault-20261122T090000Z.key",)
    assert not are_current(keys)
    sealed = seal(load_keys(directory), "uid", b"tusks")
    assert sealed.key_id not in keys.vault
    assert unseal(keys, "uid", sealed) == b"tusks"


def test_nothing_is_sealed_under_a_key_that_is_gone(directory):
    keys = load_keys(directory)
    (directory / "vault-20261122T080000Z.key").unlink()
    with pytest.raises(Unavailable, match="is gone"):
        seal(keys, "uid", b"tusks")


def test_the_name_of_a_key_in_the_database_leads_to_no_other_file(directory):
    keys = load_keys(directory)
    (directory.parent / "x.key").write_bytes(keys.vault["20261122T080000Z"])
    with pytest.raises(Unavailable, match="put the key"):
        unseal(keys, "uid", replace(seal(keys, "uid", b"tusks"), key_id="/../../x"))


def test_duplicates_keys_come_every_thirty_days(directory):
    first = load_keys(directory).duplicate
    assert "duplicates-2026-12-21.key" not in renew_keys(directory, NOW + timedelta(days=29))
    assert "duplicates-2026-12-22.key" in renew_keys(directory, NOW + timedelta(days=30))
    second = load_keys(directory).duplicate
    assert second[1:] == first
    assert "duplicates-2027-01-21.key" in renew_keys(directory, NOW + timedelta(days=60))
    assert load_keys(directory).duplicate[1:] == second[:1]


def test_a_misnamed_duplicates_key_is_named(directory):
    (directory / "duplicates-yesterday.key").write_bytes(bytes(32))
    with pytest.raises(ConfigurationError, match="duplicates-yesterday"):
        renew_keys(directory, NOW)


def test_each_sealing_uses_a_key_of_its_own(made):
    keys = load_keys(made)
    one, two = seal(keys, "uid", b"same"), seal(keys, "uid", b"same")
    assert not {one.wrapped_key, one.nonce, one.content} & {two.wrapped_key, two.nonce, two.content}
    assert "nonce" not in repr(one)


def test_what_was_sealed_opens_in_its_own_place_only(made):
    keys = load_keys(made)
    sealed, other = seal(keys, "uid", b"tusks"), seal(keys, "other", b"scales")
    assert unseal(keys, "uid", sealed) == b"tusks"
    spoiled: list[tuple[str, Sealed]] = [
        ("other", sealed),
        ("uid", replace(sealed, content=sealed.content[:-1] + bytes([sealed.content[-1] ^ 1]))),
        ("uid", replace(sealed, wrapped_key=other.wrapped_key)),
        ("uid", replace(sealed, content=other.content, nonce=other.nonce)),
        ("uid", replace(sealed, nonce=b"")),
        ("uid", replace(sealed, wrapped_key=b"")),
    ]
    for uid, wrong in spoiled:
        with pytest.raises(Unavailable, match="does not match its seal"):
            unseal(keys, uid, wrong)


def test_a_post_whose_weeks_key_is_gone_stays_shut_and_says_which(directory):
    keys = load_keys(directory)
    sealed = seal(keys, "uid", b"tusks")
    (directory / "vault-20261122T080000Z.key").unlink()
    with pytest.raises(Unavailable, match=r"vault-20261122T080000Z\.key"):
        unseal(replace(keys, vault=MappingProxyType({})), "uid", sealed)
