"""Settings: environment > /run/secrets > the site's TOML > the shipped config/relay.toml; all frozen, unknown keys refused.

A wrong value names the file and line (or the environment variable) it came from, and the nearest right key.
Longer than most files, so that every setting stands on one page.
"""

import difflib
import ipaddress
import json
import os
import re
import socket
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

import relay
from relay.errors import ConfigurationError
from relay.mail.address import parse_address
from relay.source import Source, fault, keys_of, line_of, read_source

SECRETS = Path("/run/secrets")
CANDIDATES = (Path("relay.toml"), Path("/etc/wen-relay/relay.toml"))

_DURATION_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_557_600}
_SIZE_UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def shipped(*parts: str) -> Path:
    """A path under the shipped config/ or lists/: inside the installed package, or beside it in a checkout."""
    package = Path(relay.__file__).parent
    root = package / "_shipped" if (package / "_shipped").is_dir() else package.parent
    return root.joinpath(*parts)


def duration(value: object) -> timedelta:
    """A duration as settings and commands take it, such as 20s, 72h or 5d; ValueError for anything else."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+)\s*([smhdwy])", str(value))
    if not match:
        raise ValueError(f"write a duration such as 20s, 72h or 5d, not “{value}”")
    return timedelta(seconds=int(match.group(1)) * _DURATION_UNITS[match.group(2)])


def _size(value: object) -> object:
    match = re.fullmatch(r"(\d+)\s*(B|KiB|MiB|GiB)?", str(value))
    if not match:
        raise ValueError(f"write a size such as 512MiB, not “{value}”")
    return int(match.group(1)) * _SIZE_UNITS[match.group(2) or ""]


def _words(value: object) -> object:
    """A list; an environment variable holds it as JSON or as words with commas between."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.startswith("[") else [word.strip() for word in value.split(",") if word.strip()]


def _host_name(value: str) -> str:
    if parse_address(f"postmaster@{value}") is None:
        raise ValueError(f"write a domain such as relay.example, not “{value}”")
    return value.lower()


def _public_host(value: str) -> str:
    return _host_name(value) if value else ""


def _mail_address(value: str) -> str:
    if value and parse_address(value) is None:
        raise ValueError(f"write a mail address such as ops@agency.example, not “{value}”")
    return value


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError:
            raise ValueError(f"write networks such as 192.0.2.0/24 or 2001:db8::1, not “{value}”") from None
    return values


def _authserv_id(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?", value):
        raise ValueError(f"write the name that the gateway gives itself, such as mx.agency.example, not “{value}”")
    return value


def _resolver(value: str) -> str:
    host, _, port = value.partition(":")
    try:
        if value:
            ipaddress.IPv4Address(host)
            int(port or "53")
    except ValueError:
        raise ValueError(f"write a resolver's address such as 192.0.2.53 or 192.0.2.53:5353, not “{value}”") from None
    return value


def _port(value: object) -> object:
    if value == "auto" or re.fullmatch(r"-?\d+", str(value)):
        return value if value == "auto" else int(str(value))
    raise ValueError(f'write a port\'s number, 0 for off, or "auto" for any free one, not “{value}”')


Duration = Annotated[timedelta, BeforeValidator(duration), Field(gt=timedelta(0))]
Octets = Annotated[int, BeforeValidator(_size), Field(gt=0)]
Port = Annotated[Annotated[int, Field(ge=0, le=65535)] | Literal["auto"], BeforeValidator(_port)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Networks = Annotated[Words, AfterValidator(_networks)]
Domain = Annotated[str, AfterValidator(_host_name)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RelaySection(_Section):
    """Who this relay is and where it keeps its data."""

    domain: Domain
    data: Path
    node: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    language: Literal["en", "fr", "es", "pt"]
    postmaster: Annotated[str, AfterValidator(_mail_address)]


class SmtpSection(_Section):
    """The doors for mail and their limits."""

    host: str
    port: Port
    submission_port: Port
    submissions_port: Port
    public_host: Annotated[str, AfterValidator(_public_host)]
    tls_certificate: str
    tls_key: str
    client_certificates: Annotated[
        tuple[Literal["smtp", "submission", "submissions"], ...], NoDecode, BeforeValidator(_words)
    ]
    client_ca: str
    resolver: Annotated[str, AfterValidator(_resolver)]
    trusted_gateways: Networks
    authserv_id: Annotated[str, AfterValidator(_authserv_id)]
    proxies: Networks
    max_message_octets: Octets
    max_in_flight_octets: Octets
    max_recipients: int = Field(ge=1, le=100)
    max_connections: int = Field(ge=1)
    max_connections_per_ip: int = Field(ge=1)
    min_free_octets: Annotated[int, BeforeValidator(_size), Field(ge=0)]


class DeliverySection(_Section):
    """The next mail server and how long to try."""

    smarthost: str
    port: int = Field(ge=1, le=65535)
    tls: Literal["auto", "required", "opportunistic", "none"]
    onward_tls: Literal["requiretls", "smarthost"]
    username: str
    password_file: str
    connections: int = Field(ge=1, le=100)
    verp: Literal["auto", "always", "never"]
    arc_seal: bool
    cfbl_address: bool
    max_age: Duration


class DigestSection(_Section):
    """When digests leave."""

    hour: int = Field(ge=0, le=23)


class DatabaseSection(_Section):
    """Where the database is; "" means SQLite in the data directory. `disk` is a directory on a server's disk, where that is this machine's."""

    url: str = Field(repr=False)
    disk: str


class WebSection(_Section):
    """The web door."""

    host: str
    port: Port
    public_url: str
    metrics: Networks


class ScanSection(_Section):
    """The scanner processes."""

    deadline: Duration
    processes: int = Field(ge=1, le=64)
    memory: Octets


class RetentionSection(_Section):
    """How long things are kept."""

    held: Duration
    posts: Duration
    audit_names: Duration
    breaches: Duration


class VettingSection(_Section):
    """How long a country's word for its people counts."""

    attest_every: Annotated[Duration, Field(ge=timedelta(days=60))]  # the asking begins 30 days before


class AlarmsSection(_Section):
    """How long, how little or how near trouble must be before whoever runs the relay is told, and how often they are."""

    due: Duration
    undelivered: Duration
    smarthost_away: Duration
    disk: Annotated[int, BeforeValidator(_size), Field(ge=0)]
    certificate: Duration
    letters_per_hour: int = Field(ge=1)


class LogSection(_Section):
    """The log's form."""

    format: Literal["json", "text"]
    level: Literal["debug", "info", "warning", "error"]


class LimitsSection(_Section):
    """What one member, and what all members of one agency together, may send; 0 means no limit."""

    posts_per_hour: int = Field(ge=0)
    octets_per_day: int = Field(ge=0)
    fan_out_per_day: int = Field(ge=0)
    agency_posts_per_hour: int = Field(ge=0)
    agency_octets_per_day: int = Field(ge=0)
    agency_fan_out_per_day: int = Field(ge=0)


class Settings(BaseSettings):
    """All settings; README and the shipped relay.toml explain each."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="RELAY_",
        env_nested_delimiter="__",
        case_sensitive=False,
        nested_model_default_partial_update=False,
    )

    relay: RelaySection
    smtp: SmtpSection
    delivery: DeliverySection
    digest: DigestSection
    database: DatabaseSection
    web: WebSection
    scan: ScanSection
    retention: RetentionSection
    vetting: VettingSection
    alarms: AlarmsSection
    log: LogSection
    limits: LimitsSection

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  (pydantic-settings' own signature)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (no .env files: secrets have their own place)
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over secrets over files; the files come merged as init settings."""
        if SECRETS.is_dir():
            secrets = NestedSecretsSettingsSource(file_secret_settings, secrets_dir=SECRETS)
            return env_settings, secrets, init_settings
        return env_settings, init_settings

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.relay.data

    @property
    def database_url(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database.url or sqlite_url(self.relay.data / "relay.db")

    @property
    def disks(self) -> dict[str, Path]:
        """A directory on each disk that must not become full, by what lies on it."""
        disks = {"data": self.relay.data}
        return disks | {"database": Path(self.database.disk)} if self.database.disk else disks

    @property
    def public_host(self) -> str:
        """The name by which members' mail programs reach the submission doors, with the default filled in: the domain."""
        return self.smtp.public_host or self.relay.domain

    @property
    def smarthost_tls(self) -> Literal["required", "opportunistic", "none"]:
        """The smarthost's TLS rule, with the default filled in: none for loopback, else required."""
        if self.delivery.tls == "auto":
            return "none" if is_loopback(self.delivery.smarthost) else "required"
        return self.delivery.tls


def sqlite_url(file: Path) -> str:
    """The URL of an SQLite file; characters that mean something in a URL are encoded (RFC 3986 §2.1)."""
    return f"sqlite:///{quote(str(file))}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine's loopback."""
    if host in {"localhost", "localhost.localdomain"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_within(ip: str, networks: Iterable[str]) -> bool:
    """Whether an address as text lies in one of these networks; an IPv4 address also in its IPv6 form."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in ipaddress.ip_network(one) for one in networks)


def find_site_file(named: Path | None) -> Path:
    """The site's settings file: the named one, $RELAY_CONFIG, ./relay.toml or /etc/wen-relay/relay.toml.

    Raises:
        ConfigurationError: there is none.
    """
    chosen = named or (Path(os.environ["RELAY_CONFIG"]) if os.environ.get("RELAY_CONFIG") else None)
    if chosen is None:
        chosen = next((path for path in CANDIDATES if path.is_file()), None)
    if chosen is None:
        raise ConfigurationError(
            "no settings file: name one with --config, or make one with `wen-relay init --data DIR --domain NAME`"
        )
    if not chosen.is_file():
        raise ConfigurationError(
            f"there is no settings file {chosen}: make one with `wen-relay init --data DIR --domain NAME`"
        )
    return chosen


def load_settings(site_file: Path) -> Settings:
    """Read, merge and check all settings.

    Raises:
        ConfigurationError: one sentence with file and line, or with the environment variable.
    """
    defaults = read_source(shipped("config", "relay.toml").read_text("utf-8"), "config/relay.toml")
    try:
        site = read_source(site_file.read_text("utf-8"), str(site_file))
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            f"can't be read: {error.strerror if isinstance(error, OSError) else 'not UTF-8'}", file=str(site_file)
        ) from None
    merged = _merge(defaults.data, site.data)
    _check_environment()
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise _blame(error, site) from None
    except SettingsError as error:  # a whole section in one value, and not as JSON
        section = re.sub(r'.*field "(\w+)".*', r"RELAY_\1", str(error), flags=re.DOTALL).upper()
        raise ConfigurationError(
            f"environment variable or secret {section}: write {section}__KEY for each key"
        ) from None
    data = (site_file.parent / settings.relay.data).resolve()
    settings = settings.model_copy(update={"relay": settings.relay.model_copy(update={"data": data})})
    _check_together(settings, site)
    return settings


def _check_environment() -> None:
    """A variable of ours with a misspelt section would set nothing; pydantic only finds misspelt keys in known sections."""
    sections = list(Settings.model_fields)
    for name in sorted(os.environ):
        section, parted, _ = name.upper().removeprefix("RELAY_").partition("__")
        if not (name.upper().startswith("RELAY_") and parted) or section.lower() in sections:
            continue
        if near := difflib.get_close_matches(section.lower(), sections, n=1):  # else it belongs to another program
            hint = f"did you mean RELAY_{near[0].upper()}__…?"
            raise ConfigurationError(f"environment variable {name}: there is no section “{section.lower()}”; {hint}")


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _blame(error: ValidationError, site: Source) -> ConfigurationError:
    """Name the environment variable when the faulty value came from one, else the site file's line."""
    path = [str(part) for part in error.errors()[0]["loc"] if isinstance(part, str)]
    variable = "RELAY_" + "__".join(path[:2]).upper()
    complaint = fault(site, error, keys_of(Settings.model_json_schema()))
    if variable in {name.upper() for name in os.environ}:
        sentence = str(complaint).removeprefix(f"{complaint.file}:{complaint.line}: ")
        return ConfigurationError(f"environment variable {variable}: {sentence}")
    return complaint


def _check_together(settings: Settings, site: Source) -> None:
    """What single values can't say: loopback rules for TLS, paths that must exist, doors that must differ."""
    smtp, delivery = settings.smtp, settings.delivery
    doors = [
        port for port in (smtp.port, smtp.submission_port, smtp.submissions_port) if isinstance(port, int) and port
    ]
    everywhere = is_loopback(smtp.host) or smtp.host in {"0.0.0.0", "::"}  # noqa: S104  (compared, not bound)
    rules = (
        (
            is_loopback(delivery.smarthost) and everywhere and delivery.port in doors,
            ("delivery", "port"),
            "[delivery] smarthost and port are the relay's own door: copies would come back to it",
        ),
        (
            delivery.tls == "none" and not is_loopback(delivery.smarthost),
            ("delivery", "tls"),
            '[delivery] tls = "none" is for a smarthost on this machine only: use "required"',
        ),
        (
            delivery.onward_tls == "smarthost"
            and settings.smarthost_tls != "required"
            and not is_loopback(delivery.smarthost),
            ("delivery", "onward_tls"),
            '[delivery] onward_tls = "smarthost" needs tls = "required", or a smarthost on this machine',
        ),
        (
            bool(smtp.tls_certificate) != bool(smtp.tls_key),
            ("smtp", "tls_certificate" if smtp.tls_certificate else "tls_key"),
            "[smtp] tls_certificate and tls_key belong together: set both or neither",
        ),
        (
            not smtp.tls_certificate and not is_loopback(smtp.host),
            ("smtp", "host"),
            "[smtp] host is not this machine's loopback: set tls_certificate and tls_key",
        ),
        (
            bool(delivery.username) and settings.smarthost_tls != "required",
            ("delivery", "username"),
            '[delivery] a username needs tls = "required": a password is only sent over verified TLS',
        ),
        (
            bool(delivery.username) != bool(delivery.password_file),
            ("delivery", "username" if delivery.username else "password_file"),
            "[delivery] username and password_file belong together: set both or neither",
        ),
        *(
            (bool(name) and not Path(name).is_file(), path, f"the file {name} does not exist")
            for name, path in (
                (smtp.tls_certificate, ("smtp", "tls_certificate")),
                (smtp.tls_key, ("smtp", "tls_key")),
                (delivery.password_file, ("delivery", "password_file")),
            )
        ),
        (
            bool(settings.database.disk) and not Path(settings.database.disk).is_dir(),
            ("database", "disk"),
            f"[database] disk: there is no directory {settings.database.disk}",
        ),
        (
            settings.relay.postmaster.lower() in {f"{one}@{settings.relay.domain}" for one in ("postmaster", "abuse")},
            ("relay", "postmaster"),
            "[relay] postmaster is where mail to postmaster@ and abuse@ goes on to: name a mailbox elsewhere",
        ),
        (
            bool(smtp.trusted_gateways) != bool(smtp.authserv_id),
            ("smtp", "trusted_gateways" if smtp.trusted_gateways else "authserv_id"),
            "[smtp] trusted_gateways and authserv_id belong together: set both or neither",
        ),
        (
            len(doors) != len(set(doors)),
            ("smtp", "port"),
            "[smtp] port, submission_port and submissions_port must differ",
        ),
        (
            smtp.max_in_flight_octets < smtp.max_message_octets,
            ("smtp", "max_message_octets"),
            "[smtp] max_in_flight_octets must be at least max_message_octets",
        ),
    )
    for broken, path, sentence in rules:
        if broken:
            line = line_of(site.text, path) if path[0] in site.data else 0
            raise ConfigurationError(sentence, file=site.file, line=line)


def helo_name(settings: Settings) -> str:
    """The name this machine gives to the next server."""
    name = socket.getfqdn()
    return name if parse_address(f"postmaster@{name}") else settings.relay.domain
