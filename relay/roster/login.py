"""Logins: where members log in, who has by which app password, and what app passwords are called."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from relay.errors import Invalid
from relay.roster.member import Member

FIRST_PASSWORD = "mail"  # noqa: S105  (the name of a password for which none was given)

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A member who has logged in. `password_id` stands for this very password: a later one of the same name has another."""

    member: Member
    password_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPassword:
    """What can be told of an app password. `last_used_at` may be an hour behind; None for one that was never used."""

    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionDoors:
    """Where members' mail programs connect: `submissions` with TLS from the start, `submission` with STARTTLS; 0 is none."""

    host: str
    submission: int
    submissions: int

    def each(self) -> Iterator[tuple[int, Literal["SSL", "STARTTLS"]]]:
        """The port and kind of TLS of each door; the one that RFC 8314 §3 prefers comes first."""
        if self.submissions:
            yield self.submissions, "SSL"
        if self.submission:
            yield self.submission, "STARTTLS"


def read_password_name(text: str) -> str:
    """Read the name of an app password, such as `phone`. It stands in the audit log, so it has no room for people's names.

    Raises:
        Invalid: it is no such name.
    """
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"“{text}” is no name for a password: use up to 24 letters a–z, digits and hyphens, such as phone-2"
        )
    return name
