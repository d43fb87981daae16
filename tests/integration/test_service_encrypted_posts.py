"""Posts that members encrypt for a list, with gpg and openssl, sent to a running relay: opened, judged, and sent on in clear."""

import re
import subprocess
import tempfile
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.encrypting import reads_by_gpg, shown_outside
from tests.integration.clients import send
from tests.integration.service import ANA, CENTRAL, CLAIRE, JEAN, MARIA, PATIENCE, PAUL, SPECIES, eventually, open_house
from tests.programs import need
from tests.signing import TEXT, Gpg, header, opaque, pgp_mime

REQUEST = "central-africa-request@relay.example"
SENSITIVE = "Content-Type: text/plain; charset=utf-8\r\n\r\nTLP:RED\r\nThe zeppelin of the informant lands at noon.\r\n"


class Writers:
    """Somebody who has the list's public halves."""

    def __init__(self, home, folder, site):
        self.gpg, self.folder = Gpg(home), folder
        for one, words in (("pgp", ()), ("smime", ("--smime",))):
            (folder / one).write_text(site.run("keys", "show-list", "central-africa", *words).out)
        self.gpg.take(folder / "pgp")

    def pgp(self, content, *words, head):
        armour = self.gpg.encrypt(CENTRAL, content.encode(), *words).decode()
        return pgp_encrypted(head, armour)

    def smime(self, content, *words, head):
        command = ["openssl", "cms", "-encrypt", "-binary", "-outform", "DER", *words, str(self.folder / "smime")]
        done = subprocess.run(command, input=content.encode(), check=True, capture_output=True, timeout=PATIENCE)
        return opaque(head, done.stdout, "enveloped-data")


def pgp_encrypted(head, armour):
    text = armour.replace("\r\n", "\n").replace("\n", "\r\n")
    return (
        f'{head}Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="=_b"\r\n\r\n'
        "--=_b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--=_b\r\n"
        f"Content-Type: application/octet-stream\r\n\r\n{text}\r\n--=_b--\r\n"
    ).encode()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    need("openssl")
    need("gpg")
    with open_house(tmp_path_factory.mktemp("relay"), ANA, PAUL) as opened:
        opened.site.run("keys", "make-list", "central-africa")
        yield opened


@pytest.fixture(scope="module")
def writers(house, tmp_path_factory):
    with tempfile.TemporaryDirectory(prefix="gpg") as home:  # a short path: gpg-agent's socket lies in it
        Path(home).chmod(0o700)
        yield Writers(Path(home), tmp_path_factory.mktemp("writers"), house.site)
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, timeout=PATIENCE)


def taken(reply):
    match = re.fullmatch(r"250 2\.0\.0 ([A-Z]{4,7}-\d{4}-\d{6})", reply)
    assert match, reply
    return match.group(1)


def protected(subject, content=TEXT, author=ANA):
    return f"From: Somebody <{author}>\r\nSubject: {subject}\r\n" + content


@pytest.mark.parametrize(
    ("kind", "words"),
    [("pgp", ()), ("pgp", ("--compress-algo", "zip")), ("smime", ("-aes-256-cbc",)), ("smime", ("-aes-256-gcm",))],
)
def test_what_is_encrypted_for_the_list_is_read_and_goes_out_in_clear_with_its_own_subject(house, writers, kind, words):
    name = f"Pangolins {kind}{''.join(words)}"
    message = getattr(writers, kind)(protected(name), *words, head=header(ANA, f"Hidden {name[10:]}"))
    reference = taken(send(house.service, ANA, message))
    eventually(lambda: house.smarthost.copies(reference) == sorted({PAUL, JEAN, MARIA, CLAIRE}))
    for mail in (one for one in house.smarthost.about(reference) if one.is_copy):
        assert mail.message["Subject"] == f"[CAFR][TLP:GREEN] {name}"
        assert "Sixty pangolins" in mail.text()
        assert b"BEGIN PGP" not in mail.received.octets
        assert b"pkcs7" not in mail.received.octets


@pytest.mark.parametrize("kind", ["pgp", "smime"])
def test_what_is_sensitive_inside_is_withheld_and_no_word_of_it_stays(house, writers, kind):
    message = getattr(writers, kind)(SENSITIVE, head=header(ANA, f"Sealed {kind}"))
    reference = taken(send(house.service, ANA, message))
    notice = house.smarthost.notice(reference, "withhold")
    assert "zeppelin" not in notice.text()
    assert house.smarthost.copies(reference) == []
    for path in house.site.data.rglob("*"):
        assert not path.is_file() or b"zeppelin" not in path.read_bytes(), path
    assert b"zeppelin" not in house.service.log


def test_what_another_key_opens_another_list_should_or_another_member_wrote_is_held_unread(house, writers):
    writers.gpg.make_whole("Somebody <else@x.example>")
    armour = writers.gpg.encrypt("else@x.example", TEXT.encode()).decode()
    message = writers.pgp(TEXT, head=header(ANA, "To species", to=SPECIES))
    caught = writers.pgp(f"From: {PAUL}\r\n{TEXT}", head=header(ANA, "Written by Paul"))
    for octets, to in (
        (pgp_encrypted(header(ANA, "Other key"), armour), CENTRAL),
        (message, SPECIES),
        (caught, CENTRAL),
    ):
        reference = taken(send(house.service, ANA, octets, to))
        [row] = house.site.rows("posts", "show", reference)
        assert row["decision"] in {"hold", "withhold"}
        assert {reason["code"] for reason in row["reasons"]} == {"H1"}
        assert house.smarthost.copies(reference) == []


def test_what_is_encrypted_twice_damaged_or_a_bomb_is_not_read(house, writers):
    inner = writers.gpg.encrypt(CENTRAL, TEXT.encode()).decode()
    twice = writers.pgp(pgp_encrypted("", inner).decode(), head=header(ANA, "Twice"))
    broken = writers.pgp(TEXT, head=header(ANA, "Broken")).replace(b"\r\n\r\nhQ", b"\r\n\r\nhR", 1)
    broken = re.sub(rb"(?m)^([A-Za-z0-9+/]{64})\r\n([A-Za-z0-9+/]{64})\r\n", rb"\2\r\n\1\r\n", broken, count=1)
    bomb = writers.pgp(TEXT + "0" * 40_000_000, "--compress-algo", "zip", head=header(ANA, "Bomb"))
    assert len(bomb) < 200_000
    for message in (twice, broken, bomb):
        reference = taken(send(house.service, ANA, message))
        [row] = house.site.rows("posts", "show", reference)
        assert "H1" in {reason["code"] for reason in row["reasons"]}
        assert house.smarthost.copies(reference) == []


def ask(house, author, text):
    """Ask the list for something; the answer's text."""
    before = len(answers(house, author))
    message = f"{header(author, 'Keys', to=REQUEST)}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    assert send(house.service, author, message.encode(), REQUEST).startswith("250 ")
    return eventually(lambda: answers(house, author)[before:])[0].text()


def answers(house, whom):
    replies = [mail for mail in house.smarthost.mails if mail.recipient == whom and not mail.message["X-WEN-Reference"]]
    return [mail for mail in replies if mail.message["Auto-Submitted"] == "auto-replied"]


def test_members_give_their_own_key_by_mail_and_ask_for_the_lists(house, writers):
    shown = ask(house, ANA, "KEY\r\n")
    assert (writers.folder / "pgp").read_text().strip() in shown
    assert (writers.folder / "smime").read_text().strip() in shown
    paul = reads_by_gpg(writers.gpg, PAUL)
    lines = paul.file.read_text().replace("\n", "\r\n")
    assert "n'a pas été retenue" in ask(house, ANA, f"KEY\r\n\r\n{lines}")
    assert "chiffrés pour vous" in ask(house, PAUL, f"KEY\r\n\r\n{lines}\r\n-- \r\nPaul\r\n")
    head = header(ANA, "Plain").replace("Subject: Plain", "Subject: Pangolins at noon")
    reference = taken(send(house.service, ANA, (head + TEXT).encode()))
    eventually(lambda: house.smarthost.copies(reference) == sorted({PAUL, JEAN, MARIA, CLAIRE}))
    for mail in (one for one in house.smarthost.about(reference) if one.is_copy):
        found = re.search(rb"pangolin|noon", shown_outside(mail.received.octets), re.IGNORECASE)
        assert (found is None) == (mail.recipient == PAUL)
        if mail.recipient == PAUL:
            assert paul.open(mail.received.octets)["Subject"] == "[CAFR][TLP:GREEN] Pangolins at noon"
    house.site.run("members", "encryption-key", "stop", PAUL)


def test_a_signature_under_the_encryption_is_a_second_proof(house, writers):
    house.site.run("members", "signing-key", "add", PAUL, str(writers.gpg.export(PAUL)))
    house.site.edit_list("central-africa", 'ceiling = "', 'second_proof = ["openpgp"]\nceiling = "')
    house.service.reload()
    now = format_datetime(datetime.now(UTC))
    signed = ("--compress-algo", "none", "--sign", "--local-user", PAUL)
    content = f"Date: {now}\r\n{protected('Signed inside', author=PAUL)}"
    reference = taken(send(house.service, PAUL, writers.pgp(content, *signed, head=header(PAUL, "Signed"))))
    assert house.site.rows("posts", "show", reference)[0]["proof"] == "auth, openpgp"
    inner = pgp_mime("", TEXT, writers.gpg.sign(PAUL, TEXT.encode())).decode()
    for encrypt in (writers.pgp, writers.smime):
        within = encrypt(inner, head=header(PAUL, f"Signed as MIME {encrypt.__name__}"))
        assert house.site.rows("posts", "show", taken(send(house.service, PAUL, within)))[0]["proof"] == "auth, openpgp"
    undated = writers.pgp(protected("Undated", author=PAUL), *signed, head=header(PAUL, "Undated"))
    old = writers.pgp(f"Date: Mon, 02 Mar 2020 10:00:00 +0000\r\n{TEXT}", *signed, head=header(PAUL, "Old"))
    bare = writers.pgp(content, head=header(PAUL, "Bare"))
    others = writers.pgp(content, *signed, head=header(ANA, "Not hers"))
    for author, message in ((PAUL, undated), (PAUL, old), (PAUL, bare), (ANA, others)):
        assert send(house.service, author, message).startswith("550 5.7.1 ")


def test_check_opens_it_too(house, writers, tmp_path):
    (tmp_path / "a.eml").write_bytes(writers.pgp(SENSITIVE, head=header(ANA, "Checked")))
    [row] = house.site.rows("check", str(tmp_path / "a.eml"))
    assert (row["decision"], {one["code"] for one in row["reasons"]}) == ("withhold", {"M1", "O1"}) or row[
        "decision"
    ] == "withhold"
