"""Numbers with check digits, and places and numbers without, made by this file's own arithmetic and nobody's validator."""

import hashlib
from collections.abc import Callable
from random import Random

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def digits(chance: Random, count: int) -> str:
    """So many digits, the first of which isn't 0."""
    return str(chance.randint(1, 9)) + "".join(str(chance.randint(0, 9)) for _ in range(count - 1))


def letters(chance: Random, count: int) -> str:
    """So many capital letters, without those that look like digits."""
    return "".join(chance.choice(_LETTERS) for _ in range(count))


def luhn(number: str) -> str:
    """The number with its Luhn digit (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(number))]
    return number + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def card(chance: Random) -> str:
    """A payment card, in groups of four or together."""
    number = luhn(chance.choice(["4", "51", "53", "55"]) + digits(chance, 13))[:16]
    number = number if len(number) == 16 else luhn(number[:15].ljust(15, "7"))
    return chance.choice([" ".join(number[at : at + 4] for at in range(0, 16, 4)), number])


def imei(chance: Random) -> str:
    """An IMEI of 15 digits (3GPP TS 23.003 annex B)."""
    return luhn(chance.choice(["35", "86"]) + digits(chance, 12))


def _mod97(text: str) -> int:
    return int("".join(str(int(char, 36)) for char in text)) % 97


def _spanish_account(chance: Random) -> str:
    bank, account = digits(chance, 8), digits(chance, 10)
    weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
    checks = []
    for number in ("00" + bank, account):
        rest = 11 - sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True)) % 11
        checks.append(str({10: 1, 11: 0}.get(rest, rest)))
    return bank + "".join(checks) + account


def _french_account(chance: Random) -> str:
    bank, branch, account = digits(chance, 5), digits(chance, 5), digits(chance, 11)
    return f"{bank}{branch}{account}{97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97:02}"


def _portuguese_account(chance: Random) -> str:
    number = digits(chance, 19)
    return f"{number}{98 - int(number) * 100 % 97:02}"


def _dutch_account(chance: Random) -> str:
    while True:
        number = digits(chance, 10)
        if sum(int(digit) * (10 - place) for place, digit in enumerate(number)) % 11 == 0:
            return "INGB" + number


_ACCOUNTS: dict[str, Callable[[Random], str]] = {
    "GB": lambda chance: "NWBK" + digits(chance, 14),
    "FR": _french_account,
    "ES": _spanish_account,
    "PT": _portuguese_account,
    "AE": lambda chance: digits(chance, 19),
    "SA": lambda chance: digits(chance, 20),
    "KZ": lambda chance: digits(chance, 16),
    "DE": lambda chance: digits(chance, 18),
    "NL": _dutch_account,
}
_BANKS = {"fr": "FR", "es": "ES", "pt": "PT", "ru": "KZ", "de": "DE", "nl": "NL", "ar": "AE SA"}


def iban(chance: Random, language: str) -> str:
    """An IBAN (ISO 13616) with its national check digits, in groups of four or together."""
    country = chance.choice(_BANKS.get(language, "GB AE DE").split())
    account = _ACCOUNTS[country](chance)
    number = f"{country}{98 - _mod97(account + country + '00'):02}{account}"
    return chance.choice([" ".join(number[at : at + 4] for at in range(0, len(number), 4)), number])


def _weighted(text: str) -> str:
    return str(sum(int(char, 36) * (7, 3, 1)[place % 3] for place, char in enumerate(text.replace("<", "0"))) % 10)


def mrz(chance: Random, surname: str, given: str) -> str:
    """The two lines of a passport's machine-readable zone (ICAO Doc 9303-4). The names are in plain capital letters."""
    state = chance.choice(["CHN", "VNM", "CMR", "MOZ", "KEN", "ESP", "TZA", "NGA"])
    name = f"P<{state}{surname}<<{given}".replace(" ", "<")[:44].ljust(44, "<")
    number = (letters(chance, 1) + digits(chance, 8)).ljust(9, "<")
    born = f"{chance.randint(60, 99):02}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    until = f"{chance.randint(27, 35):02}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    optional = "<" * 14
    front = number + _weighted(number), born + _weighted(born), until + _weighted(until), optional + "0"
    whole = _weighted("".join(front))
    return f"{name}\n{front[0]}{state}{front[1]}{chance.choice('MF')}{front[2]}{front[3]}{whole}"


def container(chance: Random) -> str:
    """A container's number with its check digit (ISO 6346), as people write it."""
    owner, number = chance.choice(["MSCU", "MAEU", "CMAU", "HLXU", "TCLU", "PONU", "OOLU", "TEMU"]), digits(chance, 6)
    values = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _container_values(), strict=True))
    total = sum((values.get(char) or int(char or "0", 36)) * 2**place for place, char in enumerate(owner + number))
    check = total % 11 % 10
    return chance.choice([f"{owner}{number}{check}", f"{owner} {number}-{check}", f"{owner} {number} {check}"])


def _container_values() -> list[int]:
    return [value for value in range(10, 39) if value % 11]


def imo(chance: Random) -> str:
    """A ship's IMO number, digits only."""
    number = "9" + digits(chance, 5)
    return number + str(sum(int(digit) * (7 - place) for place, digit in enumerate(number)) % 10)


def awb(chance: Random) -> str:
    """An air waybill: airline prefix, serial number and its rest by 7 (IATA Resolution 600a)."""
    serial = digits(chance, 7)
    airline = chance.choice(["071", "057", "176", "157", "706", "235"])
    return f"{airline}{chance.choice(['-', ' ', '-'])}{serial}{int(serial) % 7}"


def _checked58(payload: bytes) -> str:
    octets = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(octets, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return "1" * (len(octets) - len(octets.lstrip(b"\0"))) + text


def wallet(chance: Random) -> str:
    """A Bitcoin, Tron or Ethereum address; the first two with their checksum."""
    octets = chance.randbytes(20)
    return chance.choice([_checked58(b"\0" + octets), _checked58(b"\x41" + octets), "0x" + octets.hex()])


def passport(chance: Random, language: str) -> str:
    """A passport's number in the shape of a country that fits."""
    shapes = {
        "fr": "99LL99999",
        "es": "LLL999999",
        "zh": "E99999999",
        "pt": "LL999999",
        "ru": "99 9999999",
        "vi": "C9999999",
    }
    shape = chance.choice([shapes.get(language, "L9999999"), "L9999999", "LL999999"])
    return "".join({"9": str(chance.randint(0, 9)), "L": letters(chance, 1)}.get(char, char) for char in shape)


# — national identity numbers —


def _birth(chance: Random) -> tuple[int, int, int]:
    return chance.randint(1962, 1999), chance.randint(1, 12), chance.randint(1, 28)


def _south_african(chance: Random) -> str:
    year, month, day = _birth(chance)
    return luhn(f"{year % 100:02}{month:02}{day:02}{digits(chance, 4)}08")


def _indian(chance: Random) -> str:
    """Aadhaar with Verhoeff's digit, found by trying the ten."""
    number = chance.choice("23456789") + digits(chance, 10)
    whole = next(number + str(check) for check in range(10) if _verhoeff(number + str(check)) == 0)
    return f"{whole[:4]} {whole[4:8]} {whole[8:]}"


def _verhoeff(number: str) -> int:
    """0 for a number that ends with its right digit: multiplication in the dihedral group of order 10."""

    def times(left: int, right: int) -> int:
        turned = (left + right) % 5 if left < 5 else (left - right) % 5
        return turned if (left < 5) == (right < 5) else turned + 5

    step, moved, check = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), list(range(10)), 0
    for digit in reversed(number):
        check = times(check, moved[int(digit)])
        moved = [step[one] for one in moved]
    return check


def _french(chance: Random) -> str:
    year, month, _ = _birth(chance)
    number = f"{chance.randint(1, 2)}{year % 100:02}{month:02}75{chance.randint(1, 300):03}{chance.randint(1, 400):03}"
    key = f"{97 - int(number) % 97:02}"
    spaced = f"{number[0]} {number[1:3]} {number[3:5]} {number[5:7]} {number[7:10]} {number[10:]} {key}"
    return chance.choice([number + key, spaced])


def _spanish(chance: Random) -> str:
    number = digits(chance, 8)
    return number + chance.choice(["", "-"]) + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def _chilean(chance: Random) -> str:
    number = digits(chance, 8)
    rest = 11 - sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(number))) % 11
    return f"{number[:2]}.{number[2:5]}.{number[5:]}-{ {10: 'K', 11: '0'}.get(rest, str(rest)) }"


def _brazilian(chance: Random) -> str:
    number = digits(chance, 9)
    for _ in range(2):
        rest = -sum(int(digit) * (2 + place) for place, digit in enumerate(reversed(number))) % 11
        number += str(rest % 10 if rest < 10 else 0)
    return chance.choice([number, f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"])


def _portuguese(chance: Random) -> str:
    number = chance.choice("12") + digits(chance, 7)
    rest = 11 - sum(int(digit) * (9 - place) for place, digit in enumerate(number)) % 11
    return number + str(rest if rest < 10 else 0)


def _emirati(chance: Random) -> str:
    number = luhn(f"784{_birth(chance)[0]}{digits(chance, 7)}")
    return f"{number[:3]}-{number[3:7]}-{number[7:14]}-{number[14]}"


def _russian(chance: Random) -> str:
    number = chance.choice(["25", "77", "27"]) + digits(chance, 8)
    for weights in ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)):
        number += str(sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True)) % 11 % 10)
    return number


def _chinese(chance: Random) -> str:
    year, month, day = chance.randint(1994, 2003), *_birth(chance)[1:]  # when these three districts existed
    number = f"{chance.choice(['450602', '350302', '440305'])}{year}{month:02}{day:02}{chance.randint(1, 999):03}"
    rest = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(number)) % 11
    return number + "10X98765432"[rest]


def _vietnamese(chance: Random) -> str:
    year, *_ = _birth(chance)
    return f"{chance.choice(['022', '040', '045'])}{chance.randint(0, 1)}{year % 100:02}{digits(chance, 6)}"


def _tanzanian(chance: Random) -> str:
    year, month, day = _birth(chance)
    return f"{year}{month:02}{day:02}-{digits(chance, 5)}-{digits(chance, 5)}-{digits(chance, 2)}"


def _indonesian(chance: Random) -> str:
    year, month, day = _birth(chance)
    return f"{chance.choice(['917101', '640503', '317402'])}{day:02}{month:02}{year % 100:02}{chance.randint(1, 99):04}"


def _german(chance: Random) -> str:
    """The tax number: ten digits of which exactly one stands twice, and its digit by ISO 7064 MOD 11, 10."""
    kept = chance.sample("0123456789", 9)
    while kept[0] == "0":
        chance.shuffle(kept)
    number = "".join(kept) + kept[4]
    product = 10
    for digit in number:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return number + str((11 - product) % 10)


def _dutch(chance: Random) -> str:
    while True:
        number = digits(chance, 9)
        if (sum(int(digit) * (9 - place) for place, digit in enumerate(number[:8])) - int(number[8])) % 11 == 0:
            return number


_IDENTITIES: dict[str, tuple[Callable[[Random], str], ...]] = {
    "en": (_south_african, _indian),
    "fr": (_french,),
    "es": (_spanish, _chilean),
    "pt": (_brazilian, _portuguese),
    "ar": (_emirati,),
    "ru": (_russian,),
    "zh": (_chinese,),
    "vi": (_vietnamese,),
    "sw": (_tanzanian,),
    "id": (_indonesian,),
    "de": (_german,),
    "nl": (_dutch,),
}


def national_id(chance: Random, language: str) -> str:
    """A personal number, with its check digit where the country has one (Viet Nam, Tanzania and Indonesia have none)."""
    return chance.choice(_IDENTITIES[language])(chance)


# — telephones, plates, places —

# Country code, the national number's pattern, and what stands before it inside the country.
_PHONES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "en": (("254", "7## ######", "0"), ("27", "82 ### ####", "0"), ("256", "77# ######", "0"), ("91", "98### #####", "0")),
    "fr": (("237", "6 7# ## ## ##", ""), ("243", "81# ### ###", "0"), ("241", "74 ## ## ##", "0"), ("33", "6 1# ## ## ##", "0")),
    "es": (("34", "6## ### ###", ""), ("57", "31# ### ####", ""), ("51", "9## ### ###", ""), ("593", "99 ### ####", "0")),
    "pt": (("258", "84 ### ####", ""), ("244", "923 ### ###", ""), ("55", "11 9####-####", "0"), ("351", "91# ### ###", "")),
    "ar": (("971", "50 ### ####", "0"), ("20", "10 #### ####", "0"), ("212", "6 61 ## ## ##", "0")),
    "ru": (("7", "914 ###-##-##", "8 "), ("7", "701 ### ## ##", "8 "), ("996", "555 ### ###", "0")),
    "zh": (("86", "138 #### ####", ""), ("86", "159 #### ####", "")),
    "vi": (("84", "91 ### ## ##", "0"), ("84", "98 ### ####", "0")),
    "sw": (("255", "754 ### ###", "0"), ("254", "72# ######", "0")),
    "id": (("62", "812-####-####", "0"), ("62", "813 #### ####", "0")),
    "de": (("49", "151 ########", "0"), ("49", "170 #######", "0")),
    "nl": (("31", "6 1#######", "0"), ("32", "47# ## ## ##", "0")),
}  # fmt: skip


def _telephone(chance: Random, language: str) -> tuple[str, str, str]:
    country, pattern, trunk = chance.choice(_PHONES[language])
    return country, "".join(str(chance.randint(2, 9)) if char == "#" else char for char in pattern), trunk


def phone(chance: Random, language: str) -> str:
    """A mobile number with its country code."""
    country, number, _ = _telephone(chance, language)
    together = "".join(filter(str.isdigit, number))
    return chance.choice(
        [f"+{country} {number}", f"+{country}{together}", f"+{country} {number}", f"00{country} {number}"]
    )


def phone_national(chance: Random, language: str) -> str:
    """The same as it is dialled inside the country."""
    _, number, trunk = _telephone(chance, language)
    return chance.choice([trunk + number, trunk.strip() + "".join(filter(str.isdigit, number))])


def plate(chance: Random, language: str) -> str:
    """A number plate of a country that fits."""
    two, three, four = digits(chance, 2), digits(chance, 3), digits(chance, 4)
    shapes = {
        "en": (f"K{letters(chance, 2)} {three}{letters(chance, 1)}", f"T {three} {letters(chance, 3)}", f"{letters(chance, 2)}{two} {letters(chance, 3)}"),
        "fr": (f"LT {three} {letters(chance, 2)}", f"{letters(chance, 2)}-{three}-{letters(chance, 2)}", f"{four}{letters(chance, 2)}/05"),
        "es": (f"{four} {letters(chance, 3)}", f"{letters(chance, 3)}-{three}", f"P-{three}{letters(chance, 3)}"),
        "pt": (f"{letters(chance, 3)} {three} MC", f"LD-{two}-{digits(chance, 2)}-{letters(chance, 2)}", f"{letters(chance, 3)}-{four}"),
        "ar": (f"{two} {four}", f"أ ب ج {four}", f"{four} / د / 6"),
        "ru": (f"А{three}ВС {two}", f"{three} ABC 02", f"В{three}КХ125"),
        "zh": (f"桂P{digits(chance, 5)}", f"粤B·{digits(chance, 4)}K", f"闽B{letters(chance, 1)}{four}"),
        "vi": (f"29A-{three}.{two}", f"14C-{three}.{two}", f"38H-{digits(chance, 5)}"),
        "sw": (f"T {three} {letters(chance, 3)}", f"T{three}{letters(chance, 3)}", f"K{letters(chance, 2)} {three}{letters(chance, 1)}"),
        "id": (f"B {four} {letters(chance, 3)}", f"PA {four} {letters(chance, 2)}", f"KT {four} {letters(chance, 1)}"),
        "de": (f"GR-{letters(chance, 2)} {three}", f"PIR-{letters(chance, 1)} {four}", f"AC {letters(chance, 2)} {two}"),
        "nl": (f"{two}-{letters(chance, 3)}-{chance.randint(1, 9)}", f"{letters(chance, 2)}-{three}-{letters(chance, 1)}", f"1-{letters(chance, 3)}-{three}"),
    }  # fmt: skip
    return chance.choice(shapes[language])


def coordinates(chance: Random, language: str) -> str:
    """A position, in one of the notations that receivers, telephones and maps give."""
    west = {"fr": "O", "es": "O", "pt": "O"}.get(language, "W")
    south, degrees, minutes, seconds = (
        chance.random() < 0.5,
        chance.randint(1, 24),
        chance.randint(2, 58),
        chance.randint(2, 58),
    )
    across, east = chance.randint(9, 39), chance.random() < 0.8
    ns, ew = "S" if south else "N", "E" if east else west
    tail = digits(chance, 4)
    return chance.choice(
        [
            f"{'-' if south else ''}{degrees}.{tail}, {'' if east else '-'}{across}.{digits(chance, 5)}",
            f"{degrees:02}°{minutes:02}'{seconds:02}\"{ns} {across:03}°{seconds:02}'{minutes:02}\"{ew}",
            f"{ns} {degrees:02}° {minutes}.{digits(chance, 3)}' {ew} {across:03}° {seconds}.{digits(chance, 3)}'",
            f"{degrees}.{tail}{ns} {across}.{tail}{ew}",
            f"{chance.randint(32, 37)}{'M' if south else 'N'} {digits(chance, 6)} {digits(chance, 7)}",
            f"{ns}{degrees:02} {minutes:02} {seconds:02} / {ew}{across:03} {seconds:02} {minutes:02}",
            f"lat {'-' if south else ''}{degrees}.{tail} long {across}.{tail}",
        ]
    )
