"""A message cut into what is signed, and the forms in which it is signed (RFC 6376 §3.4).

Only what has one reading is cut: lines that all end in CRLF, a header section without any defect. So the verifier, our own
reader of headers (relay.mail.message) and the parser in a scanner see the same fields.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Literal

from relay.mail.body_form import relaxed_body, simple_body
from relay.mail.message import HeaderSection

Form = Literal["simple", "relaxed"]

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_SPACES = re.compile(rb"[ \t]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawField:
    """One header field as it came: the name in lower case, and all of its octets without the last CRLF."""

    name: str
    octets: bytes = field(repr=False)

    @property
    def value(self) -> str:
        """What stands behind the colon, unfolded; octets outside of ASCII become U+FFFD."""
        return self.octets.partition(b":")[2].replace(b"\r\n", b"").decode("ascii", "replace")


@dataclass(frozen=True, kw_only=True)
class RawMessage:
    """The fields in order and the body; `header` is the same section as our own reader has it."""

    header: HeaderSection = field(repr=False)
    fields: tuple[RawField, ...]
    body: bytes = field(repr=False)

    def all(self, name: str) -> tuple[RawField, ...]:
        """Every field of this name, the topmost first."""
        return tuple(one for one in self.fields if one.name == name)

    def body_hash(self, form: Form) -> bytes:
        """SHA-256 of the body in a form; each is made once."""
        return self._relaxed_hash if form == "relaxed" else self._simple_hash

    @cached_property
    def _simple_hash(self) -> bytes:
        return sha256(simple_body(self.body)).digest()

    @cached_property
    def _relaxed_hash(self) -> bytes:
        return sha256(relaxed_body(self.body)).digest()


def cut(octets: bytes, header: HeaderSection) -> RawMessage | None:
    """Cut a message whose header section is read already.

    Returns:
        Its parts; None when two readers could take it for two messages.
    """
    line_ends = octets.count(b"\r\n")
    if header.defects or not octets.count(b"\n") == octets.count(b"\r") == line_ends:
        return None
    section = octets[: header.body_offset].removesuffix(b"\r\n").removesuffix(b"\r\n")
    fields = tuple(
        RawField(name=one.partition(b":")[0].decode("latin-1").lower(), octets=one) for one in _FIELD_END.split(section)
    )
    if [one.name for one in fields] != [one.name for one in header.fields]:
        return None
    return RawMessage(header=header, fields=fields, body=octets[header.body_offset :])


def header_form(one: RawField, form: Form) -> bytes:
    """A field in a form, without its last CRLF (RFC 6376 §3.4.1, §3.4.2)."""
    if form == "simple":
        return one.octets
    value = one.octets.partition(b":")[2].replace(b"\r\n", b"")
    return one.name.encode("ascii") + b":" + _SPACES.sub(b" ", value).strip(b" ")


def signed_header(message: RawMessage, names: Iterable[str], own: RawField, form: Form) -> bytes:
    """What a signature stands on: the named fields, each name's from the last one up (RFC 6376 §5.4.2), and the signature itself.

    Args:
        message: all fields.
        names: those of h=, in lower case.
        own: the signature's field; its b= counts as empty.
        form: the form of fields.
    """
    left: dict[str, list[RawField]] = {}
    for one in message.fields:
        if one is not own:
            left.setdefault(one.name, []).append(one)
    chosen = [fields.pop() for name in names if (fields := left.get(name))]
    lines = [header_form(one, form) + b"\r\n" for one in chosen]
    return b"".join(lines) + header_form(without_signature(own), form)


def without_signature(own: RawField) -> RawField:
    """The field with its b= empty (RFC 6376 §3.7); everything else stays as it is."""
    name, _, value = own.octets.partition(b":")
    pieces = value.split(b";")
    for place, piece in enumerate(pieces):
        tag, sign, _ = piece.partition(b"=")
        if sign and tag.strip(b" \t\r\n") == b"b":
            pieces[place] = tag + sign
    return RawField(name=own.name, octets=name + b":" + b";".join(pieces))
