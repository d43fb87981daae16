"""How much leaks, and how much is needlessly blocked: a labelled corpus, and what is learned from."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the scanners (relay/scan/parent.py), before numpy is loaded
