"""Legends: the labels explained one by one, which is talk about markings, and how to tell one from a document's portions."""

import re
from collections.abc import Iterable
from dataclasses import replace

from relay.policy.mention import IN_PROSE
from relay.policy.post import Finding
from relay.roster.mailing_list import Tlp

# What explains a label, to the end of its line or entry, in words of the scheme's own definitions and no others: a portion of
# a document that is marked "TLP:RED: …" has other words.
_DEFINING = (
    "for the a an of in within to on from and or with no not only without beyond just named individual individuals person "
    "persons people recipient recipients participant participants organisation organisations organization organizations "
    "their its clients community communities sector world public publicly disclosure disclose disclosed further limited "
    "unlimited limit limits restriction restrictions restricted unrestricted can may must be is are there this share "
    "shared sharing spread distribution distributed freely need know basis eyes ears "
    "pour seulement uniquement reserve reservee les des aux le la l un une de du d au sein et ou sans pas peut nommees nommes "
    "personnes personne destinataires destinataire participants organisme organismes membres communaute communautes "
    "publique divulgation diffusion partage limitee limite restreinte restriction illimitee libre besoin connaitre "
    "solo solamente para los las el del en y o sin no se puede personas nombradas destinatarios destinatario "
    "participantes organizacion organizaciones clientes miembros comunidad comunidades publico publica divulgacion "
    "difusion limitada ilimitada limites restringida restriccion libre compartir "
    "apenas somente os as da do das dos em e ou sem nao pode pessoas nomeadas organizacao organizacoes membros comunidade "
    "divulgacao difusao limitada restrita restricao livre partilhar compartilhar"
)
_TRANSLATED = r"(?:[ \t]*\([^()\n]{1,20}\))?"  # "TLP:RED (ROUGE) : …"
_WORD = rf"(?:{'|'.join(sorted(set(_DEFINING.split()), key=len, reverse=True))})(?!\w)"
_DEFINITION = re.compile(
    rf"{_TRANSLATED}[ \t\"”»)]{{0,3}}(?P<sign>=|:|means\b|-|\||\t)[^\w\n;]{{0,3}}"
    rf"(?:{_WORD}[^\w\n;]{{0,3}}){{1,30}}+(?=[\n;]|\Z)"
)
# A label with something behind it, as an entry has it, in whatever words.
_ENTRY = re.compile(rf"{_TRANSLATED}[ \t\"”»)]{{0,3}}[=:|\t-][ \t]*[^\s]")


def without_legend(findings: Iterable[Finding], folded: str) -> list[Finding]:
    """Leave out the entries of a legend under an explicit lower marking: "TLP:RED = for named persons only; …".

    A legend explains two labels with a sign of equality, or three in any way: a document whose portions are marked may
    well have two labels with colons. Without a marking of its own beside it a legend marks nothing, but raises.
    """
    found = list(findings)
    signs = [_DEFINITION.match(folded, one.end) if one.label else None for one in found]
    entries = [(one.label, sign.group("sign")) for one, sign in zip(found, signs, strict=True) if sign]
    labels = {Tlp(label) for label, _ in entries if label}
    marked = [
        Tlp(one.label)
        for one, sign in zip(found, signs, strict=True)
        if one.code == "M1" and one.label and not sign and not _ENTRY.match(folded, one.end)
    ]
    needed = 3 if any(sign != "=" for _, sign in entries) else 2
    if len(labels) < needed:
        return _in_the_shape_of_a_legend(found, folded, marked)
    if any(label.level >= max(labels, key=_level).level for label in marked):
        return found
    if marked:
        return [one for one, sign in zip(found, signs, strict=True) if not sign]
    return [in_prose(one) if sign and one.code == "M1" else one for one, sign in zip(found, signs, strict=True)]


def _in_the_shape_of_a_legend(found: list[Finding], folded: str, marked: list[Tlp]) -> list[Finding]:
    """Entries in words that we don't know, under a marking of their own: they may be a legend, and only raise.

    A legend has an entry for three labels and more, among them those that anybody may read.
    """
    shaped = [one for one in found if one.label and _ENTRY.match(folded, one.end)]
    labels = {Tlp(one.label) for one in shaped if one.label}
    is_shaped = len(labels) >= 3 and labels & {Tlp.CLEAR, Tlp.GREEN}
    if not is_shaped or not marked or max(marked, key=_level).level >= max(labels, key=_level).level:
        return found
    return [in_prose(one) if one in shaped and one.code == "M1" else one for one in found]


def in_prose(finding: Finding) -> Finding:
    """A marking's finding as one that only raises."""
    return replace(finding, code="H2", rule=f"{finding.rule}{IN_PROSE}")


def _level(label: Tlp) -> int:
    return label.level
