"""Evasions: ways to write or send what a scanner must not miss. Pure functions, named as a skeleton's `technique` names them.

`SPANS` rewrite what stands between ⟦ and ⟧ in a filled skeleton. `OCTETS` make the whole message from a `Letter`.
The rest of the techniques stand in the skeletons as they are written (hidden HTML, file names, header fields).
The module is longer than others because it is a catalogue: each evasion has its few lines.
"""

import base64
import codecs
import gzip
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

_SPAN = re.compile("⟦(.*?)⟧", re.DOTALL)
_LATIN = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a way of sending works on. `head` is the header without Subject, lines ending with CRLF."""

    head: bytes
    subject: str
    text: str


def disguised(technique: str, text: str) -> str:
    """The text with every ⟦span⟧ rewritten by the technique, the brackets gone. Text without spans stays the same."""
    rewrite = SPANS.get(technique, str)
    return _SPAN.sub(lambda found: rewrite(found[1]), text)


# — spans —


def _between(mark: str) -> Callable[[str], str]:
    """Puts the mark between all letters and digits that touch each other."""
    return lambda span: re.sub(r"(?<=[^\W_])(?=[^\W_])", mark, span)


def _mapped(source: str, target: str) -> Callable[[str], str]:
    table = str.maketrans(source, target)
    return lambda span: span.translate(table)


def _mathematical(span: str) -> str:
    """Letters as bold, digits as double-struck mathematical symbols."""
    bold = {char: chr(0x1D41A + place) for place, char in enumerate(_LATIN)}
    bold |= {char.upper(): chr(0x1D400 + place) for place, char in enumerate(_LATIN)}
    bold |= {str(digit): chr(0x1D7D8 + digit) for digit in range(10)}
    return "".join(bold.get(char, char) for char in span)


def _full_width(span: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in span)


def _digits_as(first: str) -> Callable[[str], str]:
    return _mapped("0123456789", "".join(chr(ord(first) + digit) for digit in range(10)))


def _digits_apart(mark: str) -> Callable[[str], str]:
    """All digits one by one with the mark between them; whatever stood between them is gone."""
    return lambda span: re.sub(r"\d[\d \-./()]*\d", lambda found: mark.join(re.findall(r"\d", found[0])), span)


def _spelled(words: str, mark: str = " ") -> Callable[[str], str]:
    names = words.split()
    return lambda span: mark.join(names[int(digit)] for digit in re.findall("[0-9]", span))


def _wrapped(prefix: str) -> Callable[[str], str]:
    """A line break, and the next line's prefix, at every space; in a word without any, in the middle."""

    def wrap(span: str) -> str:
        if " " in span.strip():
            return re.sub(" +", "\n" + prefix, span)
        middle = len(span) // 2
        return f"{span[:middle]}\n{prefix}{span[middle:]}"

    return wrap


def _reversed_by_bidi(span: str) -> str:
    """Stored backwards, shown forwards: U+202E (right-to-left override) … U+202C."""
    return f"\u202e{span[::-1]}\u202c"


def _entities(span: str) -> str:
    return "".join(f"&#{ord(char)};" if place % 2 else f"&#x{ord(char):x};" for place, char in enumerate(span))


def _tags(span: str) -> str:
    return "".join(f"<b>{char}</b>" if place % 3 == 1 else char for place, char in enumerate(span))


def _empty_tags(span: str) -> str:
    return "<span></span>".join(span)


def _html_comments(span: str) -> str:
    return "<!-- -->".join(span)


def _spaced_out(span: str) -> str:
    return "   ".join(" ".join(word) for word in span.split())


def _at_and_dot(span: str) -> str:
    return span.replace("@", " [at] ").replace(".", " (dot) ")


def _as_link(span: str) -> str:
    return "https://www.example.org/?q=" + "".join(f"%{octet:02X}" for octet in span.encode())


def _base64_run(span: str) -> str:
    return base64.b64encode(span.encode()).decode()


def _hex_run(span: str) -> str:
    return span.encode().hex()


def _data_address(span: str) -> str:
    """A page of its own in an address (RFC 2397)."""
    return "data:text/html;base64," + base64.b64encode(f"<p>{span}</p>".encode()).decode()


def _markdown_marked(span: str) -> str:
    return re.sub(r"(\w+)", r"*\1*", span)


def _decomposed(span: str) -> str:
    return unicodedata.normalize("NFD", span)


def _struck(span: str) -> str:
    return "".join(char + "\u0336" if char.isalnum() else char for char in span)


def _tatweel(span: str) -> str:
    """The Arabic stretching sign after letters that join."""
    return re.sub("([بتثجحخسشصضطظعغفقكلمنهي])(?=[ء-ي])", "\\1ـــ", span)


def _tag_characters(span: str) -> str:
    """Invisible tag characters (U+E0001 and following) between the letters."""
    return "\U000e0001".join(span)


def _mixed_case(span: str) -> str:
    return "".join(char.upper() if place % 2 else char.lower() for place, char in enumerate(span))


def _underscored(span: str) -> str:
    return span.replace(" ", "_")


def _reply_quoted(span: str) -> str:
    return "\n".join(">> " + line for line in span.split("\n"))


_TO_CYRILLIC = _mapped("aceopxyABCEHKMOPTXi", "асеорхуАВСЕНКМОРТХі")
_TO_GREEK = _mapped("oνABEHIKMNOPTXZ", "ονΑΒΕΗΙΚΜΝΟΡΤΧΖ")

SPANS: Mapping[str, Callable[[str], str]] = {
    "zero-width": _between("\u200b"),
    "zero-width-joiner": _between("\u200d"),
    "soft-hyphen": _between("\u00ad"),
    "word-joiner": _between("\u2060"),
    "grapheme-joiner": _between("\u034f"),
    "variation-selector": _between("\ufe0f"),
    "tag-characters": _tag_characters,
    "bidi-isolates": _between("\u2068\u2069"),
    "bidi-override": _reversed_by_bidi,
    "combining-strike": _struck,
    "decomposed": _decomposed,
    "homoglyph-cyrillic": _TO_CYRILLIC,
    "homoglyph-greek": _TO_GREEK,
    "full-width": _full_width,
    "mathematical": _mathematical,
    "leet": _mapped("EeOoIi", "330011"),
    "mixed-case": _mixed_case,
    "tatweel": _tatweel,
    "digits-arabic": _digits_as("٠"),
    "digits-persian": _digits_as("۰"),
    "digits-devanagari": _digits_as("०"),
    "digits-thai": _digits_as("๐"),
    "digits-khmer": _digits_as("០"),
    "digits-spaced": _digits_apart(" "),
    "digits-dotted": _digits_apart("."),
    "digits-dashed": _digits_apart("-"),
    "digits-underscored": _digits_apart("_"),
    "digits-no-break": _digits_apart("\u00a0"),
    "digits-circled": _mapped("0123456789", "⓪①②③④⑤⑥⑦⑧⑨"),
    "spelled-en": _spelled("zero one two three four five six seven eight nine"),
    "spelled-fr": _spelled("zéro un deux trois quatre cinq six sept huit neuf"),
    "spelled-es": _spelled("cero uno dos tres cuatro cinco seis siete ocho nueve"),
    "spelled-pt": _spelled("zero um dois três quatro cinco seis sete oito nove"),
    "spelled-sw": _spelled("sifuri moja mbili tatu nne tano sita saba nane tisa"),
    "spelled-zh": _spelled("零 一 二 三 四 五 六 七 八 九", ""),
    "line-wrapped": _wrapped(""),
    "line-wrapped-quoted": _wrapped("> "),
    "quoted-twice": _reply_quoted,
    "letters-spaced": _spaced_out,
    "html-entities": _entities,
    "html-tags-inside": _tags,
    "html-empty-tags": _empty_tags,
    "html-comments-inside": _html_comments,
    "percent-encoded": _as_link,
    "base64-run": _base64_run,
    "hex-run": _hex_run,
    "data-address": _data_address,
    "marked-bold": _markdown_marked,
    "at-and-dot": _at_and_dot,
    "underscored": _underscored,
}


# — octets —


def _message(letter: Letter, *, subject: bytes | None = None, rest: bytes) -> bytes:
    """Header and the rest: further header lines, an empty line, the body."""
    if subject is None:
        subject = b"Subject: " + _encoded_word(letter.subject)
    return b"".join((letter.head.rstrip(b"\r\n"), b"\r\n", subject, b"\r\nMIME-Version: 1.0\r\n", rest))


def _encoded_word(text: str, charset: str = "utf-8") -> bytes:
    """One encoded word after the other, each of at most ten characters (RFC 2047 section 2)."""
    pieces = [text[at : at + 10] for at in range(0, len(text), 10)] or [""]
    return b"\r\n ".join(
        b"=?%s?B?%s?=" % (charset.encode(), base64.b64encode(piece.encode(charset))) for piece in pieces
    )


def _lines(octets: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", octets)


def _single(letter: Letter, content_type: str, encoding: str, body: bytes) -> bytes:
    rest = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body
    return _message(letter, rest=rest)


def _base64(octets: bytes) -> bytes:
    return _lines(base64.encodebytes(octets))


def _split_words(letter: Letter) -> bytes:
    """Every character of the subject an encoded word of its own, in turns Q and B."""
    words = [
        f"=?utf-8?B?{base64.b64encode(char.encode()).decode()}?="
        if place % 2
        else f"=?utf-8?q?{''.join(f'={octet:02X}' for octet in char.encode())}?="
        for place, char in enumerate(letter.subject)
    ]
    rest = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + _lines(letter.text.encode())
    return _message(letter, subject=b"Subject: " + "\r\n ".join(words).encode(), rest=rest)


def _subject_utf_7(letter: Letter) -> bytes:
    word = b"=?utf-7?B?" + base64.b64encode(letter.subject.encode("utf-7")) + b"?="
    rest = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + _lines(letter.text.encode())
    return _message(letter, subject=b"Subject: " + word, rest=rest)


def _subject_folded(letter: Letter) -> bytes:
    """Folded at every space, with a tab to begin the next line."""
    rest = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + _lines(letter.text.encode())
    return _message(letter, subject=b"Subject: " + letter.subject.encode().replace(b" ", b"\r\n\t"), rest=rest)


def _second_subject(letter: Letter) -> bytes:
    """A harmless subject first."""
    rest = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + _lines(letter.text.encode())
    subject = b"Subject: monthly figures\r\nSubject: " + _encoded_word(letter.subject)
    return _message(letter, subject=subject, rest=rest)


def _soft_breaks(letter: Letter) -> bytes:
    """Quoted-printable with a soft line break after every second octet."""
    quoted = [b"=%02X" % octet if octet != 10 else b"=0A" for octet in letter.text.encode()]
    pairs = [b"".join(quoted[at : at + 2]) for at in range(0, len(quoted), 2)]
    return _single(letter, "text/plain; charset=utf-8", "quoted-printable", b"=\r\n".join(pairs) + b"\r\n")


def _in_charset(label: str, codec: str, encoding: str) -> Callable[[Letter], bytes]:
    """The text in one charset with the label of, possibly, another one."""

    def make(letter: Letter) -> bytes:
        octets = letter.text.encode(codec, "replace")
        body = _base64(octets) if encoding.strip('"') == "base64" else _lines(octets)
        return _single(letter, f"text/plain; charset={label}", encoding, body)

    return make


def _base64_with_junk(letter: Letter) -> bytes:
    body = base64.b64encode(letter.text.encode())
    cut = len(body) // 8 * 4
    return _single(
        letter, "text/plain; charset=utf-8", "base64", body[:cut] + b"!\r\n*-*\r\n" + body[cut:] + b"\r\n\r\nfin\r\n"
    )


def _multipart(
    letter: Letter, parts: list[bytes], *, kind: str = "mixed", before: str = "", after: str = "", end: bool = True
) -> bytes:
    boundary = b"=-part-7f3a"
    rest = b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind.encode(), boundary) + _lines(before.encode())
    body = b"".join(b"\r\n--" + boundary + b"\r\n" + part for part in parts)
    closing = b"\r\n--" + boundary + b"--\r\n" + _lines(after.encode()) if end else b"\r\n"
    return _message(letter, rest=rest + body + closing)


def _part(content_type: str, octets: bytes, disposition: str = "") -> bytes:
    fields = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n"
    if disposition:
        fields += f"Content-Disposition: {disposition}\r\n"
    return fields.encode() + b"\r\n" + _base64(octets)


_INNOCENT = "Dear colleagues,\nplease find the monthly figures below. No questions so far.\n"


def _plain(text: str = _INNOCENT) -> bytes:
    return _part("text/plain; charset=utf-8", text.encode())


def _page(text: str) -> bytes:
    return _part("text/html; charset=utf-8", f"<html><body><p>{escape(text)}</p></body></html>".encode())


def _attached(name: str, content_type: str, make: Callable[[str], bytes]) -> Callable[[Letter], bytes]:
    """A harmless text, and the letter's in an attached file."""

    def build(letter: Letter) -> bytes:
        part = _part(content_type, make(letter.text), f'attachment; filename="{name}"')
        return _multipart(letter, [_plain(), part])

    return build


def _zipped(name: str) -> Callable[[str], bytes]:
    def make(text: str) -> bytes:
        return _zip({name: text.encode()})

    return make


def _zip(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 8, 0, 0)), octets)
    return stream.getvalue()


def _document(text: str, *, comment: str = "") -> bytes:
    """A small word-processing document (ECMA-376), the comment in its own part."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def paragraphs(content: str) -> str:
        return "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in content.splitlines())

    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}.document.main+xml"/>'
        f'<Override PartName="/word/comments.xml" ContentType="{main}.comments+xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": "<Relationships "
        'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{office}/comments" Target="comments.xml"/></Relationships>',
        "word/document.xml": f"<w:document {space}><w:body>{paragraphs(text)}</w:body></w:document>",
        "word/comments.xml": f'<w:comments {space}><w:comment w:id="0">{paragraphs(comment)}</w:comment></w:comments>',
    }
    return _zip({name: octets.encode() for name, octets in members.items()})


def _rich(text: str) -> bytes:
    """RTF, every character beyond ASCII as \\u."""
    body = "".join(
        "\\par\n"
        if char == "\n"
        else char
        if char.isascii()
        else f"\\u{ord(char) if ord(char) < 32768 else ord(char) - 65536}?"
        for char in text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
    )
    return b"{\\rtf1\\ansi\\deff0 {\\fonttbl{\\f0 Arial;}}\n" + body.encode() + b"}"


def _calendar(text: str) -> bytes:
    """An invitation whose description is the text (RFC 5545), folded at 60 octets of ASCII."""
    line = "DESCRIPTION:" + text.strip().replace("\n", "\\n").replace(",", "\\,")
    folded = "\r\n ".join(line[at : at + 40] for at in range(0, len(line), 40))
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\nBEGIN:VEVENT\r\nUID:1@agency.example\r\n"
        f"DTSTART:20260105T080000Z\r\nSUMMARY:meeting\r\n{folded}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def _card(text: str) -> bytes:
    """A vCard (RFC 6350) with the text as its note."""
    note = text.strip().replace("\n", "\\n").replace(",", "\\,")
    return f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Desk\r\nNOTE:{note}\r\nEND:VCARD\r\n".encode()


def _nested(depth: int) -> Callable[[Letter], bytes]:
    """The letter's text in a forwarded message, in a forwarded message …"""

    def make(letter: Letter) -> bytes:
        inner = (
            b"From: someone@agency.example\r\nSubject: figures\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        ) + _base64(letter.text.encode())
        for level in range(depth - 1):
            mark = b"inner-%d" % level
            inner = (
                b"From: someone@agency.example\r\nSubject: Fwd: figures\r\nMIME-Version: 1.0\r\n"
                b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s\r\n'
                % (mark, mark)
                + b"Content-Type: message/rfc822\r\n\r\n"
                + inner
                + b"\r\n--%s--\r\n" % mark
            )
        return _multipart(letter, [_plain(), b"Content-Type: message/rfc822\r\n\r\n" + inner])

    return make


def _name_continued(letter: Letter) -> bytes:
    """The text's first line as a file name in pieces (RFC 2231 section 3)."""
    name = letter.text.strip().splitlines()[0] + ".txt"
    pieces = [quote(name[at : at + 7], safe="") for at in range(0, len(name), 7)]
    charset = "utf-8''"
    fields = ";\r\n ".join(
        f"filename*{place}*={charset if place == 0 else ''}{piece}" for place, piece in enumerate(pieces)
    )
    part = _part("text/plain; charset=utf-8", b"figures\n", f"attachment;\r\n {fields}")
    return _multipart(letter, [_plain(), part])


def _name_of_two(letter: Letter) -> bytes:
    """A harmless `filename`, the text's first line as `name` in encoded words."""
    word = f"=?utf-8?B?{base64.b64encode(letter.text.strip().splitlines()[0].encode()).decode()}?="
    part = _part(f'text/plain; charset=utf-8; name="{word}"', b"figures\n", 'attachment; filename="figures.txt"')
    return _multipart(letter, [_plain(), part])


def _two_boundaries(letter: Letter) -> bytes:
    """Two boundary parameters: which parts there are depends on who reads."""
    rest = (
        b'Content-Type: multipart/mixed; boundary="one"; boundary="two"\r\n\r\n'
        b"--one\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nMonthly figures, nothing new.\r\n--one--\r\n"
        b"--two\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + _lines(letter.text.encode()) + b"\r\n--two--\r\n"
    )
    return _message(letter, rest=rest)


def _uuencoded(letter: Letter) -> bytes:
    octets = codecs.encode(letter.text.encode(), "uu")
    return _single(letter, "text/plain; charset=utf-8", "7bit", b"Figures attached.\r\n\r\n" + _lines(octets))


_INNOCENT_PART = b"Content-Type: text/plain; charset=utf-8\r\n\r\nMonthly figures, nothing new.\r\n"


def _subject_nested(letter: Letter) -> bytes:
    """An encoded word inside an encoded word: whoever decodes twice reads it."""
    inner = b"=?utf-8?B?" + base64.b64encode(letter.subject.encode()) + b"?="
    rest = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + _lines(letter.text.encode())
    return _message(letter, subject=b"Subject: =?us-ascii?B?" + base64.b64encode(inner) + b"?=", rest=rest)


def _subject_unknown(letter: Letter) -> bytes:
    word = b"=?x-agency-9?B?" + base64.b64encode(letter.subject.encode()) + b"?="
    rest = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + _lines(letter.text.encode())
    return _message(letter, subject=b"Subject: " + word, rest=rest)


def _boundary_prefix(letter: Letter) -> bytes:
    """The inner boundary begins with the outer one."""
    rest = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        b'Content-Type: multipart/mixed; boundary="bb"\r\n\r\n--bb\r\n'
        + _INNOCENT_PART
        + b"--bb\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + _lines(letter.text.encode())
        + b"\r\n--bb--\r\n--b--\r\n"
    )
    return _message(letter, rest=rest)


def _boundary_absent(letter: Letter) -> bytes:
    rest = b"Content-Type: multipart/mixed\r\n\r\n--b\r\n" + _INNOCENT_PART + b"--b\r\n\r\n"
    return _message(letter, rest=rest + _lines(letter.text.encode()) + b"\r\n--b--\r\n")


def _types_twice(letter: Letter) -> bytes:
    """Two Content-Type fields: a picture for one reader, text for another."""
    rest = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' + _INNOCENT_PART + b"--b\r\n"
        b"Content-Type: image/png\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    return _message(letter, rest=rest + _lines(letter.text.encode()) + b"\r\n--b--\r\n")


def _type_comment(letter: Letter) -> bytes:
    return _single(
        letter, "text/plain (the usual); (so) charset=(this) utf-8", "(kept) base64", _base64(letter.text.encode())
    )


def _encoding_on_multipart(letter: Letter) -> bytes:
    """A whole multipart body in Base64, which RFC 2045 section 6.4 forbids and some programs read."""
    body = b"--b\r\n" + _INNOCENT_PART + b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    body += _lines(letter.text.encode()) + b"\r\n--b--\r\n"
    return _single(letter, 'multipart/mixed; boundary="b"', "base64", _base64(body))


def _report(letter: Letter) -> bytes:
    """The text as the diagnosis of a delivery report."""
    status = "Reporting-MTA: dns; mx.agency.example\r\n\r\nFinal-Recipient: rfc822; desk@agency.example\r\nDiagnostic-Code: x; "
    field = status + " ".join(letter.text.split()) + "\r\n"
    return _multipart(
        letter, [_plain(), b"Content-Type: message/delivery-status\r\n\r\n" + field.encode()], kind="report"
    )


def _bare_line_feeds(letter: Letter) -> bytes:
    """Header and body of a part apart by bare line feeds."""
    part = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(
        letter.text.encode()
    )
    return _multipart(letter, [_plain(), part])


def _printed(text: str) -> bytes:
    """A PDF of one page in Helvetica, text in Latin-1, with its table of objects (ISO 32000-1)."""
    lines = [re.sub(r"([()\\])", r"\\\1", line) for line in text.strip().splitlines()]
    stream = ("BT /F1 11 Tf 14 TL 50 780 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET").encode(
        "latin-1", "replace"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return (
        out
        + head
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    )


def _hidden_sheet(text: str) -> bytes:
    """A workbook (ECMA-376) whose first sheet is harmless and whose second, hidden one has the text."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"

    def sheet(content: str) -> str:
        rows = "".join(
            f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{escape(line)}</t></is></c></row>'
            for number, line in enumerate(content.strip().splitlines(), 1)
        )
        return f"<worksheet {space}><sheetData>{rows}</sheetData></worksheet>"

    members = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {space} xmlns:r="{office}"><sheets><sheet name="figures" sheetId="1" r:id="r1"/>'
        '<sheet name="more" sheetId="2" state="hidden" r:id="r2"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/worksheet" Target="worksheets/sheet2.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet("figures of the month"),
        "xl/worksheets/sheet2.xml": sheet(text),
    }
    return _zip({name: octets.encode() for name, octets in members.items()})


def _open_document(text: str) -> bytes:
    """An OpenDocument text (ISO 26300)."""
    space = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    paragraphs = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.strip().splitlines())
    content = f'<office:document-content {space} office:version="1.2"><office:body><office:text>{paragraphs}</office:text></office:body></office:document-content>'
    kind = "application/vnd.oasis.opendocument.text"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    members = {"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest}
    return _zip({name: octets.encode() for name, octets in members.items()})


def _partial(letter: Letter) -> bytes:
    """The second of three pieces (RFC 2046 section 5.2.2)."""
    rest = b'Content-Type: message/partial; id="17@agency.example"; number=2; total=3\r\n\r\n'
    return _message(letter, rest=rest + _lines(letter.text.encode()))


OCTETS: Mapping[str, Callable[[Letter], bytes]] = {
    "subject-split-words": _split_words,
    "subject-utf-7": _subject_utf_7,
    "subject-folded": _subject_folded,
    "second-subject": _second_subject,
    "soft-breaks": _soft_breaks,
    "charset-utf-7": _in_charset("utf-7", "utf-7", "7bit"),
    "charset-utf-16": _in_charset("utf-16", "utf-16", "base64"),
    "charset-wrong-latin": _in_charset("iso-8859-1", "utf-8", "8bit"),
    "charset-wrong-ascii": _in_charset("us-ascii", "utf-8", "8bit"),
    "charset-unknown": _in_charset("x-agency-9", "utf-8", "8bit"),
    "charset-koi8": _in_charset("koi8-r", "koi8-r", "8bit"),
    "encoding-quoted": _in_charset("utf-8", "utf-8", '"base64"'),
    "encoding-unknown": _in_charset("utf-8", "utf-8", "x-plain"),
    "base64-with-junk": _base64_with_junk,
    "preamble": lambda letter: _multipart(letter, [_plain()], before=letter.text),
    "epilogue": lambda letter: _multipart(letter, [_plain()], after=letter.text),
    "missing-terminator": lambda letter: _multipart(letter, [_plain(), _plain(letter.text)], end=False),
    "two-boundaries": _two_boundaries,
    "page-disagrees": lambda letter: _multipart(letter, [_plain(), _page(letter.text)], kind="alternative"),
    "plain-disagrees": lambda letter: _multipart(letter, [_plain(letter.text), _page(_INNOCENT)], kind="alternative"),
    "text-enriched": lambda letter: _single(
        letter, "text/enriched; charset=utf-8", "base64", _base64(letter.text.replace(" ", " <bold></bold>").encode())
    ),
    "nested-message": _nested(1),
    "nested-messages": _nested(6),
    "name-continued": _name_continued,
    "name-of-two": _name_of_two,
    "uuencoded": _uuencoded,
    "calendar": _attached("meeting.ics", "text/calendar; charset=utf-8; method=REQUEST", _calendar),
    "contact-card": _attached("desk.vcf", "text/vcard; charset=utf-8", _card),
    "table-file": _attached("figures.csv", "text/csv; charset=utf-8", lambda text: text.replace(", ", ";").encode()),
    "zip": _attached("figures.zip", "application/zip", _zipped("figures.txt")),
    "gzip": _attached("figures.txt.gz", "application/gzip", lambda text: gzip.compress(text.encode(), mtime=0)),
    "message-partial": _partial,
    "encrypted-smime": lambda letter: _single(
        letter,
        'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
        "base64",
        _base64(bytes.fromhex("3080060a2a864886f70d010703a0803080020100") + letter.text.encode() * 9),
    ),
    "rich-text": _attached("figures.rtf", "application/rtf", _rich),
    "document": _attached(
        "figures.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", _document
    ),
    "subject-nested-words": _subject_nested,
    "subject-unknown-charset": _subject_unknown,
    "boundary-prefix": _boundary_prefix,
    "boundary-absent": _boundary_absent,
    "types-twice": _types_twice,
    "type-comment": _type_comment,
    "encoding-on-multipart": _encoding_on_multipart,
    "delivery-report": _report,
    "bare-line-feeds": _bare_line_feeds,
    "printed": _attached("figures.pdf", "application/pdf", _printed),
    "hidden-sheet": _attached(
        "figures.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _hidden_sheet
    ),
    "open-document": _attached("figures.odt", "application/vnd.oasis.opendocument.text", _open_document),
    "document-comment": _attached(
        "figures.docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        lambda text: _document(_INNOCENT, comment=text),
    ),
}
