"""What stands above a post's text besides its marking, where it corrects another or wants to be acknowledged; the same for all who read a language."""

from datetime import datetime

from relay.delivery.catalogue import Catalogue
from relay.mail.address import Address


def correction_mark(corrects: str, subject: str, catalogue: Catalogue) -> str:
    """The subject of a post that corrects another says so in its reader's language, once."""
    mark = catalogue.text("[CORRECTION]")
    return f"{mark} {subject}" if corrects and mark.casefold() not in subject.casefold() else subject


def correction_line(corrects: str, catalogue: Catalogue) -> list[str]:
    """What stands above the text of a post that corrects another."""
    if not corrects:
        return []
    return [
        catalogue.text(
            "[CORRECTION] This takes the place of {reference}. If you have that one, do not rely on it, and delete it.",
            reference=corrects,
        )
    ]


def acknowledgement_lines(due: datetime | None, reference: str, request: Address, catalogue: Catalogue) -> list[str]:
    """How, and until when, to acknowledge a post that asks for it: what it means to do so, and an address that writes the message when it is touched."""
    if due is None:
        return []
    return [
        catalogue.text(
            "[ACK] Its author asks you to acknowledge this by {moment}: send ACK {reference} to {request}. Your name and agency are then told to the "
            "author.",
            moment=catalogue.moment(due),
            reference=reference,
            request=request,
        ),
        f"mailto:{request}?subject=ACK%20{reference}",
    ]
