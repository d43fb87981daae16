"""What is done again and again, by APScheduler on a thread of its own; a machine's clock that is put right or wrong stops nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from relay.maillog import bug


class _Steady(BackgroundScheduler):  # type: ignore[misc] # APScheduler has no types
    """APScheduler goes by the machine's clock: what would wait until one that was set back has come round again is due at once.

    It looks at its jobs after a pause by the kernel's count of seconds, so this is noticed within the interval that was under way.
    """

    def _process_jobs(self) -> float | None:
        now, most = datetime.now(UTC), 0.0
        for job in self.get_jobs():
            most = max(most, job.trigger.interval.total_seconds())
            if job.next_run_time - now > job.trigger.interval:
                job.modify(next_run_time=now)
        seconds: float | None = super()._process_jobs()
        return None if seconds is None else min(seconds, most)  # the clock may be set in this very moment


def every(interval: timedelta, job: Callable[[], None], *, name: str, at_once: bool = False) -> Callable[[], None]:
    """Call `job` each time that so much has passed, one call after the other.

    Args:
        interval: from one call to the next; those that were missed meanwhile are one.
        job: what is to be done; what it raises is our bug, is logged, and stops nothing.
        name: of the job, in the log.
        at_once: whether the first call waits for no pause.

    Returns:
        A function that ends it, once a call that is under way has ended.
    """

    def guarded() -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001  (whatever goes wrong once, the next time is due)
            bug(error, name)

    scheduler = _Steady(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1})
    first = {"next_run_time": datetime.now(UTC)} if at_once else {}
    scheduler.add_job(guarded, "interval", seconds=interval.total_seconds(), **first)
    scheduler.start()

    def end() -> None:
        scheduler.shutdown()

    return end
