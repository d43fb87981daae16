"""Thread memory (POLICY “Sending again”): what is kept of a withheld post, and what a later message inherits from it.

Of a post withheld for its marking: its Message-ID and the shingles of its text. Of one withheld for what it says (N and O codes):
the passages alone. All as keyed hashes. Whose own new text repeats what they sent before has corrected it, and is judged
afresh; what members were given already is no secret and is not remembered.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from relay.policy.channels import is_classified
from relay.policy.decision import Reason
from relay.policy.post import CleanPart, Finding, Passage, Scan, plain_text
from relay.policy.shingle import WORDS, chosen, digest, every_shingle, line_of, shingles, words_of
from relay.roster.mailing_list import Tlp

MARKING, CLASSIFIED, PASSAGE = "thread.marking", "classified.in_thread", "thread.passage"
PASSAGE_CODES = frozenset({"N1", "N2", "O1", "O2", "O3"})
KEPT = 2_000  # hashes of one post
SIGNATURE_LINES = 12
QUOTED = 2  # shingles for a quotation: some fifteen words; fewer are a turn of phrase
# Outside of quotations, where a phrase that many write at the end of their mails may stand: this part of a text, and so many.
COPIED_PART, COPIED = 5, 4

_ANSWERS = "header references"
_SIGNATURE = re.compile(r"(?:[ \t]{0,3}>)*[ \t]?-- ?")
_QUOTED = re.compile(r"[ \t]{0,3}>")
# "-----Original Message-----", "---------- Forwarded message ---------" in any language; "From: Ana <ana@…>" with a field below.
_BEGINS_QUOTE = re.compile(
    r"^(?:-{3,} ?[^\W\d_][^\n-]{2,60}-{3,}[ \t]*$|\W{0,3}[^\W\d_][^\n:：]{0,20}[:：][^\n@]{0,200}@[^\n]{0,200}\n\W{0,3}[^\W\d_][^\n:：]{0,20}[:：])",
    re.MULTILINE,
)

Keyed = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One keyed hash of a withheld post.

    `label` is the marking that the post had: None for one that is above every list's ceiling. `needed` shingles of a text must be
    seen again where nothing is quoted. A shingle of a
    passage begins `before` words ahead of it; the passage's own words, as many as `words`, have the keyed hash `whole`.
    """

    hash: bytes = field(repr=False)
    code: str
    rule: str
    label: str | None = None
    needed: int = QUOTED
    before: int = 0
    words: int = 0
    whole: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """A hash that was seen again: of which post, and whether that was the same author's."""

    memory: Memory
    post_id: int
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A later message as memory sees it.

    `places` are those of its chosen shingles by their hashes; `own_id` and `answers` hashes of its own Message-ID and of those
    that it answers.
    """

    text: str = field(repr=False)
    words: Sequence[str] = field(repr=False)
    places: Mapping[bytes, Sequence[int]] = field(repr=False)
    own_id: frozenset[bytes]
    answers: frozenset[bytes]

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Everything that memory is asked for."""
        return (*self.places, *self.answers, *self.own_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is forgotten, since members have it now: these hashes, but for those with one of the `labels`, and these whole passages."""

    hashes: tuple[bytes, ...] = field(repr=False)
    labels: tuple[str, ...]
    passages: tuple[bytes, ...] = field(repr=False)


def what_is_said(
    parts: Iterable[CleanPart], message_id: str | None, answers: Iterable[str], keys: Iterable[Keyed]
) -> Said:
    """What memory is asked about a message, under each of the keys."""
    text = without_signatures(plain_text(parts))
    words, keys = words_of(text), tuple(keys)
    by_digest: dict[bytes, list[int]] = {}
    for place in chosen(words):
        by_digest.setdefault(digest(words, place), []).append(place)
    return Said(
        text=text,
        words=words,
        places={keyed(one): places for keyed in keys for one, places in by_digest.items()},
        own_id=frozenset(keyed(message_id.encode()) for keyed in keys) if message_id else frozenset(),
        answers=frozenset(keyed(one.encode()) for keyed in keys for one in answers),
    )


def memories(scan: Scan, reasons: Collection[Reason], public: frozenset[bytes], keyed: Keyed) -> tuple[Memory, ...]:
    """What is kept of a post that was withheld for these reasons.

    Args:
        scan: with its findings.
        reasons: why.
        public: digests of shingles that members were given already.
        keyed: the hash under the newest key.
    """
    codes, message = {reason.code for reason in reasons}, scan.message
    kept: list[Memory] = []
    if "M1" in codes:
        marked = [finding.label for finding in scan.findings if finding.code == "M1"]
        labels = [Tlp(label) for label in marked if label is not None]
        label = max(labels, key=lambda one: one.level).value if labels and None not in marked else None
        rule = CLASSIFIED if any(map(is_classified, reasons)) else MARKING
        like = Memory(hash=b"", code="M1", rule=rule, label=label)
        message_id = message.message_id if message else None
        own = [
            finding for finding in scan.findings if finding.code == "M1" and finding.rule not in {MARKING, CLASSIFIED}
        ]
        # The text of one that only inherited its marking is remembered already, as far as it was marked.
        text = (*shingles(without_signatures(plain_text(scan.parts))), *scan.shingles) if own else ()
        kept += _of_marked(like, message_id, text, public, keyed)
    kept += (one for passage in scan.passages if passage.code in codes for one in _of_passage(passage, keyed))
    return tuple({(one.hash, one.code, one.before, one.words): one for one in kept[:KEPT]}.values())


def memories_of_refused(
    parts: Iterable[CleanPart], message_id: str | None, public: frozenset[bytes], keyed: Keyed
) -> tuple[Memory, ...]:
    """What is kept of a held post that a moderator withheld for its marking: no rule has said which."""
    text = shingles(without_signatures(plain_text(parts)))
    like = Memory(hash=b"", code="M1", rule=MARKING)
    return tuple(_of_marked(like, message_id, text, public, keyed))[:KEPT]


def _of_marked(
    like: Memory, message_id: str | None, text: Iterable[bytes], public: frozenset[bytes], keyed: Keyed
) -> Iterator[Memory]:
    if message_id:
        yield replace(like, hash=keyed(message_id.encode()))
    kept = [one for one in dict.fromkeys(text) if one not in public]
    needed = max(QUOTED, min(len(kept), max(COPIED, len(kept) // COPIED_PART)))
    yield from (replace(like, hash=keyed(one), needed=needed) for one in kept)


def _of_passage(passage: Passage, keyed: Keyed) -> Iterator[Memory]:
    whole = keyed(passage.whole)
    for number, window in enumerate(passage.windows):
        yield Memory(
            hash=keyed(window),
            code=passage.code,
            rule=PASSAGE,
            before=passage.before - number,
            words=passage.words,
            whole=whole,
        )


def inherited(
    recalled: Collection[Recollection], said: Said, keys: Iterable[Keyed], public: frozenset[bytes]
) -> tuple[Finding, ...]:
    """What a message inherits from what was recalled; each rule and place once."""
    keys = tuple(keys)
    found = chain(_markings(recalled, said, public), _passages(recalled, said, keys))
    return tuple(dict.fromkeys(found))


def _markings(recalled: Collection[Recollection], said: Said, public: frozenset[bytes]) -> Iterator[Finding]:
    quoted = every_shingle([quotation(said.text)])
    own = {one.memory.hash for one in recalled if one.own}  # also where somebody else has quoted it since
    copies: dict[int, dict[bytes, Memory]] = {}
    quotations: dict[int, dict[bytes, Memory]] = {}
    for one in recalled:
        memory = one.memory
        if memory.whole is not None:
            continue
        if memory.hash in said.answers:
            yield Finding(code=memory.code, rule=memory.rule, place=_ANSWERS, label=memory.label)
        shown = {digest(said.words, place) for place in said.places.get(memory.hash, ())} - public
        if shown & quoted:
            quotations.setdefault(one.post_id, {})[memory.hash] = memory
        if shown and memory.hash not in own:
            copies.setdefault(one.post_id, {})[memory.hash] = memory
    enough = [seen for seen in quotations.values() if len(seen) >= QUOTED]
    enough += [seen for seen in copies.values() if len(seen) >= min(one.needed for one in seen.values())]
    for seen in enough:
        memory = next(iter(seen.values()))
        place = min(said.places[one][0] for one in seen)
        yield Finding(code=memory.code, rule=memory.rule, place=_place(said, place, quoted), label=memory.label)


def _passages(recalled: Iterable[Recollection], said: Said, keys: Sequence[Keyed]) -> Iterator[Finding]:
    for memory in (one.memory for one in recalled):
        if (start := _start_of(memory, said, keys)) is not None:
            yield Finding(code=memory.code, rule=memory.rule, place=_place(said, start))


def _start_of(memory: Memory, said: Said, keys: Sequence[Keyed]) -> int | None:
    """Where a remembered passage stands in a message, all of it; None where it doesn't, or there is none."""
    for place in said.places.get(memory.hash, ()) if memory.whole else ():
        start = place + memory.before
        if 0 <= start <= len(said.words) - memory.words:
            own = digest(said.words, start, memory.words)
            if any(keyed(own) == memory.whole for keyed in keys):
                return start
    return None


def _place(said: Said, place: int, quoted: frozenset[bytes] = frozenset()) -> str:
    return "quoted text" if digest(said.words, place) in quoted else f"text, line {line_of(said.text, place)}"


def given_out(
    recalled: Collection[Recollection], said: Said, keys: Iterable[Keyed], markings: Iterable[Tlp]
) -> Given | None:
    """What is forgotten when a message goes out to members under these markings; None when nothing is.

    Its text, as far as it was remembered with a higher marking, and the passages that stand in it.
    """
    lowest = min(markings, key=lambda one: one.level, default=None)
    if lowest is None or not recalled:
        return None
    keys = tuple(keys)
    digests = [digest(said.words, place) for place in range(len(said.words) - WORDS + 1)]
    passages = (one.memory.whole for one in recalled if _start_of(one.memory, said, keys) is not None)
    return Given(
        hashes=(*(keyed(one) for keyed in keys for one in dict.fromkeys(digests)), *said.own_id),
        labels=tuple(one.value for one in Tlp if one.level <= lowest.level),
        passages=tuple(dict.fromkeys(filter(None, passages))),
    )


def quotation(text: str) -> str:
    """What a text quotes: lines behind ">", and all below a line with which mail programs begin what is answered or passed on."""
    match = _BEGINS_QUOTE.search(text)
    below = match.start() if match else len(text)
    lines = [line for line in text[:below].split("\n") if _QUOTED.match(line)]
    return "\n".join([*lines, text[below:]])


def without_signatures(text: str) -> str:
    """A text with empty lines for its signatures (RFC 3676 §4.3), those that it quotes too: among them are this relay's footers."""
    if "-- " not in text and "--\n" not in text:
        return text
    kept: list[str] = []
    signed, left = "", 0  # how what is signed is quoted, and how many lines of it may follow
    for line in text.split("\n"):
        match, left = _SIGNATURE.fullmatch(line), left - 1
        if match:
            signed, left = _depth(line), SIGNATURE_LINES
        elif _depth(line) != signed or _BEGINS_QUOTE.match(line):
            left = 0
        kept.append("" if left > 0 else line)
    return "\n".join(kept)


def _depth(line: str) -> str:
    """How deep a line is quoted, as so many ">"."""
    return ">" * line[: len(line) - len(line.lstrip(" \t>"))].count(">")
