"""CORRECTS REFERENCE as a message's first line: it takes the place of an earlier post when it goes out.

It is judged like any post. A line that names no post which its author may correct is text like any other, so that a slip of the
finger keeps nobody's alert back; they are told.
"""

from dataclasses import dataclass, replace

from relay.mail.auth_results import AuthenticationResults
from relay.policy.first_line import CORRECTION, read_first_line, without_first_line
from relay.policy.post import Scan
from relay.resources import Resources
from relay.roster.member import Member
from relay.store import corrections
from relay.store.corrections import Corrected


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a message corrects: nothing, a post, or `in_vain` what is no post that its author may correct. What it names instead is content like any."""

    of: Corrected | None = None
    in_vain: bool = False


def take_correction(
    resources: Resources, author: Member | None, proof: AuthenticationResults | None, scan: Scan
) -> tuple[Scan, Correction]:
    """The scan without the line that names what it corrects, and that."""
    reference = read_first_line(scan.parts, CORRECTION)
    if reference is None or author is None:
        return scan, Correction()
    found = find_corrected(resources, author, reference, in_person=proof is None or proof.is_personal)
    if found is None:
        return scan, Correction(in_vain=True)
    return replace(scan, parts=without_first_line(scan.parts, CORRECTION)), Correction(of=found)


def find_corrected(resources: Resources, author: Member, reference: str, *, in_person: bool) -> Corrected | None:
    """The post of this reference, if this member may correct it."""
    acts = in_person and author.may_act(resources.now().date())
    with resources.database.read() as connection:
        return corrections.find(connection, reference, author, in_person=acts)
