"""Signatures verified in processes of their own, at chosen times; the walls around these processes."""

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import relay
from relay.actions.countersign import read_signing_key
from relay.errors import Invalid, Unavailable
from relay.mail.message import split_header
from relay.mail.signature import SignatureFault, SignatureMethod
from relay.scan import verify
from relay.scan.confine import CANNOT_RUN
from relay.scan.signed import read_signed
from relay.scan.verify import can_verify_smime, verify_signature
from tests.builders import address
from tests.certificates import make_identity
from tests.programs import need
from tests.signing import TEXT, Gpg, cms, header, opaque, pgp_mime, smime

ANA = "ana@douanes.example"
CONTENT = TEXT.encode()


@pytest.fixture(scope="module")
def now():
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def ana(tmp_path_factory):
    need("openssl")
    return make_identity(tmp_path_factory.mktemp("ana"), "ana", address=ANA)


@pytest.fixture(scope="module")
def gpg():
    need("gpg")
    with tempfile.TemporaryDirectory(prefix="gpg") as home:
        Path(home).chmod(0o700)
        yield Gpg(Path(home))
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, timeout=60)


def read(message):
    return read_signed(message, split_header(message))


def registered(octets, now):
    return read_signing_key(octets, address(ANA), now)


def fault_of(message, keys, now):
    return verify_signature(read(message), keys, now).fault


@pytest.mark.parametrize(
    ("late", "fault"),
    [
        (timedelta(), None),
        (timedelta(days=6, hours=23), None),
        (timedelta(days=7, hours=1), SignatureFault.UNTIMELY),
        (-timedelta(hours=23), None),
        (-timedelta(hours=25), SignatureFault.UNTIMELY),
        (timedelta(days=31), SignatureFault.NO_KEY),
    ],
)
def test_a_signature_counts_for_a_week_and_while_its_certificate_is_valid(ana, now, tmp_path, late, fault):
    message = smime(header(ANA, "Times"), TEXT, cms(ana, CONTENT, folder=tmp_path))
    assert fault_of(message, [registered(ana.shown.read_bytes(), now)], now + late) is fault


def test_an_openpgp_signature_counts_for_a_week_and_while_its_key_is_valid(gpg, now):
    public = gpg.make(f"Ana <{ANA}>", until="20d").read_bytes()
    key, message = registered(public, now), pgp_mime(header(ANA, "Times"), TEXT, gpg.sign(f"=Ana <{ANA}>", CONTENT))
    assert fault_of(message, [key], now + timedelta(seconds=60)) is None
    assert fault_of(message, [key], now + timedelta(days=8)) is SignatureFault.UNTIMELY
    assert fault_of(message, [key], now - timedelta(days=2)) is SignatureFault.UNTIMELY
    assert fault_of(message, [key], now + timedelta(days=21)) is SignatureFault.NO_KEY


def test_a_signature_by_a_key_that_was_revoked_counts_no_more_once_that_is_registered(gpg, now):
    person = "Revoked <ana@douanes.example>"
    public = gpg.make(person).read_bytes()
    message = pgp_mime(header(ANA, "Revoked"), TEXT, gpg.sign("Revoked", CONTENT))
    key = registered(public, now)
    soon = now + timedelta(seconds=60)
    assert fault_of(message, [key], soon) is None
    gpg.revoke("Revoked")
    revoked = gpg.home / "revoked.asc"
    revoked.write_bytes(gpg.armoured("Revoked"))
    with pytest.raises(Invalid, match="revoked"):
        registered(revoked.read_bytes(), now)
    broken = type(key)(
        fingerprint=key.fingerprint, method=key.method, octets=revoked.read_bytes(), expires_at=key.expires_at
    )
    assert fault_of(message, [broken], soon) is SignatureFault.WRONG


def test_one_of_several_registered_certificates_is_enough_and_the_messages_own_count_for_nothing(ana, now, tmp_path):
    other = make_identity(tmp_path, "other", address=ANA)
    message = smime(header(ANA, "Several"), TEXT, cms(ana, CONTENT, folder=tmp_path))
    keys = [registered(one.shown.read_bytes(), now) for one in (other, ana)]
    assert fault_of(message, keys, now) is None
    assert fault_of(message, keys[:1], now) is SignatureFault.WRONG


def test_a_copy_of_the_registered_names_with_another_key_is_wrong(ana, now, tmp_path):
    """Same issuer and serial number, so that openssl takes the registered certificate for the signer's."""
    forged = make_identity(tmp_path, "ana", address=ANA)
    swapped = cms(forged, CONTENT, "-nocerts", "-keyid", folder=tmp_path)
    message = smime(header(ANA, "Forged"), TEXT, swapped)
    assert fault_of(message, [registered(ana.shown.read_bytes(), now)], now) is SignatureFault.WRONG


def test_a_large_content_in_segments_is_read_whole_and_verified(ana, now, tmp_path):
    content = CONTENT + b"Pangolins.\r\n" * 400_000
    blob = cms(ana, content, "-nodetach", "-stream", folder=tmp_path)
    signed = read(opaque(header(ANA, "Large"), blob))
    assert bytes(signed.content) == content
    assert content in signed.readable
    assert verify_signature(signed, [registered(ana.shown.read_bytes(), now)], now).passed


def test_without_openssl_nothing_is_decided(ana, now, tmp_path, monkeypatch):
    message = smime(header(ANA, "Absent"), TEXT, cms(ana, CONTENT, folder=tmp_path))
    key = registered(ana.shown.read_bytes(), now)
    assert can_verify_smime()
    real = verify.run_aside
    monkeypatch.setattr(
        verify,
        "run_aside",
        lambda command, places: real([word.replace("openssl", "no-openssl") for word in command], places),
    )
    with pytest.raises(Unavailable, match="doctor"):
        fault_of(message, [key], now)


def test_a_confined_program_has_no_network_no_children_and_writes_no_file():
    need("perl")

    def confined(*words):
        package = str(Path(relay.__file__).resolve().parent.parent)
        command = [sys.executable, "-P", "-m", "relay.scan.confine", *words]
        return subprocess.run(command, check=False, env={"PYTHONPATH": package}, capture_output=True, timeout=60)

    assert confined("openssl", "version").returncode == 0
    assert confined("no-such-program").returncode == CANNOT_RUN
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # one that also nobody can write to
        Path(folder).chmod(0o777)
        write = f"open(F, '>', '{folder}/written') && syswrite(F, 'x')"
        attempts = ("socket(S, 2, 1, 0)", "defined(fork)", "kill(0, 1)", write)
        script = "$SIG{XFSZ} = 'IGNORE'; " + " ".join(f"print(({one}) ? 'YES ' : 'no ');" for one in attempts)
        assert confined("perl", "-e", script).stdout.split() == [b"no"] * len(attempts)
        assert all(path.stat().st_size == 0 for path in Path(folder).iterdir())


def test_methods_are_kept_apart(ana, now, tmp_path):
    key = registered(ana.shown.read_bytes(), now)
    assert key.method is SignatureMethod.SMIME
    message = pgp_mime(header(ANA, "Apart"), TEXT, b"x")
    assert fault_of(message, [key], now) is SignatureFault.NO_KEY


def test_a_secret_key_is_not_taken(gpg, now):
    gpg.make(f"Secret <{ANA}>")
    for words in ((), ("--armor",)):
        octets = gpg._run(*words, "--export-secret-keys", f"=Secret <{ANA}>")
        with pytest.raises(Invalid, match=r"(secret|private) key"):
            registered(octets, now)
