"""The directory of doors as a page of HTML that stands by itself: to be read on a telephone, or printed to PDF from any browser.

Functions and days only. Every word from a definition is escaped; there is no script and nothing is fetched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from html import escape

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.wording import door_function, is_confirmed
from relay.policy.channels import Door

_STYLE = """
:root { color-scheme: light }
* { box-sizing: border-box }
body { font: 16px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 60rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; margin: 0 0 .5rem } h2 { font-size: 1.15rem; margin: 1.5rem 0 .4rem }
table { width: 100%; border-collapse: collapse; table-layout: fixed }
th, td { text-align: start; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #767676 }
tbody th { font-weight: 500 } thead th:first-child { width: 40% } .open { font-weight: 600; white-space: nowrap }
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  tr { display: block; padding: .5rem 0; border-bottom: 1px solid #767676 } td, tbody th { display: block; border: 0; padding: .1rem 0 } td:empty { display: none }
  td::before { content: attr(data-label) ": "; color: #4a4a4a }
}
@media print {
  @page { size: A4; margin: 18mm 15mm } body { font-size: 10pt; max-width: none; padding: 0 }
  h2 { break-after: avoid } tr { break-inside: avoid } thead { display: table-header-group }
}
"""
_COLUMNS = (sentence("Function"), sentence("Name"), sentence("How it is reached"), sentence("As of"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryEntry:
    """What the directory says about one country: its doors, and the integrity contacts of its lists by their titles."""

    country: str
    doors: tuple[Door, ...]
    contacts: Mapping[str, str] = field(default_factory=dict)


def directory_page(entries: Iterable[CountryEntry], on: date, catalogue: Catalogue) -> str:
    """Write the page.

    Args:
        entries: the countries, in the order of the page.
        on: the day on which it is written, and by which doors count as confirmed.
        catalogue: the reader's language.
    """
    title = escape(catalogue.text("Directory of doors"))
    explained = catalogue.text(
        "Written on {day}. Each line is a function, never a person. What is unconfirmed has not been found right by the country's focal point "
        "within a year.",
        day=catalogue.day(on),
    )
    sections = "\n".join(_section(entry, on, catalogue) for entry in entries)
    return (
        f'<!doctype html>\n<html lang="{escape(catalogue.language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{escape(explained)}</p>\n"
        f"{sections}\n</main>\n</body>\n</html>\n"
    )


def _section(entry: CountryEntry, on: date, catalogue: Catalogue) -> str:
    labels = [escape(catalogue.text(column)) for column in _COLUMNS]
    name = escape(catalogue.country(entry.country))
    heads = "".join(f'<th scope="col">{label}</th>' for label in labels)
    rows = "\n".join(_row(door, labels, on, catalogue) for door in entry.doors if door.as_of)
    table = f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n" if rows else ""
    unwritten = [door_function(door.channel, catalogue) for door in entry.doors if not door.as_of]
    more = (
        [f"{catalogue.text('Nothing is written down about:')} {catalogue.text('; ').join(unwritten)}"]
        if unwritten
        else []
    )
    more += [
        catalogue.text(
            "Integrity contact of {title}: {contact}",
            title=catalogue.definition(title),
            contact=catalogue.definition(contact),
        )
        for title, contact in entry.contacts.items()
    ]
    paragraphs = "".join(f"<p>{escape(line)}</p>\n" for line in more)
    return f"<section>\n<h2>{name} ({escape(entry.country)})</h2>\n{table}{paragraphs}</section>"


def _row(door: Door, labels: list[str], on: date, catalogue: Catalogue) -> str:
    day = catalogue.day(door.as_of) if door.as_of else ""
    open_ = not is_confirmed(door, on)
    cells = (catalogue.definition(door.name), catalogue.definition(door.how))
    columns = "".join(
        f'<td data-label="{label}">{escape(cell)}</td>' for label, cell in zip(labels[1:3], cells, strict=True)
    )
    state = f' <span class="open">({escape(catalogue.text("unconfirmed"))})</span>' if open_ else ""
    function = escape(door_function(door.channel, catalogue))
    return f'<tr><th scope="row">{function}</th>{columns}<td data-label="{labels[3]}">{escape(day)}{state}</td></tr>'
