"""XML inside of documents: parsed without entities, definitions or network, and the texts in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lxml import etree

from relay.documents.document import Unreadable
from relay.documents.limits import DAMAGED, OVER_LIMITS, TEXT_LENGTH, XML_OCTETS

Element: TypeAlias = Any  # lxml has no public type for it


def parse(octets: bytes) -> Element:
    """The root of a document.

    Raises:
        Unreadable: it is no XML, defines entities, or is too large.
    """
    if len(octets) > XML_OCTETS:
        raise Unreadable(OVER_LIMITS)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(octets, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(DAMAGED) from error
    if root is None or root.getroottree().docinfo.doctype:
        raise Unreadable(DAMAGED)
    return root


def serialise(root: Element) -> bytes:
    """A tree as octets, without comments and instructions to programs."""
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True))


def local(element: Element) -> str:
    """An element's name without its namespace; "" for a comment or an instruction."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def named(root: Element, names: Iterable[str]) -> list[Element]:
    """All elements with these names, whatever their namespace."""
    return list(root.iter(*(f"{{*}}{name}" for name in names)))


def attribute(element: Element, name: str) -> str:
    """An attribute's value, whatever its namespace; "" when there is none."""
    return next((str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name), "")


def remove(element: Element) -> None:
    """Take an element out of its tree; the text behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    parent.remove(element)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one format's texts are read.

    `before` is what stands before the text of an element with that name: a line feed before a paragraph, a tabulator
    before a cell. `shown` names the elements whose text a reader sees at once (None: all), `aside` those all of whose
    content they don't; `attributes` those that hold words.
    """

    before: Mapping[str, str]
    shown: frozenset[str] | None
    aside: frozenset[str]
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Texts:
    """What is seen, what is there but isn't seen at once, and the words in attributes."""

    shown: str
    aside: str
    attributes: str = ""


@dataclass(slots=True)
class _Gathered:
    shown: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, text: str, *, seen: bool, tail: bool) -> None:
        (self.shown if seen else self.aside).append(text if seen or tail else f"{text}\n")
        self.size += len(text)
        if self.size > TEXT_LENGTH:
            raise Unreadable(OVER_LIMITS)


def texts_of(root: Element, reading: Reading) -> Texts:
    """All text of a tree, none left out.

    Raises:
        Unreadable: it is too long.
    """
    gathered = _Gathered()
    hidden = _inside(root, reading.aside)
    names: dict[object, str] = {}
    for element in root.iter():
        tag = element.tag
        name = names.get(tag)
        if name is None:
            name = names[tag] = local(element)
        aside = bool(hidden) and element in hidden
        if (space := reading.before.get(name)) and not aside:
            gathered.shown.append(space if space != "\n" or not _begins_cell(element) else "")
        text, tail = element.text, element.tail
        if text and not text.isspace():
            gathered.add(
                text, seen=not aside and bool(name) and (reading.shown is None or name in reading.shown), tail=False
            )
        elif text and reading.shown and name in reading.shown:
            gathered.shown.append(" ")
        if tail and (reading.shown is None or not tail.isspace()):
            gathered.add(tail, seen=not aside and reading.shown is None, tail=True)
    return Texts("".join(gathered.shown), "".join(gathered.aside), attributes_of(root, reading.attributes))


def _inside(root: Element, names: frozenset[str]) -> set[Element]:
    inside: set[Element] = set()
    for element in named(root, names) if names else ():
        if element not in inside:
            inside.update(element.iter())
    return inside


def _begins_cell(element: Element) -> bool:
    """Whether this is the first paragraph of a table's cell, which goes on in the row's line."""
    parent = element.getparent()
    if parent is None or local(parent) not in {"tc", "table-cell", "txBody"}:
        return False
    if local(parent) == "txBody" and local(parent.getparent() if parent.getparent() is not None else parent) != "tc":
        return False
    before = element.getprevious()
    return before is None or local(before) in {"tcPr", "bodyPr", "lstStyle"}


def attributes_of(root: Element, names: frozenset[str]) -> str:
    """The values of all attributes with these names, one a line."""
    if not names:
        return ""
    test = " or ".join(f"local-name()='{name}'" for name in sorted(names))
    values = root.xpath(f"//@*[{test}]", smart_strings=False)
    assert isinstance(values, list)
    return "\n".join(dict.fromkeys(str(value) for value in values))[:TEXT_LENGTH]
