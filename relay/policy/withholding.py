"""Which withhold code a moderator's refusal has who names none: what a post was held for says it, where it says one thing."""

from collections.abc import Iterable

from relay.policy.decision import Reason
from relay.policy.post import LIKENESS

# In POLICY's order, and what each is about in a few words.
WITHHOLD_CODES = {
    "T1": "danger to a person",
    "M1": "marking",
    "N1": "person or company",
    "N2": "identifier",
    "O1": "live operation",
    "O2": "position",
    "O3": "consignment",
}

# What a held finding is if it was right (POLICY's tables): of H1, H7 and H8 there is no saying, one must have looked.
_IF_RIGHT = {"H2": "M1", "H3": "N1", "H4": "N1", "H5": "N1", "H6": "N1", "H9": "O2"}
_SAYS_NOTHING = frozenset({"marking.missing"})  # a post without a marking has none that is too high


def code_of(reasons: Iterable[Reason]) -> str | None:
    """The one withhold code that a post would have if what it is held for is right; None where that are several, or none."""
    codes = {_if_right(reason) for reason in reasons if not _is_about_its_author(reason)}
    return codes.pop() if len(codes) == 1 else None


def _if_right(reason: Reason) -> str | None:
    if reason.rule in _SAYS_NOTHING or reason.rule.startswith(LIKENESS):
        return None
    return reason.code if reason.code in WITHHOLD_CODES else _IF_RIGHT.get(reason.code)


def _is_about_its_author(reason: Reason) -> bool:
    """Whether it says nothing of the post: from another region, nobody vouches, or the author says that the machine was wrong."""
    return reason.code in {"F1", "V1", "P1"}
