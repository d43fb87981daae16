"""Which DKIM signatures prove an author. Each trap in which dkimpy or Python's own parser would go has its test."""

import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1

from relay.mail.message import split_header
from relay.senders.canonical import cut
from relay.senders.dkim import AGE, AHEAD, TRIES, verify
from tests.builders import AUTHOR, address
from tests.dkim_signing import COVERED, DOMAIN, NOW, ed25519_key, key_record, lookup_in, rsa_key, signed

LIST = address("central-africa@relay.example")
KEY = ("s1._domainkey.customs.example", "TXT")
ZONE = {KEY: (key_record(rsa_key()),)}
PLAIN = (
    b"From: Ana Example <ana@customs.example>\r\n"
    b"To: central-africa@relay.example\r\n"
    b"Subject: Seizure at the  airport\r\n"
    b"Date: Mon, 2 Mar 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1@customs.example>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
    b"Forty kilograms of  pangolin scales \r\n\r\n were seized.\r\n\r\n\r\n"
)


def judge(octets, zone=ZONE, *, now=NOW, author=AUTHOR, to=(LIST,)):
    """What each signature that was looked into is worth."""
    message = cut(octets, split_header(octets))
    assert message is not None
    return list(verify(message, address(author), to, lookup_in(zone), now))


def fault(octets, zone=ZONE, **changes):
    """Why the one signature proves nobody; "" when it proves the author."""
    [one] = judge(octets, zone, **changes)
    return one.fault


def dkimpy_passes(octets, zone=ZONE):
    """What dkimpy says of the topmost signature."""

    def records(name, timeout=5):
        return next(iter(zone.get((name.decode().removesuffix("."), "TXT"), ("",)))).encode()

    return dkim.verify(octets, dnsfunc=records, minkey=1024)


@pytest.mark.parametrize("forms", ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"])
@pytest.mark.parametrize("key", [rsa_key(), ed25519_key()])
def test_a_sound_signature_of_the_author_s_domain_proves_the_author(forms, key):
    octets = signed(PLAIN, key, forms=forms)
    assert fault(octets, {KEY: (key_record(key),)}) == ""


@pytest.mark.parametrize("body", [b"", b"\r\n", b" \r\n", b"\t \r\n\r\n", b"no line end", b"a\t b\r\n \r\n"])
@pytest.mark.parametrize("form", ["simple", "relaxed"])
def test_a_body_is_read_as_dkimpy_reads_it(body, form):
    head, _, _ = PLAIN.partition(b"\r\n\r\n")
    assert fault(signed(head + b"\r\n\r\n" + body, forms=f"relaxed/{form}")) == ""


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (b"pangolin", b"ivory", "dkim.body_changed"),
        (b"Subject: Seizure", b"Subject: Ivory", "dkim.header_changed"),
        (b"From: Ana", b"From: Eva", "dkim.header_changed"),
    ],
)
def test_what_was_changed_proves_nobody(before, after, wanted):
    assert fault(signed(PLAIN).replace(before, after)) == wanted


def test_a_sound_signature_of_another_domain_proves_nobody():
    """dkimpy says True for any domain: alignment is for the caller."""
    octets = signed(PLAIN, domain="evil.example")
    zone = {("s1._domainkey.evil.example", "TXT"): (key_record(rsa_key()),)}
    assert dkimpy_passes(octets, zone)
    assert judge(octets, zone) == []


@pytest.mark.parametrize("domain", ["mail.customs.example", "example.customs.example"])
def test_a_related_domain_counts_for_dmarc_alone(domain):
    zone = {(f"s1._domainkey.{domain}", "TXT"): (key_record(rsa_key()),)}
    [one] = judge(signed(PLAIN, domain=domain), zone)
    assert (one.passed, one.domain, one.fault) == (True, domain, "dkim.another_domain")


def test_a_body_that_is_signed_in_part_proves_nobody():
    """dkimpy accepts what was written on behind l= octets."""
    octets = signed(PLAIN, length=True) + b"and this\r\n"
    assert dkimpy_passes(octets)
    assert fault(octets) == "dkim.body_in_part"


@pytest.mark.parametrize(
    "line",
    [
        b"Subject: Another\r\n",
        b"Reply-To: eve@evil.example\r\n",
        b"Cc: eve@evil.example\r\n",
        b"Sender: eve@evil.example\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Resent-From: eve@evil.example\r\n",
        b"In-Reply-To: <2@customs.example>\r\n",
        b"X-Protective-Marking: SEC=OFFICIAL\r\n",
        b"Sensitivity: normal\r\n",
        b"X-Classification: none\r\n",
        b"Keywords: TLP:CLEAR\r\n",
    ],
)
def test_a_field_that_was_put_in_front_unsigned_takes_the_proof_away(line):
    """dkimpy passes them all, and Python's parser shows the first Subject."""
    octets = line + signed(PLAIN)
    assert dkimpy_passes(octets)
    message = cut(octets, split_header(octets))
    if message is None:
        assert line.startswith(b"Subject")  # a second singleton: there is no one reading
    else:
        assert fault(octets) == "dkim.field_not_signed"


@pytest.mark.parametrize("name", ["subject", "date", "content-type", "to", "message-id", "mime-version"])
def test_each_field_that_is_read_must_be_signed(name):
    octets = signed(PLAIN, fields=tuple(one for one in COVERED if one != name))
    assert dkimpy_passes(octets)
    assert fault(octets) == "dkim.field_not_signed"


@pytest.mark.parametrize("line", [b"", b"Message-ID: nothing\r\n", b"Message-ID: <1@a.example> <2@a.example>\r\n"])
def test_without_a_message_id_a_post_could_be_handed_in_again_and_again(line):
    octets = PLAIN.replace(b"Message-ID: <1@customs.example>\r\n", line)
    assert fault(signed(octets)) == "dkim.no_message_id"


@pytest.mark.parametrize("name", ["Subject", "Content-Type"])
def test_a_field_that_is_absent_must_be_signed_as_absent(name):
    """Somebody could have taken it away."""
    octets = re.sub(rb"%s: [^\r]*\r\n" % name.encode(), b"", PLAIN)
    bare = signed(octets, fields=tuple(one for one in COVERED if one != name.lower()))
    assert fault(bare) == "dkim.field_not_signed"
    assert fault(signed(octets)) == ""


def test_extra_names_in_h_keep_a_second_field_out():
    octets = signed(PLAIN, fields=(*COVERED, "reply-to", "cc"))
    assert fault(octets) == ""
    assert fault(b"Reply-To: eve@evil.example\r\n" + octets) == "dkim.header_changed"


@pytest.mark.parametrize(
    "octets",
    [
        PLAIN.replace(b"Subject", b"X-A: q\rFrom: evil@evil.example\r\nSubject", 1),  # a bare CR ends a line for Python
        PLAIN.replace(b"Subject", b"X-A: q\nFrom: evil@evil.example\r\nSubject", 1),
        PLAIN.replace(b"were seized", b"were\nseized"),
        PLAIN.replace(b"were seized", b"were\rseized"),
        PLAIN.replace(b"Subject", b"Subject: another\r\nSubject", 1),
        b"From: eve@evil.example\r\n" + PLAIN,
        b"From : eve@evil.example\r\n" + PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        b" folded\r\n" + PLAIN,
        PLAIN.replace(b"\r\n\r\n", b"\r\nnot a field\r\n\r\n", 1),
        PLAIN.replace(b"Seizure", b"Sei\0zure"),
        PLAIN.replace(b"\r\n", b"\n"),
    ],
)
def test_what_two_readers_could_read_differently_is_not_read_at_all(octets):
    assert cut(octets, split_header(octets)) is None


def test_dkimpy_would_pass_a_hidden_second_author():
    """So the octets are judged before any signature: this is what the test above is for."""
    octets = signed(PLAIN.replace(b"Subject", b"X-A: q\rFrom: evil@evil.example\r\nSubject", 1))
    assert dkimpy_passes(octets)
    assert cut(octets, split_header(octets)) is None


@pytest.mark.parametrize(("bits", "wanted"), [(1024, "dkim.weak_key"), (2048, "")])
def test_a_weak_key_proves_nobody(bits, wanted):
    key = rsa_key(bits)
    assert fault(signed(PLAIN, key), {KEY: (key_record(key),)}) == wanted


@pytest.mark.parametrize(
    ("records", "wanted"),
    [
        ((), "dkim.no_key"),
        (("v=DKIM1; p=",), "dkim.no_key"),
        (("v=DKIM1; p=AAAA",), "dkim.no_key"),
        (("v=spf1 -all",), "dkim.no_key"),
        ((key_record(rsa_key(), "v=DKIM2; "),), "dkim.no_key"),
        ((key_record(rsa_key(), "k=rsa; v=DKIM1; "),), "dkim.no_key"),
        ((key_record(rsa_key(), "s=tlsrpt; "),), "dkim.no_key"),
        ((key_record(rsa_key(), "h=sha1; "),), "dkim.no_key"),
        ((key_record(ed25519_key()),), "dkim.no_key"),
        ((key_record(rsa_key()), key_record(rsa_key(1024))), "dkim.no_key"),
        ((key_record(rsa_key(), "t=y; "),), "dkim.testing"),
        ((key_record(rsa_key(), "t=s:y; "),), "dkim.testing"),
        ((key_record(rsa_key(), "s=email; h=sha1:sha256; n=a note; "),), ""),
        ((key_record(rsa_key(), ""),), ""),
    ],
)
def test_a_key_must_be_one_and_meant_for_this(records, wanted):
    assert fault(signed(PLAIN), {KEY: records}) == wanted


@pytest.mark.parametrize(
    ("identity", "wanted"),
    [
        ("@customs.example", ""),
        ("ana@customs.example", ""),
        ("ANA@customs.example", ""),
        ("eva@customs.example", "dkim.identity"),
        ("ana@sub.customs.example", "dkim.identity"),
    ],
)
def test_who_a_signature_says_it_is_for_must_be_the_author(identity, wanted):
    assert fault(signed(PLAIN, identity=identity)) == wanted


@pytest.mark.parametrize(
    ("later", "wanted"),
    [
        (AGE - timedelta(minutes=1), ""),
        (AGE + timedelta(minutes=1), "dkim.old"),
        (-AHEAD + timedelta(minutes=1), ""),
        (-AHEAD - timedelta(minutes=1), "dkim.in_the_future"),
    ],
)
def test_a_signature_lasts_for_days(later, wanted):
    assert fault(signed(PLAIN), now=NOW + later) == wanted


def by_hand(octets, tags, names=COVERED):
    """A signature over everything with tags of our own, made on cryptography's primitives alone."""
    head, _, body = octets.partition(b"\r\n\r\n")
    digest = b64encode(sha256(body.rstrip(b"\r\n") + b"\r\n").digest()).decode()
    value = f"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d={DOMAIN}; s=s1; {tags} h={':'.join(names)}; bh={digest}; b="
    lines = {line.partition(b":")[0].lower().decode(): line for line in head.split(b"\r\n")}
    content = b"".join(lines[name] + b"\r\n" for name in names if name in lines) + value.encode()
    from cryptography.hazmat.primitives.hashes import SHA256

    made = rsa_key().sign(content, PKCS1v15(), SHA256())
    return value.encode() + b64encode(made) + b"\r\n" + octets


SECONDS = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ("", ""),
        (f"x={SECONDS + 60};", ""),
        (f"x={SECONDS - 60};", "dkim.expired"),
        (f"t={SECONDS}; x={SECONDS};", "dkim.expired"),
        ("q=dns/txt;", ""),
        ("z=from:x;", ""),
        ("i=@evil.example;", "dkim.identity"),
        ("i=@notcustoms.example;", "dkim.identity"),
        ("l=5;", "dkim.body_in_part"),
    ],
)
def test_what_a_signature_says_of_itself_is_heeded(tags, wanted):
    assert fault(by_hand(PLAIN, tags)) == wanted


@pytest.mark.parametrize(
    ("tags", "names", "wanted"),
    [
        ("", COVERED, True),
        ("i=@mail.customs.example;", COVERED, True),
        ("", (*COVERED, "dkim-signature"), True),  # it never stands on itself
        ("", tuple(one for one in COVERED if one != "from"), False),
        ("i=@notcustoms.example;", COVERED, False),
        (f"t={SECONDS + 2 * int(AHEAD.total_seconds())};", COVERED, False),
        (f"x={SECONDS - 1};", COVERED, False),
        ("l=9;", COVERED, False),
    ],
)
def test_what_the_rfc_lets_pass_is_told_from_what_it_does_not(tags, names, wanted):
    """DMARC counts it (`senders.dmarc`), though it may prove nobody here."""
    [one] = judge(by_hand(PLAIN, tags, names))
    assert one.passed is wanted


@pytest.mark.parametrize(
    "tags", ["x=soon;", "t=-1;", "q=http;", "d=evil.example;", "v=1;", "=;", "a b;", "s=s1/../x;", "l=1; l=2;"]
)
def test_a_signature_that_is_not_wholly_sound_is_none(tags):
    assert judge(by_hand(PLAIN, tags)) == []


def test_sha1_is_no_signature():
    octets = by_hand(PLAIN, "").replace(b"a=rsa-sha256", b"a=rsa-sha1")
    assert SHA1.digest_size == 20
    assert judge(octets) == []


def test_without_a_time_of_its_own_a_signature_is_as_old_as_the_message():
    assert fault(by_hand(PLAIN, ""), now=NOW + AGE) == "dkim.old"
    assert fault(by_hand(PLAIN, ""), now=NOW - 2 * AHEAD) == "dkim.in_the_future"
    assert fault(by_hand(PLAIN.replace(b"Mon, 2 Mar 2026 10:00:00 +0000", b"yesterday"), "")) == "dkim.date"


@pytest.mark.parametrize(
    ("to", "wanted"),
    [
        (b"central-africa@relay.example", ""),
        (b"Central <CENTRAL-africa@relay.example>", ""),
        (b"chief@customs.example, <central-africa@relay.example>", ""),
        (b"chief@customs.example", "dkim.meant_for_others"),
        (b"xcentral-africa@relay.example", "dkim.meant_for_others"),
        (b"central-africa@relay.example.evil.example", "dkim.meant_for_others"),
    ],
)
def test_mail_to_somebody_else_cannot_be_handed_in_for_a_list(to, wanted):
    octets = PLAIN.replace(b"central-africa@relay.example", to)
    assert fault(signed(octets)) == wanted


def test_a_long_word_among_the_recipients_costs_time_in_proportion():
    octets = PLAIN.replace(b"To: ", b"To: " + b"a" * 90_000 + b", ")
    assert fault(signed(octets)) == ""


def test_every_addressed_list_must_be_named():
    both = PLAIN.replace(b"Subject", b"Cc: eastern-africa@relay.example\r\nSubject", 1)
    eastern = address("eastern-africa@relay.example")
    assert fault(signed(PLAIN), to=(LIST, eastern)) == "dkim.meant_for_others"
    assert fault(signed(both, fields=(*COVERED, "cc")), to=(LIST, eastern)) == ""


def test_a_few_of_many_signatures_are_looked_into_and_one_is_enough():
    octets = PLAIN
    foreign, own = (signed(PLAIN, domain=one).removesuffix(PLAIN) for one in ("x.example", DOMAIN))
    octets = own.replace(b"s=s1", b"s=s2") * 10 + foreign * 100 + PLAIN
    lookup = lookup_in(ZONE)
    message = cut(octets, split_header(octets))
    assert [one.fault for one in verify(message, address(AUTHOR), (LIST,), lookup, NOW)] == ["dkim.no_key"] * TRIES
    assert len(lookup.asked) == TRIES


def test_dkimpy_looks_at_the_topmost_signature_alone_and_we_at_the_author_s():
    octets = signed(signed(PLAIN), domain="list.example")
    assert not dkimpy_passes(octets)
    assert fault(octets) == ""


def test_no_answer_is_told_from_no_key():
    [one] = judge(signed(PLAIN), {KEY: ("?",)})
    assert (one.unknown, one.passed) == (True, False)


def test_without_a_signature_there_is_nothing_to_look_into():
    lookup = lookup_in(ZONE)
    message = cut(PLAIN, split_header(PLAIN))
    assert list(verify(message, address(AUTHOR), (LIST,), lookup, NOW)) == []
    assert lookup.asked == []
