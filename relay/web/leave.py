"""The page of a list's one-click address (RFC 8058): to look at it does nothing, to post its one word leaves.

The page is the same for every address, ours or not, and so is the answer.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Literal

from relay.delivery.catalogue import Catalogue, sentence

LEAVING = "/leave/"
HTML = "text/html; charset=utf-8"
# The address in the line is a secret of its reader: it goes into no frame or Referer, and nothing is loaded beside the page.
PRIVATE = {
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
}

Leave = Callable[[str], Literal["taken", "too many"]]

_EXPLAINED = sentence("Here you leave this mailing list. Nothing has been changed so far.")
_BUTTON = sentence("Leave the list")
_DONE = sentence("If this address was made for you, you have left the list. A letter tells you so.")
_WORD = b"List-Unsubscribe=One-Click"
# RFC 8058 §3.2: as a form, or as a form's part.
_PART = re.compile(rb'name="?List-Unsubscribe"?[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\nOne-Click\r\n', re.IGNORECASE)


def is_click(content_type: str, body: bytes) -> bool:
    """Whether this is what the mail provider posts when its reader clicks."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _PART.search(body) is not None
    return kind == "application/x-www-form-urlencoded" and _WORD in body.strip().split(b"&")


@dataclass(frozen=True, slots=True)
class LeaveDesk:
    """What GET shows, what POST answers, and what carries it out: it gets the path, and may raise RelayError."""

    explained: bytes
    done: bytes
    leave: Leave


def leave_desk(leave: Leave, catalogues: Iterable[Catalogue]) -> LeaveDesk:
    """The desk with its pages, which are made once."""
    languages = tuple(catalogues)
    return LeaveDesk(_explain(languages), _done(languages), leave)


def _explain(catalogues: Iterable[Catalogue]) -> bytes:
    """What GET shows, in every language: a button that posts the word, for readers whose program has none."""
    button = (
        '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>{}</button></form>'
    )
    return _page(
        f'<section lang="{escape(one.language)}"><p>{escape(one.text(_EXPLAINED))}</p>'
        f"{button.format(escape(one.text(_BUTTON)))}</section>"
        for one in catalogues
    )


def _done(catalogues: Iterable[Catalogue]) -> bytes:
    """What POST answers, in every language."""
    return _page(f'<p lang="{escape(one.language)}">{escape(one.text(_DONE))}</p>' for one in catalogues)


def _page(parts: Iterable[str]) -> bytes:
    head = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>WEN Relay</title></head><body>'
    return f"{head}{''.join(parts)}</body></html>\n".encode()
