"""`wen-relay`: which commands there are and where each stands; maps every failure to its exit code."""

import errno
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from relay import __version__, heap
from relay.cli.output import EXIT_BUG, EXIT_TRY_LATER, EXIT_USAGE, exit_code, say
from relay.errors import RelayError

# Where in this package each stands, and the first sentence of its help, which stands here for the table of all commands.
COMMANDS = {
    "demo": ("demo:demo", "Show the whole relay at work on this machine, with invented officers and real mail."),
    "doctor": (
        "doctor:doctor",
        "Look for what endangers the relay's promises or stops its mail; a line each, with what to do. Changes nothing.",
    ),
    "init": ("init:init", "Make a new relay: settings, keys, lists, database."),
    "serve": ("serve:serve", "Run the relay; prints one JSON line with the ports once every door is open."),
    "check": ("check:check", "Say what would happen to messages; stores and sends nothing."),
    "migrate": (
        "migrate:migrate",
        "Bring the database's schema to this version; with --to, move a relay that is stopped from SQLite to PostgreSQL.",
    ),
    "lists": ("lists:app", "The mailing lists, as the site's lists/*.toml define them."),
    "members": ("members:app", "The vetted people of this relay."),
    "gateways": ("gateways:app", "Agencies' mail servers, known by their TLS client certificate."),
    "directory": ("directory:app", "The doors of each country for what may not go to a list."),
    "posts": ("posts:app", "What became of posts."),
    "held": ("held:app", "Posts that wait for a moderator."),
    "spills": ("spills:app", "Posts that should not have gone out: reported, confirmed, dismissed."),
    "breaches": ("breaches:app", "The breach register and its clock of 72 hours."),
    "queue": ("queue:app", "The deliveries: what waits, what was sent."),
    "audit": ("queue:audit_app", "The tamper-evident log."),
    "nodes": (
        "nodes:app",
        "The processes that serve this relay: their last sign of life, and which leads the scheduled jobs.",
    ),
    "keys": ("keys:app", "The keys: which there are, and a new one for the posts at rest."),
}


def command_line(*words: str) -> typer.Typer:
    """The command line with every command in its table; only those that are among the words are loaded and can be called.

    Each needs much that the others don't: whoever asks for the version or the help waits for none of it.
    """
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="WEN Relay: a restricted mail relay for wildlife-crime officers.",
    )
    app.callback(invoke_without_command=True)(_main)
    for name, (place, sentence) in COMMANDS.items():
        if name not in words:
            app.command(name, help=sentence)(_listed)
            continue
        module, _, attribute = place.partition(":")
        command = getattr(import_module(f"relay.cli.{module}"), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, help=sentence)
        else:
            app.command(name)(command)
    return app


def _listed() -> None:
    """Stand in the table for a command that is not among the words, and so can't be called."""


def run() -> None:
    """Run one command and leave with its exit code (sysexits.h)."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        code = call(arguments)
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


def call(arguments: Sequence[str]) -> object:
    """Do what was typed; returns the exit code, where it is not 0.

    Raises:
        TyperException: the command line is wrong.
        RelayError: what the command itself raises.
    """
    heap.load()
    command = typer.main.get_command(command_line(*arguments))
    heap.settle()
    return command.main(args=list(arguments), prog_name="wen-relay", standalone_mode=False)


def _say_usage(error: typer.TyperException) -> None:
    """One sentence and where to read more; the help itself where a command was given nothing at all."""
    sentence, context = error.format_message().strip().replace(": Value error, ", ": "), getattr(error, "ctx", None)
    if "\n" in sentence:
        say(sentence)
    elif not sentence and context is not None:
        say(context.get_help())
    else:
        path = context.command_path if context is not None else "wen-relay"
        say(f"wen-relay: {sentence.rstrip('.')}. See `{path} --help`.")


def _main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """WEN Relay: a restricted mail relay for wildlife-crime officers."""
    if version:
        sys.stdout.write(f"wen-relay {__version__}\n")
        raise typer.Exit
