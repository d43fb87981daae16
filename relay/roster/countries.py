"""The countries there are: ISO 3166-1 alpha-2 codes, from Unicode's CLDR data that Babel carries."""

from babel import Locale

# CLDR also names regions, test codes and codes that ISO only reserves; none of them is a country that nominates officers.
_NOT_ISO = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"})

COUNTRIES = (
    frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()) - _NOT_ISO
)
