"""Header fields of outgoing mail: always printable ASCII but for addresses, always folded, never more lines than meant.

Every value passes `_fold`, which refuses anything but printable ASCII, and in an address the letters of its local part, which
have no other form (RFC 6532): in a letter to the one whose address it is. So no subject, name or title can end its line
and begin a field of its own, whatever it holds.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence

from relay.mail.address import Address, Mailbox
from relay.mail.subject import REPLY_PREFIX
from relay.roster.mailing_list import MailingList, Tlp

LINE_CHARACTERS = 76  # RFC 2047 §2: the limit for a line with an encoded word; below the 78 of RFC 5322 §2.1.1

_ENCODED_OCTETS = 36  # makes encoded words of 60 characters, so that one fits behind every field name we write
_PLAIN_CHARACTERS = 60  # a longer word is encoded too, because only encoded words can be split over lines
_PRINTABLE = re.compile(r"[ -~]+")
_PRINTABLE_UTF8 = re.compile(r"[ -~\u00c0-\U0010ffff]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,248}>")

_REPLY_PREFIX = re.compile(REPLY_PREFIX, re.IGNORECASE)
_BRACKETED = re.compile(r"\[([^\[\]]{1,60})\]")
_MARKING = re.compile(r"TLP ?[:\-] ?([A-Z]+(?: ?\+ ?STRICT)?)", re.IGNORECASE)
_BARE_MARKING = re.compile(rf"{_MARKING.pattern}(?![\w+])(?: ?[|:–—-](?!\w))?", re.IGNORECASE)
_LABELS = {
    "CLEAR": Tlp.CLEAR,
    "WHITE": Tlp.CLEAR,
    "GREEN": Tlp.GREEN,
    "AMBER": Tlp.AMBER,
    "AMBER+STRICT": Tlp.AMBER_STRICT,
    "RED": Tlp.RED,
}


def text_field(name: str, text: str) -> str:
    """One unstructured field (RFC 5322 §3.6.5), encoded where it must be, folded, with its CRLF."""
    return _fold(name, _encode_words(one_line(text)))


def mailbox_field(name: str, mailboxes: Iterable[Mailbox]) -> str:
    """A field of mailboxes, `"Name" <address>` each (RFC 5322 §3.4)."""
    words: list[str] = []
    for box in mailboxes:
        if words:
            words[-1] += ","
        words += [*_phrase(box.name), f"<{box.address}>"]
    return _fold(name, words, _PRINTABLE_UTF8)


def message_id_field(name: str, identifiers: Iterable[str]) -> str:
    """A field of message identifiers; "" when none of them is well-formed, since a broken one must not travel on."""
    sound = [one for one in identifiers if _MESSAGE_ID.fullmatch(one)]
    return _fold(name, sound) if sound else ""


def list_fields(mailing_list: MailingList, *, leaving: bool = True) -> str:
    """The fields that name the list and its addresses (RFC 2369, RFC 2919).

    Leaving goes to the list's owners, because a country that nominated its officer wants to know. Where a list lets its
    members leave at one click, that field is each copy's own (`leave_fields`), and left out here with `leaving=False`.
    """
    owner, help_address = mailing_list.address_for("-owner"), mailing_list.address_for("-request")
    return "".join(
        (
            _fold("List-Id", [*_phrase(mailing_list.title), f"<{mailing_list.list_id}>"]),
            _fold("List-Post", [f"<mailto:{mailing_list.address}>"]),
            _fold("List-Help", [f"<mailto:{help_address}?subject=HELP>"]),
            _fold("List-Owner", [f"<mailto:{owner}>"]),
            _fold("List-Unsubscribe", [f"<mailto:{owner}?subject=unsubscribe>"]) if leaving else "",
        )
    )


def leave_fields(mailing_list: MailingList, url: str) -> str:
    """The fields of a copy whose reader can leave at one click (RFC 8058 §3.1), or by mail."""
    by_mail = f"<mailto:{mailing_list.address_for('-request')}?subject=STOP>"
    return "".join(
        (
            _fold("List-Unsubscribe", [f"<{url}>,", by_mail]),
            _fold("List-Unsubscribe-Post", ["List-Unsubscribe=One-Click"]),
        )
    )


def digest_fields(lists: Sequence[MailingList], domain: str) -> str:
    """The fields of a digest: its list's; of several lists, which can't all be named (RFC 2919 §6 allows one List-Id), the relay's own."""
    if len(lists) == 1:
        return list_fields(lists[0])
    owners = [f"mailto:{one.address_for('-owner')}" for one in lists]
    return "".join(
        (
            _fold("List-Id", [*_phrase("WEN Relay"), f"<digest.{domain}>"]),
            _fold("List-Help", [f"<mailto:{lists[0].address_for('-request')}?subject=HELP>"]),
            _fold("List-Owner", _separated(f"<{one}>" for one in owners)),
            _fold("List-Unsubscribe", _separated(f"<{one}?subject=unsubscribe>" for one in owners)),
        )
    )


def _separated(words: Iterable[str]) -> list[str]:
    """Words with a comma behind each but the last (RFC 2369 §2)."""
    *others, last = words
    return [*(f"{one}," for one in others), last]


def stamp_subject(subject: str, tag: str, marking: Tlp) -> str:
    """Put the list's tag and the marking in front of a subject, without doubling those it already begins with."""
    rest = bare_subject(subject, tag, marking)
    return f"[{tag}][{marking}] {rest}" if rest else f"[{tag}][{marking}]"


def bare_subject(subject: str, tag: str, marking: Tlp) -> str:
    """A subject without the tag and the markings that it begins with.

    Only this list's tag, the alerts' tag and markings that the new one covers are taken away; anything else stays.
    """
    rest, kept = one_line(subject), []
    while rest:
        if reply := _REPLY_PREFIX.match(rest):
            kept.append(reply.group())
            rest = rest[reply.end() :].lstrip()
        elif bracket := _BRACKETED.match(rest):
            if bracket.group(1).strip().upper() not in {tag, "ALERT"} and not _is_covered(
                bracket.group(1).strip(), marking
            ):
                kept.append(bracket.group())
            rest = rest[bracket.end() :].lstrip()
        elif (bare := _BARE_MARKING.match(rest)) and _is_covered(f"TLP:{bare.group(1)}", marking):
            rest = rest[bare.end() :].lstrip()
        else:
            break
    return " ".join([*kept, *([rest] if rest else [])])


def one_line(text: str) -> str:
    """Text without controls, format characters and line separators, its spaces single."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def addressed(name: str, address: Address) -> Mailbox:
    """A mailbox whose display name is safe to show: one line, and never an address of its own to be mistaken for."""
    return Mailbox(name=one_line(name.replace("@", " ")), address=address)


def _is_covered(text: str, marking: Tlp) -> bool:
    match = _MARKING.fullmatch(text)
    label = _LABELS.get(match.group(1).upper().replace(" ", "")) if match else None
    return label is not None and label.level <= marking.level


def _phrase(name: str) -> list[str]:
    """A display name as words: a quoted string when that is readable everywhere, else encoded words (RFC 2047 §5)."""
    text = one_line(name)
    if not text:
        return []
    if text.isascii() and len(text) <= _PLAIN_CHARACTERS and "=?" not in text:
        return ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"']
    return _encoded_words(text)


def _encode_words(text: str) -> list[str]:
    """Words of an unstructured text; from the first to the last that needs it they become encoded words."""
    words = text.split()
    needy = [
        place for place, word in enumerate(words) if not word.isascii() or "=?" in word or len(word) > _PLAIN_CHARACTERS
    ]
    if not needy:
        return words
    first, last = needy[0], needy[-1] + 1
    return [*words[:first], *_encoded_words(" ".join(words[first:last])), *words[last:]]


def _encoded_words(text: str) -> list[str]:
    """Encoded words of whole characters (RFC 2047 §5: a multi-octet character is never split)."""
    chunks = [b""]
    for char in text:
        octets = char.encode()
        if len(chunks[-1]) + len(octets) > _ENCODED_OCTETS:
            chunks.append(b"")
        chunks[-1] += octets
    return [f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks]


def _fold(name: str, words: Iterable[str], allowed: re.Pattern[str] = _PRINTABLE) -> str:
    """Join words to a field, folded between them; a first word that is too long for the name's line gets its own."""
    lines, line = [], f"{name}:"
    for word in words:
        if not (word and word.isprintable() and (word.isascii() or allowed.fullmatch(word))):
            raise ValueError(f"a word of the field {name} is not printable")
        if len(line) + 1 + len(word) > LINE_CHARACTERS:
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join((*lines, line)) + "\r\n"
