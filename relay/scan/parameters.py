"""The values of Content-Type and Content-Disposition: `value; name=parameter` (RFC 2045 §5.1, RFC 2231), read tolerantly.

Every way to write a parameter is read, also several at once, because other readers may choose another one than we do.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from relay.mail.message import decode_text, octets_to_text
from relay.scan.charset import decode

_VALUE = re.compile(r"[^;]*")
_NAME = re.compile(r"[\s;]*([^\s=;\"]+)[ \t]*(=?)[ \t]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"[^;]*")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_FREE_TEXT = frozenset({"name", "filename"})  # programs write blanks and brackets in these without quotes
PARAMETERS = 100


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field's main value in lower case, its parameters as (name, text) in every variant, and names read with doubt."""

    value: str
    parameters: tuple[tuple[str, str], ...]
    doubtful: frozenset[str]

    def all(self, name: str) -> tuple[str, ...]:
        """Every text that a reader could take for the parameter, the most usual first."""
        return tuple(dict.fromkeys(text for key, text in self.parameters if key == name))

    def first(self, name: str) -> str:
        """The parameter's most usual text, "" when it is absent."""
        return next(iter(self.all(name)), "")


_NOTHING = FieldValue("", (), frozenset())


def read_field_value(body: bytes) -> FieldValue:
    """Read a field's body; never raises."""
    if not body:
        return _NOTHING
    text, _ = octets_to_text(body, "utf-8")
    head = _VALUE.match(text)
    value = head.group() if head else ""
    plain: list[tuple[str, str]] = []
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    doubtful: set[str] = set()
    position = len(value)
    for _ in range(PARAMETERS):
        name = _NAME.match(text, position)
        if not name:
            break
        raw, sound, position = _read_parameter(text, name.end(), name.group(1).lower())
        section = _SECTION.fullmatch(name.group(1).lower())
        base = section.group(1) if section else name.group(1).lower()
        if not sound or base in {key for key, _ in plain} or not name.group(2):
            doubtful.add(base)
        if section and (section.group(2) or section.group(3)):
            sections.setdefault(base, []).append((int(section.group(2) or 0), bool(section.group(3)), raw))
        else:
            plain.append((base, decode_text(raw.encode("utf-8", "replace"))[0]))
            if "=?" in raw:
                plain.append((base, raw))
    else:
        doubtful |= {"boundary", "charset"}  # they could stand behind the last that was read
    doubtful |= {base for base in sections if base in {key for key, _ in plain}}
    assembled = [(base, _assemble(pieces)) for base, pieces in sections.items()]
    cut = re.sub(r"\([^()]*\)", "", value).strip().lower()  # a comment may follow the value
    return FieldValue(cut, tuple(plain + assembled), frozenset(doubtful))


def _read_parameter(text: str, position: int, name: str) -> tuple[str, bool, int]:
    """One parameter's text, whether it is read without doubt, and where the next one starts."""
    if quoted := _QUOTED.match(text, position):
        rest = _BARE.match(text, quoted.end())
        junk = rest.group().strip() if rest else ""
        sound = not junk or junk.startswith("(")
        value = re.sub(r"\\(.)", r"\1", quoted.group(1), flags=re.DOTALL)
        return value, sound, rest.end() if rest else quoted.end()
    bare = _BARE.match(text, position)
    value, end = (bare.group().strip(), bare.end()) if bare else ("", position)
    if name.split("*", maxsplit=1)[0] in _FREE_TEXT:
        return value.strip('"'), True, end
    word = re.match(r'[^\s("]*', value)
    first = word.group() if word else ""
    rest_of_value = value[len(first) :].strip()
    return first, not rest_of_value or rest_of_value.startswith("("), end


def _assemble(pieces: list[tuple[int, bool, str]]) -> str:
    """Continuations in the order of their numbers, percent-decoded where they say so (RFC 2231 §3, §4)."""
    pieces = sorted(pieces, key=lambda piece: piece[0])
    charset = ""
    octets = b""
    for place, (_, extended, raw) in enumerate(pieces):
        piece = raw
        if extended and place == 0 and piece.count("'") >= 2:
            charset, _, piece = piece.split("'", 2)
        octets += unquote_to_bytes(piece) if extended else piece.encode("utf-8", "replace")
    return decode(octets, charset).text
