"""In which language a text is written, as far as its script and words tell: what words mean differs, and where bounds lie."""

from collections import Counter

from relay.detectors.reading import SCRIPTS, Reading
from relay.detectors.senses import Senses

# Little words, folded, that texts of a language are full of. What two languages share says nothing here.
_WORDS = {
    "en": "the of and to was is for with that from by at are have this they not were has will",
    "fr": "le les des une dans est pour sur avec aux du et nous sont pas ete qui cette vous au",
    "es": "el los las una por con del fue y su al lo un han esta sin como mas pero",
    "pt": "os uma com do da na foi nao dos em ao um pela pelo as ou ele mais sao",
    "de": "der und ist von mit den wir nicht ein eine zu im auf wurde sich dem bei werden dass oder nach",
    "nl": "het een en van zijn wij niet met op voor te dat er werd bij aan naar ook zij heeft",
    "sw": "ya wa kwa ni katika za cha kuwa hii wake leo kama lakini tu hiyo bado sana yake walikuwa",
    "id": "yang dan ke dari ini itu untuk dengan tidak kami akan pada ada oleh sudah dalam adalah juga telah",
    "vi": "cua cho cac khong đuoc voi nguoi mot đa trong ve ngay đang chung nhung lam neu roi nay thi",
}
_LANGUAGES = {word: language for language, words in _WORDS.items() for word in words.split()}
_SCRIPT = 0.15  # of the characters: names and terms in Latin letters stand in every text
_LOOKED_AT = 4000  # characters
# Little words by which one language leads so that nothing else is asked; else it is asked which language knows the first words.
_LEAD, _WORDS_ASKED = 4, 60
UNKNOWN = ""


def language_of(reading: Reading, senses: Senses) -> str:
    """Its code, UNKNOWN for none; of several the one that most of its little words, and of its words at all, belong to."""
    beginning = reading.folded[:_LOOKED_AT]
    if not beginning.isascii():
        for language, letter in SCRIPTS.items():
            if len(letter.findall(beginning)) > _SCRIPT * len(beginning):
                return language
    is_long = len(reading.flat) > _LOOKED_AT
    words = reading.flat[:_LOOKED_AT].split() if is_long else reading.tokens
    counted = Counter(filter(None, map(_LANGUAGES.get, words)))
    first, second = (*(number for _, number in counted.most_common(2)), 0, 0)[:2]
    if first - second < _LEAD:
        different = [word for word in dict.fromkeys(words) if word.isalpha()][:_WORDS_ASKED]
        counted.update(senses.known(different, sorted(senses.languages - SCRIPTS.keys())))
    return max(counted, key=counted.__getitem__) if counted.total() else UNKNOWN
