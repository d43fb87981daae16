"""The countries there are: ISO 3166-1 alpha-2 codes and their names, from Unicode's CLDR data that Babel carries."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from babel import Locale

_LANGUAGES = ("en", "fr", "es", "pt", "pt_PT")

# CLDR also names regions, test codes and codes that ISO only reserves; none of them is a country that nominates officers.
_NOT_ISO = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"})

COUNTRIES = (
    frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()) - _NOT_ISO
)

# What officers write and CLDR doesn't: short forms, older names, and which of the two Congos is meant.
_ALSO_CALLED = {
    "AE": "uae, u.a.e., emirates, dubai, eau, emirats, émirats, emiratos, emirados",
    "BO": "bolivie, bolivia",
    "BF": "burkina",
    "BN": "brunei darussalam",
    "CD": "drc, dr congo, rdc, rd congo, r.d. congo, r.d.c., congo kinshasa, democratic republic of the congo, democratic republic of congo, "
    "république démocratique du congo, república democrática del congo, república democrática do congo",
    "CF": "car, rca, centrafrique",
    "CG": "congo, congo brazzaville, republic of the congo, republic of congo, république du congo, república del congo, república do congo",
    "CI": "ivory coast, cote d ivoire, côte d'ivoire",
    "CN": "prc, people's republic of china",
    "CV": "cape verde, cabo verde",
    "CZ": "czech republic",
    "GB": "uk, u.k., great britain, england, grande-bretagne, gran bretaña, grã-bretanha",
    "GM": "gambia, the gambia, gambie",
    "HK": "hong kong, hong-kong",
    "KR": "south korea, korea, republic of korea, corée, corea, coreia",
    "LA": "laos, lao pdr, lao",
    "MM": "burma, birmanie, birmania, birmânia, myanmar, mianmar",
    "MO": "macao, macau",
    "NL": "holland, hollande, holanda",
    "PS": "palestine",
    "RU": "russian federation",
    "SS": "sud-soudan, southern sudan",
    "ST": "sao tome, são tomé",
    "SY": "syria",
    "SZ": "swaziland",
    "TL": "east timor, timor leste",
    "TR": "turkey, turquie, türkiye",
    "TZ": "tanzania, tanzanie",
    "US": "usa, u.s.a., u.s., united states of america, états-unis d'amérique, eeuu, ee. uu., eua",
    "VN": "viet nam, vietnam, việt nam",
    "ZA": "rsa, south africa",
}
_AND = re.compile(r" (?:and|et|y|e) ")  # CLDR writes "&" in English
_ARTICLE = re.compile(r"(?:the|la|le|les|el|los|las|o|a|os|as) (?=\w{3})|l (?=\w{3})")


def country_named(words: str) -> str | None:
    """The code of the country that these words name: a code in any case, or a name in en, fr, es or pt; else None."""
    bare = words.strip()
    if len(bare) == 2 and bare.isascii() and bare.upper() in COUNTRIES:
        return bare.upper()
    plain = _plain(bare)
    shorter = _ARTICLE.sub("", plain, count=1)
    return _names().get(plain) or _names().get(shorter) or _names().get(_AND.sub(" ", shorter))


@cache
def _names() -> Mapping[str, str]:
    """Every name, folded as `_plain` does. Only made when somebody asks: most messages name no country."""
    found: dict[str, str] = {}
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in COUNTRIES:
                found.setdefault(_plain(name), code)
    for code, names in _ALSO_CALLED.items():
        found |= {_plain(name): code for name in names.split(",")}
    return found


def _plain(words: str) -> str:
    """Letters without accents and case, words one space apart."""
    letters = unicodedata.normalize("NFKD", words.casefold())
    return " ".join(re.sub(r"[^\w]+", " ", "".join(one for one in letters if not unicodedata.combining(one))).split())
