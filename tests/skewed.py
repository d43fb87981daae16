"""Runs `python -m relay` on a machine whose clock is wrong by so many seconds: tests/skewed.py SECONDS[,deaf] PYTHON -m relay WORDS…

What the relay's own modules take for the time is wrong; libraries in C would not stand another datetime. A deaf one hears nothing of
what other processes announce, and looks at the queue each second instead of each half minute.
"""

import runpy
import sys
import time
from datetime import datetime, timedelta
from importlib.machinery import SourceFileLoader

_SECONDS, _, _DEAF = sys.argv[1].partition(",")
_OFFSET = float(_SECONDS)
_true_seconds, _load = time.time, SourceFileLoader.exec_module


class _Instances(type(datetime)):
    def __instancecheck__(cls, one):
        return isinstance(one, datetime)


class _Skewed(datetime, metaclass=_Instances):
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(seconds=_OFFSET)


def _load_skewed(self, module):
    _load(self, module)
    if module.__name__.startswith("relay") and getattr(module, "datetime", None) is datetime:
        module.datetime = _Skewed
    if _DEAF and module.__name__ == "relay.store.postgresql":
        module.CHANNEL = "elsewhere"
    if _DEAF and module.__name__ == "relay.jobs":
        module.TICK = timedelta(seconds=1)


SourceFileLoader.exec_module = _load_skewed
time.time = lambda: _true_seconds() + _OFFSET
sys.argv = sys.argv[4:]
runpy.run_module("relay", run_name="__main__", alter_sys=True)
