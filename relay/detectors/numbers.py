"""Numbers that check themselves: identity, bank, card, transport. Pure functions from a written number to yes or no."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from hashlib import sha256
from ipaddress import ip_address
from types import MappingProxyType, ModuleType

import phonenumbers
from stdnum import iban, imei, imo, iso6346, luhn
from stdnum.br import cpf
from stdnum.cl import rut
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.mx import curp
from stdnum.pl import pesel
from stdnum.pt import cc
from stdnum.ro import cnp
from stdnum.th import pin
from stdnum.tr import tckimlik
from stdnum.za import idnr

# The library loads each country when it is first asked for it: too late behind the walls of a scanner.
phonenumbers.PhoneMetadata.load_all()

_SEPARATORS = re.compile(r"[\s.\-‐‑–—_/·>|]+")
_GROUPS = re.compile(r"[0-9a-z]+", re.IGNORECASE)
_IBAN = re.compile(r"[0-9A-Z]{15,}")
_SAME = 2  # so few different digits are a form's filling, not a number


def compact(written: str) -> str:
    """A number without what people put between its digits, in capitals."""
    return _SEPARATORS.sub("", written).upper()


def is_evenly_grouped(written: str) -> bool:
    """Whether the digits stand in groups of one length, as numbers are written; several numbers in a row hardly do."""
    lengths = [len(group) for group in _GROUPS.findall(written)]
    return len(set(lengths[:-1])) <= 1 and (len(lengths) < 2 or lengths[-1] <= max(lengths[0], 4))


def is_iban(written: str) -> bool:
    """Whether an IBAN (ISO 13616) with its country's length and its check digits begins here; the next words may follow."""
    number = compact(written)
    if not _IBAN.fullmatch(number):
        return False
    head = "".join(str(int(char, 36)) for char in number[:4])
    remainder = 0  # of what stands behind the first four, by 97 (ISO 7064)
    for place, char in enumerate(number[4:34], start=5):
        value = int(char, 36)
        remainder = (remainder * (10 if value < 10 else 100) + value) % 97
        # The library knows each country's form; asking it takes long, and one in a hundred passes up to here.
        if place >= 15 and int(f"{remainder}{head}") % 97 == 1 and iban.is_valid(number[:place], False):
            return True
    return False


def is_card(written: str) -> bool:
    """A payment card's number (ISO/IEC 7812): 13 to 19 digits with the check digit, of a known network's range."""
    number = compact(written)
    grouped = is_evenly_grouped(written) or [len(group) for group in _GROUPS.findall(written)] == [4, 6, 5]
    known = re.match(r"4|5[1-5]|2[2-7]|3[4578]|6(?:011|22|4[4-9]|5|2)|(?:50|5[6-9]|6[0-9])", number)
    lengths = {"4": (13, 16, 19), "3": (14, 15, 16), "5": (16,), "2": (16,), "6": (16, 17, 18, 19)}
    fits = bool(known) and len(number) in lengths.get(number[0], ())
    return grouped and fits and len(set(number)) > 1 and luhn.is_valid(number)


def is_imei(written: str) -> bool:
    """A mobile device's number (3GPP TS 23.003) with its check digit."""
    number = compact(written)
    return len(number) == 15 and len(set(number)) > _SAME and is_evenly_or_as_imei(written) and imei.is_valid(number)


_GROUPS_OF_IMEI = ([2, 6, 6, 1], [6, 2, 6, 1], [8, 6, 1], [2, 6, 7], [6, 2, 7], [8, 7])


def is_evenly_or_as_imei(written: str) -> bool:
    """Whether an IMEI is written whole, in even groups, or in those of its parts: the type in one or two, the device, the check digit."""
    groups = [len(group) for group in _GROUPS.findall(written)]
    return is_evenly_grouped(written) or groups in _GROUPS_OF_IMEI


def is_container(written: str) -> bool:
    """A freight container's number with its check digit (ISO 6346)."""
    return iso6346.is_valid(compact(written))


def is_imo(written: str) -> bool:
    """A ship's IMO number with its check digit."""
    return imo.is_valid(compact(written).removeprefix("IMO"))


def is_air_waybill(written: str) -> bool:
    """An air waybill: three digits of the airline, seven and their remainder by seven (IATA Resolution 600a)."""
    number = compact(written)
    return len(number) == 11 and number.isdigit() and int(number[3:10]) % 7 == int(number[10])


def is_machine_readable_zone(written: str) -> bool:
    """Two or three lines of a passport or identity card with a right check digit (ICAO Doc 9303)."""
    lines = [re.sub(r"[\s>|]", "", line).upper() for line in written.split("\n") if line.strip()]
    text = "".join(lines)
    if len(text) < 60 or "<" not in text:
        return False
    numbers = (
        (text[44:53], text[53]) if len(text) >= 88 else None,  # TD3: second line
        (text[36:45], text[45]) if 72 <= len(text) < 88 else None,  # TD2
        (text[5:14], text[14]) if len(text) >= 90 or 60 <= len(text) < 72 else None,  # TD1
    )
    return any(one is not None and _mrz_digit(one[0]) == one[1] for one in numbers)


def _mrz_digit(text: str) -> str:
    values = [0 if char == "<" else int(char, 36) if char.isalnum() and char.isascii() else 0 for char in text]
    return str(sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10)


def is_chinese_identity(written: str) -> bool:
    """A Chinese resident's number: its birth date and check character (GB 11643-1999), whatever the place."""
    number = compact(written)
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", number) or not _is_date(number[6:10], number[10:12], number[12:14]):
        return False
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    total = sum(weight * int(digit) for weight, digit in zip(weights, number[:17], strict=True))
    return "10X98765432"[total % 11] == number[17]


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        return 1900 <= date(int(year), int(month), int(day)).year <= 2100
    except ValueError:
        return False


def is_bitcoin_address(written: str) -> bool:
    """A Bitcoin address in Base58Check, or one that looks like Bech32."""
    if written.lower().startswith("bc1"):
        return re.fullmatch(r"bc1[ac-hj-np-z02-9]{11,71}", written.lower()) is not None
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    value = 0
    for char in written:
        place = alphabet.find(char)
        if place < 0:
            return False
        value = value * 58 + place
    octets = value.to_bytes(25, "big") if value < 1 << 200 else b""
    return len(octets) == 25 and sha256(sha256(octets[:21]).digest()).digest()[:4] == octets[21:]


def is_phone(written: str) -> bool:
    """A telephone number in international form that its country's plan allows."""
    digits = re.sub(r"\D", "", written)
    if written.lstrip(" (").startswith("00"):
        digits = digits[2:]
    if not 8 <= len(digits) <= 15:
        return False
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number(number))


def is_national_phone(written: str) -> bool:
    """What may be a telephone number as people of its own country write it: 8 to 12 digits in a few groups."""
    groups = _GROUPS.findall(written)
    digits = "".join(groups)
    return 8 <= len(digits) <= 12 and len(set(digits)) > _SAME and max(map(len, groups)) >= 2


def is_public_address(written: str) -> bool:
    """An IP address that is anybody's: no loopback, no private network."""
    try:
        address = ip_address(written)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_private or address.is_unspecified)


def is_vehicle_number(written: str) -> bool:
    """A vehicle identification number: 17 letters and digits, with both (ISO 3779)."""
    number = compact(written)
    return bool(re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", number)) and 4 <= sum(map(str.isdigit, number)) < 17


def is_position(written: str) -> bool:
    """A latitude and a longitude in degrees, rather than two round numbers with a mark for the thousands ("12.500, 13.750")."""
    numbers = re.findall(r"\d+[.,]\d+", written)
    if len(numbers) != 2 or any(
        float(one.replace(",", ".")) > most for one, most in zip(numbers, (90, 180), strict=True)
    ):
        return False
    return bool(re.search(r"[-+°]|[^\W\d]", written)) or not all(re.fullmatch(r"\d+.\d\d0", one) for one in numbers)


def _of(*modules: ModuleType) -> Callable[[str], bool]:
    """Whether one of the library's modules knows the number as valid."""

    def is_valid(written: str) -> bool:
        number = compact(written)
        return len(set(number)) > _SAME and any(module.is_valid(number) for module in modules)

    return is_valid


VALIDATORS: Mapping[str, Callable[[str], bool]] = MappingProxyType({
    "iban": is_iban,
    "card": is_card,
    "imei": is_imei,
    "container": is_container,
    "imo": is_imo,
    "air_waybill": is_air_waybill,
    "mrz": is_machine_readable_zone,
    "bitcoin": is_bitcoin_address,
    "phone": is_phone,
    "national_phone": is_national_phone,
    "public_address": is_public_address,
    "vehicle": is_vehicle_number,
    "position": is_position,
    "id_cn": is_chinese_identity,
    "id_za": _of(idnr),
    "id_br": _of(cpf),
    "id_es": _of(dni, nie),
    "id_fr": _of(nir),
    "id_in": _of(aadhaar),
    "id_it": _of(codicefiscale),
    "id_mx": _of(curp),
    "id_pl": _of(pesel),
    "id_pt": _of(cc),
    "id_ro": _of(cnp),
    "id_th": _of(pin),
    "id_tr": _of(tckimlik),
    "id_cl": _of(rut),
})  # fmt: skip
