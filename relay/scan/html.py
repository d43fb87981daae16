"""HTML parts: what a reader sees of them, what is hidden in them, and the sanitised page that may leave.

Lexbor reads the page for the views; ammonia (nh3) has the last word on what leaves, and what leaves is read once more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from relay.policy.post import View
from relay.scan.markup import (
    BLOCKS,
    CELLS,
    CODE,
    PARAGRAPHS,
    UNSEEN,
    in_markup,
    is_orderly,
    is_too_deep,
    sanitise,
    without_code,
    without_markup,
)
from relay.scan.text import HIDDEN, clean, views_of_text

# Not font-size or opacity: newsletters set the size of whole tables to 0 and that of their texts back again.
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all", re.IGNORECASE)
_STANDING_FOR = {
    "img": ("alt", "title"),
    "input": ("value", "placeholder"),
    "area": ("alt",),
}  # what is read in their place
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_APART = "\n" + "=" * 12 + "\n"  # between hidden texts that have nothing to do with each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that may leave, as HTML and as plain text, and the views of all that was in it; nothing leaves if it is too deep."""

    html: str
    plain: str
    views: tuple[View, ...]
    too_deep: bool = False


def read_html(source: str) -> Page:
    """Read and sanitise an HTML part.

    Args:
        source: the part's text after `clean`.
    """
    raw = views_of_source(source)
    if is_too_deep(source):
        return Page(html="", plain="", views=raw, too_deep=True)
    page = LexborHTMLParser(source)
    views = _views(page)
    # The sanitiser strips styles, so what they hid would come to light: it is taken out first.
    for node in [node for node, entering in _walk(page.root, shown_only=False) if entering and _is_hidden(node)][::-1]:
        node.remove()
    body = page.body
    # Character references may have stood for controls; the sanitised text has them as characters, and loses them here.
    html = body.inner_html or "" if body is not None else ""
    for _ in range(2):  # broken nesting can come to rest in the second pass only; the main process makes one more
        html = clean(sanitise(html))
    if not is_orderly(html):
        return Page(html="", plain="", views=(*views, *raw), too_deep=True)
    sanitised = LexborHTMLParser(html)
    plain = _render(sanitised.root, shown_only=True, links=True)
    views += (*views_of_text(plain), *_views(sanitised), *raw)
    return Page(html=html, plain=plain, views=tuple(dict.fromkeys(views)))


def views_of_source(source: str) -> tuple[View, ...]:
    """The source itself, whatever a parser makes of it: the text between its tags, styles and scripts, and what stands inside of tags."""
    text, code = without_code(source)
    texts = (without_markup(_BLANKS.sub(" ", text)), _APART.join(code), in_markup(source))
    return tuple(View(text=clean(text), place=HIDDEN) for text in texts if text.strip())


def _views(page: LexborHTMLParser) -> tuple[View, ...]:
    """What is seen; all text with hidden words and those that stand for pictures; and comments, attributes, scripts, styles."""
    seen = _render(page.root, shown_only=True)
    everything = _render(page.root, shown_only=False)
    views = list(views_of_text(seen))
    if everything != seen:
        views.append(View(text=everything, place=HIDDEN))
    asides = _APART.join(
        dict.fromkeys(
            text for node, entering in _walk(_document(page), shown_only=False) if entering for text in _asides(node)
        )
    )
    if asides:
        views.append(View(text=clean(asides), place=HIDDEN))
    return tuple(views)


def _document(page: LexborHTMLParser) -> LexborNode | None:
    """The node above the page's own element: comments may stand before and behind that."""
    return page.root.parent if page.root is not None else None


def _asides(node: LexborNode) -> Iterator[str]:
    """Texts of a node that are no text of the page."""
    if node.is_comment_node:
        yield (node.comment_content or "").strip()
    elif node.is_element_node:
        yield from (value.strip() for value in node.attributes.values() if value and value.strip())
        if node.tag in CODE:
            yield (node.text_content or "").strip()
        elif node.tag == "template":  # its content is a document of its own, which no walk over this one meets
            yield without_markup(node.html or "").strip()


def _is_hidden(node: LexborNode) -> bool:
    if not node.is_element_node or node.tag in {"html", "body", "head"}:
        return False
    attributes = node.attributes
    return "hidden" in attributes or _HIDING_STYLE.search(attributes.get("style") or "") is not None


def _walk(root: LexborNode | None, *, shown_only: bool) -> Iterator[tuple[LexborNode, bool]]:
    """Every node on entering it (True) and, elements only, on leaving it (False); without recursion, depth is the sender's."""
    node = root
    while node is not None:
        skipped = shown_only and (node.tag in UNSEEN or _is_hidden(node))
        if not skipped:
            yield node, True
        child = node.first_child if not skipped else None
        if child is not None:
            node = child
            continue
        while node is not None:
            if node.is_element_node and not skipped:
                yield node, False
            skipped = False
            if node.next is not None:
                node = node.next
                break
            node = node.parent


@dataclass(slots=True)
class _Lines:
    """Text under way: finished lines, the one being written, how deep in quotations and preformatted text it stands.

    `gap` is the depth at which an empty line must come next, because a paragraph has ended.
    """

    done: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    quotes: int = 0
    preformatted: int = 0
    gap: int | None = None

    def write(self, text: str) -> None:
        if not self.preformatted:
            text = _BLANKS.sub(" ", text)
            if not self.line or self.line[-1].endswith((" ", "\t")):
                text = text.lstrip(" ")
            if text:
                self.line.append(text)
            return
        for number, piece in enumerate(text.split("\n")):
            if number:
                self.end_line(even_empty=True)
            if piece:
                self.line.append(piece)

    def end_line(self, *, even_empty: bool = False) -> None:
        text = "".join(self.line).rstrip(" \t")
        self.line.clear()
        if not text and not even_empty:
            return
        marks = ">" * self.quotes + " " if self.quotes else ""
        if self.gap is not None and self.done:
            self.done.append(">" * self.gap)
        self.gap = None
        self.done.append((marks + text).rstrip())

    def end_paragraph(self) -> None:
        self.gap = self.quotes if self.gap is None else min(self.gap, self.quotes)


def _render(root: LexborNode | None, *, shown_only: bool, links: bool = False) -> str:
    """The page as plain text: blocks on lines of their own, inline elements joined as they are read, quotations marked."""
    lines = _Lines()
    for node, entering in _walk(root, shown_only=shown_only):
        tag = node.tag or ""
        if node.is_text_node:
            if node.parent is None or node.parent.tag not in CODE:
                lines.write(node.text_content or "")
        elif entering and not shown_only and tag in _STANDING_FOR:
            lines.write(
                next((node.attributes.get(name) or "" for name in _STANDING_FOR[tag] if node.attributes.get(name)), "")
            )
        elif tag in BLOCKS:
            _render_block(lines, tag, entering=entering)
        elif tag in CELLS and not entering:
            lines.line.append("\t")
        elif tag == "a" and links and not entering:
            _render_link(lines, node)
    lines.end_line()
    return clean("\n".join(lines.done).strip("\n"))


def _render_block(lines: _Lines, tag: str, *, entering: bool) -> None:
    lines.end_line(even_empty=tag == "br" and entering)
    step = 1 if entering else -1
    if tag in PARAGRAPHS:
        lines.end_paragraph()
    if tag == "blockquote":
        lines.quotes += step
        lines.end_paragraph()
    elif tag == "pre":
        lines.preformatted += step
    elif tag == "li" and entering:
        lines.line.append("- ")


def _render_link(lines: _Lines, node: LexborNode) -> None:
    """A link's address behind its words, unless the words are the address."""
    address = node.attributes.get("href") or ""
    words = "".join(lines.line)
    if address and not words.endswith(address.removeprefix("mailto:")):
        lines.write(f" <{address}>")
