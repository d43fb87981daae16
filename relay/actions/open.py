"""Open the relay for one command: settings, logging, resources; and wake the running service afterwards."""

import contextlib
import ctypes
import os
import pwd
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relay.maillog import start_logging
from relay.resources import OnFault, Resources, load_resources
from relay.settings import Settings, find_site_file, load_settings
from relay.transport.wake import send

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4


@contextmanager
def opened(config: str, on_fault: OnFault | None = None) -> Iterator[Resources]:
    """Everything a command needs; the database is closed behind it.

    Args:
        config: the site's settings; "" for where they are looked for.
        on_fault: told what is wrong with the lists' definitions, for a command that doesn't need them and must work in an emergency:
            it goes on with those that are right. None refuses all work on a faulty site.

    Raises:
        ConfigurationError: settings, lists, rules or keys are wrong.
        Unavailable: the database can't be opened.
    """
    forbid_memory_dumps()
    settings = load_settings(find_site_file(Path(config) if config else None))
    start_logging(settings.log.format, "warning")
    resources = load_resources(settings, on_fault=on_fault) if on_fault else load_resources(settings)
    try:
        yield resources
    finally:
        resources.database.close()


def forbid_memory_dumps() -> None:
    """No core files and no reading of this process's memory by others: withheld texts pass through it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def memory_dumps_are_forbidden() -> bool:
    """Whether this process is exempt from core files, as the kernel itself says."""
    try:
        dumpable = ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)
    except (OSError, AttributeError):
        return False
    return bool(dumpable == 0 and resource.getrlimit(resource.RLIMIT_CORE)[0] == 0)


def wake_service(settings: Settings) -> None:
    """Tell a running service of this data directory that there is work; silently nothing when none runs."""
    send(settings.data / "run" / "wake")


def operator_name() -> str:
    """The name of the person or service account that runs the command, for the audit log."""
    try:
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"
