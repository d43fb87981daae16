"""Labels that are none of ours beside the Traffic Light Protocol's name: "TLP:PURPLE", "TLP:???", "TLP AMBR"."""

import re

from relay.policy.sentence import REACH, UNSPACED, count_words, in_marking_place, rest_of_line
from relay.policy.shape import fold, is_shouted
from relay.policy.vocabulary import Patterns

_LONG_WORD = re.compile(rf"[{UNSPACED}]{{7}}")  # more such letters in a row than a label has
# What stands behind a name where a label is expected: a sign and a token.
_TOKEN = re.compile(r"(?P<sign>[^\S\n]*[:=]\s*|[^\S\n]+|[-_/|~])[(\[{\"'*«“]*+(?P<token>[^\s)\]}\"'*,;«»“”]{1,40})")
_QUESTION = re.compile(r"\?+")
_SLIP = 4  # letters of a word in which one may be wrong and the word is still known


def unknown_label(
    text: str, folded: str, name: re.Match[str], place: str, patterns: Patterns
) -> tuple[int, int] | None:
    """Where a name stands with a token that looks like a label and is none of ours; None where it doesn't."""
    match = _TOKEN.match(text, name.end())
    if not match or patterns.name.pattern.match(folded, match.start("token")) or not _is_wordy(match.group("token")):
        return None
    sign, token, span = match.group("sign"), match.group("token"), (name.start(), match.end())
    rest = rest_of_line(text, span[1]).strip()
    if "\n" in sign:
        marks = is_shouted(token) and not rest
    elif re.search("[:=]", sign):
        refers = rest.startswith(("http", "www."))  # "TLP: see https://…"
        marks = is_shouted(token) or (in_marking_place(text, *span, place) and not refers)
    elif len(token) == 1:  # "TLP R"
        before = text[max(0, span[0] - REACH) : span[0]].rpartition("\n")[2]
        marks = token.isupper() and not count_words(rest) and not count_words(before)
    elif _is_misspelt(token, patterns):
        marks = is_shouted(token) or in_marking_place(text, *span, place)
    else:
        bracketed = text[max(0, span[0] - 1) : span[0]] in {"[", "{"} and text[span[1] : span[1] + 1] in {"]", "}"}
        marks = bracketed and is_shouted(token)
    return span if marks else None


def _is_wordy(token: str) -> bool:
    """Whether a token can be a label at all: letters, digits or symbols; no page's address, no sentence without spaces."""
    if token.startswith(("http", "www.")) or _LONG_WORD.search(token):
        return False
    return _QUESTION.fullmatch(token) is not None or any(char.isalnum() or char > "\u2190" for char in token)


def _is_misspelt(token: str, patterns: Patterns) -> bool:
    """Whether one letter of a label is wrong, too much or missing: "AMBR", "GREN"."""
    folded = fold(token).strip(".!?:")
    return len(folded) >= _SLIP and any(_one_edit(folded, word) for word in patterns.spelt)


def _one_edit(word: str, other: str) -> bool:
    if abs(len(word) - len(other)) > 1:
        return False
    same = next((at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), None)
    if same is None:
        return word != other
    return any(word[same + left :] == other[same + right :] for left, right in ((1, 1), (0, 1), (1, 0)))
