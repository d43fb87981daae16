"""Whatever a person can set, see or type stands where they will look for it."""

import ast
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from relay import errors
from relay.cli.main import COMMANDS, command_line
from relay.delivery.alarm import AlarmKind
from relay.maillog import EVENTS
from relay.measures import GAUGES, METRICS
from relay.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "relay").rglob("*.py"))}
PRINTS_NO_ROWS = {"members card", "serve", "migrate", "demo", "audit export"}  # the last one prints nothing but JSON


# — settings —


def settings():
    sections = {name: field.annotation.model_fields for name, field in Settings.model_fields.items()}
    return [f"{section}.{key}" for section, fields in sections.items() for key in fields]


def test_the_shipped_settings_file_holds_every_setting_and_no_other():
    shipped = tomllib.loads((ROOT / "config" / "relay.toml").read_text("utf-8"))
    assert sorted(f"{section}.{key}" for section, keys in shipped.items() for key in keys) == sorted(settings())


@pytest.mark.parametrize("setting", settings())
def test_a_setting_is_in_the_readme(setting):
    assert f"`{setting}`" in README


# — events —

TABLES = {"maillog.py": ("EVENTS",), "measures.py": ("METRICS", "GAUGES")}


def noted():
    """Every event's name that is written out where it is noted."""
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"note", "_note"}:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def texts():
    """Every string in the code that could name an event, the table itself left out."""
    for path, tree in TREES.items():
        table = [
            node.value
            for node in tree.body
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) in TABLES.get(path.name, ())
        ]
        inside = {id(node) for one in table for node in ast.walk(one)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
                yield node.value


def test_every_event_that_is_noted_is_in_the_table():
    assert len(set(noted())) > 15
    assert set(noted()) - set(EVENTS) == set()


def test_every_event_of_the_table_is_used_and_explained():
    assert set(EVENTS) - set(texts()) == set()
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", event) for event in EVENTS)
    assert all(len(meaning.split()) >= 3 for meaning in EVENTS.values())


# — errors —


def test_every_error_is_in_the_tree_that_the_docstring_draws():
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert len(classes) >= 7
    drawn = {line.strip("│├└─ ").split()[0] for line in (errors.__doc__ or "").splitlines() if line.strip("│├└─ ")}
    assert {one.__name__ for one in classes} <= drawn


# — commands —


def leaves(group=None, path=()):
    """Every command with the words that call it."""
    for name, one in (group or typer.main.get_command(command_line(*COMMANDS))).commands.items():
        if hasattr(one, "commands"):
            yield from leaves(one, (*path, name))
        else:
            yield pytest.param(one, " ".join((*path, name)), id=" ".join((*path, name)))


@pytest.mark.parametrize(("leaf", "words"), list(leaves()))
def test_a_command_is_in_the_readme_and_its_help_has_a_working_example(leaf, words):
    assert f"`wen-relay {words}`" in README
    example = " ".join((leaf.help or "").partition("Example: ")[2].split())
    assert example.startswith(f"wen-relay {words}")
    given = shlex.split(example.partition(">")[0])[1 + len(words.split()) :]
    leaf.make_context(words, given)  # raises when an option or argument of the example is none of the command's


@pytest.mark.parametrize(("leaf", "words"), list(leaves()))
def test_a_command_prints_rows_on_demand_and_takes_the_settings_file(leaf, words):
    options = {option for parameter in leaf.params for option in parameter.opts}
    assert ("--json" in options) == (words not in PRINTS_NO_ROWS)
    assert ("--config" in options) == (words not in {"init", "demo"})


# — metrics —


def test_every_metric_stands_in_its_paper_as_the_page_has_it():
    told = re.findall(
        r"^\| `(\w+)` \| ([`\w ]*) \| (.+) \|$", (ROOT / "docs/operations/metrics.md").read_text(), re.MULTILINE
    )
    expected = [(f"{name}{'' if one.bounds else '_total'}", one) for name, one in METRICS.items()] + list(
        GAUGES.items()
    )
    assert told == [(name, " ".join(f"`{label}`" for label in one.labels), one.meaning) for name, one in expected]


def test_every_metric_is_used():
    assert {*METRICS, *GAUGES} - set(texts()) == set()


RULES = yaml.safe_load((ROOT / "deploy/prometheus/wen-relay.rules.yml").read_text("utf-8"))["groups"][0]["rules"]
ALARMS_PAPER = (ROOT / "docs/operations/alarms.md").read_text("utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_for_prometheus_asks_for_metrics_and_labels_that_there_are(rule):
    names = {
        f"{name}{end}": one for name, one in METRICS.items() for end in (("_bucket",) if one.bounds else ("_total",))
    }
    names |= GAUGES
    asked = re.findall(r"wen_relay_(\w+)(?:\{([^}]*)\})?", rule["expr"])
    assert asked or "up" in rule["expr"]
    for name, matchers in asked:
        assert name in names
        assert set(re.findall(r"(\w+)=", matchers)) <= {*names[name].labels, "process"}
    of_all = {label for name, _ in asked for label in names[name].labels} | {"le", "process", "instance"}
    assert {one.strip() for group in re.findall(r"by \(([^)]*)\)", rule["expr"]) for one in group.split(",")} <= of_all
    assert rule["labels"]["severity"] in {"page", "morning"}
    assert rule["annotations"]["summary"]


def test_every_alarm_stands_in_its_paper_and_none_else_does():
    assert re.findall(r"^\| `([\w-]+)` \|", ALARMS_PAPER, re.MULTILINE) == [str(kind) for kind in AlarmKind]


def test_rules_that_the_paper_names_are_rules():
    told = set(re.findall(r"`([A-Z]\w+[a-z])`", ALARMS_PAPER))
    assert {"RelayDown", "NoScannerFree", "MaySeeTwice"} <= told
    assert told <= {rule["alert"] for rule in RULES}
