"""Run another program behind the scanners' walls: `python -m relay.scan.confine PROGRAM WORD…`; used for openssl.

It gives up what it can, and then becomes that program: no network, no other process, no privileges, no file that could grow,
bounded memory and processor time. Its exit code is the program's, or 126 when the program can't be run.
"""

import os
import resource
import sys

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


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # noqa: BLE001 - nothing but the exit code leaves
        os._exit(CANNOT_RUN)
