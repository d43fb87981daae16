"""Where roles run apart, each process tells the one with the web door what it has measured, over a socket in the data directory.

Only the relay's own user reaches it: DATA/run is private. A process that has ended is not heard of any more.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from relay.maillog import bug
from relay.measures import Report, read_report
from relay.transport.wake import short_name

_SUFFIX = ".measures"
_PATIENCE = 2.0  # seconds for one process's answer


class Reporter:
    """Tells whoever connects what `report` gives, one after the other, until closed."""

    def __init__(self, directory: Path, process: str, report: Callable[[], Report]) -> None:
        """Listen at DIRECTORY/PROCESS.measures."""
        self._path = directory / f"{process}{_SUFFIX}"
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with short_name(self._path) as name:
            self._socket.bind(name)
        self._path.chmod(0o600)
        self._socket.listen(8)
        self._report = report
        self._thread = threading.Thread(target=self._tell, name="reporter", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._path.unlink(missing_ok=True)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _tell(self) -> None:
        while True:
            try:
                asker, _ = self._socket.accept()
            except OSError:
                return
            with asker:
                try:
                    asker.settimeout(_PATIENCE)
                    asker.sendall(self._report().to_json().encode())
                except OSError:  # the asker has gone
                    continue
                except Exception as error:  # noqa: BLE001  (the next one is to be told all the same)
                    bug(error, "reporter")


def others(directory: Path) -> Iterator[tuple[str, Report]]:
    """What the processes that have a socket there report, by name; those that don't answer are left out."""
    for path in sorted(directory.glob(f"*{_SUFFIX}")):
        with suppress(OSError, ValueError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_PATIENCE)
            with short_name(path) as name:
                line.connect(name)
            yield path.stem, read_report(b"".join(iter(lambda: line.recv(65536), b"")).decode())
