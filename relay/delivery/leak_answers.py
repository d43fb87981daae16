"""What is answered to who reports a spill, decides about one, or has deleted a copy."""

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.notice_facts import Answer, NoticeFacts

HELP = (  # words for who may decide
    (
        "CONFIRM-SPILL CAFR-2026-000123",
        sentence("this reported post should not have gone out: destroy it, and ask everybody to delete it"),
    ),
    ("DISMISS-SPILL CAFR-2026-000123", sentence("nothing is wrong with this reported post: show it again")),
)
_OUTCOMES = {
    "confirmed": sentence(
        "What you reported, {about}, was confirmed: it is destroyed, and everybody who may have a copy is asked to delete it. Thank you. Nobody is "
        "told that you reported it."
    ),
    "dismissed": sentence(
        "What you reported, {about}, was looked into. A moderator found nothing wrong with it, and it is shown again. Thank you all the same. "
        "Nobody is told that you reported it."
    ),
    "decided": sentence(
        "A moderator has looked into {about} since you reported it, and found nothing wrong with it. If you think otherwise, please telephone the "
        "people who run this list."
    ),
}
_VERDICTS = {
    "confirmed": sentence(
        "{about} is confirmed as a spill. It is destroyed, everybody who may have a copy is asked to delete it, and the breach register has an entry."
    ),
    "dismissed": sentence("{about} is shown again, and what was stopped goes out. Its author is told."),
    "decided": sentence("{about} is decided already."),
    "barred": sentence(
        "{about}: you can't decide about this. It takes an official who moderates one of its lists, and who has neither written nor reported it."
    ),
}


def verdict(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """What came of a moderator's decision."""
    return [catalogue.text(_VERDICTS.get(one.outcome, _VERDICTS["decided"]), about=one.about)]


def deleted(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Thank whoever has deleted their copy."""
    return [catalogue.text("Thank you. It is noted that you have deleted {about}.", about=one.about)]


def outcome(one: Answer, catalogue: Catalogue) -> list[str] | None:
    """What has become of a report; None when it was only just made."""
    return [catalogue.text(_OUTCOMES[one.outcome], about=one.about)] if one.outcome in _OUTCOMES else None
