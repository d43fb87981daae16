"""config/policy/detectors/*.toml → detectors: checked and put together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_
from typing import Annotated

import regex
from pydantic import AfterValidator, ConfigDict, Field

from relay.detectors.believing import RULE
from relay.detectors.dates import DATE_KINDS
from relay.detectors.detector import Detector, Scope
from relay.detectors.find import Detectors, Example, by_demand
from relay.detectors.learned import LikenessTable, TalkTable, likeness_of, of_last, talk_of
from relay.detectors.marks import NAME_KINDS, NameKinds
from relay.detectors.numbers import VALIDATORS
from relay.detectors.patterns import Hints, Pattern
from relay.detectors.reading import Form
from relay.detectors.senses import Senses, made_senses
from relay.detectors.words import make_vocabulary
from relay.errors import ConfigurationError
from relay.policy.shape import fold, shape
from relay.source import Source, check, line_of, read_source

_Text = Annotated[str, Field(min_length=1, max_length=2000)]
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$")]
_Names = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_.]*(\|[a-z][a-z0-9_.]*)*$")
]  # words of several kinds: "talk|not_here"
# Thousands of names are easier to read as one text with a comma between them.
_Listed = Annotated[str, Field(min_length=1, max_length=40_000)]
_WORD = regex.compile(r"[^*]*[^*\s]\*?")  # a * in the midst of a phrase would never match


def _is_validator(name: str) -> str:
    if name and name not in VALIDATORS:
        raise ValueError(f"“{name}” is none of the validators: {', '.join(sorted(VALIDATORS))}")
    return name


@dataclass(frozen=True, kw_only=True)
class _Pattern:
    pattern: str
    validator: Annotated[str, AfterValidator(_is_validator)] = ""
    form: Form = "apart"
    hints: tuple[_Text, ...] = ()
    digits: Annotated[int, Field(ge=0, le=40)] = 0
    yields: tuple[_Name, ...] = ()
    unspaced: bool = False
    must: tuple[_Text, ...] = ()
    must_not: tuple[_Text, ...] = ()
    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True)
class _Detector:
    rule: _Name
    code: Annotated[str, Field(pattern="^(T1|N[12]|O[123]|H[345689])$")]
    all: Annotated[tuple[str, ...], Field(min_length=1, max_length=4)]
    must: Annotated[tuple[_Text, ...], Field(min_length=3)]
    must_not: Annotated[tuple[_Text, ...], Field(min_length=3)]
    unless: tuple[_Name, ...] = ()
    unless_within: Annotated[int, Field(ge=0, le=2000)] = 0
    unless_in_text: tuple[_Name, ...] = ()
    scope: Scope = "sentence"
    within: Annotated[int, Field(ge=0, le=2000)] = 0
    ordered: bool = False
    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True)
class _Alike:
    must: Annotated[tuple[_Text, ...], Field(min_length=3)]
    must_not: Annotated[tuple[_Text, ...], Field(min_length=3)]
    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True)
class _File:
    words: dict[_Names, dict[str, tuple[_Text, ...] | _Listed]] = field(default_factory=dict)
    patterns: dict[_Name, _Pattern] = field(default_factory=dict)
    detector: tuple[_Detector, ...] = ()
    alike: _Alike | None = None
    likeness: LikenessTable | None = None
    talk: TalkTable | None = None
    senses: dict[str, str] = field(default_factory=dict)
    __pydantic_config__ = ConfigDict(extra="forbid")


def read_detectors(files: Mapping[str, str]) -> Detectors:
    """Read all detector files (name → text) as one.

    Raises:
        ConfigurationError: a fault, with its file; nothing is tried yet.
    """
    sources = {name: read_source(text, name) for name, text in sorted(files.items())}
    tables = {name: check(source, _File) for name, source in sources.items()}
    kinds = _kinds(tables.values())
    words: dict[int, list[str]] = {}
    for file, table in tables.items():
        for kind, by_language in table.words.items():
            words.setdefault(_sum_of(kind.split("|"), kinds, file), []).extend(
                _checked(by_language, f"{file}: words.{kind}")
            )
    _refuse_one_name_twice(tables)
    patterns = []
    for file, table in tables.items():
        patterns += [_make_pattern(name, one, kinds, sources[file]) for name, one in table.patterns.items()]
    shapes = reduce(or_, (one.kind for one in patterns), 0)
    made = _sum_of([*NAME_KINDS, *DATE_KINDS], kinds, where="") | shapes
    detectors = [_make_detector(one, kinds, made, file) for file, table in tables.items() for one in table.detector]
    names = NameKinds.of(kinds)
    # A shape that yields to others is looked for when they are known.
    patterns.sort(key=lambda one: one.yields.bit_count())
    return Detectors(
        vocabulary=make_vocabulary(words),
        patterns=tuple(patterns),
        hints=Hints(patterns),
        likeness=of_last(
            "likeness", {file: one.likeness for file, one in tables.items()}, partial(likeness_of, kinds=kinds)
        ),
        senses=_make_senses(tables.values(), kinds),
        talk=of_last("talk", {file: one.talk for file, one in tables.items()}, talk_of),
        detectors=tuple(detectors),
        proven=frozenset(one.rule for one in detectors if _proves_itself(one, shapes)),
        kinds=kinds,
        names=names,
        by_demand=by_demand(detectors),
        always=reduce(or_, (getattr(names, one) for one in names.__slots__)),
        examples=tuple(one for file, table in tables.items() for one in _examples(file, table, kinds)),
    )


def _examples(file: str, table: _File, kinds: Mapping[str, int]) -> Iterator[Example]:
    named: list[tuple[str, int, _Pattern | _Detector | _Alike]] = [(one.rule, 0, one) for one in table.detector]
    named += [(RULE, 0, table.alike)] if table.alike else []
    named += [(f"patterns.{name}", kinds[name], one) for name, one in table.patterns.items()]
    for name, kind, definition in named:
        for must, texts in ((True, definition.must), (False, definition.must_not)):
            yield from (Example(file=file, name=name, kind=kind, text=text, must=must) for text in texts)


def _refuse_one_name_twice(tables: Mapping[str, _File]) -> None:
    """A second rule of a name would take the findings of the first for its own: each view tells a rule once."""
    seen: dict[str, str] = {}
    for file, table in tables.items():
        for one in table.detector:
            if one.rule in seen:
                raise ConfigurationError(
                    f"{file}: the rule “{one.rule}” is in {seen[one.rule]} already; give it a name of its own"
                )
            seen[one.rule] = file


def _checked(by_language: Mapping[str, tuple[str, ...] | str], where: str) -> Iterator[str]:
    """The words of a kind in all languages; several in one text, with commas between them.

    Raises:
        ConfigurationError: a word that would never match.
    """
    for language, some in by_language.items():
        words = some.split(",") if isinstance(some, str) else some
        for word in words:
            if not (stripped := word.strip()) and isinstance(some, str):
                continue
            if not stripped or ("*" in stripped and not _WORD.fullmatch(stripped)):
                raise ConfigurationError(
                    f"{where}.{language}: “{stripped}”: a * stands at a word's end only, and ends a phrase"
                )
        yield ",".join(words)


def _kinds(tables: Iterable[_File]) -> dict[str, int]:
    """A bit for each kind: those that code finds, those of words and of patterns."""
    names = dict.fromkeys(["nothing", *NAME_KINDS, *DATE_KINDS])
    for table in tables:
        names |= dict.fromkeys([*(name for some in table.words for name in some.split("|")), *table.patterns])
    return {name: 1 << place for place, name in enumerate(names)}


def _make_pattern(name: str, one: _Pattern, kinds: Mapping[str, int], source: Source) -> Pattern:
    try:
        pattern = regex.compile(_in_form(one.pattern, one.form), regex.MULTILINE | regex.V1)
    except regex.error as error:
        sentence = f"patterns.{name}.pattern: “{one.pattern}” is no pattern: {error}"
        line = line_of(source.text, ("patterns", name, "pattern"))
        raise ConfigurationError(sentence, file=source.file, line=line) from error
    return Pattern(
        kind=kinds[name],
        name=name,
        pattern=pattern,
        valued="value" in pattern.groupindex,
        form=one.form,
        hints=tuple(fold(shape(hint)) for hint in one.hints),
        digits=one.digits,
        unspaced=one.unspaced,
        yields=_sum_of(one.yields, kinds, f"{source.file}: patterns.{name}"),
        validator=VALIDATORS[one.validator] if one.validator else None,
    )


def _in_form(pattern: str, form: Form) -> str:
    """A pattern with its letters in the form that it reads, so that it can be written as people write."""
    return pattern if form == "written" else "".join(char if char.isascii() else fold(shape(char)) for char in pattern)


def _make_detector(one: _Detector, kinds: Mapping[str, int], made: int, file: str) -> Detector:
    where = f"{file}: {one.rule}"
    needs = tuple(_sum_of(need.split("|"), kinds, where) for need in one.all)
    unless, in_text = _sum_of(one.unless, kinds, where), _sum_of(one.unless_in_text, kinds, where)
    return Detector(
        rule=one.rule,
        code=one.code,
        needs=needs,
        unless=unless,
        unless_within=one.unless_within,
        unless_in_text=in_text,
        scope=one.scope,
        within=one.within,
        ordered=one.ordered,
        words=tuple(need for need in needs if not need & made),
        kinds=reduce(or_, needs) | unless | in_text,
    )


def _proves_itself(detector: Detector, shapes: int) -> bool:
    """Whether a number whose check digit is right, or that is made like no other, is all that a rule asks for."""
    return detector.rule.startswith("number.") and len(detector.needs) == 1 and not detector.needs[0] & ~shapes


def _make_senses(tables: Iterable[_File], kinds: Mapping[str, int]) -> Senses:
    """What words mean, by all files that say it."""
    by_language: dict[str, str] = {}
    for table in tables:
        for language, some in table.senses.items():
            by_language[language] = by_language.get(language, "") + some
    try:
        return made_senses(by_language, kinds)
    except ValueError as error:
        raise ConfigurationError(f"senses: {error}; mend it") from error


def _sum_of(names: Iterable[str], kinds: Mapping[str, int], where: str) -> int:
    total = 0
    for name in names:
        if name not in kinds:
            raise ConfigurationError(f"{where}: “{name}” is no kind of words, patterns or names; correct it")
        total |= kinds[name]
    return total
