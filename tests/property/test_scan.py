"""Whatever comes in: scanning never raises, what comes out is clean, and what leaves was looked at."""

import unicodedata

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from relay.policy.post import Progress
from relay.scan.charset import decode
from relay.scan.frames import decode_stage, encode_stage
from relay.scan.html import read_html
from relay.scan.parameters import read_field_value
from relay.scan.stages import scan_octets
from relay.scan.text import clean
from tests.scanning import FACTS, HEADER, RULES, mail, marking_places, message, page, part, plain, rules, scan

# Pieces of which messages and traps are made, so that random ones get past the first line of the parser.
PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"\r",
        b"--b",
        b"--b--",
        b"--c",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: multipart/alternative; boundary=c",
        b"Content-Type: text/html; charset=utf-16",
        b"Content-Type: text/plain; charset=iso-2022-jp",
        b"Content-Type: text/plain; charset*0=u; charset*1=tf-7",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Disposition: attachment; filename*=utf-8''%ff",
        b"Subject: =?utf-7?q?+2AA-?=",
        b"List-Id: <a.b>",
        b"Message-ID: <[]>",
        b"Date: Mon, 6 Jan 2025 10:00:00 +9999",
        b"From: =?x?b?!?= <a@b.example>",
        b"TLP:RED",
        b"<p>T<b>LP</b>:<!--",
        b"</template><svg><style>",
        b"=3D=\r\n=",
        b"VExQ",
        b"\x1b$B\xff\xfe\x00",
        b" \t",
        b"> >",
        b"-----BEGIN PGP MESSAGE-----",
    ]
)
MESSAGES = st.one_of(
    st.binary(max_size=400),
    st.lists(PIECES | st.binary(max_size=6), max_size=40).map(b"".join),
    st.lists(PIECES | st.binary(max_size=6), max_size=40).map(lambda pieces: HEADER + b"\r\n".join(pieces)),
    st.lists(st.binary(max_size=80), max_size=4).map(lambda bodies: mail(*map(part, bodies))),
)
LABELS = st.sampled_from(
    ["", "utf-8", "utf-7", "utf-16", "utf-32", "hz", "koi8-r", "gb18030", "iso-2022-kr", "x-none", "big5"]
) | st.text(max_size=12)


def is_clean(text: str) -> bool:
    return all(char in "\t\n" or unicodedata.category(char) not in {"Cc", "Cs"} for char in text)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(MESSAGES)
@example(b"")
@example(b":")
@example(b"\r\n")
@example(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b")
def test_scanning_never_raises_and_what_comes_out_is_clean(octets):
    stages = list(scan_octets(octets, RULES, FACTS))
    assert [stages[0].name, stages[1].name, stages[-1].name] == ["header", "text", "complete"]
    assert all(is_clean(part.text) for stage in stages for part in stage.parts)
    assert [decode_stage(encode_stage(stage)) for stage in stages] == stages


@settings(max_examples=200, deadline=None)
@given(MESSAGES)
def test_one_message_gives_one_result(octets):
    assert scan(octets) == scan(octets)
    assert scan(octets).progress is Progress.COMPLETE


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-16", "utf-7", "gb18030"]))
def test_a_text_survives_any_charset_that_can_write_it(text, charset):
    octets = text.encode(charset, "replace")
    assert decode(octets, charset).text == octets.decode(charset)


@settings(deadline=None)
@given(st.binary(max_size=60), LABELS)
def test_decoding_never_raises(octets, label):
    decode(octets, label)


@settings(deadline=None)
@given(
    st.binary(max_size=120)
    | st.lists(
        st.sampled_from([b";", b"name", b"*0", b"*", b"=", b'"', b"\\", b"''", b"%4", b"(", b" "]), max_size=20
    ).map(b"".join)
)
def test_reading_parameters_never_raises(body):
    read_field_value(body)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "<p",
                "<b>",
                "</b>",
                "<!--",
                "-->",
                "<svg>",
                "<math>",
                "<style>",
                "<template>",
                "<a href='",
                "javascript:x",
                "'",
                "<td>",
                "&#x202e;",
                "x",
            ]
        ),
        max_size=25,
    ).map("".join)
)
def test_a_sanitised_page_is_harmless_and_stays_as_it_is(source):
    html = read_html(source).html
    assert "<script" not in html
    assert "<style" not in html
    assert "<svg" not in html
    assert 'href="javascript' not in html
    assert is_clean(html)
    assert read_html(html).plain == read_html(source).plain


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)
    assert is_clean(clean(text))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["hello", "\n", "> ", "<b>x</b>", "12 kg", "é", " "]), max_size=12).map("".join),
    st.booleans(),
)
def test_a_marking_on_a_line_of_its_own_is_found_wherever_it_leaves(text, as_page):
    body = f"<p>{text}</p>\n<p>TLP:RED</p>" if as_page else f"{text}\nTLP:RED\n"
    result = scan(message(body.encode(), f"text/{'html' if as_page else 'plain'}; charset=utf-8"))
    assert ("TLP:RED" in plain(result) or "TLP:RED" in page(result)) <= bool(marking_places(result))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100))
def test_a_message_without_readable_text_always_says_so(body):
    result = scan(mail(part(body, "image/png")))
    assert not result.parts
    assert "part.nothing_readable" in rules(result, "H1")
