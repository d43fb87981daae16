"""The parts of a PowerPoint presentation (ECMA-376 part 1 §19): slides in order, their notes, masters, hidden slides."""

from collections.abc import Mapping

from relay.documents.document import Unreadable
from relay.documents.parts import HIDDEN_CONTENT, Part, Read, views_at
from relay.documents.trees import named, texts_of
from relay.documents.word import READING, problems_in
from relay.policy.post import View

_DRAWN = frozenset({"chart", "diagramData", "diagramDrawing"})


def read(parts: Mapping[str, Part]) -> Read:
    """The views of all slides and of what belongs to them; slides are numbered in their order."""
    views: list[View] = []
    problems: list[str] = []
    places: dict[str, str] = {}
    try:
        for number, name in enumerate(_slides(parts), start=1):
            slide = parts[name]
            places |= {name: f"slide {number}"}
            places |= {one.target: f"slide {number}" for one in slide.links if one.kind in _DRAWN}
            if notes := parts.get(slide.target("notesSlide")):
                places[notes.name] = f"slide {number}, hidden part"
    except Unreadable as unreadable:
        problems.append(str(unreadable))
    for part in parts.values():
        is_notes = part.type == "presentationml.notesSlide"
        if not (part.seen or is_notes):
            continue
        master = part.type in {"presentationml.slideMaster", "presentationml.slideLayout"}
        place = places.get(part.name, "page header" if master else "hidden part")
        try:
            root = part.root()
            problems += problems_in(root)
            # Where the notes' own numbers and dates stand, they are fields and no notes.
            texts = texts_of(root, READING)
            views += views_at(texts, place, place if is_notes else "")
        except Unreadable as unreadable:
            problems.append(str(unreadable))
            views.append(View(text=part.roughly(), place=place))
            continue
        hidden = part.type == "presentationml.slide" and root.get("show") in {"0", "false"}
        if hidden or (is_notes and texts.shown.strip("\n\t 0123456789")):
            problems.append(HIDDEN_CONTENT)
    return Read(views=tuple(views), problems=tuple(problems))


def _slides(parts: Mapping[str, Part]) -> list[str]:
    """The slides in their order, and those that the presentation doesn't show behind them."""
    main = next((one for one in parts.values() if one.type == "presentationml.presentation.main" and one.seen), None)
    targets = {one.id: one.target for one in main.links} if main else {}
    order = [targets.get(_link(one.attrib), "") for one in named(main.root(), ["sldId"])] if main else []
    rest = [name for name, part in parts.items() if part.type == "presentationml.slide"]
    return [name for name in dict.fromkeys((*order, *rest)) if name in parts]


def _link(attributes: Mapping[str, str]) -> str:
    """The relationship's id, which stands beside another attribute of the same name."""
    return next(
        (value for key, value in attributes.items() if str(key).startswith("{") and str(key).endswith("}id")), ""
    )
