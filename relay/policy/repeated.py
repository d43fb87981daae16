"""What was confirmed as a spill, sent again by its own author: as it was, or its text word for word in a new message.

Thread memory judges an author's own text afresh, so that a corrected version passes. A spill that nothing was taken out of is
no corrected version: as it was it is withheld, and where all of its text stands in a message with another subject, other
words around it or other attachments, a moderator decides, since we can't know in which part the trouble was.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from relay.policy.post import CleanPart, plain_text
from relay.policy.shingle import DIGEST_OCTETS, chosen, digest, words_of
from relay.policy.thread import MARKING, QUOTED, Keyed, Memory, memories_of_refused, without_signatures

REPEATED = "thread.repeated"
WINDOWS = 10  # by which a whole text is found: of those that a longer text chooses too, one in five words


def everything(author_id: str, subject: str, parts: Iterable[CleanPart], files: Iterable[bytes]) -> bytes:
    """A digest of all that a message says: who, subject, text without signatures, photos and documents as they leave."""
    said = blake2b(digest_size=DIGEST_OCTETS)
    texts = (author_id, "\n".join(words_of(subject)), "\n".join(words_of(_text(parts))))
    for one in (*(text.encode() for text in texts), *files):
        said.update(blake2b(one, digest_size=DIGEST_OCTETS).digest())
    return b"everything\n" + said.digest()


def memories_of_spill(
    parts: Iterable[CleanPart], message_id: str | None, own: bytes, public: frozenset[bytes], keyed: Keyed
) -> tuple[Memory, ...]:
    """What is kept of a post that is destroyed as a spill: as of any that is withheld for its marking, and by what its author is known who sends it again.

    Args:
        parts: its text.
        message_id: its Message-ID.
        own: `everything` of it.
        public: digests of shingles that members were given already.
        keyed: the hash under the newest key.
    """
    parts = tuple(parts)
    again = Memory(hash=keyed(own), code="M1", rule=MARKING)
    return (again, *_whole(_text(parts), public, keyed), *memories_of_refused(parts, message_id, public, keyed))


def _whole(text: str, public: frozenset[bytes], keyed: Keyed) -> Iterator[Memory]:
    """A text as one passage; none of one that is no more than a turn of phrase, or has nothing of its own."""
    words = words_of(text)
    places = [place for place in chosen(words) if digest(words, place) not in public]
    if len(places) < QUOTED:
        return
    whole = keyed(digest(words, 0, len(words)))
    for place in places[:WINDOWS]:
        shingle = keyed(digest(words, place))
        yield Memory(hash=shingle, code="H2", rule=REPEATED, before=-place, words=len(words), whole=whole)


def _text(parts: Iterable[CleanPart]) -> str:
    parts = tuple(parts)
    return without_signatures(plain_text(parts) or "\n".join(part.text for part in parts))
