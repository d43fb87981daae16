"""Decisions and their reasons. "No" is a value; every decision says why."""

from collections.abc import Iterable
from dataclasses import dataclass

from relay.mail.reply import Reply
from relay.roster.mailing_list import Tlp


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code of the policy (M1, H1, P1 …), the rule that found it, and the place; never the matched words."""

    code: str
    rule: str
    place: str


def is_offer(reasons: Iterable[Reason]) -> bool:
    """Whether these are the reasons of an offer from another region (F1)."""
    return any(reason.code == "F1" for reason in reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Goes to the members, stamped with `marking`, without the `removed` places."""

    reasons: tuple[Reason, ...]
    marking: Tlp
    removed: tuple[str, ...] = ()
    word = "relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A moderator decides; if released it goes out as a relay with `marking` and `removed` would."""

    reasons: tuple[Reason, ...]
    marking: Tlp
    removed: tuple[str, ...] = ()
    word = "hold"

    @property
    def is_offer(self) -> bool:
        """Whether the author isn't a member of this list, and its moderator is asked to accept the post (F1)."""
        return is_offer(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withhold:
    """Never goes to any list; the author is pointed to the `channels` (door names, best first; empty for classified)."""

    reasons: tuple[Reason, ...]
    marking: Tlp | None = None
    channels: tuple[str, ...] = ()
    word = "withhold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Not entitled or not acceptable; the reply is given in the SMTP dialogue."""

    reasons: tuple[Reason, ...]
    reply: Reply
    word = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """An auto-reply or a loop: taken and dropped, so that no mail answers mail."""

    reasons: tuple[Reason, ...]
    word = "discard"


Decision = Relay | Hold | Withhold | Refuse | Discard


def needs_explaining(decision: Decision) -> bool:
    """Whether the author is told at once why the post doesn't go out now; of an offer the receipt tells."""
    return isinstance(decision, Withhold) or (isinstance(decision, Hold) and not decision.is_offer)
