"""What the doctor says: what was looked at, how bad it is, what was found, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line. "wrong": a promise of SECURITY.md doesn't hold, or no mail can flow; "warning": mend it soon."""

    check: str
    level: Level
    finding: str
    advice: str = ""

    def to_json(self) -> Mapping[str, str]:
        """As `--json` prints it."""
        return {"check": self.check, "level": self.level, "finding": self.finding, "advice": self.advice}


def ok(check: str, finding: str) -> Finding:
    """All is well."""
    return Finding(check=check, level="ok", finding=finding)


def warning(check: str, finding: str, advice: str) -> Finding:
    """It goes on, but should be mended."""
    return Finding(check=check, level="warning", finding=finding, advice=advice)


def wrong(check: str, finding: str, advice: str) -> Finding:
    """A promise doesn't hold, or no mail can flow."""
    return Finding(check=check, level="wrong", finding=finding, advice=advice)
