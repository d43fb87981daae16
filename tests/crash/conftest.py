"""One relay, made by the real commands; every trial works on a copy of it."""

import pytest

from tests.crash.blows import MEMBERS, no_strace
from tests.running import Site, establish


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A relay that was never started."""
    return establish(tmp_path_factory.mktemp("template") / "data", MEMBERS)


@pytest.fixture
def strace() -> None:
    """Skip where no process may be traced."""
    if reason := no_strace():
        pytest.skip(reason)
