"""Which findings of rules count, and what is sensitive without any: the rules and what was learned, weighed together.

A rule is certain where the letter is, by all that was seen in it; where the letter is sensitive at best, it is held; where
it is harmless, so is what the rule found. A sentence that is grave enough by itself is held whatever stands around it. A
number that proves itself always counts. A threat is certain where the letter is sensitive for being one, and is never let go:
it is held elsewhere.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from relay.detectors.language import language_of
from relay.detectors.likeness import GRAVE, OPEN, Likeness, scores_of, things_of
from relay.detectors.reading import Reading
from relay.detectors.senses import Senses, senses_of
from relay.detectors.words import Signal
from relay.policy.post import LIKENESS, RESIDUAL, Finding

_THREAT = "T1"
# How far beyond the bound a sentence stands by itself that no harmless page around it makes harmless: where a grave rule found
# something in it (nine of ten such sentences of grave messages do), and where none did. They belong to how far scores spread.
_FOUND_BY_ITSELF, _BY_ITSELF = 7.5, 11.0
# Sequences of characters, some thirty letters: of less nobody can tell without a rule.
_SHORTEST = 150
RULE, CODE = f"{LIKENESS}sensitive", "H9"  # of what is sensitive by what was learned


def believed(
    reading: Reading,
    signals: Sequence[Signal],
    found: Sequence[Finding],
    likeness: Likeness,
    senses: Senses,
    proven: frozenset[str],
    *,
    is_letter: bool = True,
) -> list[Finding]:
    """What counts of what the rules found: grave findings that aren't certain as ones to hold, and one where a letter is sensitive without any.

    Args:
        reading: the text.
        signals: all that was seen in it.
        found: by the rules.
        likeness: what was learned.
        senses: what words mean.
        proven: the rules that need no belief.
        is_letter: whether it is one; of what is attached all findings count, as lists and forms are no letters.
    """
    language = language_of(reading, senses)
    meant = senses_of(reading, signals, language, senses)
    scores = scores_of(reading, things_of(reading, signals, found, likeness), meant, likeness)
    bounds = likeness.bounds_of(language)
    sensitive = scores.grave >= bounds.sensitive
    doubtful = sensitive | (scores.alone >= bounds.sensitive + _FOUND_BY_ITSELF)
    closed = (scores.open < bounds.open) & ~sensitive
    kept, told = [], False
    for one in found:
        here = reading.sentences.of(one.start)
        if one.code in GRAVE:
            threatens = one.code == _THREAT and scores.threat[here] >= bounds.sensitive
            if scores.grave[here] >= bounds.certain or threatens or one.rule in proven or not is_letter:
                kept.append(one)
            elif doubtful[here] or one.code == _THREAT:
                kept.append(replace(one, code=CODE, rule=RULE))
            else:
                continue
            told = True
        elif one.rule in proven or not (
            is_letter and closed[here] and one.code in OPEN and not one.rule.startswith(RESIDUAL)
        ):
            kept.append(one)
    sensitive |= scores.alone >= bounds.sensitive + _BY_ITSELF
    sensitive &= scores.length >= _SHORTEST
    if sensitive.any() and not told:
        place = int(np.where(sensitive, scores.alone, -np.inf).argmax())
        ends = [*reading.sentences.starts[1:], len(reading.folded)]
        kept.append(Finding(code=CODE, rule=RULE, place="", start=reading.sentences.starts[place], end=ends[place]))
    return kept
