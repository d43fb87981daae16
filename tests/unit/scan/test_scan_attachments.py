"""What can be read of attachments is looked at, whether they leave or not; signatures and logos go without a word."""

import base64

import pytest

from tests.scanning import mail, marking_places, message, multipart, part, plain, rules, scan

ATTACHED = "Content-Disposition: attachment\r\n"
IN_PAGE = "Content-ID: <logo@agency.example>\r\nContent-Transfer-Encoding: base64\r\n"


def inner(*parts: bytes) -> bytes:
    """A message of parts that stands in another."""
    return message(*multipart(*parts, boundary="in"))


def with_attachment(body: bytes, content_type: str, more: str = ATTACHED) -> bytes:
    return mail(part(b"hello"), part(body, content_type, more))


def logo(octets: int, more: str = IN_PAGE, content_type: str = "image/png; name=logo.png") -> bytes:
    return part(base64.encodebytes(b"\x89" * octets), content_type, more)


def related(*parts: bytes) -> bytes:
    return mail(part(b"<p>hello<img src='cid:logo@agency.example'></p>", "text/html"), *parts, subtype="related")


@pytest.mark.parametrize(
    ("body", "content_type", "more", "place"),
    [
        (b"TLP:RED\r\n", "text/plain", ATTACHED, "attachment 1"),
        (b"a;b\r\nTLP:RED;\r\n", "text/csv; charset=utf-8", ATTACHED, "attachment 1"),
        (b"# TLP:RED\r\n", "text/markdown", "", "attachment 1"),
        (b"<p>x</p><!-- TLP:RED -->", "text/html", ATTACHED, "attachment 1, hidden part"),
        (b"<p>T<b>LP</b>:RED</p>", "text/html", ATTACHED, "attachment 1"),
        (b"<p>T<b>LP</b>:RED</p>", "text/x-amp-html", "", "attachment 1"),
        (b"BEGIN:VEVENT\r\nSUMMARY:TL\r\n P:RED\r\nEND:VEVENT\r\n", "text/calendar", "", "attachment 1, hidden part"),
        (b"NOTE:x TL\r\n P:RE\r\n D\r\n", "text/vcard", ATTACHED, "attachment 1, hidden part"),
        (b"VExQOlJFRA==", "text/plain", ATTACHED + "Content-Transfer-Encoding: base64\r\n", "attachment 1"),
        ("TLP:RED".encode("utf-16"), "text/plain; charset=utf-16", ATTACHED, "attachment 1"),
        (b"> TLP:RED\r\n", "text/plain", ATTACHED, "attachment 1, quoted text"),
        (b"Subject: [TLP:RED] x\r\n\r\nhello", "message/rfc822", "", "attachment 1, subject"),
        (b"Keywords: TLP:RED\r\n\r\nhello", "message/rfc822", ATTACHED, "attachment 1, header"),
        (b"X-TLP: RED\r\n\r\nhello", "message/global", ATTACHED, "attachment 1, header"),
        (b"Subject: x\r\n\r\nTLP:RED", "message/rfc822", "", "attachment 1"),
        (inner(part(b"<i>TLP:RED</i>", "text/html"), part(b"x")), "message/rfc822", "", "attachment 1"),
        (inner(part(b"x"), part(b"TLP:RED", "text/plain", ATTACHED)), "message/rfc822", "", "attachment 1"),
        (inner(part(b"x"), part(b"x", "image/png; name=TLP_RED.png")), "message/rfc822", "", "attachment 1, name"),
        (b"TLP:RED\r\n" + inner(part(b"x")), "message/partial; id=1", "", "attachment 1"),
        (b"Action: failed\r\nDiagnostic-Code: TLP:RED\r\n", "message/delivery-status", "", "attachment 1"),
    ],
)
def test_a_marking_in_an_attachment_that_is_readable_text_counts(body, content_type, more, place):
    result = scan(with_attachment(body, content_type, more))
    assert place in marking_places(result)
    leaves = [one.place for one in result.documents]
    assert leaves == ["attachment 1"] or result.removed == ("attachment 1",)
    assert bool(leaves) != any(rule.startswith("part.unread.") for rule in rules(result, "H1"))
    assert plain(result) == "hello"


def test_messages_in_messages_are_looked_into():
    octets = message(b"TLP:RED")
    for _ in range(3):
        octets = message(octets, "message/rfc822")
    assert marking_places(scan(with_attachment(octets, "message/rfc822"))) == {"attachment 1"}


def test_messages_in_messages_without_end_are_only_removed():
    """Row 58."""
    octets = message(b"hello")
    for _ in range(100):
        octets = message(octets, "message/rfc822")
    result = scan(with_attachment(octets, "message/rfc822"))
    assert result.removed == ("attachment 1",)
    assert rules(result, "H1") == {"part.unread.message/rfc822"}


def test_what_is_doubtful_inside_of_an_attachment_is_no_doubt_about_the_message():
    result = scan(with_attachment(b"caf\xe9 \x81", "text/plain; charset=utf-8"))
    assert rules(result) == set()


@pytest.mark.parametrize(
    "content_type",
    ["application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"],
)
def test_the_names_and_descriptions_of_signatures_are_looked_at(content_type):
    named = scan(mail(part(b"hello"), part(b"x", f"{content_type}; name=TLP_RED.asc"), subtype="signed"))
    assert marking_places(named) == {"attachments, name", "attachments, header"}
    described = scan(
        mail(part(b"hello"), part(b"x", content_type, "Content-Description: TLP:RED\r\n"), subtype="signed")
    )
    assert marking_places(described) == {"attachments, header"}
    assert described.removed == ()


def test_a_logo_of_a_page_is_dropped_without_a_word():
    result = scan(related(logo(20_000), logo(10, IN_PAGE + "Content-Disposition: inline\r\n")))
    assert (result.findings, result.removed, plain(result)) == ((), (), "hello")


def test_the_name_of_a_logo_is_looked_at():
    result = scan(related(logo(10, content_type="image/png; name=TLP_RED.png")))
    assert "attachments, name" in marking_places(result)
    assert result.removed == ()


@pytest.mark.parametrize(
    "image",
    [
        logo(20_001),
        logo(10, IN_PAGE + ATTACHED),
        logo(10, "Content-Transfer-Encoding: base64\r\n"),
        logo(10, content_type="application/pdf"),
    ],
)
def test_an_image_that_could_be_more_than_a_logo_is_removed(image):
    result = scan(related(image))
    assert result.removed == ("attachment 1",)


def test_a_small_image_beside_a_text_is_removed():
    assert scan(mail(part(b"hello"), logo(10))).removed == ("attachment 1",)


def test_a_message_that_is_a_logo_alone_has_nothing_to_read():
    result = scan(message(*multipart(logo(10), subtype="related")))
    assert rules(result, "H1") == {"part.nothing_readable"}
