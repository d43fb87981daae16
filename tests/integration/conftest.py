"""One site for all tests of commands that change nothing, and a copy of it for those that do."""

import shutil

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
    shutil.copytree(site.data, tmp_path / "data")
    copy = object.__new__(Site)
    copy.folder, copy.data, copy.file = tmp_path, tmp_path / "data", tmp_path / "data" / "relay.toml"
    copy.file.write_text(copy.file.read_text("utf-8").replace(str(site.data), str(copy.data)), "utf-8")
    return copy
