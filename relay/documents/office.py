"""Office Open XML (docx, xlsx, pptx): every part read, and a copy made of those that are seen.

Source: ECMA-376 part 2 (packages) and part 1. A document leaves only if each of its parts is of a kind that is known
here; properties, comments and what else isn't seen at once never go with it.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from relay.documents import sheets, slides, word
from relay.documents.copying import CONTENT_TYPES, copy_package
from relay.documents.document import Document, Member, Unreadable
from relay.documents.limits import DAMAGED, PACKAGE_ENTRIES, TEXT_LENGTH, Room
from relay.documents.package import read_package
from relay.documents.parts import ACTIVE, HIDDEN_CONTENT, PICTURES, UNKNOWN, Link, Part
from relay.documents.trees import attribute, attributes_of, named, parse
from relay.policy.post import View

_COMMON = re.compile(r"^application/vnd\.(?:openxmlformats-(?:officedocument|package)\.)?|\+xml$")

# Content types, without what they all have in common. Of the first a copy is made.
_SEEN = frozenset(
    [
        "wordprocessingml.document.main",
        "wordprocessingml.styles",
        "wordprocessingml.settings",
        "wordprocessingml.numbering",
        "wordprocessingml.fontTable",
        "wordprocessingml.footnotes",
        "wordprocessingml.endnotes",
        "wordprocessingml.header",
        "wordprocessingml.footer",
        "spreadsheetml.sheet.main",
        "spreadsheetml.worksheet",
        "spreadsheetml.chartsheet",
        "spreadsheetml.sharedStrings",
        "spreadsheetml.styles",
        "spreadsheetml.table",
        "spreadsheetml.sheetMetadata",
        "presentationml.presentation.main",
        "presentationml.slide",
        "presentationml.slideLayout",
        "presentationml.slideMaster",
        "presentationml.presProps",
        "presentationml.viewProps",
        "presentationml.tableStyles",
        "theme",
        "themeOverride",
        "drawing",
        "drawingml.chart",
        "drawingml.chartshapes",
        "ms-office.chartstyle",
        "ms-office.chartcolorstyle",
        "drawingml.diagramData",
        "drawingml.diagramLayout",
        "drawingml.diagramStyle",
        "drawingml.diagramColors",
        "ms-office.drawingml.diagramDrawing",
    ]
)
# These are read and left out; nobody misses them.
_LEFT_OUT = frozenset(
    [
        "wordprocessingml.webSettings",
        "wordprocessingml.document.glossary",
        "wordprocessingml.stylesWithEffects",
        "ms-word.stylesWithEffects",
        "wordprocessingml.people",
        "spreadsheetml.calcChain",
        "spreadsheetml.printerSettings",
        "wordprocessingml.printerSettings",
        "presentationml.printerSettings",
        "presentationml.notesMaster",
        "presentationml.handoutMaster",
        "presentationml.tags",
        "presentationml.commentAuthors",
        "ms-powerpoint.authors",
        "ms-powerpoint.changesinfo",
        "ms-powerpoint.revisioninfo",
        "ms-excel.person",
        "customXmlProperties",
        "core-properties",
        "extended-properties",
        "custom-properties",
        "application/xml",
        "ms-office.classificationlabels",
        "vmlDrawing",
    ]
)
# These say something that a reader of the document doesn't see at once.
_ASIDE = re.compile(r"comment|pivot|notesSlide|revision", re.IGNORECASE)
_ACTIVE = re.compile(
    r"macro|vba|activex|ole|package|embed|extern|connection|query|control|customui|dialog|slicer|bin$", re.IGNORECASE
)
_PROPERTIES = re.compile(
    r"(?:^|\.)(?:core|extended|custom)-properties$|customXmlProperties|application/xml|classificationlabels"
)
_READERS = {"docx": word.read, "xlsx": sheets.read, "pptx": slides.read}


@dataclass(slots=True)
class _Office:
    """A package under way."""

    parts: dict[str, Part] = field(default_factory=dict)
    views: list[View] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)


def read_office(octets: bytes, kind: str, room: Room) -> Document:
    """Read a document of kind "docx", "xlsx" or "pptx".

    Raises:
        Unreadable: it is encrypted, damaged or over the limits as a whole.
    """
    package = read_package(octets, room, PACKAGE_ENTRIES)
    office = _Office()
    office.views += (View(text=comment, place="properties") for comment in package.comments)
    types = _content_types(package.files)
    for name, content in package.files.items():
        if name != CONTENT_TYPES and not name.endswith(".rels"):
            links = _links(office, package.files, name)
            office.parts[name] = Part(name=name, type=types(name), octets=content, links=links)
    root_links = _links(office, package.files, "")
    _sort(office)
    read = _READERS[kind](office.parts)
    office.views += read.views
    office.problems += read.problems
    clean = None if office.problems or package.doubts else copy_package(office.parts, root_links)
    return Document(
        views=tuple(office.views),
        removed_for=tuple(dict.fromkeys(office.problems)),
        doubts=package.doubts,
        clean=clean,
        members=tuple(office.members),
    )


def _content_types(files: Mapping[str, bytes]) -> Callable[[str], str]:
    """The type of each part by its name, without what all types have in common (ECMA-376 part 2 §7.2.3)."""
    if CONTENT_TYPES not in files:
        raise Unreadable(DAMAGED)
    root = parse(files[CONTENT_TYPES])
    by_ending = {attribute(one, "Extension").lower(): attribute(one, "ContentType") for one in named(root, ["Default"])}
    by_name = {
        attribute(one, "PartName").lstrip("/"): attribute(one, "ContentType") for one in named(root, ["Override"])
    }

    def type_of(name: str) -> str:
        found = by_name.get(name) or by_ending.get(name.rpartition(".")[2].lower(), "")
        return _COMMON.sub("", found.strip())

    return type_of


def _links(office: _Office, files: Mapping[str, bytes], name: str) -> tuple[Link, ...]:
    """A part's relationships (ECMA-376 part 2 §6.5); those of the package for "". Odd ones are a problem."""
    folder, _, base = name.rpartition("/")
    path = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
    if path not in files:
        return ()
    found = []
    for one in named(parse(files[path]), ["Relationship"]):
        target, external = attribute(one, "Target"), attribute(one, "TargetMode") == "External"
        kind = attribute(one, "Type").rpartition("/")[2]
        if external:
            office.views.append(View(text=target, place="hidden part"))
            if kind != "hyperlink" or not re.match(r"(?:https?|mailto):", target, re.IGNORECASE):
                office.problems.append(ACTIVE)
        else:
            target = posixpath.normpath(posixpath.join("/", folder, unquote(target.partition("#")[0]))).lstrip("/")
        found.append(Link(id=attribute(one, "Id"), kind=kind, target=target, external=external))
    return tuple(found)


def _sort(office: _Office) -> None:
    """What each part means for the whole: what isn't seen at once, and what isn't known here, keeps it from leaving."""
    number = 0
    for part in office.parts.values():
        if part.type.startswith("image/") or part.type in {"x-emf", "x-wmf", "image/x-emf"}:
            if not part.name.startswith("docProps/thumbnail"):
                office.problems.append(PICTURES)
        elif part.type in _SEEN:
            part.seen = "glossary/" not in part.name
        elif part.type in _LEFT_OUT or _ASIDE.search(part.type):
            _read_aside(office, part)
        else:
            number += 1
            office.problems.append(ACTIVE if _ACTIVE.search(part.type) or _ACTIVE.search(part.name) else UNKNOWN)
            office.members.append(Member(octets=part.octets, name=part.name, place=f"part {number}"))


def _read_aside(office: _Office, part: Part) -> None:
    """The texts of a part that isn't seen; the readers of each kind know better where notes and comments belong."""
    if part.type.endswith("rinterSettings"):
        return  # the author's printer, in its driver's own words
    texts = part.read(word.READING)
    if texts is None:
        office.problems.append(DAMAGED)
        office.views.append(View(text=part.roughly(), place="hidden part"))
        return
    if _PROPERTIES.search(part.type):
        office.views += _properties(part)
    elif "notesSlide" not in part.type:
        text = f"{texts.shown}\n{texts.aside}\n{texts.attributes}"
        office.views.append(View(text=text, place="hidden part"))
        if _ASIDE.search(part.type) and (texts.shown + texts.aside).strip():
            office.problems.append(HIDDEN_CONTENT)


def _properties(part: Part) -> Iterator[View]:
    """Names and values of properties, "name=value" and the value alone, one a line: some of them are labels."""
    root = part.root()
    lines, values = [], []
    for one in named(root, ["label"]):  # newer programs keep their labels apart, in attributes (MS-OFFCRYPTO §2.6)
        key = f"MSIP_Label_{attribute(one, 'id').strip('{}')}"
        lines += [
            f"{key}_{str(name).capitalize()}={'true' if value == '1' else value}" for name, value in one.attrib.items()
        ]
    for one in root.iter():
        value = (one.text or "").strip() if isinstance(one.tag, str) else ""
        if not value:
            continue
        parent = one.getparent()
        name = (attribute(parent, "name") if parent is not None else "") or one.tag.rpartition("}")[2]
        lines.append(f"{name}={value}")
        values.append(value)
    yield View(text="\n".join(lines)[:TEXT_LENGTH], place="properties")
    yield View(text="\n".join(values)[:TEXT_LENGTH], place="properties")
    yield View(text=attributes_of(root, word.READING.attributes), place="properties")
