"""`wen-relay`: init, serve, check, migrate, demo, and the nouns' own commands; maps every failure to its exit code."""

import errno
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from relay import __version__
from relay.actions.check import Checked, check
from relay.actions.establish import establish
from relay.actions.open import forbid_memory_dumps, give_memory_back, opened
from relay.app import ROLES, serve
from relay.cli import demo, keys, lists, members, posts, queue
from relay.cli.doctor import doctor
from relay.cli.output import (
    EXIT_BUG,
    EXIT_TRY_LATER,
    EXIT_USAGE,
    ConfigOption,
    JsonOption,
    exit_code,
    print_json,
    print_rows,
    read_address,
    say,
    split,
)
from relay.errors import Invalid, NotFound, RelayError
from relay.maillog import start_logging
from relay.resources import Resources
from relay.scan.pool import ScannerPool
from relay.settings import find_site_file, load_settings
from relay.store.engine import Database
from relay.store.migrations import upgrade

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="WEN Relay: a restricted mail relay for wildlife-crime officers.",
)
app.add_typer(lists.app, name="lists")
app.add_typer(members.app, name="members")
app.add_typer(posts.app, name="posts")
app.add_typer(posts.held_app, name="held")
app.add_typer(queue.app, name="queue")
app.add_typer(queue.audit_app, name="audit")
app.add_typer(keys.app, name="keys")
app.command("demo")(demo.demo)
app.command("doctor")(doctor)


def run() -> None:
    """Run one command and leave with its exit code (sysexits.h)."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        code = typer.main.get_command(app).main(args=arguments, prog_name="wen-relay", standalone_mode=False)
    except typer.Abort:
        sys.exit(130)
    except typer.TyperException as error:
        _say_usage(error)
        sys.exit(EXIT_USAGE)
    except RelayError as error:
        say(f"wen-relay: {error}")
        sys.exit(exit_code(error))
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:  # noqa: BLE001  (the last door: a bug of ours must not print values)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            say("wen-relay: there is no room left where this writes")
            sys.exit(EXIT_TRY_LATER)
        if debug:
            traceback.print_exc()
        say(
            f"wen-relay: a fault of ours ({type(error).__name__}); run it again with --debug and tell us what it prints"
        )
        sys.exit(EXIT_BUG)
    sys.exit(code if isinstance(code, int) else 0)


def _say_usage(error: typer.TyperException) -> None:
    """One sentence and where to read more; the help itself where a command was given nothing at all."""
    sentence, context = error.format_message().strip(), getattr(error, "ctx", None)
    if "\n" in sentence:
        say(sentence)
    elif not sentence and context is not None:
        say(context.get_help())
    else:
        path = context.command_path if context is not None else "wen-relay"
        say(f"wen-relay: {sentence.rstrip('.')}. See `{path} --help`.")


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """WEN Relay: a restricted mail relay for wildlife-crime officers."""
    if version:
        sys.stdout.write(f"wen-relay {__version__}\n")
        raise typer.Exit


@app.command()
def init(
    data: Annotated[Path, typer.Option(metavar="DIR", help="The data directory to make.")],
    domain: Annotated[str, typer.Option(metavar="NAME", help="The relay's mail domain, such as relay.example.")],
    lists: Annotated[
        str, typer.Option(metavar="a,b", help="Shipped lists that are to be active.")
    ] = "central-africa,species-id",
    database: Annotated[str, typer.Option(metavar="URL", help="Default: SQLite in the data directory.")] = "",
    admin: Annotated[
        str, typer.Option(metavar="ADDR", help="The first administrator; the secret is printed once.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a new relay: settings, keys, lists, database.

    Example: wen-relay init --data /var/lib/wen-relay --domain relay.example --admin chief@agency.example
    """
    start_logging("text", "warning")
    administrator = read_address(admin) if admin else None
    made = establish(data, domain.strip().lower(), tuple(split(lists)), database, administrator, datetime.now(UTC))
    if as_json:
        print_json(
            {
                "config": str(made.site_file),
                "lists": list(made.lists),
                "administrator": made.administrator or None,
                "secret": made.secret or None,
            }
        )
        return
    say(f"The relay is in {made.site_file.parent}; its settings are {made.site_file}.")
    say(f"Active lists: {', '.join(made.lists)}.")
    say(f"Move {made.site_file.parent / 'recovery.key'} off this machine: only backups need it.")
    if made.secret:
        say(f"First administrator: {made.administrator}. Secret, shown only this once:")
        sys.stdout.write(made.secret + "\n")


@app.command("serve")
def serve_(
    only: Annotated[str, typer.Option(metavar="ROLES", help="Some of smtp,delivery,web,jobs; needs PostgreSQL.")] = "",
    config: ConfigOption = "",
) -> None:
    """Run the relay; prints one JSON line with the ports once every door is open.

    Example: wen-relay serve --config /var/lib/wen-relay/relay.toml
    """
    roles = tuple(split(only))
    if unknown := [role for role in roles if role not in ROLES]:
        raise typer.BadParameter(f"“{unknown[0]}” is not a role: use {', '.join(ROLES)}", param_hint="--only")
    forbid_memory_dumps()
    give_memory_back()
    site_file = find_site_file(Path(config) if config else None)
    settings = load_settings(site_file)
    start_logging(settings.log.format, settings.log.level)
    serve(site_file, settings, roles, lambda ports: print_json({"event": "ready", "ports": ports}))


@app.command("check")
def check_(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Messages as files; - reads standard input.")],
    sender: Annotated[str, typer.Option(metavar="ADDR", help="Judge this member's right to post too.")] = "",
    list_address: Annotated[
        str, typer.Option("--list", metavar="ADDR", help="The list; default: those in To and Cc, else alerts@.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Say what would happen to messages; stores and sends nothing.

    Example: wen-relay check --json alert.eml
    """
    with opened(config) as resources:
        scan = resources.settings.scan
        scanners = ScannerPool(processes=1, memory=scan.memory, deadline=scan.deadline, words=resources.ruleset.words)
        scanners.start()
        try:
            for file in files:
                answers = _check_one(resources, scanners, file, sender, list_address)
                rows = [answer.to_json(file) for answer in answers]
                columns = ("file", "list", "decision", "marking", "reasons", "removed", "channels")
                print_rows(rows, as_json=as_json, columns=columns, nothing="")
        finally:
            scanners.close()


def _check_one(
    resources: Resources, scanners: ScannerPool, file: str, sender: str, list_address: str
) -> tuple[Checked, ...]:
    try:
        octets = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror}") from None
    return check(
        resources,
        scanners.scan,
        octets,
        sender=read_address(sender) if sender else None,
        list_address=read_address(list_address) if list_address else None,
        now=datetime.now(UTC),
    )


@app.command()
def migrate(config: ConfigOption = "") -> None:
    """Bring the database's schema to this version.

    Example: wen-relay migrate
    """
    settings = load_settings(find_site_file(Path(config) if config else None))
    database = Database.open(settings.database_url)
    try:
        upgrade(database)
    finally:
        database.close()
    say("The database is at this version's schema.")
