"""The subjects of messages that stand in a text: forwarded and quoted headers, in the languages of our members.

A marking stands there as it stands in a subject, with whatever emphasis a mail program left of the page's.
"""

import re
from collections.abc import Iterator
from itertools import islice

from relay.policy.shape import Version, fold, shape

_SUBJECTS = 50  # of one text
_LONGEST = 300  # characters
_NAMES = (
    "subject sujet objet betreff betr betrifft тема предмет 主题 主題 主旨 件名 제목 asunto assunto onderwerp betreft perihal hal perkara "
    "mada v/v về_việc trích_yếu chủ_đề tiêu_đề الموضوع موضوع oggetto temat předmět predmet konu ämne emne aihe θέμα subiect tárgy относно เรื่อง विषय"
)
_NAME = "|".join(
    sorted({re.escape(fold(shape(name.replace("_", " ")))) for name in _NAMES.split()}, key=len, reverse=True)
)
_FIELD = re.compile(
    rf"(?m)^[ \t>|*_]{{0,20}}+(?:{_NAME})[ \t*_.]{{0,4}}+[:|\t][ \t*_]{{0,40}}+(?:\n[ \t>|*_]{{0,20}}+)?(?P<subject>[^\n]{{1,{_LONGEST}}})"
)


def forwarded_subjects(version: Version) -> Iterator[tuple[int, str]]:
    """Where each subject begins that stands in a text, and what it says, without emphasis before it."""
    for field in islice(_FIELD.finditer(version.folded), _SUBJECTS):
        yield field.start("subject"), version.text[slice(*field.span("subject"))]
