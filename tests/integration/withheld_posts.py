"""Posts that must leave no trace: a marking above the ceiling in every place, and words that occur nowhere else."""

from base64 import b64encode
from collections.abc import Iterator
from email.header import Header
from email.message import EmailMessage
from functools import cache
from quopri import encodestring
from urllib.parse import quote

from tests.integration.clients import make_post
from tests.integration.service import ANA

# Where the marking stands. Each place has nonsense words of its own in every part of the message.
PLACES = (
    *("subject", "body", "last_line", "html", "hidden", "attachment", "header", "quoted"),
    *("french", "spanish", "portuguese", "dressed_up"),
)
_SYLLABLES = ("krim", "wolt", "zanf", "quib", "glor", "plux", "dravi", "smelt", "thrun", "vokk", "yarp", "bemfi")
_PARTS = ("subject", "body", "html", "file", "id", "field", "name", "ümlaut")


def words_of(place: str) -> tuple[str, ...]:
    """The nonsense words of a place, one for each part of its message."""
    first = _SYLLABLES[PLACES.index(place)]
    return tuple(f"{first}{_SYLLABLES[number]}{part}" for number, part in enumerate(_PARTS))


def post_marked_in(place: str, author: str = ANA) -> EmailMessage:
    """A post whose marking stands in this place."""
    subject, body, page, file, identifier, field, name, accented = words_of(place)
    bodies = {
        "body": f"TLP:RED\n\n{body} {accented}",
        "last_line": f"{body} {accented}\n\nTLP:RED",
        "quoted": f"{body} {accented}\n\n> TLP:RED\n> {body}",
        "french": f"TLP:ROUGE\n\n{body} {accented}",
        "spanish": f"{body} {accented}\n\nTLP: ROJO",
        "portuguese": f"[TLP VERMELHO]\n\n{body} {accented}",
        "dressed_up": f"T\u200bL\u200bP\u200b:\u200bＲＥＤ\n\n{body} {accented}",
    }
    pages = {
        "html": f"<p>TLP:RED</p><p>{page}</p>",
        "hidden": f"<p>{page}</p><p style='display:none'>TLP:RED</p><!-- {name} -->",
    }
    message = make_post(
        author,
        f"[TLP:RED] {subject}" if place == "subject" else subject,
        bodies.get(place, f"{body} {accented}") + "\n",
        message_id=f"<{identifier}@douanes.example>",
        html=pages.get(place, f"<p>{page}</p>"),
        X_Case=field,
        **({"X_TLP": "RED"} if place == "header" else {}),
    )
    file_name = f"TLP-RED {file}.pdf" if place == "attachment" else f"{file}.pdf"
    message.add_attachment(name.encode(), maintype="application", subtype="pdf", filename=file_name)
    return message


@cache
def forms(word: str) -> tuple[bytes, ...]:
    """A word as it may stand in a file: plain or in any case, in several charsets, and in every encoding of mail."""
    return tuple(set(_forms(word)))


def _forms(word: str) -> Iterator[bytes]:
    for written in {word, word.lower(), word.upper(), word.capitalize()}:
        for octets in {written.encode("utf-8"), written.encode("latin-1"), written.encode("utf-16-le")}:
            yield octets
            yield encodestring(octets)
            yield quote(octets).encode("ascii")
            yield octets.hex().encode("ascii")
            # In base64 a word looks different at each of three offsets; its first and last group depend on the neighbours.
            yield from (b64encode(b" " * offset + octets + b" ")[4:-4] for offset in range(3))
        yield written.encode("unicode_escape")
        yield Header(written, "utf-8").encode().encode("ascii")[10:-6]


def traces(octets: bytes, words: tuple[str, ...]) -> list[str]:
    """Which words have left a trace in some octets."""
    return [word for word in words if any(form in octets for form in forms(word))]
