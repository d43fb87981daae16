"""TOML text to a checked value; a fault names the file, the line and the nearest right key.

Used for every definition this product keeps as data: settings, lists, markings, channels.
"""

import difflib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from relay.errors import ConfigurationError

T = TypeVar("T")
Path = tuple[str | int, ...]

# Pydantic compiles a type once; twenty countries' files are of one type.
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z0-9_.-]+))\s*=""")


@dataclass(frozen=True, slots=True)
class Source:
    """One TOML document: where it came from, its text and its tables."""

    file: str
    text: str
    data: dict[str, Any]


def read_source(text: str, file: str) -> Source:
    """Parse TOML text.

    Raises:
        ConfigurationError: not TOML; names file and line.
    """
    try:
        return Source(file, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found.group(1)) if found else text.count("\n") + 1
        sentence = str(error).split(" (at ", maxsplit=1)[0]
        raise ConfigurationError(f"this is not valid TOML: {sentence}", file=file, line=line) from None


def check(source: Source, kind: type[T]) -> T:
    """Turn the document into a value of a (pydantic-checked) dataclass or model.

    Raises:
        ConfigurationError: one sentence on the first fault, with file, line and, for a misspelt key, the nearest right one.
    """
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    adapter = _ADAPTERS[kind]
    try:
        value: T = adapter.validate_python(source.data)
    except ValidationError as error:
        raise fault(source, error, keys_of(adapter.json_schema())) from None
    return value


def fault(source: Source, error: ValidationError, keys: list[str]) -> ConfigurationError:
    """Turn pydantic's first complaint into our sentence.

    Of several complaints an unknown key comes first: a misspelt key is what makes its right name look missing.

    Args:
        source: the document that was checked.
        error: what pydantic says.
        keys: every key that the document's type knows.
    """
    complaints = error.errors(include_url=False, include_input=False)
    first = min(complaints, key=lambda complaint: complaint["type"] not in _UNKNOWN)
    unknown = first["type"] in _UNKNOWN
    path = _path(first["loc"], source.data, [*keys, str(first["loc"][-1])] if unknown else keys)
    name = ".".join(str(part) for part in path if isinstance(part, str)) or "the file"
    if unknown:
        sentence = f"unknown key “{name}”" + did_you_mean(str(path[-1]), keys, cutoff=0.5)
    elif first["type"] in _MISSING:
        sentence = f"the key “{name}” is missing"
    else:
        sentence = f"{name}: {first['msg'][0].lower()}{first['msg'][1:]}".replace("value error, ", "")
        sentence += _nearest_choice(first, error)
    return ConfigurationError(sentence, file=source.file, line=line_of(source.text, path))


def _path(location: Path, data: Any, keys: Sequence[str]) -> Path:
    """The keys of a location, known ones and a document's own names.

    Pydantic puts the tried member of a union ("constrained-int") in it as well; only keys are of use here.
    """
    path: list[str | int] = []
    for part in location:
        written = isinstance(data, dict) and part in data
        if isinstance(part, int) or part in keys or written:
            path.append(part)
        if written or (isinstance(part, int) and isinstance(data, list)):
            data = data[part]
    return tuple(path)


def _nearest_choice(first: ErrorDetails, error: ValidationError) -> str:
    """The choice that a word was probably meant to be, where only some words are allowed; "" else."""
    if first["type"] not in {"literal_error", "enum"}:
        return ""
    written = next(one["input"] for one in error.errors(include_url=False) if one["loc"] == first["loc"])
    choices = re.findall(r"'([^']+)'", str(first.get("ctx", {}).get("expected", "")))
    return did_you_mean(str(written)[:40], choices)


def did_you_mean(word: str, choices: Sequence[str], *, cutoff: float = 0.6) -> str:
    """The end of a sentence about a wrong word: the nearest right one; "" when none is near (`cutoff` from 0 to 1)."""
    nearest = difflib.get_close_matches(word, choices, n=1, cutoff=cutoff)
    return f"; did you mean “{nearest[0]}”?" if nearest else ""


def keys_of(schema: Any) -> list[str]:
    """Every property name in a JSON schema, at any depth."""
    if isinstance(schema, list):
        return [key for one in schema for key in keys_of(one)]
    if not isinstance(schema, dict):
        return []
    here = list(schema.get("properties", {}))
    return here + [key for value in schema.values() for key in keys_of(value)]


_UNKNOWN = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_MISSING = frozenset({"missing", "missing_argument", "missing_keyword_only_argument"})


def line_of(text: str, path: Path) -> int:
    """The 1-based line on which a key stands; its nearest enclosing table's when it isn't written itself; else 1.

    Args:
        text: the TOML text.
        path: keys from the root, a number for the place in an array of tables: ("smtp", "port"), ("channel", 2, "name").
    """
    wanted = [str(part) for part in path if isinstance(part, str)]
    indexes = {str(path[i - 1]): part for i, part in enumerate(path) if isinstance(part, int) and i}
    best, best_depth, table = 1, 0, []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = [part.strip().strip("\"'") for part in header.group(2).split(".")]
            if header.group(1) == "[[":
                seen[table[-1]] = seen.get(table[-1], -1) + 1
            keys = table
        elif key := _KEY.match(line):
            keys = [*table, *(next(group for group in key.groups() if group)).split(".")]
        else:
            continue
        inside = all(seen.get(name, 0) == place for name, place in indexes.items() if name in table)
        if inside and keys == wanted[: len(keys)] and len(keys) > best_depth:
            best, best_depth = number, len(keys)
    return best
