"""`--help` as a person at the terminal gets it."""

import pytest
import typer

from relay.cli.main import COMMANDS, command_line
from tests.integration.command import command

TREE = typer.main.get_command(command_line(*COMMANDS)).commands
GROUPS = sorted(name for name, one in TREE.items() if hasattr(one, "commands"))


@pytest.mark.parametrize(
    "words", [(), *((group,) for group in GROUPS), ("init",), ("members", "add"), ("held", "release")]
)
def test_help_is_data_on_stdout_and_exit_0(tmp_path, words):
    done = command(*words, "--help", folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "Usage: wen-relay " in " ".join(done.out.split())
    assert words in {(), *((group,) for group in GROUPS)} or "Example: wen-relay" in " ".join(done.out.split())


def test_the_version_is_printed(tmp_path):
    done = command("--version", folder=tmp_path)
    assert (done.code, done.out.startswith("wen-relay ")) == (0, True)


@pytest.mark.parametrize("words", [(), ("members",)])
def test_without_a_verb_the_help_is_shown(tmp_path, words):
    done = command(*words, folder=tmp_path)
    assert done.code in {0, 64}
    assert "Usage: wen-relay" in " ".join((done.out + done.err).split())


def test_the_table_says_of_each_command_what_its_own_help_begins_with():
    table = typer.main.get_command(command_line()).commands
    assert list(table) == list(COMMANDS)
    for name, listed in table.items():
        assert listed.help == " ".join(TREE[name].help.partition("\n\n")[0].split())
