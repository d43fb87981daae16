"""The parts of an Excel workbook (ECMA-376 part 1 §18): each sheet's rows as lines, formulas, names, hidden sheets."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from lxml import etree

from relay.documents.document import Unreadable
from relay.documents.limits import OVER_LIMITS, TEXT_LENGTH
from relay.documents.parts import ACTIVE, HIDDEN_CONTENT, Part, Read, views_at
from relay.documents.trees import Element, attribute, local, named, texts_of
from relay.documents.word import READING
from relay.policy.post import View

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - what a day's number counts from (§18.17.4.1); it has no zone
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})  # number formats (§18.8.30)
_DATE_FORMAT = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\])')
_EMBEDDED = ("oleObjects", "oleObject", "controls", "ddeLink", "webPublishItems", "customSheetViews")
_REACHING = re.compile(r"\b(?:WEBSERVICE|RTD|CALL|REGISTER(?:\.ID)?|EXEC|IMAGE)\s*\(|\|", re.IGNORECASE)
_SHEET = replace(
    READING, shown=frozenset({"t", "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"})
)


def read(parts: Mapping[str, Part]) -> Read:
    """The views of all parts that are seen; sheets are numbered in the workbook's order."""
    views: list[View] = []
    problems: list[str] = []
    workbook = next((one for one in parts.values() if one.type == "spreadsheetml.sheet.main" and one.seen), None)
    shared = next((one for one in parts.values() if one.type == "spreadsheetml.sharedStrings" and one.seen), None)
    styles = next((one for one in parts.values() if one.type == "spreadsheetml.styles" and one.seen), None)
    try:
        strings = _shared_strings(shared)
        dates = _date_styles(styles)
        order = _sheets(workbook)
    except Unreadable as unreadable:
        rough = tuple(View(text=one.roughly(), place="hidden part") for one in parts.values() if one.seen)
        return Read(views=rough, problems=(str(unreadable),))
    used: set[int] = set()
    places = {target: f"sheet {number}" for number, (target, _, _) in enumerate(order, start=1)}
    for number, (_, name, hidden) in enumerate(order, start=1):
        views.append(View(text=name, place=f"sheet {number}, name"))
        problems += [HIDDEN_CONTENT] if hidden else []
    for part in (one for one in parts.values() if one.seen and one is not shared):
        place = places.get(part.name, "hidden part")
        try:
            root = part.root()
            if part.type == "spreadsheetml.worksheet":
                views.append(View(text=_rows(root, strings, dates, used), place=place))
                problems += _problems(root)
                etree.strip_elements(root, "{*}v", "{*}is", with_tail=False)  # they are in the rows already
            if part.type in {"spreadsheetml.worksheet", "spreadsheetml.chartsheet"}:
                places |= {one.target: place for one in part.links if one.kind in {"drawing", "table"}}
            elif part.type == "drawing":
                places |= {one.target: place for one in part.links if one.kind in {"chart", "diagramData"}}
            views += views_at(texts_of(root, _SHEET), place)
        except Unreadable as unreadable:
            problems.append(str(unreadable))
            views.append(View(text=part.roughly(), place=place))
    unused = "\n".join(text for at, text in enumerate(strings) if at not in used)
    views.append(View(text=unused, place="hidden part"))  # what cells said before they were changed
    return Read(views=tuple(views), problems=tuple(problems))


def _sheets(workbook: Part | None) -> list[tuple[str, str, bool]]:
    """Part, name and whether it is hidden, of each sheet in order."""
    if workbook is None:
        return []
    targets = {one.id: one.target for one in workbook.links}
    return [
        (targets.get(attribute(one, "id"), ""), attribute(one, "name"), attribute(one, "state") not in {"", "visible"})
        for one in named(workbook.root(), ["sheet"])
    ]


def _shared_strings(part: Part | None) -> Sequence[str]:
    if part is None:
        return ()
    return ["".join(one.text or "" for one in named(item, ["t"])) for item in named(part.root(), ["si"])]


def _date_styles(part: Part | None) -> frozenset[str]:
    """Which cell styles show a number as a date."""
    if part is None:
        return frozenset()
    root = part.root()
    own = {
        attribute(one, "numFmtId")
        for one in named(root, ["numFmt"])
        if re.search("[ymd]", _DATE_FORMAT.sub("", attribute(one, "formatCode")), re.IGNORECASE)
    }
    formats = [attribute(one, "numFmtId") for around in named(root, ["cellXfs"]) for one in named(around, ["xf"])]
    return frozenset(str(at) for at, one in enumerate(formats) if one in own or (one.isdigit() and int(one) in _DATES))


def _rows(root: Element, strings: Sequence[str], dates: frozenset[str], used: set[int]) -> str:
    """The cells of a sheet as they are seen: a line for each row, a tabulator between cells."""
    lines, size = [], 0
    for row in root.iter("{*}row"):
        cells = [text for cell in row if (text := _cell(cell, strings, dates, used))]
        if cells:
            lines.append("\t".join(cells))
            size += len(lines[-1])
        if size > TEXT_LENGTH:
            raise Unreadable(OVER_LIMITS)
    return "\n".join(lines)


def _cell(cell: Element, strings: Sequence[str], dates: frozenset[str], used: set[int]) -> str:
    kind, value = cell.get("t"), ""
    for one in cell:
        name = local(one)
        if name == "v":
            value = one.text or ""
        elif name == "is":
            value = "".join(text.text or "" for text in one.iter("{*}t"))
    if kind == "s":
        at = int(value) if value.isdecimal() else -1
        if not 0 <= at < len(strings):
            return ""
        used.add(at)
        return strings[at].replace("\n", " ")
    if kind in {None, "n"} and value:
        return _number(value, as_date=cell.get("s", "") in dates)
    return value.replace("\n", " ")


def _number(value: str, *, as_date: bool) -> str:
    """A number without an exponent, or the date that it stands for."""
    try:
        number = float(value)
        if as_date and 0 < number < 2_958_466:
            moment = _EPOCH + timedelta(days=number)
            return moment.date().isoformat() if number >= 1 else value
        return str(int(number)) if number.is_integer() and abs(number) < 1e18 else value
    except (ValueError, OverflowError):
        return value


def _problems(root: Element) -> Iterator[str]:
    formulas = named(root, ["f", "formula", "formula1", "formula2"])
    if named(root, _EMBEDDED) or any(_REACHING.search(one.text or "") for one in formulas):
        yield ACTIVE
