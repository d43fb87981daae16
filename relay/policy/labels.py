"""Labels that machines write: in header fields, in a document's properties, in XML.

A label is a value, not a sentence: known words are certain wherever they stand in it. One that holds none of our words
holds the post, since only the organisation that wrote it knows what it means; so does `Sensitivity`, which is often a mere
habit of the mail program.
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from relay.mail.security_label import classification_of, name_of
from relay.policy.banners import Banners, Kind, key_of
from relay.policy.post import Finding
from relay.policy.shape import Version, fold, is_label_case, shape

# Fields whose value is a label. `X-Classification-ID` and the like are others' numbers.
_LABEL_FIELD = re.compile(
    r"header (?:(?:x-)?(?:security-)?(?:classification|label|marking)|(?:x-)?security-label|(?:x-)?protective-marking|x-(?:security|handling)-caveat|"
    r"x-ms-exchange-organization-classification(?:-?(?:name|label))?|x-titus(?!.*(?:guid|version|-id)).*)"
)
_SENSITIVITY_FIELD = re.compile(r"header (?:x-)?sensitivity")
_ORDINARY = frozenset({"", "normal", "none", "0", "not specified", "standard"})
_WORDY = re.compile(r"[^\W\d_]")
_PARAMETER = re.compile(r"(?<![\w-])([\w-]{1,40})(\*\d{0,3}\*?)?\s{0,9}=\s{0,9}(\"(?:[^\"\\]|\\.)*+\"|[^;]*)")
_PARAMETERS = 50  # of one field
_MSIP = re.compile(
    r"msip_label_([0-9a-f-]{8,40})_([a-z]{2,20})(?:\s{0,9}[=:]\s{0,9}|[ \t]{1,9}|\s{0,9}\n\s{0,9})"
    r"([^\n]{0,200}?)(?=[;\n]|[\s,]{0,3}msip_label_|\Z)",
    re.IGNORECASE,
)
_XML_LABEL = "confidentialitylabel"  # the root element of STANAG 4774, originatorConfidentialityLabel
_XML_END = re.compile(rf"</[\w:.-]{{0,60}}{_XML_LABEL}")
_XML_CLASSIFICATION = re.compile(r"<(?:[\w-]{1,30}:)?classification\b[^>]{0,300}>\s*([^<]{0,200})")
_ENCRYPTS = 8  # of ContentBits, which says what a program did to the document
_LABELS = 20  # of one view
_Found = Kind | Literal["unmapped", "sensitivity", "encrypts"]
_LABEL_CHARACTERS = 40_000
_PROPERTY = re.compile(r"^[ \t]*+([^\s:=][^\n:=]{0,59}?)[ \t]{0,9}[:=][ \t]*+([^\n]{1,200})", re.MULTILINE)
_LISTED = re.compile(r"[,;|]")
_LABELLING = re.compile(r"classif|marking|label|sensitiv|caveat|protect|confiden|secrecy|密级|гриф")


def find_labels(version: Version, place: str, banners: Banners) -> Iterator[Finding]:
    """Find machines' labels in one version of a view, in time that is linear in its length; never raises.

    Args:
        version: the view's text.
        place: the view's.
        banners: the words that labels consist of.
    """
    found: list[_Found] = []
    if place.startswith("header "):
        found += _in_field(version, place, banners)
    elif place.endswith((", properties", ", header")):
        found += _in_properties(version, banners)
    if _XML_LABEL in version.folded:
        found += _in_xml(version.text, banners)
    for one in dict.fromkeys(found):
        if one is not Kind.HARMLESS:
            code = "M1" if one in {Kind.CLASSIFIED, Kind.RESTRICTED} else "H2"
            rule = f"{one}.label" if isinstance(one, Kind) else f"label.{one}"
            yield Finding(code=code, rule=rule, place=place, start=0, end=len(version.text))


def is_label_field(place: str) -> bool:
    """Whether a header field's value is a label, which is judged here and by no other."""
    return place.startswith("header sio-label") or bool(
        _SENSITIVITY_FIELD.fullmatch(place) or _LABEL_FIELD.fullmatch(place)
    )


def judge_value(value: str, banners: Banners) -> Kind | None:
    """What a label's value stands for, by the strictest of its words; None where it holds none that is known.

    A value of harmless words and others, as "not for public release", is not known either.
    """
    folded = fold(shape(value))
    kinds = {banners.value_kinds[key_of(match.group())] for match in banners.values.finditer(folded)}
    for kind in (Kind.CLASSIFIED, Kind.RESTRICTED, Kind.HELD):
        if kind in kinds:
            return kind
    return Kind.HARMLESS if kinds and not _WORDY.search(banners.values.sub(" ", folded)) else None


def _in_field(version: Version, place: str, banners: Banners) -> Iterator[_Found]:
    """The label in a header field."""
    text, folded = version.text, version.folded
    if _SENSITIVITY_FIELD.fullmatch(place):
        # RFC 2156 §5.3.4. Company-Confidential is a habit; a State's own word is none.
        word = " ".join(folded.split())
        if word not in _ORDINARY:
            kind = None if "company" in word or word == "confidential" else judge_value(text, banners)
            yield kind if kind is Kind.CLASSIFIED else "sensitivity"
    elif place.startswith("header sio-label"):
        yield from _in_sio_label(text, banners)
    elif "msip_label" in folded:
        yield from _in_msip(text, banners)
    elif _LABEL_FIELD.fullmatch(place) and _WORDY.search(text) and "tlp" not in folded and "sec=" not in folded:
        yield _known(judge_value(text, banners))


def _known(kind: Kind | None) -> _Found:
    return "unmapped" if kind is None else kind


def _in_sio_label(text: str, banners: Banners) -> Iterator[_Found]:
    """A label of RFC 7444: its marking, and its own form as octets of an ESS label or of XML.

    Parameters that are split into sections (RFC 2231 §3) are judged in the view in which they are put together.
    """
    parameters = [match.groups() for match in islice(_PARAMETER.finditer(text), _PARAMETERS)]
    if any(section for _, section, _ in parameters):
        return
    values = {name.lower(): value.strip().strip('"').replace("\\", "") for name, _, value in parameters}
    label = values.get("label", "")
    if not values.get("marking") and not label:
        yield "unmapped"
    if marking := values.get("marking"):
        yield _known(judge_value(marking, banners))
    if label:
        octets = _octets(label)
        if _XML_LABEL.encode() in octets.lower():
            yield from _in_xml(octets.decode("utf-8", "replace"), banners)
        else:
            yield _known(judge_value(name_of(classification_of(octets)), banners))


def _octets(label: str) -> bytes:
    try:
        return b64decode(re.sub(r"[^A-Za-z0-9+/=]", "", label[:_LABEL_CHARACTERS]))
    except (Error, ValueError):
        return b""


def _in_msip(text: str, banners: Banners) -> Iterator[_Found]:
    """Microsoft's labels, each of several keys: `MSIP_Label_GUID_Enabled=true; MSIP_Label_GUID_Name=Internal; …`."""
    labels: dict[str, dict[str, str]] = {}
    for match in _MSIP.finditer(text):
        if len(labels) < _LABELS:
            labels.setdefault(match[1].lower(), {}).setdefault(match[2].lower(), match[3].strip().strip('"'))
    for label in labels.values():
        if label.get("enabled", "").lower() == "false":
            continue
        yield _known(judge_value(label.get("name", ""), banners))
        bits = label.get("contentbits", "")
        if bits.isascii() and bits.isdigit() and int(bits[:6]) & _ENCRYPTS:
            yield "encrypts"


def _in_xml(text: str, banners: Banners) -> Iterator[_Found]:
    """The classifications of a STANAG 4774 label: whatever is not known to be harmless is above the ceiling."""
    found = [match[1] for match in _XML_CLASSIFICATION.finditer(text.lower())][:_LABELS]
    if not found and _XML_END.search(text.lower()):
        yield "unmapped"
    for value in found:
        kind = judge_value(value, banners)
        yield kind if kind in {Kind.HARMLESS, Kind.RESTRICTED} else Kind.CLASSIFIED


def _in_properties(version: Version, banners: Banners) -> Iterator[_Found]:
    """Labels among a document's properties, or among a part's header fields, a line each."""
    if "msip_label" in version.folded:
        yield from _in_msip(version.text, banners)
    for match in _PROPERTY.finditer(version.text):
        name, value = match[1].lower(), match[2]
        if name == "security-label":  # what `relay.scan.smime` calls the label of a signature
            yield _known(judge_value(value, banners))
        elif _LABELLING.search(name) and "msip_label" not in name and (kind := judge_value(value, banners)):
            yield kind
        else:
            yield from _alone(value, banners)


def _alone(value: str, banners: Banners) -> Iterator[Kind]:
    """Markings in capitals that are the whole of a property, or of one of its key words."""
    for word in map(str.strip, _LISTED.split(value)):
        folded = fold(shape(word))
        if is_label_case(word) and banners.values.fullmatch(folded) and key_of(folded) not in banners.short:
            yield banners.value_kinds[key_of(folded)]
