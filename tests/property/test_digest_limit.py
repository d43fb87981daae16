"""Whatever was written: a digest is one text of 50 KB at most, with the fields that we mean, and every post is in it or named by it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.delivery.catalogue import read_catalogue
from relay.delivery.compose import CleanCopy
from relay.delivery.digest import LIMIT, Digest, compose_digest, make_entry
from relay.delivery.plain import text_of_html
from relay.delivery.signing import SigningKey, sign
from relay.mail.address import Address
from relay.mail.message import split_header
from relay.policy.post import CleanPart
from relay.roster.mailing_list import Tlp
from tests.builders import make_list

ROOT = Path(__file__).parents[2]
CATALOGUES = [
    read_catalogue((ROOT / "config" / "locales" / f"{one}.po").read_text("utf-8"), one)
    for one in ("en", "fr", "es", "pt")
]
LISTS = (make_list(), make_list("species-id", reply_to="list"))
MORNING = datetime(2026, 11, 26, 6, tzinfo=UTC)
FIELDS = {
    *(
        "date",
        "from",
        "to",
        "subject",
        "message-id",
        "list-id",
        "list-post",
        "list-help",
        "list-owner",
        "list-unsubscribe",
    ),
    *("auto-submitted", "precedence", "mime-version", "content-type", "content-transfer-encoding"),
}
RSA = generate_private_key(public_exponent=65537, key_size=2048)
# As while keys change: two old ones beside two new ones.
KEYS = [
    SigningKey(algorithm="rsa-sha256", selector="spring-2026-rsa", domain="relay.example", key=RSA),
    SigningKey(algorithm="ed25519-sha256", selector="spring-2026-ed", domain="relay.example", key=Ed25519PrivateKey.generate()),
] * 2  # fmt: skip
# Hypothesis's own text, what breaks headers, and wide characters in number.
SHORT = st.text(max_size=60) | st.sampled_from(
    ["", "\r\nBcc: x@evil.example", "━━ 1/1 · TLP:CLEAR · X", "-- ", ".", "象" * 200, "a" * 900, "\ud83d", "=?utf-8?b?"]
)
LONG = st.builds(
    lambda piece, times: (piece * times)[:60_000],
    SHORT | st.sampled_from(["象牙", "𓃰 ", "é", "=", "\n", "\u200d", "word ", "a\u0301\u0301", ".\n"]),
    st.integers(0, 60_000),
)


@st.composite
def digests(draw):
    entries = []
    for number in range(draw(st.integers(0, 40))):
        media_type = draw(st.sampled_from(["text/plain", "text/html"]))
        copy = CleanCopy(
            author_name=draw(SHORT),
            author_address=Address(local="ana", domain="customs.example"),
            subject=draw(SHORT),
            message_id=None,
            date=None,
            references=(),
            parts=(CleanPart(media_type=media_type, text=draw(LONG)),),
        )
        received_at = MORNING - timedelta(minutes=number)
        entries.append(
            make_entry(
                copy,
                draw(st.sampled_from(LISTS)),
                draw(st.sampled_from(Tlp)),
                (),
                reference=f"CAFR-2026-{number:06}",
                received_at=received_at,
            )
        )
    more = tuple(f"SPECIES-2026-{number:06}" for number in range(draw(st.integers(0 if entries else 1, 2000))))
    return Digest(
        entries=tuple(entries),
        more=more,
        lists=LISTS,
        marking=max((one.marking for one in entries), key=lambda one: one.level, default=Tlp.GREEN),
        identity="digest.0a",
        written_at=MORNING,
        domain="relay.example",
    )


@settings(max_examples=40, deadline=None)
@given(digests(), st.sampled_from(CATALOGUES))
def test_a_digest_keeps_to_its_limit_and_to_its_fields_and_leaves_no_post_out(digest, catalogue):
    octets = sign(compose_digest(digest, catalogue), KEYS, MORNING)
    assert len(octets) <= LIMIT
    assert octets.isascii()
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert max(map(len, octets.split(b"\r\n"))) <= 998  # RFC 5322 §2.1.1
    names = [one.name for one in split_header(octets).fields if one.name != "dkim-signature"]
    assert len(names) == len(set(names))
    assert set(names) <= FIELDS
    text = message_from_bytes(octets, policy=policy.default).get_content()
    heads = [line for line in text.splitlines() if line.startswith("━━")]
    named = [one.reference for one in digest.entries if one.reference in text]
    assert len(named) == len(digest.entries)
    assert len(heads) <= len(digest.entries)
    assert text.startswith(f"{digest.marking}")
    assert text.replace("\r\n", "\n").count("\n-- \n") == 1


@given(st.text())
def test_no_html_is_too_strange_to_become_text(html):
    assert "\n\n" not in text_of_html(html)
