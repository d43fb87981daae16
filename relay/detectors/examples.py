"""Every pattern and detector has texts in which it must find something and texts in which it must not: they are tried at every start."""

from collections.abc import Iterator
from datetime import date

from relay.detectors.believing import RULE
from relay.detectors.facts import Facts
from relay.detectors.find import Detectors, find_sensitive, signals_of, words_of
from relay.detectors.likeness import GRAVE
from relay.detectors.reading import read
from relay.errors import ConfigurationError
from relay.policy.shape import fold, shape, versions_of

# The day on which examples are read: relative words and dates must mean the same in every year.
EXAMPLES_ON = date(2026, 11, 24)
_EXAMPLE_FACTS = Facts(on=EXAMPLES_ON)


def try_examples(detectors: Detectors) -> None:
    """Try every example of every pattern and detector.

    Raises:
        ConfigurationError: one that must match doesn't, or one that must not does.
    """
    for fault in failing_examples(detectors):
        raise ConfigurationError(fault)


def failing_examples(detectors: Detectors) -> Iterator[str]:
    """A sentence for each example that does not turn out as it must."""
    alone = {one.rule: detectors.only(one) for one in detectors.detectors}
    for one in detectors.examples:
        if one.kind:
            shows = _shows(one.text, one.kind, detectors)
        elif one.name == RULE:
            found = find_sensitive(versions_of(one.text), "text", detectors, _EXAMPLE_FACTS)
            shows = any(some.rule == RULE or some.code in GRAVE for some in found)
        else:
            shows = bool(find_sensitive(versions_of(one.text), "text", alone[one.name], _EXAMPLE_FACTS))
        if shows != one.must:
            does = "does not find" if one.must else "finds"
            yield f"{one.file}: “{one.name}” {does} its example “{one.text}”; mend the rule or the example"


def _shows(example: str, kind: int, detectors: Detectors) -> bool:
    shaped = shape(example)
    reading = read(shaped, fold(shaped))
    words = words_of(reading, detectors)
    patterns = detectors.patterns_for(detectors.always | kind)
    signals = signals_of(reading, words, patterns, detectors, _EXAMPLE_FACTS)
    return any(one.kind & kind for one in signals)
