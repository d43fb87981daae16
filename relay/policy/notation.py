"""Markings with a grammar of their own: Europol's handling codes, lines with slashes, Australian suffixes, Chinese stars.

Each is looked for by a sign that few texts have; everything else looks a bounded way around it, so that time stays linear.
"""

import re
from collections.abc import Iterator

from relay.policy.banners import Banners, Kind, key_of
from relay.policy.labels import judge_value
from relay.policy.post import Finding
from relay.policy.sentence import in_marking_place, is_a_rule, is_prose, sentence_around
from relay.policy.shape import Version, fold, shape

_NEAR = 40  # characters in which a code's own words stand
_CODE = re.compile(r"H(?P<number>[0-3])(?<![^\W_]H[0-3])(?![^\W_])")
# Words of the scheme, right before a code or right behind it; in the sign's own reach, without the end of a sentence between.
_SCHEME = (
    r"handling|h/?c|europol|siena|eval(?:uation|uacion|uacao)?|grading|traitement|manejo|tratamiento|tratamento|manuseamento|"
    r"handhabung\w*|bearbeitung\w*|afhandeling\w*|behandeling\w*|trattamento|obrobki|обработк\w*|обращени\w*|处理代码|處理代碼|المعالجة|التداول|xu ly|penanganan"
)
_CODE_WORD = r"codes?|codigos?|codice|kod\w*|koд\w*|caveats?|restrictions?"
_BEFORE = re.compile(rf"(?:{fold(shape(_SCHEME))})\b[^\n.!?;]{{0,{_NEAR}}}\Z")
_RIGHT_BEFORE = re.compile(rf"\b(?:{_CODE_WORD})[\s:=\-–—'\"(\[]{{0,4}}\Z")
_AFTER = re.compile(rf"[^\n.!?;]{{0,20}}\b(?:{fold(shape(_SCHEME))})\b")
_GRADE_BEFORE = re.compile(r"(?<![^\W_])[ABCX][1-4](?:[\s/|,;:+\-–—()\[\]]|and|et|y|e){1,12}\Z")
_GRADE_AFTER = re.compile(r"[\s/|,;:+\-–—()\[\]]{1,6}[ABCX][1-4](?![^\W_])")
# What else is called so: this relay's own reasons, visas, models of vehicles, gates and blocks.
_OTHERS = re.compile(
    r"\b(?:reasons?|motifs?|raisons?|motivos?|razon\w*|visas?|vistos?|visados?|model\w*|modelo|modele|hyundai|haval|hummer|suzuki|errors?|dress|post|postal|zip|gate|block|"
    r"hall|hangar|held|withheld|moderator\w*|relay|tariff|customs code|hs|schedule|annex\w*|sheet|column|row|room|h2o|virus|vaccin\w*|subtype|highway|route|road)\b"
)
_FURTHER_CODE = re.compile(r"(?<![^\W_])h[0-3](?![^\W_])")
_SLASHES = re.compile(r"(?<=[A-Z ])//[ ]?(?P<tail>[A-Z](?:[A-Z0-9/,. -]{0,119}[A-Z0-9](?![a-z]))?)")
_HEAD = re.compile(r"(?<![\w/.])[A-Z][A-Z .-]*\Z")
_BETWEEN_SLASHES = re.compile(r"//|[/,]|(?<=[A-Z]) - |\s{2,}")
_SUFFIX = re.compile(r"(?:sec|dlm)(?<![\w?&]...)\s*=\s*(?=\S)(?!\d)(?P<rest>[^\]\n】]{0,400})")
_OPENING = frozenset("[({【")
_PAIR = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\(.)")
_MAY_SEE = frozenset({"caveat", "access", "dlm"})
_STAR = re.compile(r"(?:绝密|機密|机密|秘密|絕密|祕密)[级級]?\s*[★☆⭐]")


def find_notations(version: Version, place: str, banners: Banners) -> Iterator[Finding]:
    """Find markings of these grammars in one version of a view, in time that is linear in its length; never raises.

    Args:
        version: the view's text.
        place: the view's.
        banners: the words that stand for levels.
    """
    text, folded = version.text, version.folded
    written = (
        is_prose(place)
        or place.endswith(", name")
        or place.startswith(("header x-", "header keywords", "header comments"))
    )
    if not written:
        return
    yield from _handling_codes(text, folded, place)
    if "//" in text:
        yield from _between_slashes(text, folded, place, banners)
    if "=" in text:
        yield from _suffixes(text, folded, place, banners)
    if "★" in text or "☆" in text or "⭐" in text:
        for star in _STAR.finditer(folded):
            yield _finding("M1", "classified.in_marking_place", place, star.span())


def _handling_codes(text: str, folded: str, place: str) -> Iterator[Finding]:
    """Europol's handling codes, beside their own words or an evaluation: "Handling code: H2", "B2 / H1"."""
    for code in _CODE.finditer(text):
        start, end = code.span()
        before, after = folded[max(0, start - 2 * _NEAR) : start], folded[end : end + _NEAR]
        graded = _GRADE_BEFORE.search(text[max(0, start - _NEAR) : start]) or _GRADE_AFTER.match(text, end)
        named = _BEFORE.search(before) or _AFTER.match(after)
        right = _RIGHT_BEFORE.search(before)
        if not (graded or named or right):
            continue
        line = before.rpartition("\n")[2]
        if not graded and not _BEFORE.search(line) and _OTHERS.search(line + " " + after.partition("\n")[0]):
            continue
        first, last = sentence_around(folded, start, end)
        if len(_FURTHER_CODE.findall(folded, first, last)) > 2 or is_a_rule(folded, start, end):
            continue  # the codes explained, and what must not be sent
        since = start - len(line) + len(line) - len(line.lstrip())
        certain = in_marking_place(text, since if start - since <= _NEAR else start, end, place)
        if code["number"] == "0":
            yield _finding("H2", "held.handling_code", place, (start, end))
        else:
            yield _finding("M1" if certain else "H2", "restricted.handling_code", place, (start, end))


def _between_slashes(text: str, folded: str, place: str, banners: Banners) -> Iterator[Finding]:
    """Lines and portions as North American agencies write them: "CUI//LES", "SECRET//NOFORN", "(U//FOUO)"."""
    for line in _SLASHES.finditer(text):
        if not (head := _HEAD.search(text, max(0, line.start() - _NEAR), line.start())):
            continue
        start, end = head.start(), line.end()
        words = [head.group().strip(" -."), *_BETWEEN_SLASHES.split(line["tail"])]
        kinds = [banners.slashes.get(key_of(fold(word))) for word in words]
        if kinds[0] is None or (len(words[0]) == 1 and not any(kinds[1:])) or is_a_rule(folded, start, end):
            continue
        strictest = next(one for one in Kind if one in {*kinds, Kind.HARMLESS})
        # Behind "unclassified" stands what limits the circle, whether we know it or not.
        kind = Kind.HELD if strictest is Kind.HARMLESS else strictest
        certain = kind is not Kind.HELD and in_marking_place(text, start, end, place)
        rule = "held.marking" if kind is Kind.HELD else f"{kind}.{'in_marking_place' if certain else 'in_prose'}"
        yield _finding("M1" if certain else "H2", rule, place, (start, end))


def _suffixes(text: str, folded: str, place: str, banners: Banners) -> Iterator[Finding]:
    """The Australian e-mail marking in a header, a subject or a text: "[SEC=PROTECTED, CAVEAT=RI:REL AUS/NZL]"."""
    header = place.startswith("header x-protective-marking")
    for found in _SUFFIX.finditer(folded):
        before = folded[max(0, found.start() - _NEAR) : found.start()].rpartition("\n")[2].rstrip()
        if not (not before or before[-1] in _OPENING or header or place.startswith(("subject", "header subject"))):
            continue
        pairs = _PAIR.split(text[slice(*found.span("rest"))])
        others = {key.strip().lower(): value.strip() for key, _, value in (pair.partition("=") for pair in pairs[1:])}
        named = [_ESCAPED.sub(r"\1", pairs[0]), *(value for key, value in others.items() if key == "dlm")]
        kinds = [judge_value(value.strip(" ])}"), banners) for value in named]
        kind = next((one for one in (Kind.CLASSIFIED, Kind.RESTRICTED, None, Kind.HELD) if one in kinds), Kind.HARMLESS)
        if kind in {Kind.CLASSIFIED, Kind.RESTRICTED}:
            yield _finding("M1", f"{kind}.label", place, found.span())
        elif kind is Kind.HELD:
            yield _finding("H2", "held.label", place, found.span())
        elif kind is None or _MAY_SEE & others.keys():  # unknown, or harmless and yet not for everybody
            yield _finding("H2", "label.unmapped", place, found.span())


def _finding(code: str, rule: str, place: str, span: tuple[int, int]) -> Finding:
    return Finding(code=code, rule=rule, place=place, start=span[0], end=span[1])
