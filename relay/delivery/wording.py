"""The paragraphs that notices are made of: why, where, which door, what may be sent again.

Only reason codes, places and doors come in. A place is rebuilt from words that stand here; a place that holds anything
else is "message", so that no header name, file name or other string of a message can pass through.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from relay.delivery.catalogue import Catalogue, sentence
from relay.policy.channels import Advice, Channel, Door, Rule, SendAgain
from relay.policy.decision import Reason
from relay.policy.photos import CONFIRMATIONS, FOR_A_MODERATOR, NOT_CONFIRMED

CONFIRMED_FOR = timedelta(days=366)  # focal points confirm their doors twice a year; after two misses we say so
PLACES_SHOWN = 12

_CATEGORIES = (
    (frozenset({"T1"}), sentence("safety")),
    (frozenset({"M1", "H2"}), sentence("marking")),
    (frozenset({"N1", "N2", "H3", "H4", "H5", "H6"}), sentence("personal data")),
    (frozenset({"O1", "O2", "O3", "H9"}), sentence("operational information")),
    (frozenset({"V1"}), sentence("your membership, for which your focal point has not vouched again")),
)
_OTHER_CATEGORY = sentence("unreadable")
_NO_CATEGORY = frozenset({"P1", "F1"})  # nothing was found; an offer from another region
_NOT_OF_THE_TEXT = _NO_CATEGORY | {"V1"}

_PLACES = {
    "subject": sentence("subject"),
    "text": sentence("text"),
    "quoted text": sentence("quoted text"),
    "header": sentence("header"),
    "attachments": sentence("attachments"),
    "hidden part": sentence("hidden part"),
    "name": sentence("file name"),
    "properties": sentence("properties"),
    "preview": sentence("preview"),
    "page header": sentence("header or footer of the page"),
}
_NUMBERED = {
    "line": sentence("line {number}"),
    "attachment": sentence("attachment {number}"),
    "page": sentence("page {number}"),
    "sheet": sentence("sheet {number}"),
    "slide": sentence("slide {number}"),
    "row": sentence("row {number}"),
    "part": sentence("part {number}"),
}
_WHOLE = sentence("message")
_NUMBERED_PLACE = re.compile(r"([a-z]+) ([0-9]{1,5})")

_RULES = {
    Rule.LIFE: sentence("Please telephone now and do not wait for an answer by e-mail. In this order:"),
    Rule.CLASSIFIED: sentence(
        "Use only your accredited national system. If it is classified in your country, tell your security officer."
    ),
    Rule.ORIGINATOR: sentence(
        "Only the originator may widen the circle: ask them to forward it themselves or to lower the marking. "
        "If you are the originator and your rules allow it:"
    ),
    Rule.OPERATION: sentence(
        "Please do not send this again by e-mail. Use your own service's procedure for operations."
    ),
    Rule.POSITION: sentence(
        "Use your agency's operations room or its protected reporting system. If poaching is under way, telephone. "
        "The National Central Bureau is the door only for police action across a border."
    ),
    Rule.CONSIGNMENT: sentence(
        "Send a CENcomm warning message through your CEN National Contact Point and copy it to your RILO. If the goods arrive "
        "within 24 hours, have your contact point telephone the customs duty desk of the destination, because access to CENcomm takes days."
    ),
    Rule.CUSTOMS: sentence(
        "Send it by CENcomm through your CEN National Contact Point. Where police action is needed, ask your National Central Bureau to "
        "send an Ecomessage."
    ),
    Rule.POLICE: sentence("Send it through your National Central Bureau, by I-24/7 or as an Ecomessage."),
    Rule.FIELD: sentence(
        "Please hand it to the police or customs focal point of your country. They send it on: the police by Ecomessage through the "
        "National Central Bureau, customs by CENcomm through the National Contact Point."
    ),
    Rule.JUSTICE: sentence(
        "Police information goes through your National Central Bureau; judicial matters go by mutual legal assistance or through your "
        "judicial network's contact point."
    ),
    Rule.ADVISER: sentence(
        "Please telephone the national focal point, who is a law-enforcement official and knows the right door."
    ),
}

_DOORS = {
    Channel.EMERGENCY: sentence("emergency number or duty officer, by telephone"),
    Channel.CHAIN_OF_COMMAND: sentence("your chain of command"),
    Channel.NCB: sentence("INTERPOL National Central Bureau (NCB)"),
    Channel.SIENA: sentence("Europol National Unit or national contact point, for SIENA"),
    Channel.AFRIPOL: sentence("AFRIPOL National Liaison Office"),
    Channel.ASEANAPOL: sentence("ASEANAPOL's database (e-ADS), through your national police"),
    Channel.CENCOMM_WARNING: sentence(
        "CEN National Contact Point at customs headquarters, for a CENcomm warning message"
    ),
    Channel.CENCOMM: sentence("CEN National Contact Point at customs headquarters, for CENcomm"),
    Channel.RILO: sentence("WCO Regional Intelligence Liaison Office (RILO)"),
    Channel.ENVIRONET: sentence(
        "ENVIRONET of the World Customs Organization, without any name; its CEN team gives access"
    ),
    Channel.CUSTOMS_DUTY_DESK: sentence("customs duty desk of the destination, by telephone"),
    Channel.POLICE_FOCAL_POINT: sentence("police focal point"),
    Channel.CUSTOMS_FOCAL_POINT: sentence("customs focal point"),
    Channel.OPERATIONS_ROOM: sentence("your agency's operations room or protected reporting system"),
    Channel.JUDICIAL_ASSISTANCE: sentence("central authority for mutual legal assistance"),
    Channel.EUROJUST: sentence(
        "your country's desk at Eurojust, or its contact point of the European Judicial Network"
    ),
    Channel.ASSET_RECOVERY_NETWORK: sentence("asset recovery network's contact point (ARIN)"),
    Channel.NATIONAL_FOCAL_POINT: sentence("national focal point of the network, by telephone"),
}
# An author knows these without us; "unconfirmed" beside them would only worry.
_OWN_DOORS = frozenset({Channel.EMERGENCY, Channel.CHAIN_OF_COMMAND, Channel.OPERATIONS_ROOM})

_SEND_AGAIN = {
    SendAgain.NOTHING: sentence("Please send nothing about this matter to the list."),
    SendAgain.WITHOUT_DETAILS: sentence(
        "You may send it again without these details: species, quantity, route, method and date are welcome. For a place, its name is enough."
    ),
    SendAgain.READABLE: sentence(
        "You may send it again in a form that can be read: as plain text, not encrypted and without a password."
    ),
    SendAgain.WITH_CLEAR_MARKING: sentence(
        "You may send it again with one clear marking, such as TLP:GREEN, at the beginning of the subject."
    ),
}

_PHOTOS = {
    FOR_A_MODERATOR: sentence("On this list a moderator looks at every photo before it goes out."),
    NOT_CONFIRMED: sentence(
        "On this list photos go out at once when their author confirms them. If no photo shows a face or a document, send the message "
        "again with this line at its beginning: {words}"
    ),
}

# POLICY “Sending again”: CONFIRM turns these into a moderator's hold, unless one of the others stands beside them.
_CONFIRMABLE = frozenset({"N1", "N2", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9"})
_UNMOVABLE = frozenset({"T1", "M1", "O1", "O2", "O3"})
_INTEGRITY = frozenset({"N1", "O1", "T1"})


def why(reasons: Iterable[Reason], catalogue: Catalogue) -> list[str]:
    """One line for each category of reasons, with its places; never a code, a rule or a word of the message."""
    places: dict[str, dict[str, None]] = {}
    for reason in (one for one in reasons if one.code not in _NO_CATEGORY):
        places.setdefault(_category(reason.code), {})[_place(reason.place, catalogue)] = None
    order = [*(name for _, name in _CATEGORIES), _OTHER_CATEGORY]
    return [
        "- "
        + catalogue.text(
            "{category}: {places}", category=catalogue.text(name), places=_shown(list(places[name]), catalogue)
        )
        for name in order
        if name in places
    ]


def advice_lines(advice: Advice, on: date, catalogue: Catalogue) -> list[str]:
    """The matched rule's sentence and its doors, one a line.

    Args:
        advice: what the policy chose.
        on: the day the notice is written; an entry that was confirmed long before counts as unconfirmed.
        catalogue: the author's language.
    """
    lines = [catalogue.text(_RULES[advice.rule])]
    if advice.originator_rule is not None:
        lines.append(catalogue.text(_RULES[advice.originator_rule]))
    return lines + [f"- {door_line(door, on, catalogue)}" for door in (*advice.doors, *advice.originator_doors)]


def send_again_line(send_again: SendAgain, catalogue: Catalogue) -> str:
    """What may be sent to the list again."""
    return catalogue.text(_SEND_AGAIN[send_again])


def photo_line(reasons: Iterable[Reason], catalogue: Catalogue) -> str:
    """What the author can do about photos that wait on their own account; "" when none do."""
    rules = {reason.rule for reason in reasons}
    words = CONFIRMATIONS.get(catalogue.language, CONFIRMATIONS["en"])
    return next((catalogue.text(text, words=words) for rule, text in _PHOTOS.items() if rule in rules), "")


def only_photos(reasons: Iterable[Reason]) -> bool:
    """Whether a message waits for its photos alone, or for its author's sake, so that nothing is to be left out of its text."""
    return all(reason.rule in _PHOTOS or reason.code in _NOT_OF_THE_TEXT for reason in reasons)


def may_confirm(reasons: Iterable[Reason]) -> bool:
    """Whether sending again with CONFIRM would change anything."""
    codes = {reason.code for reason in reasons}
    return bool(codes & _CONFIRMABLE) and not codes & _UNMOVABLE


def concerns_integrity(reasons: Iterable[Reason]) -> bool:
    """Whether the matter could touch a colleague, so that the notice names the integrity contact."""
    return any(reason.code in _INTEGRITY for reason in reasons)


def _category(code: str) -> str:
    return next((name for codes, name in _CATEGORIES if code in codes), _OTHER_CATEGORY)


def _place(place: str, catalogue: Catalogue) -> str:
    """A place in the author's language; "message" as soon as one of its words isn't ours."""
    # Which header field it was stays unsaid: a field's name is chosen by whoever wrote the message.
    pieces = ["header"] if place.startswith("header ") else place.split(", ")
    translated = [_place_piece(piece, catalogue) for piece in pieces]
    return ", ".join(translated) if all(translated) else catalogue.text(_WHOLE)


def _place_piece(piece: str, catalogue: Catalogue) -> str:
    if piece in _PLACES:
        return catalogue.text(_PLACES[piece])
    match = _NUMBERED_PLACE.fullmatch(piece)
    if match is None or match.group(1) not in _NUMBERED:
        return ""
    return catalogue.text(_NUMBERED[match.group(1)], number=match.group(2))


def _shown(places: list[str], catalogue: Catalogue) -> str:
    more = [catalogue.text("and elsewhere")] if len(places) > PLACES_SHOWN else []
    return catalogue.text("; ").join([*places[:PLACES_SHOWN], *more])


def door_function(channel: Channel, catalogue: Catalogue) -> str:
    """What a door is, whatever it is called in a country."""
    return catalogue.text(_DOORS[channel])


def is_confirmed(door: Door, on: date) -> bool:
    """Whether a door was found right not too long before that day."""
    return door.confirmed and door.as_of is not None and on - door.as_of <= CONFIRMED_FOR


def door_line(door: Door, on: date, catalogue: Catalogue) -> str:
    """A door, how to reach it, and as of when that is known."""
    text = door_function(door.channel, catalogue)
    for detail in filter(None, (door.name, door.how)):
        text = catalogue.text("{door}: {name}", door=text, name=catalogue.definition(detail))
    if door.as_of is None:
        return text if door.channel in _OWN_DOORS else catalogue.text("{door} (unconfirmed)", door=text)
    if is_confirmed(door, on):
        return catalogue.text("{door} (as of {day})", door=text, day=catalogue.day(door.as_of))
    return catalogue.text("{door} (as of {day}, unconfirmed)", door=text, day=catalogue.day(door.as_of))
