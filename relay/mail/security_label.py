"""ESS security labels (RFC 2634 §3): how a signed message says what its content is classified as.

A minimal reader of DER: it looks for the label's object identifier and reads the few values behind it, whatever stands
around them. Octets that are no DER are no label; nothing is verified, because a label that is forged still asks for care.
"""

from collections.abc import Iterator

_IDENTIFIER = bytes.fromhex("060b2a864886f70d0109100202")  # 1.2.840.113549.1.9.16.2.2, id-aa-securityLabel
_OBJECT, _INTEGER, _SEQUENCE, _SET = 0x06, 0x02, 0x30, 0x31
_ELEMENTS = 8  # of one label; there are four
_LABELS = 20  # of one message
_LABEL_OCTETS = 100_000
# RFC 2634 §3.2: 0–5 are defined, others are a policy's own.
_NAMES = ("UNMARKED", "UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET")


def name_of(classification: int | None) -> str:
    """The name of a classification; "" when a label has none, and the strictest for a policy's own value above the known.

    RFC 2634 §3.2 leaves 6 to 255 to policies that we don't know, so that such a value is taken for the strictest.
    """
    if classification is None:
        return ""
    return _NAMES[min(classification, len(_NAMES) - 1)] if classification >= 0 else _NAMES[-1]


def classification_of(label: bytes) -> int | None:
    """The classification in one label's DER (`ESSSecurityLabel`, a SET); None when it holds none."""
    label = label[:_LABEL_OCTETS]
    outer = _element(label, 0, len(label))
    if outer is None or outer[0] not in {_SET, _SEQUENCE}:
        return None
    values = [(tag, label[start:end]) for tag, start, end in _elements(label, outer[1], outer[2])]
    if not any(tag == _OBJECT for tag, _ in values):
        return None
    return next((int.from_bytes(value, "big", signed=True) for tag, value in values if tag == _INTEGER and value), None)


def classifications_of(signed: bytes) -> tuple[int | None, ...]:
    """The classification of every security label in the octets of an S/MIME signature or signed message (RFC 8551 §3.5).

    Returns:
        One for each label, None where it names no classification. Empty where there is no label.
    """
    found: list[int | None] = []
    position = signed.find(_IDENTIFIER)
    while position >= 0 and len(found) < _LABELS:
        # The attribute's values are a SET OF labels, each of which is a SET itself.
        values = _element(signed, position + len(_IDENTIFIER), len(signed))
        if values is not None and values[0] == _SET:
            found.append(classification_of(signed[values[1] : min(values[2], values[1] + _LABEL_OCTETS)]))
        position = signed.find(_IDENTIFIER, position + 1)
    return tuple(found)


def _elements(octets: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    for _ in range(_ELEMENTS):
        element = _element(octets, start, end)
        if element is None:
            return
        yield element
        start = element[2]


def _element(octets: bytes, start: int, limit: int) -> tuple[int, int, int] | None:
    """A DER element's tag and where its content starts and ends (X.690 §8.1); None where none begins.

    A length that is longer than what follows, or not given, is cut to what there is.
    """
    if start + 2 > limit:
        return None
    tag, length, start = octets[start], octets[start + 1], start + 2
    if length > 0x80:
        size = length & 0x7F
        if size > 4 or start + size > limit:
            return None
        length, start = int.from_bytes(octets[start : start + size], "big"), start + size
    elif length == 0x80:
        length = limit - start
    return tag, start, min(start + length, limit)
