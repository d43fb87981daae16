"""The directory of doors by mail: the half-yearly question to focal points, word to administrators, the answer to CONTACTS."""

from collections.abc import Iterable
from datetime import date

from relay.delivery.catalogue import Catalogue
from relay.delivery.notice_facts import Answer, NoticeFacts
from relay.delivery.wording import door_line
from relay.policy.channels import Door


def ask_about_doors(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Ask a focal point whether their country's doors are right. Everything stands in the letter: nobody need look anything up."""
    ((country, doors),) = facts.doors.items()
    name, on = catalogue.country(country), facts.written_at.date()
    written = [door for door in doors if door.as_of]
    unwritten = [door for door in doors if not door.as_of]
    return [
        catalogue.text("This was asked before, and has not been answered.") if facts.reminder else "",
        catalogue.text(
            "When a post may not go to a list, its author is told the right door. Twice a year each country's focal point is asked whether "
            "its doors are right. These are the doors of {country}:",
            country=name,
        ),
        _lines(written, on, catalogue) or catalogue.text("(none is written down)"),
        f"{catalogue.text('Nothing is written down about these, so that notices name them by their function alone:')}\n"
        f"{_lines(unwritten, on, catalogue)}"
        if unwritten
        else "",
        _contacts(facts, catalogue),
        catalogue.text("If all of this is right, answer this message with the word CORRECT."),
        catalogue.text(
            "If something is wrong or missing, do not write CORRECT, but write what is right to {operators}: what the function is called and how "
            "it is reached. Functions and duty desks only, never a person's name, private number or own address.",
            operators=facts.operators,
        ),
    ]


def tell_of_silence(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell an administrator which countries have not answered."""
    return [
        catalogue.text(
            "These countries have not confirmed their doors in this half-year: they were asked and reminded twice, or have no focal point:"
        ),
        "\n".join(f"- {catalogue.country(country)}" for country in facts.silent),
        catalogue.text(
            "Please call their focal points, or name new ones. To write to them once more: wen-relay directory ask --country CC"
        ),
    ]


def contacts(one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """The doors of a country, which is the one thing about a request that its answer repeats, as a name of our own."""
    name, doors = catalogue.country(one.about), facts.doors.get(one.about, ())
    on_lists = any(one.about in each.countries for each in facts.every_list)
    known = any(door.as_of for door in doors)
    return [
        ""
        if on_lists
        else catalogue.text("No list of this relay is for {country}: what is known of it may be old.", country=name),
        f"{catalogue.text('The doors of {country}:', country=name)}\n{_lines(doors, facts.written_at.date(), catalogue)}"
        if known
        else catalogue.text("Nothing is written down about the doors of {country}.", country=name),
        catalogue.text(
            "These are functions, not persons. Which door is the right one depends on the matter: a notice names it."
        ),
    ]


def corrected(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Thank for a confirmation; or, where the doors are no longer those of the letter, list them as they are."""
    if one.outcome == "done":
        return [
            catalogue.text("Thank you. The doors of {country} are confirmed.", country=catalogue.country(one.about))
        ]
    return [
        catalogue.text(
            "The doors of {country} have been changed since that letter, so nothing is confirmed. You get a new letter that lists them.",
            country=catalogue.country(one.about),
        )
    ]


def _lines(doors: Iterable[Door], on: date, catalogue: Catalogue) -> str:
    return "\n".join(f"- {door_line(door, on, catalogue)}" for door in doors)


def _contacts(facts: NoticeFacts, catalogue: Catalogue) -> str:
    lines = [
        "- " + catalogue.text("{door}: {name}", door=catalogue.definition(title), name=catalogue.definition(contact))
        for title, contact in facts.contacts.items()
    ]
    heading = catalogue.text("Whom members turn to if a matter concerns a colleague or their own chain of command:")
    return "\n".join([heading, *lines]) if lines else ""
