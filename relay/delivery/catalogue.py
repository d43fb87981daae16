"""The sentences of one language: a gettext catalogue (config/locales/*.po) read from its text.

The English sentence is the key. A sentence that stands in a table before it is used is wrapped in `sentence(…)`, so
that the test that compares code and catalogues sees it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from gettext import c2py
from io import StringIO

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.pofile import PoFileError, read_po

from relay.errors import ConfigurationError

# How dates and countries are written where our members are; Unicode's plain "en" and "pt" are the American ones.
_LOCALES = {"en": "en_GB", "pt": "pt_PT"}
# Unicode tells the two Congos apart by their capitals and adds Myanmar's former name; officials of these countries do neither.
_COUNTRIES = {
    "en": {"CD": "Democratic Republic of the Congo", "CG": "Republic of the Congo", "MM": "Myanmar"},
    "fr": {"CD": "République démocratique du Congo", "CG": "République du Congo", "MM": "Myanmar"},
    "es": {"CD": "República Democrática del Congo", "CG": "República del Congo", "MM": "Myanmar"},
    "pt": {"CD": "República Democrática do Congo", "CG": "República do Congo", "MM": "Mianmar"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """One language. `forms` maps an English sentence to its translation, or to one for each plural form."""

    language: str
    locale: Locale = field(repr=False)
    forms: dict[str, tuple[str, ...]] = field(repr=False)
    plural_form: Callable[[int], int] = field(repr=False)

    def text(self, msgid: str, **values: object) -> str:
        """A sentence with its {placeholders} filled; the English one where the catalogue has none."""
        return self._template(msgid).format(**values)

    def plural(self, singular: str, plural: str, n: int, **values: object) -> str:
        """The form of a sentence that fits the number, which is also its placeholder {n}."""
        forms = self.forms.get(singular) or (singular, plural)
        return forms[min(self.plural_form(n), len(forms) - 1)].format(n=n, **values)

    def definition(self, words: str) -> str:
        """Words that come from a site's definition: translated where this catalogue knows them, else as they are written."""
        return self._template(words)

    def country(self, code: str) -> str:
        """A country's name; its code when Unicode has no name for it."""
        return _COUNTRIES.get(self.language, {}).get(code) or str(self.locale.territories.get(code, code))

    def day(self, on: date) -> str:
        """A date in words."""
        words = format_date(on, "long", self.locale)
        # In French the first of a month is an ordinal, which Unicode's date formats can't say.
        return re.sub(r"^1 ", "1er ", words) if self.language == "fr" else words

    def moment(self, at: datetime) -> str:
        """A moment in words, always in UTC, which it says."""
        utc = at.astimezone(UTC)
        return f"{self.day(utc.date())}, {format_time(utc, 'HH:mm', tzinfo=UTC, locale=self.locale)} UTC"

    def _template(self, msgid: str) -> str:
        return self.forms.get(msgid, (msgid,))[0]


def read_catalogue(text: str, language: str) -> Catalogue:
    """Read a catalogue.

    Args:
        text: the PO file's text.
        language: "fr"; its plural rule stands in the file.

    Raises:
        ConfigurationError: not a PO file.
    """
    try:
        catalog = read_po(StringIO(text), locale=language, abort_invalid=True)
        forms: dict[str, tuple[str, ...]] = {}
        for entry in catalog:
            key = entry.id if isinstance(entry.id, str) else entry.id[0]
            translated = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
            if key and all(translated) and not entry.fuzzy:
                forms[key] = translated
        return Catalogue(
            language=language,
            locale=Locale.parse(_LOCALES.get(language, language)),
            forms=forms,
            plural_form=c2py(catalog.plural_expr),
        )
    except (PoFileError, ValueError) as error:
        raise ConfigurationError(f"this is not a message catalogue: {error}", file=f"{language}.po") from None


def sentence(msgid: str) -> str:
    """Name an English sentence that is translated later, where it is used."""
    return msgid
