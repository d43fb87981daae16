"""Whatever octets come as a document: nothing raises, and nothing leaves with a part that wasn't read."""

import random
import warnings

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.documents.kind import kind_of_content
from relay.documents.limits import Room
from relay.documents.read import read
from relay.documents.samples import samples
from relay.scan.container import is_made_as
from tests.documents import annotated, docx, opendocument, paragraph, pdf, pptx, revised, unzipped, xlsx, zipped
from tests.scanning import scan
from tests.unit.scan.test_scan_documents import attached, mail

SAMPLES = [octets for _, octets in samples()] + [
    docx(paragraph("x")), xlsx("<row/>", "<row/>"), pptx("x", notes={1: "x"}), opendocument("ods", "<a/>"), pdf("x", "y"),
    annotated("x"), revised(b"x", b"y"), zipped({"a.docx": docx(), "b.txt": b"x"}),
]  # fmt: skip
NAMES = ("a.pdf", "a.docx", "a.gz", "a.csv", "", "a.msg")
slow = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def changed(octets: bytes, seed: int) -> bytes:
    """The octets with some exchanged, cut out, doubled or moved."""
    chance, made = random.Random(seed), bytearray(octets)
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(made) + 1), chance.randint(1, 12)
        match chance.randrange(4):
            case 0:
                made[at : at + length] = chance.randbytes(length)
            case 1:
                del made[at : at + length]
            case 2:
                made[at:at] = made[at : at + 20 * length]
            case _:
                made[at:at] = octets[chance.randrange(len(octets)) :][:length]
    return bytes(made)


def recompressed(octets: bytes, seed: int) -> bytes:
    """A ZIP with the content of its files changed, so that the changes get past the check sums."""
    files = unzipped(octets)
    chosen = random.Random(seed).choice(list(files))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return zipped(files | {chosen: changed(files[chosen], seed)})


@slow
@given(st.sampled_from(SAMPLES), st.integers(0, 2**32), st.sampled_from(NAMES))
def test_no_document_raises_and_what_leaves_is_what_it_says(octets, seed, name):
    octets = recompressed(octets, seed) if octets[:2] == b"PK" and seed % 2 else changed(octets, seed)
    read(octets, kind_of_content(octets), name, Room())
    result = scan(mail(attached(octets, name)))
    assert bool(result.documents) != (result.removed == ("attachment 1",))
    assert all(is_made_as(one.octets, one.media_type) for one in result.documents)


@slow
@given(st.binary(max_size=300), st.sampled_from([octets[:12] for octets in SAMPLES]), st.sampled_from(NAMES))
def test_no_octets_behind_a_beginning_raise(octets, beginning, name):
    found = read(beginning + octets, kind_of_content(beginning + octets), name, Room())
    assert found is None or found.clean is None or not found.removed_for
