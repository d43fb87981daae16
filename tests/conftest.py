"""Tests share builders as `tests.…`; the checkout comes last on the path, so that `make test` tests the installed wheel."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.append(str(Path(__file__).parent.parent))

# A slow machine is no failure: no test asserts an absolute time, and Hypothesis' own deadline would be one.
settings.register_profile("relay", deadline=None)
settings.load_profile("relay")
