"""The secret halves of a list's keys: read by the process that opens a message, and by nothing else."""

import os
from base64 import b64encode
from pathlib import Path

import pytest

from relay.errors import Unavailable
from relay.mail.list_keys import ListKeys
from relay.mail.message import split_header
from relay.scan.aside import in_memory
from relay.scan.encrypted import open_encrypted
from relay.store import list_keys
from tests.integration.store.conftest import START

HEAD = b"From: Ana <ana@customs.example>\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
SIGNED, ENVELOPED = (b"\x30\x0b\x06\x09" + bytes.fromhex(one) for one in ("2a864886f70d010702", "2a864886f70d010703"))


@pytest.fixture
def directory(tmp_path):
    keys = ListKeys(openpgp=b"public", openpgp_secret=b"secret", certificate=b"shown", certificate_secret=b"private")
    list_keys.write(tmp_path, "central-africa", keys, START)
    for secret in tmp_path.glob("list.*.key"):
        secret.unlink()
    return tmp_path


def test_the_public_halves_are_shown_without_the_secret_ones(directory):
    assert list_keys.load_public(directory, "central-africa") == (b"public", b"shown")
    assert list_keys.load_public(directory, "species-id") is None


def test_only_for_what_is_encrypted_a_secret_half_is_looked_for(directory):
    files = list_keys.files_of(directory, "central-africa")
    signed, enveloped = (HEAD + b64encode(one) + b"\r\n" for one in (SIGNED, ENVELOPED))
    assert open_encrypted(signed, split_header(signed), files, ()) is None
    with pytest.raises(Unavailable, match="can't be read"):
        open_encrypted(enveloped, split_header(enveloped), files, ())


def test_a_file_gets_into_anonymous_memory_as_it_is(tmp_path):
    octets = os.urandom(3 * 1024 * 1024 + 1)
    (tmp_path / "key").write_bytes(octets)
    with in_memory(b"before", tmp_path / "key", b"behind") as places:
        assert [Path(f"/proc/self/fd/{one}").read_bytes() for one in places] == [b"before", octets, b"behind"]
