"""Tests share builders as `tests.…`; the checkout comes last on the path, so that `make test` tests the installed wheel."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))
