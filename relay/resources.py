"""What a running process works with, as one frozen value: settings, lists, rules, catalogues, keys, database.

Built and checked whole at start and at reload; swapped by one reference.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path

from cryptography import x509

from relay.delivery.catalogue import Catalogue, read_catalogue
from relay.delivery.signing import SigningKey
from relay.errors import ConfigurationError, RelayError
from relay.mail.address import Address
from relay.measures import Measures
from relay.policy.channels import Directory
from relay.policy.directory import read_directory
from relay.policy.ruleset import Ruleset, read_marking_words
from relay.roster.definition import judge_lists, read_list
from relay.roster.destination import Destination, destination_of, destinations
from relay.roster.mailing_list import OWNER, MailingList
from relay.scan.instructions import Definitions
from relay.settings import Settings, helo_name, shipped
from relay.store import queue, schema
from relay.store.engine import Database
from relay.store.keys import Keys, load_keys
from relay.transport.enquiry import Enquiries
from relay.transport.smtp import Smarthost

LANGUAGES = ("en", "fr", "es", "pt")

OnFault = Callable[[ConfigurationError], None]


def _refuse(error: ConfigurationError) -> None:
    raise error


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Everything the verbs need. `client_cas` are the authorities from which clients' certificates must come; none: any. `enquiries` are what may be asked of the DNS. `lists` holds the active ones by name, `known_lists` the inactive ones as well. `measures` outlive a reload."""

    settings: Settings
    known_lists: Mapping[str, MailingList]
    ruleset: Ruleset
    catalogues: Mapping[str, Catalogue] = field(repr=False)
    keys: Keys = field(repr=False)
    signing_keys: tuple[SigningKey, ...] = field(repr=False)
    client_cas: tuple[x509.Certificate, ...] = ()
    database: Database
    enquiries: Enquiries
    measures: Measures = field(default_factory=Measures, repr=False)

    def now(self) -> datetime:
        """The time by which the relay goes: the database's clock, which all its nodes have in common."""
        return self.database.now()

    @cached_property
    def lists(self) -> Mapping[str, MailingList]:
        """The active lists by name."""
        return {name: one for name, one in self.known_lists.items() if one.active}

    def catalogue(self, language: str) -> Catalogue:
        """The catalogue of a language; the site's own language when there is none."""
        return self.catalogues.get(language) or self.catalogues[self.settings.relay.language]

    def list_named(self, name: str) -> MailingList | None:
        """The list of this name, active or not, a list of moderators among them; None when it isn't defined (any more)."""
        of = self.known_lists.get(name.removesuffix(OWNER))
        return of.owners if of and name.endswith(OWNER) else of

    def destination(self, address: Address) -> Destination | None:
        """What an address is for; None when it is none of this relay's."""
        return destination_of(address, self.settings.relay.domain, self._destinations)

    @cached_property
    def _destinations(self) -> Mapping[str, Destination]:
        return destinations(self.lists.values())


def load_resources(settings: Settings, database: Database | None = None, on_fault: OnFault = _refuse) -> Resources:
    """Read and check everything beside the settings.

    Args:
        settings: what `load_settings` gave.
        database: an open one to keep (at reload); None opens the settings' own.
        on_fault: told what is wrong with the lists; where it returns, they are read as far as they are right.

    Raises:
        ConfigurationError: lists, rules, catalogues, keys or the database's schema are wrong, or a list is gone that is in use.
        Unavailable: the database can't be opened.
    """
    lists = load_lists(settings, on_fault)
    ruleset = load_ruleset(settings)
    catalogues = load_catalogues()
    keys = load_keys(settings.data / "keys")
    return Resources(
        settings=settings,
        known_lists=lists,
        ruleset=ruleset,
        catalogues=catalogues,
        keys=keys,
        signing_keys=tuple(
            SigningKey(algorithm=key.algorithm, selector=key.selector, domain=settings.relay.domain, key=key.key)
            for key in keys.dkim
        ),
        client_cas=load_client_cas(settings),
        enquiries=Enquiries(settings.smtp.resolver),
        database=_with_every_list(database, settings, lists, on_fault)
        if database
        else _open_database(settings, lists, on_fault),
    )


def _open_database(settings: Settings, lists: Mapping[str, MailingList], on_fault: OnFault) -> Database:
    """Open the database, which must have this version's schema."""
    database = Database.open(settings.database_url)
    try:
        schema.check(database)
        _with_every_list(database, settings, lists, on_fault)
    except RelayError:
        database.close()
        raise
    return database


def _with_every_list(
    database: Database, settings: Settings, lists: Mapping[str, MailingList], on_fault: OnFault
) -> Database:
    """The database, once it is sure that every list with a post that is held or waits has its definition."""
    with database.read() as connection:
        lost = sorted({name.removesuffix(OWNER) for name in queue.lists_in_use(connection)} - lists.keys())
    if lost:
        sentence = f"the list “{lost[0]}” has posts that wait, but no definition: put {lost[0]}.toml back, with active = false to close it"
        on_fault(ConfigurationError(sentence, file=str(settings.data / "lists")))
    return database


def load_lists(settings: Settings, on_fault: OnFault = _refuse) -> dict[str, MailingList]:
    """Read the site's lists/*.toml.

    Args:
        settings: what `load_settings` gave.
        on_fault: told of each fault; where it returns, what is wrong by itself is left out, and the rest goes on.

    Raises:
        ConfigurationError: a definition is wrong, or two lists share a name or tag, and `on_fault` refuses that.
    """
    directory = settings.data / "lists"
    if not directory.is_dir():
        raise ConfigurationError(f"there is no {directory}: make the data directory with `wen-relay init`")
    try:
        paths = sorted(
            path for path in directory.iterdir() if path.suffix == ".toml"
        )  # glob takes an unreadable one for empty
    except OSError as error:
        raise ConfigurationError(f"can't be read: {error.strerror}", file=str(directory)) from None
    lists = []
    for path in paths:
        try:
            lists.append(read_list(_read(path), str(path), settings.relay.domain))
        except ConfigurationError as error:
            on_fault(error)
    for sentence in _judge(settings, lists):
        on_fault(ConfigurationError(sentence, file=str(directory)))
    return {one.name: one for one in lists}


def _judge(settings: Settings, lists: Sequence[MailingList]) -> Iterator[str]:
    """What is wrong with the lists together, or with them under these settings."""
    if wrong := judge_lists(lists):
        yield wrong
    clicked = [one.name for one in lists if one.one_click_leave]
    if clicked and not settings.web.public_url.startswith("https://"):
        yield f"the list “{clicked[0]}” has one_click_leave, but [web] public_url is not an https:// address: set it, or take one_click_leave out"
    strict = [one.name for one in lists if one.tls == "required"]
    if strict and settings.delivery.onward_tls == "requiretls" and settings.smarthost_tls != "required":
        yield f'the list “{strict[0]}” has tls = "required", and no copy of it could leave: set [delivery] tls = "required", or onward_tls = "smarthost"'


def load_ruleset(settings: Settings) -> Ruleset:
    """Read marking words and channels: the site's own files in DATA/config before the shipped ones of the same name.

    Raises:
        ConfigurationError: a file is wrong.
    """
    site = settings.data / "config"
    markings = site / "policy" / "markings.toml"
    if not markings.is_file():
        markings = shipped("config", "policy", "markings.toml")
    return Ruleset(
        words=read_marking_words(_read(markings), str(markings)), directory=load_directory(site / "channels")
    )


def load_definitions(settings: Settings, ruleset: Ruleset) -> Definitions:
    """What scanners are to search for: the site's own files in DATA/config/policy/detectors before the shipped ones of the same name.

    Raises:
        ConfigurationError: a file can't be read; what is in them is tried by `make_rules`.
    """
    directories = shipped("config", "policy", "detectors"), settings.data / "config" / "policy" / "detectors"
    paths = {path.name: path for directory in directories for path in sorted(directory.glob("*.toml"))}
    return Definitions(words=ruleset.words, detectors={str(path): _read(path) for path in paths.values()})


def load_client_cas(settings: Settings) -> tuple[x509.Certificate, ...]:
    """The authorities of `[smtp] client_ca`; () when there are none.

    Raises:
        ConfigurationError: the file can't be read as certificates.
    """
    if not settings.smtp.client_ca:
        return ()
    path = Path(settings.smtp.client_ca)
    try:
        return tuple(x509.load_pem_x509_certificates(_read(path).encode()))
    except ValueError:
        raise ConfigurationError("[smtp] client_ca holds no certificates (PEM)", file=str(path)) from None


def load_directory(site: Path) -> Directory:
    """Read the doors that countries share and each country's own; a site's file replaces the shipped one of its name whole."""
    ours = shipped("config", "channels")
    own = {path.name: path for directory in (ours, site) for path in sorted(directory.glob("??.toml"))}
    shared = site / "shared.toml"
    if not shared.is_file():
        shared = ours / "shared.toml"
    return read_directory(((str(path), _read(path)) for path in own.values()), (str(shared), _read(shared)))


def load_smarthost(settings: Settings) -> Smarthost:
    """How to reach the next server, its password read from its file.

    Raises:
        ConfigurationError: the file can't be read.
    """
    delivery = settings.delivery
    try:
        password = Path(delivery.password_file).read_text("utf-8").strip() if delivery.password_file else ""
    except (OSError, UnicodeError):
        raise ConfigurationError(
            "[delivery] password_file can't be read as text", file=delivery.password_file
        ) from None
    return Smarthost(
        host=delivery.smarthost,
        port=delivery.port,
        tls=settings.smarthost_tls,
        enforces_tls=delivery.onward_tls == "smarthost",
        username=delivery.username,
        password=password,
        helo_name=helo_name(settings),
    )


@cache
def load_catalogues() -> Mapping[str, Catalogue]:
    """Read the message catalogues of every language of the notices: once, since a site has none of its own that a reload could change."""
    return {
        language: read_catalogue(_read(shipped("config", "locales", f"{language}.po")), language)
        for language in LANGUAGES
    }


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigurationError(f"can't be read: {error.strerror}", file=str(path)) from None
    except UnicodeError:
        raise ConfigurationError("is not UTF-8 text", file=str(path)) from None
