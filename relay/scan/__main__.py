"""The scanners' parent (`worker`), as the process that the pool starts: no garbage is looked for while its modules are loaded."""

from importlib import import_module

from relay import heap

heap.load()
import_module("relay.scan.worker").run()
