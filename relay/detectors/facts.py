"""What detectors are told beside a text. It stands apart so that whoever only tells it loads no detectors."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The day (UTC), and the author as their record names them, or the header where there is none.

    `names` are the author's names as written ("Ana Example"), `addresses` their e-mail addresses.
    """

    on: date
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
