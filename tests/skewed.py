"""A machine whose clock is wrong: what the relay and its scheduler take for the time in this process from now on.

Libraries in C would not stand another datetime.
"""

import sys
import time
from datetime import datetime, timedelta

from relay import app, jobs
from relay.store import postgresql


def skew(seconds: float, *, deaf: bool = False) -> None:
    """Set the clock. A deaf process hears nothing of what others announce, and looks at the queue each second instead of each half minute.

    It gives a sign of life each second too, when it also takes over what others left: tests needn't wait for that.
    """
    offset, true_seconds = timedelta(seconds=seconds), time.time

    class Instances(type(datetime)):
        def __instancecheck__(cls, one):
            return isinstance(one, datetime)

    class Skewed(datetime, metaclass=Instances):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + offset

    for name, module in tuple(sys.modules.items()):
        if name.startswith(("relay.", "apscheduler.")) and getattr(module, "datetime", None) is datetime:
            module.datetime = Skewed
    time.time = lambda: true_seconds() + seconds
    app.BEAT = timedelta(seconds=1)
    if deaf:
        postgresql.CHANNEL, jobs.TICK = "elsewhere", timedelta(seconds=1)
