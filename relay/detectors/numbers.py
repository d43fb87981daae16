"""Numbers that check themselves: identity, bank, card, transport. Pure functions from a written number to yes or no."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from stdnum import iban, imei, imo, iso6346, luhn

_SEPARATORS = re.compile(r"[\s.\-_/·>]+")


def compact(written: str) -> str:
    """A number without what people put between its digits, in capitals."""
    return _SEPARATORS.sub("", written).upper()


def is_iban(written: str) -> bool:
    """An IBAN (ISO 13616) with its country's length and its check digits."""
    return iban.is_valid(compact(written))


def is_card(written: str) -> bool:
    """A payment card's number (ISO/IEC 7812): 13 to 19 digits with the check digit, of a known network's range."""
    number = compact(written)
    return (
        13 <= len(number) <= 19 and number.isdigit() and number[0] in "23456" and luhn.is_valid(number)
        and len(set(number)) > 2
    )  # fmt: skip


def is_imei(written: str) -> bool:
    """A mobile device's number (3GPP TS 23.003) with its check digit."""
    number = compact(written)
    return len(number) == 15 and len(set(number)) > 2 and imei.is_valid(number)


def is_container(written: str) -> bool:
    """A freight container's number with its check digit (ISO 6346)."""
    return iso6346.is_valid(compact(written))


def is_imo(written: str) -> bool:
    """A ship's IMO number with its check digit."""
    return imo.is_valid(compact(written).removeprefix("IMO"))


VALIDATORS: Mapping[str, Callable[[str], bool]] = MappingProxyType({
    "iban": is_iban,
    "card": is_card,
    "imei": is_imei,
    "container": is_container,
    "imo": is_imo,
})  # fmt: skip
