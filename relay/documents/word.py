"""The parts of a Word document (ECMA-376 part 1 §17): text, headers and footers, notes, tracked changes, fields."""

import re
from collections.abc import Mapping

from relay.documents.document import Unreadable
from relay.documents.parts import ACTIVE, HIDDEN_CONTENT, PICTURES, Part, Read, views_at
from relay.documents.trees import Element, Reading, attribute, local, named, texts_of
from relay.policy.post import View

WORDS_IN = frozenset(
    [
        "descr",
        "title",
        "alt",
        "tooltip",
        "author",
        "initials",
        "userName",
        "string",
        "name",
        "tag",
        "prompt",
        "promptTitle",
        "error",
        "errorTitle",
        "displayName",
        "url",
        "instr",
        "caption",
    ]
)
_HIDDEN_RUN = "hiddenRun"
READING = Reading(
    before={"p": "\n", "br": "\n", "cr": "\n", "tab": "\t", "tr": "\n", "tc": "\t", "noBreakHyphen": "-", "rPh": " "},
    shown=frozenset({"t"}),
    aside=frozenset({"del", "moveFrom", _HIDDEN_RUN}),
    attributes=WORDS_IN,
)
_CHANGES = ("ins", "del", "moveFrom", "moveTo", "cellIns", "cellDel", "cellMerge", "commentReference")
_EMBEDDED = ("object", "control", "altChunk", "OLEObject", "subDoc")
_FIELDS = re.compile(r"\b(?:DDE|DDEAUTO|INCLUDE|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE|MACROBUTTON|RD)\b")
_PLACES = {
    "document.main": "text",
    "footnotes": "text",
    "endnotes": "text",
    "header": "page header",
    "footer": "page header",
}


def read(parts: Mapping[str, Part]) -> Read:
    """The views of all parts that are seen."""
    views: list[View] = []
    problems: list[str] = []
    for part in parts.values():
        if not part.seen:
            continue
        drawn = "text" if re.search("chart|diagram|drawing", part.type) else "hidden part"
        place = _PLACES.get(part.type.removeprefix("wordprocessingml."), drawn)
        try:
            root = part.root()
            problems += problems_in(root)
            views += views_at(texts_of(root, READING), place)
        except Unreadable as unreadable:
            problems.append(str(unreadable))
            views.append(View(text=part.roughly(), place=place))
    return Read(views=tuple(views), problems=tuple(problems))


def problems_in(root: Element) -> list[str]:
    """What keeps a document with this part from leaving; runs of hidden text are set aside for the reading."""
    problems = []
    hidden = [run for one in named(root, ["vanish"]) if _is_on(one) and (run := _run_around(one)) is not None]
    for run in hidden:
        run.tag = _HIDDEN_RUN
    if hidden or named(root, _CHANGES) or any(str(one.tag).endswith("Change") for one in root.iter()):
        problems.append(HIDDEN_CONTENT)
    if named(root, ["binData"]):
        problems.append(PICTURES)
    fields = [one.text or "" for one in named(root, ["instrText", "delInstrText"])]
    fields += [attribute(one, "instr") for one in named(root, ["fldSimple"])]
    if named(root, _EMBEDDED) or _FIELDS.search("".join(fields)):
        problems.append(ACTIVE)
    return problems


def _run_around(one: Element) -> Element | None:
    """The run whose properties these are; None when they are a style's or a paragraph mark's."""
    around = one.getparent()
    run = None if around is None else around.getparent()
    return run if run is not None and local(run) == "r" else None


def _is_on(one: Element) -> bool:
    return not any(str(value).lower() in {"0", "false", "off"} for value in one.attrib.values())
