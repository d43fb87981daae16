"""What is answered to who takes a post back, or recalls it."""

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.notice_facts import Answer, NoticeFacts

HELP = (  # words for who may decide
    ("RECALL CAFR-2026-000123", sentence("recall somebody else's post on my list")),
)
_RECALLED = {
    "held": sentence("{about} is taken back: nobody has got it, and it has been destroyed."),
    "done": sentence("{about} is recalled. Nobody is given it any more."),
    "already": sentence("{about} was recalled before; nothing more is to be done."),
    "barred": sentence(
        "{about}: you can't recall this. It takes its author, or an official who moderates one of its lists."
    ),
}


def withdrawn(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """What came of taking one's own post back without asking anybody to delete it."""
    if one.outcome == "held":
        taken = catalogue.text(_RECALLED["held"], about=one.about)
    else:
        taken = catalogue.text("{about} is taken back as far as that is possible.", about=one.about)
    further = catalogue.text("To ask those who have it to delete it, write RECALL {about}.", about=one.about)
    return [taken, *copies(one, catalogue), *([further] if one.gone else [])]


def recalled(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """What came of a recall."""
    asked = catalogue.plural(
        "{n} member who has it, or may have it, is asked to delete it.",
        "{n} members who have it, or may have it, are asked to delete it.",
        one.number,
    )
    return [
        catalogue.text(_RECALLED[one.outcome], about=one.about),
        *copies(one, catalogue),
        *([asked] if one.number else []),
    ]


def copies(one: Answer, catalogue: Catalogue) -> list[str]:
    """How many copies were stopped, and how many had gone out."""
    stopped = catalogue.plural(
        "{n} copy that had not gone out is stopped.", "{n} copies that had not gone out are stopped.", one.cancelled
    )
    gone = catalogue.plural(
        "{n} copy had gone out and can't be called back.", "{n} copies had gone out and can't be called back.", one.gone
    )
    return [*([stopped] if one.cancelled else []), *([gone] if one.gone else [])]
