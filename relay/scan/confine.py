"""Run another program behind the scanners' walls: `python -m relay.scan.confine PROGRAM WORD…`; used for openssl.

It gives up what it can, and then becomes that program: no network, no other process, no privileges, no file that could grow,
bounded memory and processor time. Its exit code is the program's, or 126 when the program can't be run.
"""

import os
import resource
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from relay.scan.sandbox import enter_sandbox

CANNOT_RUN = 126
MEMORY = 512 * 1024 * 1024
PROCESSOR_SECONDS = 10
_BARE = {"PATH": "/usr/bin:/bin", "OPENSSL_CONF": "/dev/null", "LC_ALL": "C"}


def main() -> None:
    """Become the program that the command line names."""
    os.chdir("/")
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    enter_sandbox(MEMORY, to_run=True)
    os.execvpe(sys.argv[1], sys.argv[1:], _BARE)  # noqa: S606 - no shell, on purpose


def behind_walls(memory: int, job: Callable[[], int], *, failed: int, seconds: int = PROCESSOR_SECONDS) -> int:
    """Do a job in this process, which gives up all that it doesn't need for it, open descriptors too: what is to be read was read before.

    Args:
        memory: octets.
        job: reads what is hostile; its exit code.
        failed: the exit code for whatever it raises, a library's panic as well.
        seconds: of the processor's time.
    """
    os.closerange(3, 64)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    enter_sandbox(memory)
    try:
        return job()
    except BaseException:  # noqa: BLE001 - a panic is one
        return failed


def end_with(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """End this process with the exit code that `main` has for the command line's words: nothing else leaves, no traceback above all."""
    try:
        code = main(sys.argv[1:])
    except BaseException:  # noqa: BLE001 - nothing but the exit code leaves
        code = CANNOT_RUN
    os._exit(code)


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # noqa: BLE001 - nothing but the exit code leaves
        os._exit(CANNOT_RUN)
