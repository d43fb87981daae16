"""OpenDocument (odt, ods, odp): text, headers, notes, changes, hidden tables, properties, and a copy of what is seen.

Source: ODF 1.3 part 2 (packages) and part 3. A copy has the content and its styles; nothing else of the package.
"""

import re
from collections.abc import Iterator

from lxml import etree

from relay.documents.document import Document, Member, Unreadable
from relay.documents.limits import DAMAGED, ENCRYPTED, PACKAGE_ENTRIES, Room
from relay.documents.package import Package, read_package, write_package
from relay.documents.parts import ACTIVE, HIDDEN_CONTENT, PICTURES, UNKNOWN, Part, views_at
from relay.documents.trees import Element, Reading, attribute, local, named, parse, remove, serialise, texts_of
from relay.policy.post import View

MEDIA_TYPES = {
    kind: f"application/vnd.oasis.opendocument.{word}"
    for kind, word in (("odt", "text"), ("ods", "spreadsheet"), ("odp", "presentation"))
}
_READING = Reading(
    before={"p": "\n", "h": "\n", "line-break": "\n", "tab": "\t", "s": " ", "table-row": "\n", "table-cell": "\t"},
    shown=None,
    aside=frozenset({"tracked-changes", "annotation", "hidden-text", "hidden-paragraph", "notes", "scripts", "event-listeners"}),
    attributes=frozenset(["title", "description", "author", "creator", "help-message", "condition", "string-value", "formula", "href", "name"]) - {"name"},
)  # fmt: skip
_ASIDE = ("tracked-changes", "annotation", "hidden-text", "hidden-paragraph", "layer-set-hidden")
_ACTIVE = ("event-listener", "script", "dde-source", "dde-connection", "dde-link", "object", "object-ole", "plugin", "applet", "floating-frame", "section-source", "table-source", "cell-range-source", "form", "query-name", "database-display")  # fmt: skip
_LEFT_OUT = re.compile(
    r"(?:meta|settings)\.xml|manifest\.rdf|Thumbnails/.*|Configurations2/.*|layout-cache|META-INF/manifest\.xml|mimetype"
)
_WORDS_IN_LEFT_OUT = ("meta.xml", "settings.xml", "manifest.rdf")
_KEPT = ("content.xml", "styles.xml")
_REACHING = re.compile(r"\b(?:WEBSERVICE|DDE)\s*\(", re.IGNORECASE)


def read_opendocument(octets: bytes, kind: str, room: Room) -> Document:
    """Read a document of kind "odt", "ods" or "odp".

    Raises:
        Unreadable: it is encrypted, damaged or over the limits as a whole.
    """
    package = read_package(octets, room, PACKAGE_ENTRIES)
    if b"encryption-data" in package.files.get("META-INF/manifest.xml", b""):
        raise Unreadable(ENCRYPTED)
    if "content.xml" not in package.files:
        raise Unreadable(DAMAGED)
    views = [View(text=comment, place="properties") for comment in package.comments]
    problems = list(_sort(package))
    for name in _WORDS_IN_LEFT_OUT:
        views += _properties(package.files.get(name, b""))
    for name in (one for one in _KEPT if one in package.files):
        part = Part(name=name, type=name, octets=package.files[name])
        try:
            root = part.root()
            problems += _problems(root)
            views += _views(root, kind) if name == "content.xml" else views_at(texts_of(root, _READING), "page header")
        except Unreadable as unreadable:
            problems.append(str(unreadable))
            views.append(View(text=part.roughly(), place="hidden part"))
    members = [
        Member(octets=content, name=name, place=f"part {number}")
        for number, (name, content) in enumerate(_others(package), start=1)
    ]
    return Document(
        views=tuple(views),
        removed_for=tuple(dict.fromkeys(problems)),
        doubts=package.doubts,
        clean=None if problems or package.doubts else _copy(package, MEDIA_TYPES[kind]),
        members=tuple(members),
    )


def _others(package: Package) -> Iterator[tuple[str, bytes]]:
    for name, content in package.files.items():
        if name not in _KEPT and not _LEFT_OUT.fullmatch(name):
            yield name, content


def _sort(package: Package) -> Iterator[str]:
    """What the files beside the text keep it for."""
    for name, _ in _others(package):
        if name.startswith(("Pictures/", "media/")):
            yield PICTURES
        else:
            yield (
                ACTIVE
                if name.startswith(("Basic/", "Scripts/", "Object", "Dialogs/", "ObjectReplacements/"))
                else UNKNOWN
            )


def _properties(octets: bytes) -> Iterator[View]:
    """Names and values of properties, "name=value" and the value alone, one a line."""
    if not octets:
        return
    try:
        root = parse(octets)
    except Unreadable:
        yield View(text=Part(name="", type="", octets=octets).roughly(), place="properties")
        return
    found = [
        (attribute(one, "name") or local(one), value)
        for one in root.iter()
        if local(one) and (value := (one.text or "").strip())
    ]
    yield View(text="\n".join(f"{name}={value}" for name, value in found), place="properties")
    yield View(text="\n".join(value for _, value in found), place="properties")


def _views(root: Element, kind: str) -> Iterator[View]:
    """The content: whole, or table by table and page by page."""
    pieces = {"ods": "table", "odp": "page"}.get(kind)
    word = {"ods": "sheet", "odp": "slide"}.get(kind, "")
    tops = (
        [one for one in named(root, [pieces]) if local(one.getparent()) in {"spreadsheet", "presentation"}]
        if pieces
        else []
    )
    for number, one in enumerate(tops, start=1):
        yield View(text=attribute(one, "name"), place=f"{word} {number}, name")
        yield from views_at(texts_of(one, _READING), f"{word} {number}")
    if not tops:
        yield from views_at(texts_of(root, _READING), "text")
        return
    for one in tops:
        one.clear()
    rest = texts_of(root, _READING)
    yield View(text=f"{rest.shown}\n{rest.aside}\n{rest.attributes}", place="hidden part")


def _problems(root: Element) -> Iterator[str]:
    """What keeps the document from leaving."""
    notes = ["".join(one.itertext()) for one in named(root, ["notes"])]
    hidden = [one for one in root.iter() if local(one).endswith("properties") and _is_hidden(one)]
    if named(root, _ASIDE) or hidden or any(map(str.strip, notes)):
        yield HIDDEN_CONTENT
    formulas = "\n".join(attribute(one, "formula") for one in named(root, ["table-cell"]))
    if named(root, _ACTIVE) or _REACHING.search(formulas):
        yield ACTIVE
    if named(root, ["image", "fill-image", "binary-data", "background-image"]):
        images = named(root, ["image", "fill-image", "binary-data"])
        if images or any(attribute(one, "href") for one in named(root, ["background-image"])):
            yield PICTURES


def _is_hidden(one: Element) -> bool:
    """Whether a style hides what has it: a table, a text, a slide."""
    if local(one) == "table-properties":
        return attribute(one, "display") == "false"
    if local(one) == "text-properties":
        return attribute(one, "display") == "none"
    return attribute(one, "visibility") == "hidden"


def _copy(package: Package, media_type: str) -> bytes:
    files = {"mimetype": media_type.encode("ascii")}
    for name in (one for one in _KEPT if one in package.files):
        root = parse(package.files[name])
        for one in named(root, ["creator", "date"]):
            if one.tag.startswith("{http://purl.org/dc/elements/1.1/}"):
                remove(one)
        files[name] = serialise(root)
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    manifest = etree.Element(f"{{{space}}}manifest", {f"{{{space}}}version": "1.3"}, nsmap={"manifest": space})
    for path, of in (("/", media_type), *((name, "text/xml") for name in files if name != "mimetype")):
        etree.SubElement(
            manifest, f"{{{space}}}file-entry", {f"{{{space}}}full-path": path, f"{{{space}}}media-type": of}
        )
    return write_package(files | {"META-INF/manifest.xml": serialise(manifest)}, stored="mimetype")
