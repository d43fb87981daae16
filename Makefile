# make run | test | install | crash | bench | bench-peers | evaluate | evaluate-peers | lock            (what each does: README.md)
SHELL = /bin/sh
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
SOURCES := $(shell find relay config lists -type f -not -name '*.pyc' 2>/dev/null) pyproject.toml README.md

.PHONY: run test check install crash bench bench-peers evaluate evaluate-peers learn lock clean
.DELETE_ON_ERROR:

run: install
	$(BIN)/wen-relay demo $(if $(ONCE),--once)

install: $(BIN)/.installed

APT = DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300

# The interpreter's own venv and pip; Debian packs them apart.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "wen-relay needs Python 3.11 or newer: apt-get install python3" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then $(APT) update && $(APT) install -y python3-venv; \
	  else echo "Python's venv module is missing: run  sudo apt-get install python3-venv  and try again" >&2; exit 1; fi; }
	@$(PYTHON) -m venv $(VENV)

# --no-build-isolation: the build tool comes from the lock with its hash, like everything else.
# --no-deps: the lock names everything, so pip has nothing to resolve, and a release of tomorrow can't stand in its way;
# `pip check` then tells if the lock lacks anything.
LOCKED = $(BIN)/pip install --quiet --disable-pip-version-check --retries 10 --no-deps --require-hashes -r
WHOLE = $(BIN)/pip check --disable-pip-version-check >/dev/null || { $(BIN)/pip check; exit 1; }

$(BIN)/.dependencies: $(BIN)/python requirements.txt
	@$(LOCKED) requirements.txt
	@touch $@

$(BIN)/.installed: $(BIN)/.dependencies $(SOURCES)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --force-reinstall .
	@$(WHOLE)
	@rm -rf build
	@touch $@

$(BIN)/.test-dependencies: $(BIN)/.installed requirements-test.txt
	@$(LOCKED) requirements-test.txt
	@$(WHOLE)
	@touch $@

# Every check and every test. tests/needs.sh installs the Debian packages the tests use, where it may. Files are taken in order,
# not by their number of tests: the slow ones, which have few, would else all come last, on one processor.
test: $(BIN)/.test-dependencies
	@tests/needs.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder --durations=25 --durations-min=5

check: $(BIN)/.test-dependencies
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-cache

# Every moment at which the relay can be struck, not some of them (tests/crash/README.md); sums up at the end. ARGS="-k kill" and the like.
crash: $(BIN)/.test-dependencies
	@tests/needs.sh
	RELAY_CRASH_SWEEP=full $(BIN)/pytest -o faulthandler_timeout=0 -n auto --dist loadfile --no-loadscope-reorder tests/crash $(ARGS)

bench: $(BIN)/.test-dependencies
	$(BIN)/python -m tests.benchmarks.run

# Mailman 3 core (in a .venv of its own; it is no dependency of ours) and Postfix (tests/needs.sh installs it), measured beside this relay.
bench-peers: $(BIN)/.test-dependencies
	@tests/needs.sh
	@[ -x .venv-mailman/bin/mailman ] || { $(PYTHON) -m venv .venv-mailman && .venv-mailman/bin/pip install --quiet --disable-pip-version-check --retries 10 mailman==3.3.10; }
	$(BIN)/python -m tests.benchmarks.peers --mailman .venv-mailman

# Leaks and needless blocks on the labelled corpus (tests/evaluation/README.md); ARGS="--half tune --list-errors" and the like.
evaluate: $(BIN)/.installed
	$(BIN)/python -m tests.evaluation.run $(ARGS)

# What talk about labels and what letters sound like (config/policy/detectors/*_learned.toml), learned anew once sentences or messages have changed.
learn: $(BIN)/.test-dependencies
	$(BIN)/python -m tests.evaluation.talk
	OMP_NUM_THREADS=1 XLA_FLAGS=--xla_cpu_multi_thread_eigen=false $(BIN)/python -m tests.evaluation.learn

# The same messages through a known peer. It has a .venv of its own, is no dependency of ours and needs the package index.
evaluate-peers: $(BIN)/.installed
	@[ -x .venv-peers/bin/python ] || $(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/pip install --quiet --disable-pip-version-check --retries 10 -r tests/evaluation/requirements-peers.txt
	$(BIN)/python -m tests.evaluation.peers $(ARGS)

# Renews the locks: newest versions that pyproject.toml allows, with the hashes of every wheel they have.
lock: $(BIN)/.test-dependencies
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --group build pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --group test -c requirements.txt -o requirements-test.txt pyproject.toml

clean:
	rm -rf $(VENV) .venv-peers .venv-mailman var build dist
