"""What is searched for in every view of one message: markings, and what identifies people or betrays operations."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from relay.detectors.facts import Facts
from relay.detectors.find import Detectors, Form, find_sensitive
from relay.detectors.talk import Talking
from relay.policy.marking import find_markings
from relay.policy.post import Finding, Passage, View
from relay.policy.shape import Version, versions_of
from relay.policy.shingle import passages
from relay.policy.thread import PASSAGE_CODES
from relay.roster.mailing_list import Tlp
from relay.scan.frames import FINDINGS
from relay.scan.rules import Rules
from relay.scan.text import HIDDEN
from relay.scan.vocabulary import place_of_field

# Header fields in which people write, and the beginnings of those that only programs fill.
_WRITTEN = frozenset({"comments", "keywords", "thread-topic", "content-description"})
_TECHNICAL = (
    "received", "dkim-", "arc-", "authentication-results", "message-id", "date", "references", "in-reply-to", "mime-version",
    "content-t", "content-id", "return-path", "delivered-to", "list-", "x-mailer", "user-agent", "x-originating", "x-ms-",
    "x-google", "x-spam", "x-virus", "thread-index", "precedence", "importance", "x-priority", "autocrypt", "openpgp",
    "x-received", "x-gm-", "dispos", "require-recipient", "accept-language", "x-source", "x-auth",
)  # fmt: skip
_ADDRESSES = frozenset({"from", "to", "cc", "bcc", "sender", "reply-to"})
_ADDRESS = re.compile(r"<[^<>]*>|[^\s<>,;]+@[^\s<>,;]+")
_EVERYDAY = frozenset({Tlp.GREEN, Tlp.CLEAR})
# Characters from which what is attached may be a letter, and what a page says beside the text is one.
_LETTER, _PAGE = 400, 150
# What a reader of an attachment doesn't see, or sees twice.
NOT_READ = ("name", "header", "properties", "hidden part", "quoted text")


@dataclass(slots=True)
class Memory:
    """What is gathered of one message on the way: its subject, which is read with its text; and what thread memory may want: passages, and what is attached to a marked one."""

    subjects: list[str] = field(default_factory=list)
    subject_read: bool = False
    passages: dict[Passage, None] = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is searched for in every view of one message: of its own text, or of what is attached."""

    rules: Rules
    facts: Facts
    of_attachment: bool = False
    read: dict[tuple[str, bool], str] = field(default_factory=dict)  # words, with the text that had them
    memory: Memory = field(default_factory=Memory)


def findings_in(views: Iterable[View], search: Search, others: Iterable[Finding] = ()) -> tuple[Finding, ...]:
    """The others and what the detectors find in the views; one finding for each rule and place is enough."""
    found = [
        *others,
        *(_without_words(one) for view in views if view.text.strip() for one in _find(view, search)),
    ]
    seen = {_kind(one) for one in found if one.place.startswith("text, line ")}
    # What stands in the text as it is seen needn't be told again of its source.
    told = [one for one in found if one.place != HIDDEN or _kind(one) not in seen]
    unique = {(*_kind(one), one.place): one for one in reversed(told)}
    if len(unique) <= FINDINGS:
        return tuple(unique.values())[::-1]
    # Each rule's first place goes before all further places, so that no rule is lost.
    first = {_kind(one): one for one in unique.values()}
    return tuple(dict.fromkeys([*first.values(), *reversed(unique.values())]))[:FINDINGS]


def find_in(view: View, rules: Rules, facts: Facts) -> tuple[Finding, ...]:
    """What stands in one view."""
    return findings_in((view,), Search(rules=rules, facts=facts, of_attachment=True))


def _find(view: View, search: Search) -> Iterator[Finding]:
    """What stands in one view: markings, and what identifies people or betrays operations."""
    versions = versions_of(view.text)
    marked = find_markings(view, search.rules.words, versions, _talks(view, search.rules.detectors))
    search.memory.marked |= any(one.code == "M1" and one.label not in _EVERYDAY for one in marked)
    yield from marked
    text, leaves = _written_by_people(view)
    if not text:
        return
    line, place = " ".join(text.split()), view.place
    if place == "subject" and not search.of_attachment:  # belongs to the letter
        search.memory.subjects.append(line)
        return
    if place == "header thread-topic" and any(line in subject for subject in search.memory.subjects):
        return
    words = line, leaves
    if (read := search.read.get(words)) is not None:
        # A page says what the text beside it says; but it breaks no lines, which is read as well, once.
        if place != "text" or read in {text, ""}:
            return
        place = HIDDEN
    search.read[words] = "" if read else text
    subjects = search.memory.subjects if view.place == "text" and not search.of_attachment else []
    if subjects:
        text = "\n".join([*subjects, "", text])
        search.memory.subject_read = True
    if text != view.text:
        versions = versions_of(text)
    for one in _sensitive(text, versions, place, search, above=len(subjects), form=_form_of(view, search)):
        if leaves or not one.code.startswith("H"):  # else only what nobody may have sent at all counts
            yield one


def _talks(view: View, detectors: Detectors) -> Talking | None:
    """What tells talk about labels from labels; nothing where no sentences are expected."""
    no_sentences = view.place.startswith(("subject", "header")) or view.place.endswith("properties")
    learned = None if no_sentences else detectors.talk
    return Talking(learned, detectors.senses) if learned else None


def _sensitive(
    text: str, versions: Sequence[Version], place: str, search: Search, *, above: int = 0, form: Form = "letter"
) -> tuple[Finding, ...]:
    """What the detectors find in a text, of which thread memory gets its passages."""
    found = find_sensitive(versions, place, search.rules.detectors, search.facts, above=above, form=form)
    if certain := [one for one in found if one.code in PASSAGE_CODES]:
        search.memory.passages |= dict.fromkeys(passages(text, certain))
    return found


def _form_of(view: View, search: Search) -> Form:
    """What a view is: the message's text is a letter, and so is what a page says over and above it; of what is attached, long texts are weighed."""
    own = not search.of_attachment
    if own and (view.place == "text" or (view.place == HIDDEN and len(view.text) >= _PAGE)):
        return "letter"
    beside = view.place.startswith(("subject", "header")) or view.place.endswith(NOT_READ)
    return "neither" if beside or len(view.text) < _LETTER else "attached"


def _written_by_people(view: View) -> tuple[str, bool]:
    """What people wrote of a view, "" for nothing, and whether it can leave: of the header only the subject does."""
    field = view.place.removeprefix("header ") if view.place.startswith("header ") else ""
    if field.startswith(_TECHNICAL) or view.place == "quoted text":  # what is quoted stands in the text
        return "", False
    if field in _ADDRESSES:
        named = _ADDRESS.sub(" ", view.text)
        return (named if any(char.isalpha() for char in named) else ""), False
    if view.place.endswith(", header"):
        lines = [one for one in view.text.split("\n") if not one.lower().startswith(_TECHNICAL)]
        return "\n".join(lines).strip(), False
    return view.text, not (field and field not in _WRITTEN) and not view.place.endswith("properties")


def _kind(finding: Finding) -> tuple[str, str, str | None]:
    return finding.code, finding.rule, finding.label


def _without_words(finding: Finding) -> Finding:
    """A place names a header field only if the field's name can't be the author's own words."""
    place = place_of_field(finding.place)
    return finding if place == finding.place else replace(finding, place=place)


def findings_in_subject(search: Search) -> tuple[Finding, ...]:
    """What stands in a subject that no text follows."""
    text = "\n".join(search.memory.subjects)
    return _sensitive(text, versions_of(text), "subject", search) if text and not search.memory.subject_read else ()
