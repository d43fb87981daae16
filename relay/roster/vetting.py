"""From nomination to membership: what must have been done, and by whom, before somebody is active.

    nominated (a focal point) → address confirmed and rules accepted (the nominee, who alone got the letter) → confirmed (a second person)

The three are three different people. Nobody's word alone, and no two words of one person, make a member.
"""

from dataclasses import dataclass, replace

from relay.mail.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidacy:
    """What has been done for one nominee. `rules_version` is 0 until they have accepted the rules."""

    nominee: Address
    nominated_by: Address
    address_confirmed: bool = False
    rules_version: int = 0
    confirmed_by: Address | None = None

    @property
    def is_answered(self) -> bool:
        """Whether the nominee has done their part, so that a second person may be asked."""
        return self.address_confirmed and self.rules_version > 0

    @property
    def is_complete(self) -> bool:
        """Whether the nominee is a member now."""
        people = {self.nominee, self.nominated_by, self.confirmed_by}
        return self.is_answered and self.confirmed_by is not None and len(people) == 3


def nominate(nominee: Address, by: Address) -> Candidacy | None:
    """Begin; None when somebody proposes themself."""
    return None if nominee == by else Candidacy(nominee=nominee, nominated_by=by)


def answer(candidacy: Candidacy, by: Address, rules_version: int) -> Candidacy | None:
    """Take the nominee's own answer to the letter that only they got; None when it is somebody else's, or comes twice."""
    if by != candidacy.nominee or candidacy.is_answered or rules_version < 1:
        return None
    return replace(candidacy, address_confirmed=True, rules_version=rules_version)


def confirm(candidacy: Candidacy, by: Address) -> Candidacy | None:
    """Take the second person's word; None from the nominator or the nominee, and before the nominee has answered."""
    if by in {candidacy.nominee, candidacy.nominated_by} or not candidacy.is_answered or candidacy.confirmed_by:
        return None
    return replace(candidacy, confirmed_by=by)
