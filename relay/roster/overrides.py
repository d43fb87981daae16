"""What a list may change of the policy: its `[policy]`, held against POLICY “Overrides” once, when its definition is read.

So no later stage meets a list that weakens what the policy keeps.
"""

from dataclasses import dataclass, fields
from typing import Literal

from pydantic import ConfigDict

_NEVER_RELAYED = frozenset({"H2", "H6", "H7"})
_WEAKENED_BY_TWO = frozenset({"N1", "N2", "O1", "O2", "O3"})
_NEVER_CHANGED = {
    "T1": "a threat to someone's life is always withheld",
    "H1": "what nobody can read never goes out, and `strict = true` holds the whole post for it",
    "M1": "classified markings are always withheld, and `ceiling` says which TLP labels pass",
}

Verdict = Literal["relay", "hold", "withhold"]
Fault = tuple[str, str]  # the key, with its table before a dot, and what is wrong with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """`[policy]`: what this list does with a reason code instead of the policy's own decision."""

    T1: Verdict | None = None
    M1: Verdict | None = None
    N1: Verdict | None = None
    N2: Verdict | None = None
    O1: Verdict | None = None
    O2: Verdict | None = None
    O3: Verdict | None = None
    H1: Verdict | None = None
    H2: Verdict | None = None
    H3: Verdict | None = None
    H4: Verdict | None = None
    H5: Verdict | None = None
    H6: Verdict | None = None
    H7: Verdict | None = None
    H8: Verdict | None = None
    H9: Verdict | None = None
    approvers: tuple[str, ...] = ()
    __pydantic_config__ = ConfigDict(extra="forbid")

    def by_code(self) -> dict[str, str]:
        """The codes that are written in the file, with their decisions."""
        codes = (one.name for one in fields(self) if one.name != "approvers")
        return {code: getattr(self, code) for code in codes if getattr(self, code) is not None}


def judge_overrides(policy: Overrides) -> Fault | None:
    """Hold a list's wishes against POLICY “Overrides”."""
    approvers = {one.strip().casefold() for one in policy.approvers} - {""}
    for code, verdict in policy.by_code().items():
        key = f"policy.{code}"
        if code in _NEVER_CHANGED:
            return key, f"{code} can't be changed: {_NEVER_CHANGED[code]}"
        if code in _NEVER_RELAYED and verdict == "relay":
            return key, f"{code} can't be set to relay: nobody has read what it stands for; use hold or withhold"
        if code in _WEAKENED_BY_TWO and verdict == "relay":
            return key, f"{code} can't be set to relay: the most a list may do is hold"
        if code in _WEAKENED_BY_TWO and verdict == "hold" and len(approvers) < 2:
            return (
                key,
                f"{code} can be weakened to hold only with two different people named in `approvers` of [policy]",
            )
    return None
