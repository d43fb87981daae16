from babel import Locale

from relay.roster.countries import COUNTRIES

# CLDR also names regions, test codes and codes that ISO only reserves; none of them is a country that nominates officers.
NOT_ISO = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"})


def test_the_countries_are_those_of_cldr_that_iso_has() -> None:
    codes = frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha())
    assert codes - NOT_ISO == COUNTRIES
