"""The countries there are: ISO 3166-1 alpha-2 codes and their names, from Unicode's CLDR data that Babel carries."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from babel import Locale

_LANGUAGES = ("en", "fr", "es", "pt", "pt_PT")

# As CLDR has them: reading its tables would take longer than most commands do.
_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())

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
