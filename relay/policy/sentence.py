"""What a sentence says about a label in it: a marking in its place, talk about markings, or the colour of something.

Everything looks a bounded way around the label, so that time stays linear. Talk passes (POLICY "relay") and is recognised
narrowly: a rule has the label as the object or subject of a sending verb in its own sentence, without a comma between
them, and nothing in the sentence points at this message. What was learned knows more of it (mention.py).
"""

import re
from itertools import islice

from relay.policy.house_rule import tells_a_rule
from relay.policy.vocabulary import Patterns

# Header fields in which a person or a labelling program marks; in others an odd token after "tlp:" means nothing.
_LABELLING = re.compile(
    r"header (?:subject|comments|keywords|.*(?:tlp|classif|marking|label|sensitiv|caveat|handling))"
)
REACH = 200  # characters around a label in which its place in the sentence is judged

_OPENING, _CLOSING = frozenset("([{<【*"), frozenset(")]}>】*")
_REPLY_PREFIX = re.compile(
    r"(?:\s*(?:\[[^\]]{1,40}\]|(?:re|fw|fwd|tr|rv|enc|res|aw|wg|vs|sv|ref|回复|转发|答复)\s*[:：]))*+\s*", re.IGNORECASE
)
# Words of scripts that put no spaces between them (Thai, Lao, Burmese, Khmer, Chinese …) are counted two letters each.
UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff"
_WORD = re.compile(rf"[{UNSPACED}]{{1,2}}|[^\W_{UNSPACED}]+")
_CELLS = re.compile(r"[|\t]")
_LAST_WORD = re.compile(r"([^\W\d_]{2,40})[^\w\n]*\Z")
_SENTENCE_ENDS = re.compile(r"[.!?…؟]\s|[。！？]|[!?](?=[\u3040-\u9fff])|\n\s*\n|\n(?=\s*[-*•])")
_FULL_LINE = (
    45  # a line this long may have been wrapped by a mail program, so that the next one goes on with its sentence
)
# What stands behind a colour that describes a thing: the thing. Other punctuation parts the two.
_NEXT_WORD = re.compile(rf"(?:[^\S\n]|[-,()\"«»“])*(?P<word>[^\W\d_][\w’']*)|(?P<unspaced>[{UNSPACED}])")
# The text is folded, so that Cyrillic letters that look Latin are Latin: "кг" is "kг".
_QUANTITY = re.compile(
    r"[^\w\n]{0,4}\d[\d.,\s]{0,9}(?:kg|g|t|tons?|tonnes?|toneladas?|kilo\w*|gram\w*|pieces?|pcs|unidad\w*|kг|公斤|千克|كغ|كجم)\b"
)
_COLOURED = re.compile(
    r"\b(?:liste|lista|corail|coraux|coral|corales|corais|feux?|bois|croix|cruz|pandas?|sandalo)\s+\Z"
)
_JOINED = "and or et ou y o e и или und oder 和 或"
_AND = frozenset(_JOINED.split())
# Words that name no thing, folded: behind one of them a label is no adjective.
_SMALL = (
    "a an the is are was were be been has had at as by for from in into of on onto under per with within without via "
    "until unless since because according only not never please do don't must may shall should will so this that these "
    "those it its we you they who which than all any strictly "
    "le la les l du de des d un une est sont etait au aux en dans par pour selon sous sur avec sans que qui ne pas merci "
    "seulement uniquement ce cet cette ces strictement "
    "el los las lo es son ser del al por para segun bajo sobre con sin solo solamente se su este esta "
    "os as da das dos na nos nas em pelo pela com sem sob conforme segundo apenas somente"
)
_SMALL_WORDS = frozenset(_SMALL.split())

# What stands between words that belong together: blanks, apostrophes, quotation marks, a sign inside "TLP:RED".
_S = r"(?:[\s'’\"“”«»]|(?<=\w)[:=+/-](?=\w))+"
_FEW = rf"(?:\w+{_S}){{0,5}}?"
_NOT = r"\b(?:never|not|don['’]t|ne|n|no|nao|nunca|jamais|jamas)\b"
_SEND = (
    r"\b(?:send|post|submit|e-?mail|put|envoy(?:er|ez|ons)|transmett(?:re|ez|ons)|mettre|mettez|"
    r"envi(?:ar|e|en|em|emos)|mand(?:ar|e|en|em|emos))\b"
)
_SENT = r"\b(?:sent|posted|submitted|e-?mailed|put|envoye\w*|transmis\w*|enviad\w+|enviarse|mandad\w+)\b"
_GO = r"\b(?:go|goes|travels?|belongs?|passe|passent|va|van|vai|vao)\b"
_MUST = r"\b(?:must|should|shall|may|doit|doivent|devraient|peuvent|debe\w*|pueden?|deve\w*|podem?)\b"
_ALSO = rf"(?:(?:pas|plus|jamais|nunca|jamas|ever|please|to){_S}){{0,2}}"
_FORBIDDEN_OBJECT = re.compile(rf"{_NOT}{_S}{_ALSO}{_SEND}{_S}{_FEW}\Z")
_FORBIDDEN_SUBJECT = re.compile(rf"{_S}{_FEW}(?:{_MUST}{_S}{_NOT}|{_NOT}{_S}{_MUST}){_S}(?:\w+{_S}){{0,2}}?{_SENT}")
_OBJECT = re.compile(rf"{_SEND}{_S}{_FEW}\Z")
_SUBJECT = re.compile(rf"{_S}{_FEW}(?:{_MUST}{_S}(?:\w+{_S})?{_SENT}|{_GO})")
_CHANNEL = re.compile(
    r"\b(?:i-?24/7|cencomm|siena|ecomessage|(?:an)?other channel|autre canal|otro canal|outro canal)\b"
)
# This list, and here, are where the rule applies; anything else that is pointed at is this message or what comes with it.
THIS_LIST = re.compile(
    r"\b(?:this|ce|cet|cette|n?est[ae])\s+(?:mailing\s+)?(?:list\w*|relay|relais|rele|forum|group\w*|grupo|channel|canal)\b"
)
_OUTSIDE = r"(?<!outside )(?<!beyond )(?<!hors de )(?<!fuera de )(?<!fora de )(?<!fora )"
_HERE = re.compile(rf"{_OUTSIDE}{THIS_LIST.pattern}|\b(?:here|ici|aqui|aca)\b|\b(?:the|la|a)\s+list\w*\b")
# All that may stand behind such a place or a channel: a sentence with other words tells more than the rule.
_COURTEOUS = (
    "please thanks thank you very much dear all everybody everyone colleagues friends not never only instead rather but "
    "and or nor to by via through on at in the a your own national central bureau contact point use always here "
    "merci beaucoup a tous toutes les chers collegues svp s il vous plait pas jamais seulement plutot mais et ou ni par "
    "sur dans le la l votre bureau point de contact utilisez utiliser passez toujours ici "
    "gracias muchas todos todas los las estimados colegas companeros por favor no nunca solo sino pero y o ni en el su "
    "oficina nacional punto contacto usen utilicen usar siempre aqui "
    "obrigado obrigada muito os as caros nao apenas mas e nem pelo pela na seu ponto contato usem utilizem sempre "
    "ncb bcn i 24 7 cencomm siena ecomessage channel canal list liste lista "
    "information informations informacion informacao informacoes material"
)
_COURTESY = frozenset(_COURTEOUS.split())
_RUNNING_ON = re.compile("的意思|是什么|是指(?!定)|指的是")
_WITHIN = 8  # words between a label and the place where it must not be sent
THIS = re.compile(
    r"\b(?:this|these|below|above|attached|enclosed|following|herewith|ce|cet|cette|ces|ci|suivant\w*|joint\w*|"
    r"est[ae]s?|estos?|siguientes?|adjunt\w+|isto|seguintes?|anex\w+|my|our|mon|mes|notre|mi|nuestr\w+|meu|noss\w+)\b"
)
# A sentence about this message, or one in which the author tells what they do, did or could not do.
_IS = re.compile(
    r"\b(?:i|we|je|j|nous|yo|eu|can|cannot|can['’]t|could|did|have|had|pude|pudimos|pudo|puedo|podemos|peux|pouvons|"
    r"am|is|are|was|were|be|est|sont|es|son|ser|sao|considered|treat\w*|classified)\b"
    r"|\b(?:as|the|le|la|l|el|o|comme|como)[\s'’\"“«]*\Z"
)
# What makes a short line with a label a remark about labels: the word right before it, or the question mark at the end.
_GOVERNED = re.compile(
    rf"(?:{_NOT}|{_SEND}|\b(?:any|about|for|without|mean|pas|sem|sin|sans|pour|para|sobre|uber|ohne|kein\w*|geen|usitume)\b|"
    rf"发送|發送|不要发|勿发)(?:{_S}(?:de|d|of|any|informations?|informac\w+))?[\s'’\"“«]*\Z"
)


def in_marking_place(text: str, start: int, end: int, place: str) -> bool:
    """Whether a label stands where markings stand: on its own, in brackets, at the edges of a subject or paragraph."""
    if not is_prose(place):
        return True
    before = text[max(0, start - REACH) : start].rpartition("\n")[2]
    after = rest_of_line(text, end)
    if before[-1:] in _OPENING and after[:1] in _CLOSING:
        return True
    if _CELLS.search(before + after) and not count_words(_CELLS.split(before)[-1] + _CELLS.split(after)[0]):
        return True  # "Page 1 | TLP:RED | 24 November"
    if place.startswith(("subject", "header subject")):
        beginning = _REPLY_PREFIX.sub("", before, count=1)
        return not count_words(beginning) or not count_words(after) or count_words(before) + count_words(after) <= 3
    earlier = text[max(0, start - len(before) - REACH) : start - len(before)]
    alone = count_words(before) + count_words(after)
    if not alone or (alone <= 3 and not _was_wrapped(earlier)):
        return not alone or not (after.rstrip().endswith("?") or _GOVERNED.search(before.lower()))
    starts = not count_words(before) and _ends_paragraph(earlier) and (not earlier.strip() or not _runs_on(after))
    return starts or (not count_words(after) and bool(before.strip()) and not before.rstrip()[-1].isalnum())


def is_prose(place: str) -> bool:
    """Whether sentences stand in this place; header fields and names of attachments have none."""
    return place.startswith("header subject") or not (
        place.startswith("header") or place.endswith((", header", ", name"))
    )


def may_mark(place: str) -> bool:
    """Whether a person or a labelling program wrote this place."""
    return _LABELLING.match(place) is not None or not (place.startswith("header") or place.endswith(", header"))


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence that holds a span starts and ends, within reach: at a stop, or where a short line ends."""
    first, last = max(0, start - REACH), min(len(text), end + REACH)
    for stop in _SENTENCE_ENDS.finditer(text, first, start):
        first = stop.end()
    if following := _SENTENCE_ENDS.search(text, end, last):
        last = following.start()
    line_end = text.rfind("\n", first, start)
    while line_end >= 0 and _is_full(text, line_end):
        line_end = text.rfind("\n", first, line_end)
    first = max(first, line_end + 1)
    line_end = text.find("\n", end, last)
    while line_end >= 0 and _is_full(text, line_end):
        line_end = text.find("\n", line_end + 1, last)
    return first, last if line_end < 0 else line_end


def describes_a_thing(text: str, folded: str, start: int, end: int, patterns: Patterns) -> bool:
    """Whether a label is plainly a colour, because a thing stands beside it: "red pandas", "ambre gris", "Liste rouge"."""
    if _QUANTITY.match(folded, end) or _COLOURED.search(folded, max(0, start - 30), start):
        return True  # "amber 12 kg"
    found = _NEXT_WORD.match(folded, end)
    while found and found.group("word"):
        small = patterns.no_nouns.match(folded, found.start("word"))
        if small and text[small.start() : small.end()].lower() not in _AND:
            return False
        # Further colours describe the same thing: "red, white and black corals". Without a thing they are labels.
        if not (passed := small or patterns.word.match(folded, found.start("word"))):
            break
        found = _NEXT_WORD.match(folded, passed.end())
    return found is not None and found.group("word") not in _SMALL_WORDS


def next_is_small(text: str, end: int) -> bool:
    """Whether a word in small letters follows, so that a label in capitals was not written in a shouted sentence."""
    found = _NEXT_WORD.match(text, end)
    return found is not None and not (found.group("word") or "").isupper()


def stands_out(text: str, start: int, end: int) -> bool:
    """Whether a label in capitals stands between words that have none, or alone in brackets."""
    before, after = text[max(0, start - REACH) : start], text[end : end + REACH]
    if before[-1:] in _OPENING and after[:1] in _CLOSING:
        return text[start:end].isupper()
    previous = _LAST_WORD.search(before)
    shouted = previous is not None and previous.group(1).isupper()
    return (
        text[start:end].isupper()
        and not shouted
        and (next_is_small(text, end) or not count_words(rest_of_line(text, end)))
    )


def is_a_rule(folded: str, start: int, end: int) -> bool:
    """Whether the sentence says where such information must or must not be sent, and no more: "never send TLP:RED to this list".

    It has to name this list, or the channel for it. "TLP:RED must not be sent outside the team" is about this message.
    """
    first, last = sentence_around(folded, start, end)
    before, after = folded[first:start], folded[end:last]
    if tells_a_rule(before, folded[end : last + 1]):  # with the sign that ends it: a question states nothing
        return True
    if _IS.search(before.rpartition(";")[2]) or THIS.search(THIS_LIST.sub("", f"{before} · {after}")):
        return False
    forbidden = _FORBIDDEN_SUBJECT.match(after)
    if forbidden or _FORBIDDEN_OBJECT.search(before):
        told = forbidden.end() if forbidden else 0
        here = _HERE.search(after, told)
        near = here and len(_WORD.findall(after[told : here.start()])) <= _WITHIN
        if near or _HERE.search(before):
            return _is_courtesy(after[here.end() if here and near else told :])
    going = _SUBJECT.match(after)
    if (going or _OBJECT.search(before)) and _CHANNEL.search(f"{before} · {after}"):
        return _is_courtesy(_CHANNEL.sub("", after[going.end() if going else 0 :]))
    return False


def _is_courtesy(rest: str) -> bool:
    """Whether the rest of a rule's sentence tells nothing else."""
    return all(word in _COURTESY for word in _WORD.findall(rest))


def rest_of_line(text: str, end: int) -> str:
    """What follows in the same line, within reach."""
    return text[end : end + REACH].partition("\n")[0]


def count_words(text: str) -> int:
    """How many words there are, up to four: more make no difference."""
    return sum(1 for _ in islice(_WORD.finditer(text), 4))


def _is_full(text: str, line_end: int) -> bool:
    before = text[max(0, line_end - REACH) : line_end]
    return len(before.rpartition("\n")[2]) >= _FULL_LINE


def _runs_on(after: str) -> bool:
    """Whether a sentence goes on right behind the label, as in "TLP:RED material goes by another channel", "TLP:RED的意思是…"."""
    return (after[:1].isspace() and after.lstrip()[:1].islower()) or _RUNNING_ON.match(after) is not None


def _ends_paragraph(earlier: str) -> bool:
    """Whether the lines before a line end a paragraph or a sentence, so that the line starts one."""
    last = earlier.rstrip()[-1:]
    return earlier.endswith("\n\n") or not last or not (last.isalnum() or last == ",")


def _was_wrapped(earlier: str) -> bool:
    """Whether the line before is long and its sentence unfinished, as when a mail program broke it."""
    return len(earlier.rstrip().rpartition("\n")[2]) >= _FULL_LINE and not _ends_paragraph(earlier)
