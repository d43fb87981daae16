"""Tests share builders as `tests.…`; the checkout comes last on the path, so that `make test` tests the installed wheel."""

import gc
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.append(str(Path(__file__).parent.parent))

# A slow machine is no failure: no test asserts an absolute time, and Hypothesis' own deadline would be one. Every run tries the
# same examples, here and in continuous integration; `--hypothesis-profile=random` looks for new ones.
settings.register_profile("relay", settings.get_profile("ci"), deadline=None)
settings.register_profile("random", settings.get_profile("relay"), derandomize=False)
settings.load_profile("relay")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Sixteen thousand tests live to the end: to look through them for garbage again and again takes a third of collecting them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
