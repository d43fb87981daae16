"""What can go wrong on our side, as a small tree that each door maps to its own replies once.

    RelayError
    ├─ ConfigurationError      start-up or reload        exit 78
    ├─ Unavailable             database or disk          451 4.3.0 · HTTP 503 · exit 75
    │  ├─ Busy                 no scanner in time        451 4.3.2
    │  ├─ DnsError             no answer from the DNS    451 4.4.3
    │  └─ Superseded           another process does it now; nothing was written
    └─ RequestError            a command or API call that can't be done
       ├─ NotFound             HTTP 404 · exit 66
       ├─ Conflict             HTTP 409 · exit 73
       └─ Invalid              HTTP 422 · exit 65

Bad input from mail is never an exception: it is a defect, then a decision.
"""


# ruff: noqa: N818  (each class is named as the contract's table names it; the root says that they are errors)


class RelayError(Exception):
    """An expected failure; its text is one sentence that says what to do."""


class ConfigurationError(RelayError):
    """Settings, lists or policy files can't be used as they are."""

    def __init__(self, sentence: str, *, file: str = "", line: int = 0) -> None:
        """Name the file and the line (1-based; 0 when the fault is the whole file's) in front of the sentence."""
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(place + sentence)
        self.file, self.line = file, line


class Unavailable(RelayError):
    """The database, the disk or a scanner can't serve now; trying again later may work."""


class Busy(Unavailable):
    """Everything that could do it is at work for others."""


class DnsError(Unavailable):
    """No server gave an answer: there is no resolver, none is reached, or the domain's own servers fail."""


class Superseded(Unavailable):
    """Another process has taken this over: what was to be written was not."""


class RequestError(RelayError):
    """What was asked for can't be done; asking again unchanged won't help."""


class NotFound(RequestError):
    """The named thing does not exist."""


class Conflict(RequestError):
    """The thing's present state forbids it."""


class Invalid(RequestError):
    """The request itself is wrong."""
