"""What a member is answered who asked something by mail to LIST-request@. It is longer than other modules, because each word has its lines here."""

from collections.abc import Callable
from datetime import date

from relay.delivery import ack_letters, after_answers, leak_answers
from relay.delivery.answer_vouching import HELP, answer_vouching
from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.door_letters import contacts, corrected
from relay.delivery.encryption_letters import NOT_TAKEN, key
from relay.delivery.notice_facts import Answer, NoticeFacts
from relay.delivery.rules import RULES_VERSION, privacy, rules
from relay.roster.member import Member, Role
from relay.roster.reading import Reading

_HELP = (
    ("HELP", sentence("these words")),
    ("RULES", sentence("what may go to this list, and what may not")),
    ("ACCEPT", sentence("I accept these rules")),
    ("WHOAMI", sentence("what the relay knows about you")),
    ("LISTS", sentence("the lists of this relay, and which are yours")),
    ("CONTACTS CM", sentence("the doors of a country for what may not go to a list")),
    ("LANG fr", sentence("write to me in this language: en, fr, es or pt")),
    ("RECEIPTS OFF", sentence("no more receipts for my posts; RECEIPTS ON brings them back")),
    ("DIGEST", sentence("send me posts once a day in one short text, without photos; DIGEST WEEKLY: once a week")),
    ("INSTANT", sentence("send me each post at once")),
    ("PAUSE 14", sentence("send me no posts for 14 days; also PAUSE 2027-01-15, or PAUSE alone until I write RESUME")),
    ("RESUME", sentence("the pause is over")),
    ("HERE", sentence("I still serve, although nobody has vouched for me again yet")),
    ("STOP", sentence("take me off this list")),
    ("WITHDRAW CAFR-2026-000123", sentence("take back my post, as far as it has not gone out")),
    after_answers.RECALL,
    *ack_letters.WORDS,
    ("SEND CAFR-2026-000123", sentence("send me this post whole, with its photos and documents")),
    ("REVIEW CAFR-2026-000123", sentence("a rule was wrong about my post: let the people who keep the rules look")),
    (
        "SPILL CAFR-2026-000123",
        sentence("this should not have gone out: stop what can be stopped, and call those who must know"),
    ),
    ("KEY", sentence("encrypt posts for me, with the public key that stands below; KEY alone: the keys of this list")),
    ("DELETED CAFR-2026-000123", sentence("I was asked to delete this, and I have")),
)
_UNKNOWN = {
    **after_answers.UNKNOWN,
    "ACKS": ack_letters.NO_SUCH,
    "LANG": sentence("The relay writes in en, fr, es and pt. Write for example LANG fr."),
    "PAUSE": sentence(
        "Write PAUSE, PAUSE 14 for days, or PAUSE 2027-01-15 for the day on which posts shall come again; a year at most."
    ),
    "STOP": sentence("You are not on this list."),
    "YES": sentence("{about}: there is no such notice to you."),
    "CONTACTS": sentence("Write CONTACTS and the code of a country, such as CONTACTS CM."),
    "CORRECT": sentence(
        "Only a focal point of the country confirms its doors, by an answer to the letter that lists them."
    ),
    "NO": sentence("{about}: there is no such notice to you."),
    "KEY": NOT_TAKEN,
    "DELETED": sentence("{about}: nobody has asked you to delete it."),
    "GONE": sentence("There is nobody with this address for whom you speak."),
    "HERE": sentence("Your membership is in order; there is nothing to do."),
}
_READING = {
    Reading.INSTANT: sentence("Posts come to you one by one, at once."),
    Reading.DAILY: sentence("Posts come to you in one digest a day."),
    Reading.WEEKLY: sentence("Posts come to you in one digest a week."),
}
_NO_SUCH_POST = sentence("{about}: there is no such post of yours.")
_UNPROVEN = sentence(
    "{word} was not done: how your message came here does not prove well enough that you sent it. Please send it again with your login "
    "at the relay, or from a program that shows your own certificate."
)
_UNREAD = sentence(
    "The lines of your message from number {number} on were not read, except for SPILL. If they ask for something, please send them again, each word on a line "
    "of its own."
)
_NOT_FOR_YOU = sentence("{about}: there is no such post on your lists.")


def answer(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """One paragraph or more for each request; the words of the message are never repeated."""
    if not facts.answers:
        return [
            catalogue.text(
                "Your words were not understood. Write one of these alone on the first line; more may stand below it:"
            ),
            *_words(facts, catalogue),
        ]
    return [paragraph for one in facts.answers for paragraph in _answered(one, facts, catalogue)]


def _answered(one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    about = one.about
    if one.outcome == "unread":
        return [catalogue.text(_UNREAD, number=one.number)]
    if one.outcome == "unproven":
        return [catalogue.text(_UNPROVEN, word=one.word)]
    if one.outcome == "unknown":
        unknown = (
            _NOT_FOR_YOU
            if "SPILL" in one.word or one.word in {"SEND", "ACK"}
            else _UNKNOWN.get(one.word, _NO_SUCH_POST)
        )
        return [catalogue.text(unknown, about=about)]
    if (paragraphs := answer_vouching(one, catalogue, facts)) is not None:
        return paragraphs
    write = _WRITERS[one.word]
    return write(one, facts, catalogue)


def _help(_one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [
        catalogue.text("Write one of these alone on the first line; more may stand below it:"),
        *_words(facts, catalogue),
    ]


def _words(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """The words and their meanings, and the addresses that a member looks for beside them."""
    meanings = dict(_HELP) | dict(_further(facts))  # each once, with the widest meaning that it has for this reader
    return [
        "\n".join(f"    {words}\n        {catalogue.text(meaning)}" for words, meaning in meanings.items()),
        catalogue.text(
            "To correct a post that has gone out, send the new version to the list, with a first line such as CORRECTS CAFR-2026-000123: whoever "
            "has not got the old one gets the new one alone."
        ),
        catalogue.text(
            "To try a message out, send it to {practice}: you are told what would happen, and nobody gets it. The people who run this list: "
            "{owner}",
            practice=f"practice@{facts.domain}",
            owner=facts.lists[0].address_for("-owner") if facts.lists else facts.answers_to,
        ),
    ]


def _further(facts: NoticeFacts) -> tuple[tuple[str, str], ...]:
    """The words that only those have who vouch for people, or decide about what is held and reported."""
    member = facts.member
    vouches = member is not None and member.may_vouch_for(member.country, facts.written_at.date())
    decides = member is not None and member.may_moderate
    stops = decides or (member is not None and Role.ADMIN in member.roles)
    return (
        *(HELP if vouches else ()),
        *((*leak_answers.HELP, *after_answers.HELP) if decides else ()),
        *(after_answers.EMERGENCY if stops else ()),
    )


def _rules(_one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [
        *rules(facts.lists[0], catalogue),
        *privacy(facts.lists[0].address_for("-owner"), catalogue),
        catalogue.text("If you accept them, write ACCEPT. This is version {version}.", version=RULES_VERSION),
    ]


def _whoami(_one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    member = _member(facts)
    lines = [
        f"{member.name} <{member.address}>",
        f"{member.agency}, {catalogue.country(member.country)}",
        catalogue.text("Lists: {lists}", lists=", ".join(sorted(member.lists)) or "-"),
        catalogue.text("Language: {language}", language=member.language),
        catalogue.text("Receipts: ON") if member.receipts else catalogue.text("Receipts: OFF"),
        catalogue.text(_READING[member.wishes.reading]),
    ]
    if member.rules_version:
        lines.append(catalogue.text("Rules accepted: version {version}", version=member.rules_version))
    if member.attested_on:
        lines.append(catalogue.text("Attested on: {day}", day=catalogue.day(member.attested_on)))
    if member.wishes.is_paused(facts.written_at.date()):
        lines.append(_pause_line(member.wishes.paused_until, catalogue))
    if member.valid_until:
        lines.append(catalogue.text("Valid until: {day}", day=catalogue.day(member.valid_until)))
    return ["\n".join(lines)]


def _lists(_one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    member = _member(facts)
    yours = catalogue.text("(yours)")
    lines = (
        f"- {catalogue.definition(one.title)} <{one.address}>" + (f" {yours}" if one.includes(member) else "")
        for one in facts.every_list
    )
    return ["\n".join(lines)]


def _lang(_one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [catalogue.text("From now on the relay writes to you in English.")]


def _receipts(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    if one.about == "ON":
        return [catalogue.text("From now on you get a receipt for each of your posts.")]
    return [
        catalogue.text(
            "You get no more receipts. When a post of yours waits or is not distributed, you are still told."
        )
    ]


def _reading(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    reading = Reading(one.about.lower()) if one.about else Reading.INSTANT
    paragraphs = [catalogue.text(_READING[reading])]
    if reading is Reading.INSTANT:
        paragraphs.append(catalogue.text("If posts are waiting for your digest, they come now as the last one."))
    return paragraphs


def _pause(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    until = date.fromisoformat(one.about) if one.about else None
    return [
        _pause_line(until, catalogue),
        catalogue.text(
            "What your lists get meanwhile is not kept for you. You may still post, and what concerns yourself still comes."
        ),
    ]


def _pause_line(until: date | None, catalogue: Catalogue) -> str:
    if until is None:
        return catalogue.text("Paused: no posts come until you write RESUME.")
    return catalogue.text(
        "Paused: no posts come until {day}; from that day on they come again by themselves.", day=catalogue.day(until)
    )


def _resume(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    missed = catalogue.plural(
        "During your pause your lists got {n} post without you.",
        "During your pause your lists got {n} posts without you.",
        one.missed,
    )
    return [catalogue.text("Posts come to you again."), *([missed] if one.missed else [])]


def _stop(_one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    here = facts.lists[0]
    return [
        catalogue.text(
            "You are no longer on the list {title}, and get nothing more from it. To come back, ask your focal point.",
            title=catalogue.definition(here.title),
        )
    ]


def _spill(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    if (outcome := leak_answers.outcome(one, catalogue)) is not None:
        return outcome
    return [
        catalogue.text(
            "Thank you. The moderators and the focal point are called about {about}. Please delete your copy, and neither forward nor answer it.",
            about=one.about,
        ),
        *after_answers.copies(one, catalogue),
    ]


def _no(_one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [catalogue.text("Thank you. The membership is suspended until it has been looked at.")]


def _member(facts: NoticeFacts) -> Member:
    if facts.member is None:
        raise ValueError("the answer to a member needs the member")
    return facts.member


_WRITERS: dict[str, Callable[[Answer, NoticeFacts, Catalogue], list[str]]] = {
    "HELP": _help,
    "RULES": _rules,
    "WHOAMI": _whoami,
    "LISTS": _lists,
    "LANG": _lang,
    "RECEIPTS": _receipts,
    "DIGEST": _reading,
    "INSTANT": _reading,
    "PAUSE": _pause,
    "RESUME": _resume,
    "STOP": _stop,
    "WITHDRAW": after_answers.withdrawn,
    "RECALL": after_answers.recalled,
    "ACK": ack_letters.taken,
    "ACKS": ack_letters.listed,
    "STOP-LIST": after_answers.stopped,
    "RESUME-LIST": after_answers.resumed,
    "REVIEW": after_answers.reviewed,
    "SPILL": _spill,
    "SEND": after_answers.sent_whole,
    "CONFIRM-SPILL": leak_answers.verdict,
    "DISMISS-SPILL": leak_answers.verdict,
    "DELETED": leak_answers.deleted,
    "NO": _no,
    "CONTACTS": contacts,
    "CORRECT": corrected,
    "KEY": key,
}
