"""What is answered about posts that are on record: taken back, recalled, looked at, sent whole; and to who stops a list."""

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.notice_facts import Answer, NoticeFacts

RECALL = ("RECALL CAFR-2026-000123", sentence("my post was wrong: stop it, and ask everybody who has it to delete it"))
_NAME_IT = sentence("Nothing was done: write the word and the name of this list, such as STOP-LIST {about}.")
UNKNOWN = {
    "CORRECTS": sentence(
        "{about} begins with the line CORRECTS, but there is no such post that you may correct. It was taken as a post of its own, and the line is text like any other."
    ),
    "STOP-LIST": _NAME_IT,
    "RESUME-LIST": _NAME_IT,
}
HELP = (
    (
        RECALL[0],
        sentence("a post of mine, or of my list, was wrong: stop it, and ask everybody who has it to delete it"),
    ),
)  # in its place, for who may decide
EMERGENCY = (  # for these and for administrators
    ("STOP-LIST central-africa", sentence("an emergency: let nothing of this list go out, until RESUME-LIST")),
    ("RESUME-LIST central-africa", sentence("the emergency is over: let go out what waits")),
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


def reviewed(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """That the rules about one's own post are looked at."""
    return [
        catalogue.text(
            "Thank you. The people who keep the rules are told to look at the reasons about {about}. They can't see its text.",
            about=one.about,
        )
    ]


def sent_whole(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """That the whole of a post comes."""
    return [catalogue.text("{about} is on its way to you, whole.", about=one.about)]


def copies(one: Answer, catalogue: Catalogue) -> list[str]:
    """How many copies were stopped, and how many had gone out."""
    stopped = catalogue.plural(
        "{n} copy that had not gone out is stopped.", "{n} copies that had not gone out are stopped.", one.cancelled
    )
    gone = catalogue.plural(
        "{n} copy had gone out and can't be called back.", "{n} copies had gone out and can't be called back.", one.gone
    )
    return [*([stopped] if one.cancelled else []), *([gone] if one.gone else [])]


_STOPPED = {
    "done": sentence(
        "{about} is stopped, on every machine of the relay. What is being sent at this moment arrives; nothing else does until you write RESUME-LIST {about}."
    ),
    "already": sentence("{about} was stopped already, and stays so."),
    "told": sentence(
        "{about} has been stopped by one of those who run it. Posts are taken and wait, and nothing of it goes out until one of you writes RESUME-LIST {about}. Recall before what must not go."
    ),
    "barred": sentence(
        "{about}: you can't stop this list or let it go on. It takes an official who moderates it, or an administrator."
    ),
}
_RESUMED = _STOPPED | {
    "done": sentence("{about} goes on."),
    "already": sentence("{about} was not stopped."),
    "told": sentence("{about} goes on; one of those who run it has said so."),
}


_WORD_OF = {"STOP-LIST": sentence("Stopped: {reference}"), "RESUME-LIST": sentence("Goes on: {reference}")}
_WHY = {
    "account": sentence("Why: an account is in wrong hands."),
    "leak": sentence("Why: something got out that should not have."),
    "fault": sentence("Why: something is broken."),
    "exercise": sentence("Why: an exercise."),
}


def word_of_lists(facts: NoticeFacts) -> str:
    """The subject of a letter that tells of what somebody else did with a list; "" for one that answers its reader."""
    one = facts.answers[0] if facts.answers else None
    return _WORD_OF.get(one.word, "") if one and one.outcome == "told" else ""


def _by_whom(one: Answer, catalogue: Catalogue) -> list[str]:
    if one.operator:
        return [catalogue.text("By whom: {account}, an operator of the relay.", account=one.operator)]
    return [catalogue.text("By whom: {name}.", name=one.member)] if one.member else []


def stopped(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """What came of stopping a list; or, to its moderators and the administrators, that it is stopped."""
    said = catalogue.text(_STOPPED[one.outcome], about=one.about)
    waits = catalogue.plural("{n} copy waits.", "{n} copies wait.", one.number)
    why = [catalogue.text(_WHY[one.why])] if one.why in _WHY else []
    return [said, *_by_whom(one, catalogue), *why, *([waits] if one.number else [])]


def resumed(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """What came of letting a list go on."""
    said = catalogue.text(_RESUMED[one.outcome], about=one.about)
    goes = catalogue.plural("{n} copy goes out now.", "{n} copies go out now.", one.number)
    return [said, *_by_whom(one, catalogue), *([goes] if one.number else [])]
