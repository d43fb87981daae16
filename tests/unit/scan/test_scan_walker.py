"""The MIME structure: everyday messages pass without remark, every doubt is named, and no text is lost."""

import base64

import pytest

from relay.policy.post import Scan
from relay.scan.walker import decode_body
from tests.scanning import mail, marking_places, message, multipart, part, plain, rules, scan

RED = b"TLP:RED"


@pytest.mark.parametrize(
    "octets",
    [
        message(b"hello\r\n"),
        message(b"hello", "text/plain; charset=us-ascii"),
        message("défense".encode(), "text/plain; charset=us-ascii"),
        message(b"hello", 'TEXT/PLAIN; charset="UTF-8"; format=flowed; delsp=yes'),
        message(
            b"caf=C3=A9 =\r\nnoir\r\n\r\n",
            "text/plain; charset=utf-8",
            "Content-Transfer-Encoding: Quoted-Printable\r\n",
        ),
        message(base64.encodebytes(b"hello " * 40), "text/plain", "Content-Transfer-Encoding: BASE64\r\n"),
        b"From: a@agency.example\r\n\r\nno MIME at all",
        mail(part(b"hello"), part(b"<p>hello</p>", "text/html"), subtype="alternative"),
        message(
            b"This is a multi-part message in MIME format.\r\n" + multipart(part(b"x"))[0] + b"\r\n\r\n", multipart()[1]
        ),
        message(b"--b1  \r\n\r\nblanks after the boundary\r\n--b1-- \t\r\n", "multipart/mixed; boundary=b1"),
        mail(part(b"hello"), part(b"iVBORw0KGgo=\r\n", "image/png", "Content-Transfer-Encoding: base64\r\n")),
        message(b"hello", "text/plain; charset=iso-8859-1", "Content-Disposition: inline\r\n"),
        message(b"--a\n\nbare line feeds\n--a--\n", "multipart/mixed; boundary=a"),
    ],
)
def test_everyday_messages_give_no_structural_finding(octets):
    assert rules(scan(octets)) == set()


@pytest.mark.parametrize(
    ("octets", "rule"),
    [
        (message(RED, more="Subject: another\r\n"), "structure.header.duplicate.subject"),
        (message(RED, more="no colon here\r\n"), "structure.header.line_without_colon"),
        (message(b"--b\r\n\r\n" + RED, "multipart/mixed"), "structure.missing_boundary"),
        (message(b"--\r\n\r\n" + RED, 'multipart/mixed; boundary=""'), "structure.missing_boundary"),
        (
            message(b"--a\r\n\r\nx\r\n--a--\r\n--b\r\n\r\n" + RED, "multipart/mixed; boundary=a; boundary=b"),
            "structure.duplicate_boundary",
        ),
        (message(b"--a\r\n\r\n" + RED, "multipart/mixed; boundary=a"), "structure.missing_terminator"),
        (message(RED, "multipart/mixed; boundary=a"), "structure.missing_terminator"),
        (
            message(b"--a\xc3\xa9\r\n\r\n" + RED + b"\r\n--a\xc3\xa9--", "multipart/mixed; boundary=aé"),
            "structure.boundary_syntax",
        ),
        (
            message(b"--a\r\n\r\nx\r\n--a--\r\n--a\r\n\r\n" + RED + b"\r\n--a--", "multipart/mixed; boundary=a"),
            "structure.after_terminator",
        ),
        (message(RED, "text/plain; charset=x-martian"), "structure.unknown_charset"),
        (message(RED, "text/plain; charset=utf-8; charset=utf-16"), "structure.charset_parameter"),
        (message(RED + b" \xff", "text/plain; charset=utf-8"), "structure.charset_misfit"),
        (message(RED, more="Content-Transfer-Encoding: x-uuencode\r\n"), "structure.unknown_transfer_encoding"),
        (
            message(base64.b64encode(RED), more='Content-Transfer-Encoding: "base64"\r\n'),
            "structure.unknown_transfer_encoding",
        ),
        (message(b"VExQOlJFR!A==", more="Content-Transfer-Encoding: base64\r\n"), "structure.undecodable.base64"),
        (
            message(b"=54LP:RED =ZZ", more="Content-Transfer-Encoding: quoted-printable\r\n"),
            "structure.undecodable.quoted-printable",
        ),
        (message(RED, "nonsense"), "structure.content_type"),
        (message(b"x \xe2\x80\xaeDER TLP:RED", "text/plain; charset=utf-8"), "structure.bidi_override"),
    ],
)
def test_every_doubt_is_named_and_the_text_is_still_read(octets, rule):
    """Row 57."""
    result = scan(octets)
    assert rule in rules(result)
    assert marking_places(result)


@pytest.mark.parametrize("subtype", ["partial; id=x; number=1", "external-body; access-type=URL"])
def test_messages_that_are_elsewhere_are_doubtful_and_removed(subtype):
    """Row 60."""
    result = scan(mail(part(b"hello"), part(b"x", f"message/{subtype}")))
    assert rules(result) == {"structure.message_" + subtype.split(";")[0].replace("-", "_")}
    assert result.removed == ("attachment 1",)


def test_an_encoded_multipart_is_read_as_both_kinds_of_reader_do():
    inner = multipart(part(b"harmless"))[0]
    body = inner + base64.encodebytes(b"\r\n\r\nTLP:RED\r\n")
    result = scan(message(body, multipart()[1], "Content-Transfer-Encoding: base64\r\n"))
    assert "structure.encoded_multipart" in rules(result)
    assert plain(result) == "harmless"


def test_an_encoded_multipart_is_also_looked_at_decoded():
    result = scan(message(base64.encodebytes(b"TLP:RED\r\n"), multipart()[1], "Content-Transfer-Encoding: base64\r\n"))
    assert marking_places(result) == {"text"}


def test_text_before_and_after_the_parts_is_looked_at_and_does_not_leave():
    body, content_type = multipart(part(b"hello"))
    result = scan(message(b"TLP:RED\r\n" + body + b"TLP:RED\r\n", content_type))
    assert marking_places(result) == {"text, hidden part"}
    assert plain(result) == "hello"


def test_nested_multiparts_are_read_to_the_innermost():
    body, content_type = multipart(part(RED), boundary="b0")
    for depth in range(1, 15):
        body, content_type = multipart(part(body, content_type), boundary=f"b{depth}")
    result = scan(message(body, content_type))
    assert rules(result) == set()
    assert plain(result) == "TLP:RED"


def test_an_outer_boundary_ends_an_inner_part():
    body = b"--out\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nhello\r\n--out\r\n\r\nTLP:RED\r\n--out--\r\n"
    result = scan(message(body, "multipart/mixed; boundary=out"))
    assert rules(result) == {"structure.missing_terminator"}
    assert plain(result) == "hello\n\nTLP:RED"


def test_a_boundary_used_on_two_levels_is_doubtful():
    body, content_type = multipart(part(b"--b1\r\n\r\nhello\r\n--b1--", 'multipart/mixed; boundary="b1"'))
    assert "structure.boundary_used_twice" in rules(scan(message(body, content_type)))


def test_a_line_that_only_starts_like_a_boundary_is_text():
    result = scan(message(b"--b1\r\n\r\none\r\n--b12\r\n--b1x--\r\n\r\n--b1--\r\n", 'multipart/mixed; boundary="b1"'))
    assert plain(result) == "one\n--b12\n--b1x--\n"


def test_nesting_without_end_is_cut_and_reported():
    """Row 58."""
    body, content_type = part(b"hello"), "text/plain"
    for depth in range(40):
        body, content_type = multipart(part(body, content_type), boundary=f"b{depth}")
    result = scan(message(body, content_type))
    assert over_limits(result) == ["text"]
    assert result.removed == ("text",)


def test_parts_without_number_are_cut_and_reported():
    result = scan(mail(*[part(b"x", "image/png")] * 1000))
    assert len(result.removed) == 201
    assert over_limits(result) == ["text"]


def test_a_text_behind_too_many_parts_without_text_is_not_lost():
    empty = part(b"", "multipart/mixed; boundary=none")
    result = scan(mail(part(b"hello"), *[empty] * 300, part(b"TLP:RED")))
    assert over_limits(result) == ["text"]


def test_the_header_fields_of_a_multipart_inside_are_looked_at():
    body, content_type = multipart(part(b"hello"), boundary="in")
    result = scan(mail(part(body, content_type, "Content-Description: TLP:RED\r\n")))
    assert marking_places(result) == {"text, header"}


def test_a_charset_behind_endless_parameters_is_doubtful():
    result = scan(message(b"+AFQ-LP:RED", "text/plain" + "; x=y" * 200 + "; charset=utf-7"))
    assert "structure.charset_parameter" in rules(result)


def over_limits(result: Scan) -> list[str]:
    return [finding.place for finding in result.findings if finding.rule == "part.over_limits"]


def test_a_digest_holds_messages_unless_it_says_otherwise():
    result = scan(message(b"--d\r\n\r\nSubject: x\r\n\r\nTLP:GREEN\r\n--d--\r\n", "multipart/digest; boundary=d"))
    assert "part.unread.message/rfc822" in rules(result, "H1")


def test_parts_without_any_header_field_are_plain_text():
    assert plain(scan(message(b"--b1\r\n\r\nhello\r\n--b1--\r\n", multipart()[1]))) == "hello"


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        (b"T=4CP:=\r\nRED", b"TLP:RED"),
        (b"TLP:= \t\r\nRED", b"TLP:RED"),
        (b"a_b=3D", b"a_b="),
        (b"trailing  \r\nnext", b"trailing\nnext"),
        (b"end=", b"end"),
    ],
)
def test_quoted_printable_is_read_with_its_soft_breaks(encoded, decoded):
    assert decode_body(encoded, "quoted-printable") == (decoded, True)


@pytest.mark.parametrize(
    ("encoded", "decoded", "sound"),
    [
        (b"VExQ\r\nOlJF\r\nRA==\r\n", b"TLP:RED", True),
        (b"VExQOlJFRA", b"TLP:RED", False),
        (b"VExQOg==UkVE", b"TLP:RED", False),
        (b"VExQ*OlJFRA==", b"TLP:RED", False),
        (b"V", b"", False),
        (b"", b"", True),
    ],
)
def test_base64_is_read_as_far_as_any_reader_would(encoded, decoded, sound):
    assert decode_body(encoded, "base64") == (decoded, sound)
