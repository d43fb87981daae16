"""Who plays in the demo, and what they write. Everybody is invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from io import BytesIO

from PIL import ExifTags, Image, ImageOps

DOMAIN = "relay.example"
LISTS = ("central-africa", "eastern-africa", "south-east-asia", "species-id")
CENTRAL, EASTERN, _, SPECIES = (f"{name}@{DOMAIN}" for name in LISTS)
ALERTS = f"alerts@{DOMAIN}"
GATEWAY = "mx.justice.example"  # the name under which the trusted gateway writes what it found

_COLUMNS = ("address", "name", "agency", "agency_type", "country", "language", "lists", "role")
_CAST = """
a.mbarga@douanes-cm.example  | Awa Mbarga         | Douanes camerounaises       | customs     | CM | fr | central-africa;species-id | member
p.abega@police-cm.example    | Paul Abega         | Police judiciaire           | police      | CM | fr | central-africa            | member;moderator
r.tabi@faune-cm.example      | Ruth Tabi          | Ministère des forêts        | cites       | CM | fr | central-africa;species-id | member
j.ondo@parcs-ga.example      | Jean Ondo          | Parcs nationaux             | ranger      | GA | fr | central-africa;species-id | member
c.mba@douanes-ga.example     | Claire Mba         | Douanes gabonaises          | customs     | GA | fr | central-africa            | member;moderator
m.nsue@policia-gq.example    | Miguel Nsue        | Policía Nacional            | police      | GQ | es | central-africa;species-id | member
t.obiang@aduanas-gq.example  | Teresa Obiang      | Dirección de Aduanas        | customs     | GQ | es | central-africa            | member
w.otieno@wildlife-ke.example | Wanjiru Otieno     | Wildlife Service            | ranger      | KE | en | eastern-africa;species-id | member
d.kiprono@customs-ke.example | David Kiprono      | Customs                     | customs     | KE | en | eastern-africa;species-id | member;moderator
s.achieng@dpp-ke.example     | Sarah Achieng      | Public Prosecutions         | prosecutor  | KE | en | eastern-africa            | member
l.cossa@fauna-mz.example     | Lúcia Cossa        | Fauna Bravia                | environment | MZ | pt | eastern-africa;species-id | member
n.tran@haiquan-vn.example    | Trần Ngọc          | Vietnam Customs             | customs     | VN | en | south-east-asia           | member;moderator
somsak.p@dnp-th.example      | Somsak Phanthong   | Department of Parks         | environment | TH | en | south-east-asia;species-id | member
h.macuacua@museu-mz.example  | Hélder Macuácua    | Museu de História Natural   | expert      | MZ | pt | species-id                | member;expert
"""

STRANGER = "curious@press.example"
CUSTOMS, POLICE, RANGER, KENYA = (
    "a.mbarga@douanes-cm.example",
    "p.abega@police-cm.example",
    "j.ondo@parcs-ga.example",
    "w.otieno@wildlife-ke.example",
)
MODERATOR = "c.mba@douanes-ga.example"
HANOI = "n.tran@haiquan-vn.example"
EXPERT = "h.macuacua@museu-mz.example"
PROSECUTOR = "s.achieng@dpp-ke.example"
CAMERA = b"Quasselcam"  # stands in the metadata of the photos, and nowhere else


def cast() -> list[Mapping[str, str]]:
    """The members as rows of an import: who vouches for whom is the same two focal points throughout."""
    rows = [
        dict(zip(_COLUMNS, (cell.strip() for cell in line.split("|")), strict=True))
        for line in _CAST.strip().splitlines()
    ]
    return [
        row | {"nominated_by": "focal.point@network.example", "confirmed_by": "secretariat@network.example"}
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail of the tour. `author` stands in From, `login` logs in (None: nobody does).

    `photo` is one colour of a photo that goes with it; `finding` what a trusted gateway found, which hands it over.
    """

    title: str
    login: str | None
    author: str
    to: tuple[str, ...]
    subject: str
    text: str
    photo: str = ""
    finding: str = ""

    def octets(self, at: datetime, finding: str = "") -> bytes:
        """The message as a mail program writes it; with a gateway's finding above it, where one hands it over."""
        message = EmailMessage()
        if self.finding:
            message["Authentication-Results"] = f"{GATEWAY}; {finding or self.finding}"
        message["From"], message["To"], message["Subject"] = self.author, ", ".join(self.to), self.subject
        message["Date"], message["Message-ID"] = format_datetime(at), make_msgid(domain=self.author.partition("@")[2])
        message.set_content(self.text)
        if self.photo:
            message.add_attachment(make_photo(self.photo), maintype="image", subtype="jpeg", filename="IMG_2041.JPG")
        return message.as_bytes(policy=SMTP)


def make_photo(colour: str) -> bytes:
    """A JPEG that says in its metadata which camera took it, and where."""
    picture = Image.radial_gradient("L").resize((1200, 800))
    painted = ImageOps.colorize(picture, "#fff6e0", colour)
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = CAMERA.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (4.0, 3.0, 9.0)
    octets = BytesIO()
    painted.save(octets, "JPEG", exif=exif, quality=90)
    return octets.getvalue()


ALERT = Mail(
    title="A seizure alert",
    login=CUSTOMS,
    author=CUSTOMS,
    to=(CENTRAL, SPECIES),
    subject="Saisie de 214 kg d'écailles de pangolin, port de Douala",
    text="""Bonjour à tous,

Le 18 novembre, nos services ont saisi 214 kg d'écailles de pangolin géant
(Smutsia gigantea) dans un conteneur déclaré « noix de cajou », port de Douala.
Itinéraire : Douala - Jebel Ali - Haiphong. L'enquête
est en cours. Méthode : double fond derrière les sacs de la porte.

Merci de nous signaler toute saisie semblable à Kribi ou à Libreville.

Awa Mbarga
Douanes camerounaises
""",
    photo="#6b4a2b",
)

CONFIDENTIAL = Mail(
    title="Something that is classified",
    login=POLICE,
    author=POLICE,
    to=(CENTRAL,),
    subject="Note de service",
    text="""CONFIDENTIEL

Le dispositif Haselnussbraun sera levé vendredi.
""",
)

ROUTED = Mail(
    title="An alert that follows a route",
    login=CUSTOMS,
    author=CUSTOMS,
    to=(ALERTS,),
    subject="[CM>AE>VN] Ivoire brut dans un conteneur de bois scié",
    text="""Le 20 novembre, 96 kg d'ivoire brut ont été saisis à Kribi, dans un conteneur
de bois scié. Itinéraire déclaré : Kribi - Jebel Ali - Haiphong.
Méthode : planches évidées, collées à chaud.

Awa Mbarga
Douanes camerounaises
""",
)

QUESTION = Mail(
    title="A question to those who know species",
    login=KENYA,
    author=KENYA,
    to=(SPECIES,),
    subject="Which species? Dried skins at Namanga",
    text="""About forty dried skins, 20 to 30 cm, brown with a pale belly, found in a bus at
Namanga on 21 November. Is this a species of Appendix II? A photo is attached.

Wanjiru Otieno, Wildlife Service
""",
    photo="#3f5d3a",
)

FROM_GATEWAY = Mail(
    title="A post by way of a ministry's own mail server",
    login=None,
    author=PROSECUTOR,
    to=(EASTERN,),
    subject="Judgment in the Mombasa ivory case: a workshop",
    text="""The judgment of 12 November is public. We explain it on 3 December, by video,
to everybody who handles evidence of wildlife offences. Please tell me if you come.

Sarah Achieng, Public Prosecutions
""",
    finding="dkim=pass header.d=dpp-ke.example",
)

AMBER_FROM_CUSTOMS = Mail(
    title="A customs officer sends something marked TLP:AMBER",
    login=CUSTOMS,
    author=CUSTOMS,
    to=(CENTRAL,),
    subject="Suite de l'affaire de Douala",
    text="""TLP:AMBER

Chers collègues, l'entreprise Zinnober-Quittenbaum et son transitaire
Ypsilanti ont réservé deux autres conteneurs.
""",
)

RED_FROM_RANGER = Mail(
    title="A ranger sends something marked TLP:RED",
    login=RANGER,
    author=RANGER,
    to=(CENTRAL,),
    subject="[TLP:RED] Campement",
    text="""Le campement Wolkenkratzer est à une heure de Xylophonberg.
Nous y serons demain.
""",
)

UNKNOWN_MARKING = Mail(
    title="A marking that nobody knows",
    login=POLICE,
    author=POLICE,
    to=(CENTRAL,),
    subject="[TLP:PURPLE] Perroquets gris à l'aéroport de Nsimalen",
    text="""Le 19 novembre, 63 perroquets gris (Psittacus erithacus) ont été saisis
dans des bagages à l'aéroport de Yaoundé-Nsimalen. Destination : Istanbul.
Qui peut conseiller un centre d'accueil ?
""",
)

FORGED = Mail(
    title="A member writes in somebody else's name",
    login=RANGER,
    author=POLICE,
    to=(CENTRAL,),
    subject="Opération reportée",
    text="Merci de transmettre à tous.\n",
)

FROM_STRANGER = Mail(
    title="A stranger writes to the list",
    login=None,
    author=STRANGER,
    to=(CENTRAL,),
    subject="A question",
    text="Could you tell me about your latest seizures?\n",
)

DURING_OUTAGE = Mail(
    title="The mail server behind the relay is down",
    login=KENYA,
    author=KENYA,
    to=(EASTERN, SPECIES),
    subject="TLP:CLEAR Three live cheetah cubs, Moyale border post",
    text="""Three cheetah cubs (Acinonyx jubatus), about six weeks old, were
found in a bus at Moyale on 20 November and are in veterinary care in Nairobi.
Has anyone seen similar transports towards the Gulf of Aden this month?

Wanjiru Otieno, Wildlife Service
""",
)

# Words that stand in withheld mails only; the demo looks for them in everything that the relay wrote.
WITHHELD_WORDS = (
    "Zinnober",
    "Quittenbaum",
    "Ypsilanti",
    "Wolkenkratzer",
    "Xylophonberg",
    "affaire de Douala",
    "Haselnussbraun",
)
