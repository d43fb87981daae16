"""Lists that want a signature beside the first proof: signed by openssl and gpg, attacked, judged by a running relay."""

import re
import subprocess
import tempfile
from base64 import encodebytes
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.certificates import DAY, FOR_MAIL, make_identity
from tests.integration.clients import make_post, send
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    EVA,
    JEAN,
    MARIA,
    PATIENCE,
    PAUL,
    SPECIES,
    eventually,
    open_house,
)
from tests.pictures import encoded, exif, picture
from tests.programs import need
from tests.signing import TEXT, Gpg, cms, header, opaque, pgp_mime, smime

CONTENT = TEXT.encode()
MISSING = "550 5.7.1 This list wants signed posts"
NOT_WHOLE = "550 5.7.1 The signature must cover the whole message"
UNREADABLE = "550 5.7.1 The signature cannot be read"
WEAK = "550 5.7.1 The signature uses an algorithm that can be forged"
UNTIMELY = "550 5.7.1 The signature says no time"
NO_KEY = "550 5.7.1 No valid certificate or key of this kind is registered"
WRONG = "550 5.7.1 The signature is not by the certificate or key registered"


class People:
    """Certificates by one authority, and keys."""

    def __init__(self, folder, home):
        self.folder = folder
        authority = make_identity(folder, "authority", authority=True)
        key = rsa.generate_private_key(65537, 2048)
        self.ana = make_identity(folder, "ana", address=ANA, issuer=authority, key=key, purposes=FOR_MAIL)
        self.paul = make_identity(folder, "paul", address=PAUL, issuer=authority, purposes=FOR_MAIL)
        self.claims = make_identity(folder, "claims", address=ANA, issuer=authority, purposes=FOR_MAIL)
        self.gpg = Gpg(home)
        self.paul_key = self.gpg.make(f"Paul Example <{PAUL}>")
        self.ana_other = self.gpg.make(f"Not registered <{ANA}>")

    def sign(self, content=CONTENT, *words, by=None):
        return cms(by or self.ana, content, *words, folder=self.folder)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    need("openssl")
    need("gpg")
    with tempfile.TemporaryDirectory(prefix="gpg") as home:  # a short path: gpg-agent's socket lies in it
        Path(home).chmod(0o700)
        yield People(tmp_path_factory.mktemp("people"), Path(home))
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, timeout=PATIENCE)


@pytest.fixture(scope="module")
def house(tmp_path_factory, people):
    with open_house(tmp_path_factory.mktemp("relay"), ANA, PAUL, EVA, JEAN) as opened:
        opened.site.run("members", "signing-key", "add", ANA, str(people.ana.shown))
        opened.site.run("members", "signing-key", "add", PAUL, str(people.paul_key))
        opened.site.edit_list("central-africa", 'ceiling = "', 'second_proof = ["smime", "openpgp"]\nceiling = "')
        opened.service.reload()
        yield opened


def refusals(house):
    rows = house.site.run("audit", "export").rows
    return [row["facts"]["reasons"] for row in rows if row.get("event") == "post.refused"]


def taken(reply):
    match = re.fullmatch(r"250 2\.0\.0 ([A-Z]{4,7}-\d{4}-\d{6})", reply)
    assert match, reply
    return match.group(1)


def test_a_post_signed_with_the_registered_certificate_goes_out_and_the_record_names_both_proofs(house, people):
    message = smime(header(ANA, "Signed"), TEXT, people.sign())
    reference = taken(send(house.service, ANA, message))
    eventually(lambda: house.smarthost.copies(reference) == sorted({PAUL, JEAN, MARIA, CLAIRE}))
    [row] = house.site.rows("posts", "show", reference)
    assert (row["proof"], row["decision"]) == ("auth, smime", "relay")
    for mail in house.smarthost.about(reference):
        if mail.is_copy:
            assert "Sixty pangolins" in mail.text()
            assert b"pkcs7" not in mail.received.octets
    facts = [one["facts"] for one in house.site.run("audit", "export").rows if one.get("event") == "post.decided"]
    assert [one["proof"] for one in facts if one["reference"] == reference] == ["auth, smime"]


def test_a_moderator_sees_both_proofs_of_what_is_held(house, people):
    content = TEXT.replace("Sixty", "[TLP:PURPLE] Sixty")
    reference = taken(send(house.service, ANA, smime(header(ANA, "Held"), content, people.sign(content.encode()))))
    [row] = house.site.rows("held", "show", reference)
    assert row["proof"] == "auth, smime"


def test_a_post_signed_with_the_registered_openpgp_key_goes_out(house, people):
    for words in ((), ("--textmode",)):
        armour = people.gpg.sign(PAUL, CONTENT, *words)
        message = pgp_mime(header(PAUL, f"Signed {' '.join(words)}"), TEXT, armour)
        reference = taken(send(house.service, PAUL, message))
        assert house.site.rows("posts", "show", reference)[0]["proof"] == "auth, openpgp"


@pytest.mark.parametrize("words", [("-nodetach",), ("-nodetach", "-stream"), ("-nodetach", "-md", "sha512")])
def test_what_is_inside_of_the_signature_is_read_and_goes_out(house, people, words):
    message = opaque(header(ANA, "Opaque " + " ".join(words)), people.sign(CONTENT, *words))
    reference = taken(send(house.service, ANA, message))
    eventually(lambda: len(house.smarthost.copies(reference)) == 4)
    copies = [mail for mail in house.smarthost.about(reference) if mail.is_copy]
    assert all("Sixty pangolins" in mail.text() for mail in copies)
    assert house.site.rows("posts", "show", reference)[0]["proof"] == "auth, smime"


@pytest.mark.parametrize(
    "words", [(), ("-nodetach",), ("-keyid",), ("-md", "sha384"), ("-keyopt", "rsa_padding_mode:pss")]
)
def test_a_message_goes_out_as_openssl_itself_writes_it(house, people, words):
    file = people.folder / "whole"
    file.write_bytes(CONTENT)
    command = ["openssl", "cms", "-sign", "-crlfeol", "-outform", "SMIME", "-signer", str(people.ana.file), *words]
    written = subprocess.run([*command, "-in", str(file)], check=True, capture_output=True, timeout=PATIENCE).stdout
    lines = written.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    head = header(ANA, f"By openssl {' '.join(words)}").replace("MIME-Version: 1.0\r\n", "")
    reference = taken(send(house.service, ANA, head.encode() + lines))
    assert house.site.rows("posts", "show", reference)[0]["proof"] == "auth, smime"
    eventually(lambda: len(house.smarthost.copies(reference)) == 4)
    assert all("Sixty pangolins" in mail.text() for mail in house.smarthost.about(reference) if mail.is_copy)


def test_photos_and_documents_inside_of_a_signature_leave_and_are_kept_as_they_came(house, people):
    photo = encoded(picture(), exif=exif("Harmless"))
    content = (
        'Content-Type: multipart/mixed; boundary="=_i"\r\n\r\n--=_i\r\n'
        + TEXT
        + "\r\n--=_i\r\nContent-Type: image/jpeg\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n" + encodebytes(photo).decode().replace("\n", "\r\n") + "--=_i--\r\n"
    )
    house.site.edit_list("central-africa", 'ceiling = "', 'keep_original_photos = true\nceiling = "')
    house.service.reload()
    blob = people.sign(content.encode(), "-nodetach")
    reference = taken(send(house.service, ANA, opaque(header(ANA, "A photo inside"), blob)))
    eventually(lambda: len(house.smarthost.copies(reference)) == 4)
    copy = next(mail for mail in house.smarthost.about(reference) if mail.is_copy)
    assert [part.get_content_type() for part in copy.message.iter_attachments()] == ["image/jpeg"]
    house.site.run("posts", "photos", reference, "--reader", ANA, "--to", str(people.folder / "photos"))
    [kept] = (people.folder / "photos").iterdir()
    assert kept.read_bytes() == photo


def test_what_is_inside_of_the_signature_is_judged_like_anything_else(house, people):
    """Also where no signature is wanted, and in a signature that is worth nothing."""
    content = TEXT.replace("Sixty", "TLP:RED Sixty")
    blob = people.sign(content.encode(), "-nodetach", by=people.claims)
    reference = taken(send(house.service, ANA, opaque(header(ANA, "Red", SPECIES), blob), SPECIES))
    [row] = house.site.rows("posts", "show", reference)
    assert (row["decision"], row["marking"]) == ("withhold", "TLP:RED")


def test_without_a_signature_its_author_is_told_what_to_do(house):
    assert send(house.service, ANA, make_post(ANA, "Unsigned", TEXT)).startswith(MISSING)
    assert refusals(house)[-1] == [["R2", "signature.missing", "signature"]]


def test_a_list_that_wants_none_takes_the_same_member_without(house):
    assert taken(send(house.service, ANA, make_post(ANA, "Species", TEXT, to=SPECIES), SPECIES))


def test_a_message_to_two_lists_of_which_one_wants_a_signature_is_refused_whole(house):
    assert send(house.service, ANA, make_post(ANA, "Both", TEXT), CENTRAL, SPECIES).startswith(MISSING)


def test_the_moderators_hear_also_who_cannot_sign(house):
    assert taken(send(house.service, ANA, make_post(ANA, "I lost my card", TEXT), "central-africa-owner@relay.example"))


def attacks(people):
    sign, head = people.sign, header(ANA, "Attack")
    good = sign()
    unsigned = "--=_b\r\nContent-Type: text/plain\r\n\r\nUnsigned words.\r\n"
    nested = smime("", TEXT, good).decode()
    yield "another person, same authority", smime(head, TEXT, sign(by=people.paul)), WRONG
    yield "a certificate that only says so", smime(head, TEXT, sign(by=people.claims)), WRONG
    yield "over another content", smime(head, TEXT.replace("Sixty", "Seventy"), good), WRONG
    yield "a blank taken away", smime(head, TEXT.replace(".  \r", ".\r"), good), WRONG
    yield "a line end added", smime(head, TEXT + "\r\n", good), WRONG
    yield "a part behind it", smime(head, TEXT, good, behind=unsigned), NOT_WHOLE
    yield "text behind the end", smime(head, TEXT, good) + b"Unsigned words.\r\n", NOT_WHOLE
    yield "no end", smime(head, TEXT, good).replace(b"--=_b--", b"--=_c--"), NOT_WHOLE
    yield (
        "inside of another message",
        f'{head}Content-Type: multipart/mixed; boundary="=_o"\r\n\r\n--=_o\r\n{nested}\r\n--=_o--\r\n'.encode(),
        MISSING,
    )
    yield "SHA-1", smime(head, TEXT, sign(CONTENT, "-md", "sha1")), WEAK
    yield "MD5", smime(head, TEXT, sign(CONTENT, "-md", "md5")), WEAK
    yield "no attributes", smime(head, TEXT, sign(CONTENT, "-noattr")), UNREADABLE
    yield "two signers", smime(head, TEXT, sign(CONTENT, "-signer", str(people.paul.file))), UNREADABLE
    yield "no octets", smime(head, TEXT, b""), UNREADABLE
    yield "no CMS", smime(head, TEXT, b"garbage" * 100), UNREADABLE
    yield "cut off", smime(head, TEXT, good[:-20]), UNREADABLE
    yield "deep", smime(head, TEXT, b"\x30\x80" * 50_000), UNREADABLE
    yield "huge lengths", smime(head, TEXT, b"\x30\x84\xff\xff\xff\xff" + b"\x30\x80\x00\x00" * 1000), UNREADABLE
    yield "too large", smime(head, TEXT, good + bytes(400_000)), UNREADABLE
    yield "deep, inside", opaque(head, b"\x30\x80\xa0\x80" * 20_000), MISSING
    yield "a detached signature alone", opaque(head, good), MISSING
    yield "two content types", smime(head + "Content-Type: text/plain\r\n", TEXT, good), "550 "
    yield (
        "two boundaries",
        smime(head, TEXT, good).replace(b'boundary="=_b"', b'boundary="=_b"; boundary="=_c"'),
        UNREADABLE,
    )
    yield (
        "another kind",
        smime(head, TEXT, good).replace(b"application/pkcs7-signature", b"application/pgp-signature"),
        NO_KEY,
    )
    yield "OpenPGP, not registered", pgp_mime(head, TEXT, people.gpg.sign("Not registered", CONTENT)), NO_KEY
    yield "two From", b"From: paul@police.example\r\n" + smime(head, TEXT, good), "550 5.6.0"
    encrypted = subprocess.run(
        ["openssl", "cms", "-encrypt", "-outform", "DER", "-aes256", str(people.ana.shown)],
        check=True, capture_output=True, input=CONTENT, timeout=PATIENCE,
    ).stdout  # fmt: skip
    yield "encrypted", opaque(head, encrypted, "enveloped-data"), MISSING


def test_attacks_on_smime_are_refused_each_with_its_reason_and_nothing_of_them_is_kept(house, people):
    """Rows 73, 74 and 75."""
    for what, message, refusal in attacks(people):
        assert (what, send(house.service, ANA, message)[: len(refusal)]) == (what, refusal)
    assert taken(send(house.service, ANA, smime(header(ANA, "After all that"), TEXT, people.sign())))
    assert not house.service.events("service.bug")
    assert not house.service.events("session.trouble")
    assert b"Unsigned words" not in house.service.log


def test_attacks_on_openpgp_are_refused(house, people):
    """Rows 73 and 74."""
    gpg, head = people.gpg, header(PAUL, "Attack")
    good = gpg.sign(PAUL, CONTENT)
    unsigned = "--=_b\r\nContent-Type: text/plain\r\n\r\nUnsigned words.\r\n"
    gpg.make("rsa@police.example", "rsa2048")
    for what, message, refusal in [
        ("another key", pgp_mime(head, TEXT, gpg.sign("Not registered", CONTENT)), WRONG),
        ("over another content", pgp_mime(head, TEXT.replace("Sixty", "Seventy"), good), WRONG),
        ("a part behind it", pgp_mime(head, TEXT, good, behind=unsigned), NOT_WHOLE),
        ("SHA-1", pgp_mime(head, TEXT, gpg.sign("rsa@police.example", CONTENT, "--digest-algo", "SHA1")), WEAK),
        ("a year old", pgp_mime(head, TEXT, gpg.sign(PAUL, CONTENT, "--faked-system-time", "20250101T000000!", "--ignore-time-conflict", "--ignore-valid-from")), UNTIMELY),
        ("garbage", pgp_mime(head, TEXT, b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"), UNREADABLE),
        ("nothing", pgp_mime(head, TEXT, b""), UNREADABLE),
        ("a key", pgp_mime(head, TEXT, people.paul_key.read_bytes()), UNREADABLE),
    ]:  # fmt: skip
        assert (what, send(house.service, PAUL, message)[: len(refusal)]) == (what, refusal)


def test_a_member_cannot_use_what_is_registered_for_another(house, people):
    armour = people.gpg.sign(PAUL, CONTENT)
    assert send(house.service, ANA, pgp_mime(header(ANA, "By Paul"), TEXT, armour)).startswith(NO_KEY)
    assert send(house.service, PAUL, smime(header(PAUL, "By Ana"), TEXT, people.sign())).startswith(NO_KEY)
    assert send(house.service, ANA, pgp_mime(header(PAUL, "As Paul"), TEXT, armour)).startswith("550 5.7.1 From")


def test_what_is_taken_away_counts_no_more_and_all_is_audited(house, people, tmp_path):
    jean = make_identity(tmp_path, "jean", address=JEAN)
    message = smime(header(JEAN, "Jean"), TEXT, people.sign(by=jean))
    assert send(house.service, JEAN, message).startswith(NO_KEY)
    [row] = house.site.rows("members", "signing-key", "add", JEAN, str(jean.shown))
    assert taken(send(house.service, JEAN, message))
    [shown] = house.site.rows("members", "show", JEAN)
    assert [one["fingerprint"] for one in shown["signing_keys"]] == [row["fingerprint"]]
    house.site.run("members", "signing-key", "remove", JEAN, row["fingerprint"][:10])
    again = smime(header(JEAN, "Jean again"), TEXT, people.sign(by=jean))
    assert send(house.service, JEAN, again).startswith(NO_KEY)
    rows = [one for one in house.site.run("audit", "export").rows if str(one.get("event")).startswith("signing_key.")]
    assert [one["event"] for one in rows][-2:] == ["signing_key.added", "signing_key.removed"]
    assert all(one["facts"]["operator"] and "@" not in str(one["facts"]) for one in rows)


def test_a_key_that_is_revoked_is_not_registered_and_one_revoked_later_is_replaced(house, people, tmp_path):
    gpg = people.gpg
    public = gpg.make(f"Eva Example <{EVA}>")
    house.site.run("members", "signing-key", "add", EVA, str(public))
    gpg.revoke(EVA)
    tried = house.site.try_run("members", "signing-key", "add", EVA, str(gpg.export(EVA)))
    assert (tried.code, "revoked" in tried.err) == (65, True)


def test_only_what_can_prove_the_member_is_registered(house, people, tmp_path):
    def attempt(file, whom=CLAIRE):
        done = house.site.try_run("members", "signing-key", "add", whom, str(file))
        return done.code, done.err

    for file, words in (
        (make_identity(tmp_path, "other", address=PAUL).shown, f"doesn't name {CLAIRE}"),
        (make_identity(tmp_path, "nobody").shown, f"doesn't name {CLAIRE}"),
        (make_identity(tmp_path, "expired", address=CLAIRE, until=-DAY / 2).shown, "not now"),
        (make_identity(tmp_path, "weak", address=CLAIRE, key=rsa.generate_private_key(65537, 1024)).shown, "1024 bits"),
        (make_identity(tmp_path, "authority", address=CLAIRE, authority=True).shown, "not for signing mail"),
        (make_identity(tmp_path, "secret", address=CLAIRE).file, "private key"),
        (people.paul_key, f"doesn't name {CLAIRE}"),
    ):
        code, said = attempt(file)
        assert (code, words in said) == (65, True), (file, said)
    (tmp_path / "junk").write_bytes(b"junk")
    assert "neither" in attempt(tmp_path / "junk")[1]
    assert attempt(people.ana.shown, ANA)[0] == 73


def test_check_tells_whether_a_message_would_be_refused_for_want_of_a_signature(house, people, tmp_path):
    signed, unsigned = tmp_path / "signed.eml", tmp_path / "unsigned.eml"
    signed.write_bytes(smime(header(ANA, "Check"), TEXT, people.sign()))
    unsigned.write_bytes(make_post(ANA, "Check", TEXT).as_bytes())
    words = ("check", "--list", CENTRAL)
    decisions = [
        row["decision"]
        for more in (("--sender", ANA), ())
        for row in house.site.rows(*words, *more, str(signed), str(unsigned))
    ]
    assert decisions == ["relay", "refuse", "relay", "relay"]
