"""One site for all tests of commands that change nothing, and a copy of it for those that do."""

import pytest

from tests.integration.service import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A site with its members; no service runs on it, and tests leave it as it is."""
    made = Site(tmp_path_factory.mktemp("site"), 25)
    made.enrol()
    return made


@pytest.fixture
def fresh(site, tmp_path):
    """A copy of the site that a test may change or spoil."""
    return site.copy(tmp_path)
