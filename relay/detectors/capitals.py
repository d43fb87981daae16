"""Words that begin with a capital, one or several in a row: where names may stand; and whether a text has more of them than single words."""

from bisect import bisect_left

import regex

from relay.detectors.arabic import has_arabic
from relay.detectors.marks import NameKinds
from relay.detectors.reading import Reading

_PARTICLES = (
    r"(?:de|da|do|dos|das|di|du|des|del|della|van|von|der|den|ter|ten|te|zu|bin|binti|bint|ben|ibn|al|el|la|le|los|las|y|e|ould|"
    r"mint|wa|ole|arap|ag|ap|s/o|d/o|bte)"
)
_WORD = r"(?:\p{Lu}\.(?!\p{Ll})|\p{Lu}(?:\p{L}|['’](?!s\b))*+(?:-\p{L}++)*+)"
RUN = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}@]){_WORD}(?:(?:(?<=\p{{Lu}}{{3}}), |(?<=\.) ?|[ _*]{{1,3}}|-)(?:{_PARTICLES}[ *]{{1,3}}){{0,3}}(?:[dl]['’]|[ae]l-)?{_WORD}){{0,7}}"
)
# A name that a mail program has broken: the first word of it ends a line, the second begins one.
BROKEN = regex.compile(rf"(?<![\p{{Lu}}\p{{Ll}}\p{{N}}@.-] )(?<![\p{{L}}\p{{N}}@])({_WORD})\n[>\s]*{_WORD}")


def may_have_names(reading: Reading, seen: int, kinds: NameKinds) -> bool:
    """A quick look: False where all names would be single words, and nothing calls them names.

    Args:
        reading: the text.
        seen: the kinds of all words and shapes in it.
        kinds: those that names are made of.
    """
    text, starts = reading.text, reading.starts
    if seen & (kinds.title | kinds.given) or has_arabic(text):
        return True
    for run in RUN.finditer(text):
        if bisect_left(starts, run.end()) - bisect_left(starts, run.start()) > 1:
            return True
    return BROKEN.search(text) is not None
