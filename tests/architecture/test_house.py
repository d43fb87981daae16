"""The rules of the house that no type checker knows: layers, sizes, and nothing left undone."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from relay.delivery.catalogue import read_catalogue

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "relay").rglob("*.py"))
PACKAGES = sorted({path.parent for path in MODULES if "migrations" not in path.parts})
LINES, MODULES_IN_A_PACKAGE = 300, 12


def docstring(path):
    return path.read_text("utf-8").partition('"""')[2].partition('"""')[0]


def name(path):
    return str(path.relative_to(ROOT))


def test_nobody_imports_what_stands_above_them():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_is_short_or_its_docstring_says_why_it_is_not(path):
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= LINES or re.search(r"[Ll]onger", docstring(path)), f"{lines} lines"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_what_it_is(path):
    assert len(docstring(path).split()) >= 3 or not path.read_text("utf-8").strip()


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_a_package_has_few_modules_or_its_docstring_says_why_it_has_more(package):
    modules = [path for path in package.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MODULES_IN_A_PACKAGE or "modules" in docstring(package / "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_is_left_undone_and_nobody_sleeps(path):
    text = path.read_text("utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|\btime\.sleep\b", text)
    assert not re.search(r"\bfrom time import .*\bsleep\b", text)


def test_every_catalogue_has_the_same_sentences_and_none_is_empty_or_uncertain():
    files = sorted((ROOT / "config" / "locales").glob("*.po"))
    assert [path.stem for path in files] == ["en", "es", "fr", "pt"]
    sentences = [set(read_catalogue(path.read_text("utf-8"), path.stem).forms) for path in files]
    assert all(one == sentences[0] for one in sentences)
    for path in files:
        text = path.read_text("utf-8")
        assert "#, fuzzy" not in text
        assert text.count("\nmsgid ") == len(sentences[0]) + 1  # with the header's


MACHINES_CLOCK = {  # who looks at this machine's own clock, and why
    "relay/store/clock.py": "where the database has none",
    "relay/ticking.py": "APScheduler goes by it, and is told when it was set",
    "relay/transport/connections.py": "a default, for a courier without a database",
    "relay/transport/dns.py": "dnspython's memory goes by it",
    "relay/transport/sink.py": "the demo's smarthost is another machine",
    "relay/cli/doctor.py": "it is what is looked at",
    "relay/cli/init.py": "there is no database yet",
}
DAYS_AT_A_TERMINAL = {"directory.py", "lists.py", "members.py", "past.py", "wishes.py"}  # that somebody names or reads


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_the_time_is_the_databases_and_not_this_machines(path):
    asked = re.search(r"\bdatetime\.(now|utcnow)\(|\bdate\.today\(|\btime\.time\(\)", path.read_text("utf-8"))
    of_a_terminal = path.parent.name == "cli" and (path.name.startswith("demo") or path.name in DAYS_AT_A_TERMINAL)
    assert not asked or name(path) in MACHINES_CLOCK or of_a_terminal, "use resources.now()"
