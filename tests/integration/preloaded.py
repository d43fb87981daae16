"""What the process has loaded from which commands are forked: all that any of them needs, the words of letters too.

Commands share its memory until they write to it, which a garbage collector does that looks through it: what is here is left alone.
"""

import gc
import sys
from importlib import import_module

if (
    "" in sys.path
):  # the working directory, of which multiprocessing makes the first place to look: there is the checkout, not the wheel
    sys.path.remove("")
    sys.path.append("")

COMMANDS = import_module("relay.cli.main").COMMANDS
for place, _ in COMMANDS.values():
    import_module(f"relay.cli.{place.partition(':')[0]}")
for later in (
    "relay.store.postgresql",
    "email_validator",
    "tests.integration.command",
):  # what some load when they come to it
    import_module(later)
words = import_module("relay.settings").shipped("config", "policy", "markings.toml")
marking_words = import_module("relay.policy.ruleset").read_marking_words(words.read_text("utf-8"), str(words))
import_module("relay.policy.vocabulary").patterns_of(marking_words)  # each relay needs them at its start
import_module("relay.resources").load_catalogues()
gc.collect()
gc.freeze()
