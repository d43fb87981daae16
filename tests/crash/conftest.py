"""One relay, made by the real commands; every module's story begins with a copy of it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pysequoia import Tsk

from tests.crash.blows import no_strace
from tests.crash.lives import Command, until
from tests.crash.story import Story
from tests.running import Site, Smarthost, establish, without_detectors

MEMBERS = 6  # the author and five who get a copy; the last moderates


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A relay that was never started; one of its members gets posts encrypted."""
    site = establish(tmp_path_factory.mktemp("template") / "data", MEMBERS, moderators=1)
    without_detectors(site.data)
    reader, key = site.members[3], site.data.with_name("key.asc")
    key.write_text(str(Tsk.generate(f"Officer <{reader}>").extract_certificate()), "utf-8")
    assert Command(site, "members", "encryption-key", "add", reader, str(key)).end() == 0
    return site


@pytest.fixture(scope="session")
def strace() -> None:
    """Skip where no process may be traced."""
    if reason := no_strace():
        pytest.skip(reason)


@pytest.fixture(scope="module")
def story(template: Site, tmp_path_factory: pytest.TempPathFactory, strace: None) -> Iterator[Story]:
    """A relay in one process, with SQLite."""
    folder: Path = tmp_path_factory.mktemp("story")
    with Smarthost() as smarthost:
        opened = Story(template.copy(folder / "data"), smarthost)
        yield opened
        opened.close()


@pytest.fixture(autouse=True)
def told(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep what a test's trials came to, to be summed up at the end of a long sweep."""
    if "story" not in request.fixturenames:
        yield
        return
    story: Story = request.getfixturevalue("story")
    trials, twice = len(story.trials), story.possible_duplicates
    yield
    until(story.database_answers)
    request.node.user_properties += [("trial", (str(one.blow), one.fell)) for one in story.trials[trials:]]
    request.node.user_properties.append(("possible duplicates", story.possible_duplicates - twice))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Sum up all trials by blow; each was looked at, so whatever is lost or doubled unseen has failed its test."""
    fell: Counter[str] = Counter()
    dealt: Counter[str] = Counter()
    duplicates = 0
    for report in (one for reports in terminalreporter.stats.values() for one in reports):
        if getattr(report, "when", "") != "teardown":
            continue
        for name, value in report.user_properties:
            if name == "trial":
                dealt[value[0]] += 1
                fell[value[0]] += value[1]
            elif name == "possible duplicates":
                duplicates += value
    if dealt:
        terminalreporter.section("trials by blow")
        for blow in sorted(dealt):
            terminalreporter.line(f"{dealt[blow]:5} {blow} ({fell[blow]} fell)")
        failed = len(terminalreporter.getreports("failed"))
        terminalreporter.line(
            f"{dealt.total():5} in all; sweeps with a loss: {failed}; possible duplicates counted: {duplicates}"
        )
