"""HTML as source: what its tags hide and hold, how deep it nests, and the sanitiser that decides what may leave.

Nothing here believes a parser: what is written between the angle brackets, before the page or behind it, is looked at too.
"""

import html
import re
from collections import Counter

import nh3

REFERENCES = 20_000  # in one text; the sanitiser takes time that grows with the square of their number
LEVELS = 500  # parsers of the HTML standard take time that grows with the square of the depth


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


PARAGRAPHS = _tags("p h1 h2 h3 h4 h5 h6 blockquote ul ol dl table pre")
BLOCKS = PARAGRAPHS | _tags(
    "address article aside body br caption center dd details dialog dir div dt fieldset figcaption figure footer form header "
    "hgroup hr html legend li main menu nav optgroup option search section select summary tbody textarea tfoot thead title tr"
)
CELLS = frozenset({"td", "th"})
CODE = frozenset({"script", "style"})  # what stands in them is no part of any sentence beside them
# Never shown, or shown by some readers only: neither the visible view nor the clean part has their content.
UNSEEN = _tags(
    "audio canvas embed frameset head iframe math noembed noframes noscript object script select style svg template textarea title video"
)
_KEPT = PARAGRAPHS | _tags(
    "a abbr address b big br caption center cite code col colgroup dd del details dfn div dt em figcaption figure font hr i ins kbd li mark "
    "q s samp small span strike strong sub summary sup tbody td tfoot th thead time tr tt u var"
)
_KEPT_ATTRIBUTES = {
    "a": {"href"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    "*": {"dir", "lang"},
}
_EMPTY = _tags("area base br col embed hr img input link meta param source track wbr")
# People leave these open, and parsers close them: they nest only inside of others, which count.
_CLOSED_BY_PARSERS = _tags("body colgroup dd dt head html li optgroup option p tbody td tfoot th thead tr")

# A tag, comment or declaration, but no address in angle brackets (RFC 3986 appendix C), as plain text has them.
_TAG = re.compile(r"<(?:/?([a-zA-Z][\w-]*(?::[\w-]+)?)(?=[\s/>])|[!?])[^<>]*>")
_CODE = re.compile(r"<(style|script)(?:\s[^<>]*)?>([^<]*)</\1\s*>", re.IGNORECASE)
_BRACKETED = re.compile(r"<([^<>]*)>")
_BARE_TAG = re.compile(r"/?\w+/?")
_NESTING = re.compile(r"<!--(?:.*?-->|.*\Z)|<(/?)([a-zA-Z][\w:-]*)", re.DOTALL)
_SERIALISED = re.compile(r'[^<]+|<(/?)([a-z][a-z0-9]*)(?: [a-z]+="[^"]*")*>')


def without_markup(source: str) -> str:
    """The text between tags, joined as inline elements and parted as blocks are; entities decoded."""
    return html.unescape(_TAG.sub(lambda tag: "\n" if _parts_text(tag.group(1)) else "", source))


def without_code(source: str) -> tuple[str, tuple[str, ...]]:
    """The source without its plain styles and scripts, and what stood in those: else each page would be read twice for them."""
    if "</" not in source:
        return source, ()
    code = tuple(found.group(2).strip() for found in _CODE.finditer(source))
    return _CODE.sub("", source), tuple(text for text in dict.fromkeys(code) if text)


def _parts_text(name: str | None) -> bool:
    return name is not None and (name.lower() in BLOCKS or name.lower() in CELLS)


def in_markup(source: str) -> str:
    """What stands inside of angle brackets, one a line: comments, declarations, attributes; entities decoded."""
    inside = (found.group(1).strip() for found in _BRACKETED.finditer(source))
    return html.unescape("\n".join(dict.fromkeys(text for text in inside if text and not _BARE_TAG.fullmatch(text))))


def is_too_deep(source: str) -> bool:
    """Whether a page opens so many elements in each other that parsing it would take too long; a quick look, not the last.

    Closing tags that close nothing can hide depth from it; `is_orderly` has the last word on what was parsed all the same.
    """
    opened: Counter[str] = Counter()
    depth = 0
    for tag in _NESTING.finditer(source):
        name = (tag.group(2) or "").lower()
        if not name or name in _EMPTY or name in _CLOSED_BY_PARSERS:
            continue
        if not tag.group(1):
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
        if depth > LEVELS:
            return True
    return False


def sanitise(source: str) -> str:
    """Rebuild a page from the allow-list: structure and links only, nothing active, remote or styled."""
    return nh3.clean(
        source,
        tags=set(_KEPT),
        clean_content_tags=set(UNSEEN - {"head", "frameset"}),  # these two can't stand in a body
        attributes={tag: set(names) for tag, names in _KEPT_ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer",
    )


def is_orderly(page: str) -> bool:
    """Whether a page is written as the sanitiser writes it: every element closed in its turn, none too deep, no text too costly."""
    opened: list[str] = []
    position = 0
    while position < len(page):
        token = _SERIALISED.match(page, position)
        if token is None or page.count("&", token.start(), token.end()) > REFERENCES:
            return False
        position = token.end()
        closing, name = token.groups()
        if closing:
            if not opened or opened.pop() != name:
                return False
        elif name and name not in _EMPTY:
            opened.append(name)
            if len(opened) > LEVELS:
                return False
    return not opened
