"""Photos and documents through a running relay: photos out as pixels, documents as copies made anew, held where the list says so, kept as they came where it says so."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from relay.scan.container import is_bare_jpeg
from tests.documents import core, docx, paragraph, unzipped, zipped
from tests.integration.clients import make_post, send
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    JEAN,
    MARIA,
    PAUL,
    SPECIES,
    Service,
    Site,
    Smarthost,
    eventually,
)
from tests.pictures import encoded, exif, opened, picture, png_text

SECRET = "Wobbleglimmer-4711"


class Scene:
    """A relay whose central list keeps originals, and whose species list wants photos confirmed."""

    def __init__(self, folder):
        self.smarthost = Smarthost()
        self.site = Site(folder, self.smarthost.port)
        self.site.edit_list("central-africa", "strict = false", "strict = false\nkeep_original_photos = true")
        self.site.edit_list("species-id", "strict = false", 'strict = false\nphotos = "confirm"')
        self.site.enrol(ANA, PAUL)
        self.service = Service(self.site)
        self._count = 0

    def post(self, *photos, to=CENTRAL, text="Forty kilograms of scales.", author=ANA):
        """Send photos; the post's reference."""
        self._count += 1
        message = make_post(
            author, "Seizure", f"{text}\n\nNumber {self._count}.", message_id=f"<{self._count}@d.example>", to=to
        )
        for name, octets in photos:
            kinds = {
                b"\x89PNG": ("image", "png"),
                b"\xff\xd8\xff\xe0": ("image", "jpeg"),
                b"\xff\xd8\xff\xe1": ("image", "jpeg"),
            }
            main, sub = kinds.get(octets[:4], ("application", "octet-stream"))
            message.add_attachment(octets, maintype=main, subtype=sub, filename=name)
        reply = send(self.service, author, message, to)
        assert reply.startswith("250 2.0.0 "), reply
        return reply.split()[2]

    def stored(self, reference, column):
        with closing(sqlite3.connect(self.site.data / "relay.db")) as database:
            query = f"SELECT {column} FROM posts WHERE reference = ?"
            [row] = database.execute(query, [reference])
        return row[0]

    def originals(self, reference, reader, folder):
        return self.site.try_run("posts", "photos", reference, "--reader", reader, "--to", str(folder), "--json")


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("photos"))
    with scene.service:
        yield scene
    scene.smarthost.close()


JPEG = encoded(picture(), exif=exif(SECRET, orientation=6), comment=SECRET) + SECRET.encode()
PNG = encoded(picture(), "PNG", pnginfo=png_text(Title=SECRET))


def files_in(folder: Path) -> list[bytes]:
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def test_every_member_gets_the_photos_and_nothing_of_what_stood_beside_them(scene):
    reference = scene.post((f"{SECRET}.jpg", JPEG), ("b.png", PNG))
    eventually(lambda: scene.smarthost.copies(reference) == sorted({PAUL, JEAN, MARIA, CLAIRE}))
    for copy in (mail for mail in scene.smarthost.about(reference) if mail.is_copy):
        photos = list(copy.message.iter_attachments())
        names = [f"{reference}-photo-1.jpg", f"{reference}-photo-2.jpg"]
        assert [photo.get_filename() for photo in photos] == names
        assert all(is_bare_jpeg(photo.get_content()) for photo in photos)
        assert [opened(photo.get_content()).size for photo in photos] == [(48, 64), (64, 48)]
        assert "Forty kilograms of scales." in copy.text()
        assert SECRET not in copy.message.as_string()
        assert not any(SECRET.encode() in photo.get_content() for photo in photos)
    [row] = scene.site.rows("posts", "show", reference)
    assert (row["decision"], row["removed"], [one["code"] for one in row["reasons"]]) == ("relay", [], ["P1"])


def test_every_member_gets_the_documents_that_could_be_read_under_neutral_names(scene):
    report = docx(paragraph("Forty kilograms."), parts={"docProps/core.xml": core(creator=SECRET)})
    pictured = docx(**{"word/media/a.png": b"x"})
    reference = scene.post(
        (f"{SECRET}.docx", report), ("b.docx", pictured), ("c.zip", zipped({"list.csv": b"kg;place\n40;port\n"}))
    )
    eventually(lambda: scene.smarthost.copies(reference) == sorted({PAUL, JEAN, MARIA, CLAIRE}))
    for copy in (mail for mail in scene.smarthost.about(reference) if mail.is_copy):
        files = {one.get_filename(): one for one in copy.message.iter_attachments()}
        assert list(files) == [f"{reference}-attachment-1.docx", f"{reference}-attachment-3-1.csv"]
        word, table = files.values()
        assert b"Forty kilograms." in unzipped(word.get_content())["word/document.xml"]
        assert table.get_content() == "kg;place\n40;port\n"
        assert SECRET.encode() not in b"".join(unzipped(word.get_content()).values())
    [row] = scene.site.rows("posts", "show", reference)
    assert (row["decision"], row["removed"]) == ("relay", ["attachment 2"])
    assert [(one["code"], one["rule"]) for one in row["reasons"]] == [("H1", "document.pictures")]


def test_a_marking_in_a_photo_s_properties_withholds(scene):
    reference = scene.post(("a.jpg", encoded(picture(), exif=exif("TLP:RED"))))
    scene.smarthost.notice(reference, "withhold")
    [row] = scene.site.rows("posts", "show", reference)
    assert [(one["code"], one["place"]) for one in row["reasons"]] == [("M1", "attachment 1, properties")]
    assert [scene.stored(reference, column) for column in ("content", "originals", "wrapped_key")] == [None] * 3
    assert scene.smarthost.copies(reference) == []


def test_originals_are_written_out_for_the_author_and_the_moderators_only(scene, tmp_path):
    reference = scene.post(("a.jpg", JPEG), ("b.png", PNG))
    for reader in (ANA, CLAIRE):
        done = scene.originals(reference, reader, tmp_path / reader)
        assert done.code == 0, done
        assert [Path(row["file"]).name for row in done.rows] == [
            f"{reference}-original-1.jpg",
            f"{reference}-original-2.png",
        ]
        assert files_in(tmp_path / reader) == [JPEG, PNG]
    for reader in (JEAN, "nobody@press.example"):
        assert scene.originals(reference, reader, tmp_path / "none").code == 73
        assert not (tmp_path / "none").exists()
    assert scene.originals(reference, ANA, tmp_path / ANA).code == 65  # nothing is overwritten
    entries = scene.site.run("audit", "export").out
    assert entries.count('"originals.read"') >= 2


def test_originals_are_encrypted_at_rest_and_kept_only_where_the_list_says_so(scene, tmp_path):
    kept, not_kept = scene.post(("a.jpg", JPEG)), scene.post(("a.jpg", JPEG), to=SPECIES, text="NO FACES, NO DOCUMENTS")
    assert len(scene.stored(kept, "originals")) > len(JPEG)
    assert scene.stored(not_kept, "originals") is None
    assert scene.originals(not_kept, ANA, tmp_path / "none").code == 66
    assert scene.originals(scene.post(), ANA, tmp_path / "none").code == 66
    files = [path.read_bytes() for path in scene.site.data.rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in octets or JPEG[:100] in octets for octets in (*files, scene.service.log))


def test_a_list_that_wants_photos_confirmed_holds_them_until_somebody_has_looked(scene, tmp_path):
    reference = scene.post(("a.jpg", JPEG), to=SPECIES)
    notice = scene.smarthost.notice(reference, "hold")
    assert "AUCUN VISAGE, AUCUN DOCUMENT" in " ".join(notice.text().split())
    shown = scene.site.rows("held", "show", reference, "--moderator", CLAIRE, "--to", str(tmp_path / "look"))
    [row] = shown
    assert row["photos"] == [str(tmp_path / "look" / f"{reference}-photo-1.jpg")]
    [photo] = files_in(tmp_path / "look")
    assert is_bare_jpeg(photo)
    assert [one["code"] for one in row["reasons"]] == ["H6"]
    assert scene.site.try_run("held", "show", reference, "--to", str(tmp_path / "x")).code == 65
    scene.site.run("held", "release", reference, "--moderator", CLAIRE)
    eventually(lambda: scene.smarthost.copies(reference) == sorted({PAUL, MARIA, CLAIRE}))
    [copy] = [mail for mail in scene.smarthost.about(reference) if mail.recipient == PAUL and mail.is_copy]
    assert [one.get_content() for one in copy.message.iter_attachments()] == [photo]


def test_a_confirmed_photo_goes_out_at_once(scene):
    reference = scene.post(("a.jpg", JPEG), to=SPECIES, text="Aucun visage, aucun document.")
    eventually(lambda: scene.smarthost.copies(reference) == sorted({PAUL, MARIA, CLAIRE}))


def test_refusing_a_held_post_destroys_its_photos(scene):
    scene.site.edit_list("species-id", 'photos = "confirm"', 'photos = "confirm"\nkeep_original_photos = true')
    scene.service.reload()
    reference = scene.post(("a.jpg", JPEG), to=SPECIES)
    assert scene.stored(reference, "originals")
    scene.site.run("held", "refuse", reference, "--moderator", CLAIRE, "--code", "N1")
    assert [scene.stored(reference, column) for column in ("content", "originals", "wrapped_key")] == [None] * 3


def test_what_would_happen_to_photos_is_said_beforehand(scene):
    message = make_post(ANA, "Seizure", "Scales.")
    message.add_attachment(JPEG, maintype="image", subtype="jpeg", filename="a.jpg")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    rows = [scene.site.rows("check", "--list", to, "-", stdin=message.as_bytes())[0] for to in (CENTRAL, SPECIES)]
    assert [(row["decision"], row["removed"]) for row in rows] == [
        ("relay", ["attachment 2"]),
        ("hold", ["attachment 2"]),
    ]
