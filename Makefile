# Two commands are enough: `make demo` sets up and runs the main job, `make test` sets up and passes all tests.
# Needed: Python 3.11 or newer, pip, and Node 20 (20.19 or newer) for the console and `make test`. PostgreSQL is used by the tests when it is there.

PYTHON ?= python3
DATA ?=
SERVE ?= 1
WORKERS ?= 3

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SDK_LOCK := $(wildcard tests/sdk/package-lock.json)
CONSOLE := fieldfare/web/console/index.html
SDK := $(if $(SDK_LOCK),tests/sdk/node_modules/.made)

.PHONY: console screens demo test quick test-scale lint bench crash crash-ci lock clean

# Without Node there is no console to build; the demo then says so on the console's page and serves all else.
demo: .venv/.run $(if $(shell command -v npm 2>/dev/null),$(CONSOLE))
	$(BIN)/python -m fieldfare.cli.main demo $(if $(DATA),--data "$(DATA)") $(if $(filter 0,$(SERVE)),--no-serve,--serve)

test: .venv/.dev .venv-peers/.made $(SDK) $(CONSOLE)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

# What to run all day: the pure tests, the house rules and the suites of the ports; a few minutes.
quick: .venv/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup tests/decide tests/house tests/contracts

# The lake on a real Spark cluster on loopback, started and stopped by the tests. Needs Java 17 or newer.
test-scale: .venv/.scale
	$(BIN)/python -m pytest tests/scale

lint: .venv/.dev console/node_modules/.made
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m fieldfare.cli.described console/openapi.json
	npm run --silent --prefix console client
	npm run --silent --prefix console lint

# The console's files, built into the package, from where the wheel takes them and `fieldfare serve` answers with them.
console: $(CONSOLE)

# Pictures of every screen into build/screens, with what axe finds; asks a server that runs (FIELDFARE_URL, FIELDFARE_TOKEN).
screens: $(CONSOLE)
	node console/scripts/screens.mjs

bench: .venv/.dev .venv-peers/.made .venv-people/.made .venv-forecast/.made $(SDK)
	$(BIN)/python -m bench

crash: .venv/.dev .venv-peers/.made $(SDK)
	FIELDFARE_ROUNDS=full $(BIN)/python -m pytest -m crash

# A hundred kills on SQLite and a hundred on PostgreSQL, in about eight minutes.
crash-ci: .venv/.dev
	FIELDFARE_ROUNDS=full $(BIN)/python -m pytest tests/crash/test_hundred_kills.py

# The locks hold hashes and name no registry. Run this after a change of dependencies in pyproject.toml; needs `uv`.
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q
lock:
	$(COMPILE) pyproject.toml --extra postgres --extra build -o locks/run.txt
	$(COMPILE) pyproject.toml --extra dev -c locks/run.txt -o locks/dev.txt
	$(COMPILE) pyproject.toml --extra scale -c locks/dev.txt -o locks/scale.txt
	for each in peers people forecast; do $(COMPILE) locks/$$each.in -o locks/$$each.txt || exit 1; done

clean:
	rm -rf console/node_modules fieldfare/web/console .venv .venv-peers .venv-people .venv-forecast tests/sdk/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# An environment is made anew when its lock changed. The development lock holds everything that the run lock holds.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Fieldfare needs Python 3.11 or newer; \`$(PYTHON)\` is older. Set PYTHON=python3.11 or newer." >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run: locks/run.txt | .venv/bin/python
	$(PIP) --require-hashes -r locks/run.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: locks/dev.txt locks/run.txt | .venv/bin/python
	$(PIP) --require-hashes -r locks/dev.txt
	$(PIP) --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q fieldfare
	@touch .venv/.run $@

.venv/.scale: locks/scale.txt locks/dev.txt | .venv/bin/python
	$(PIP) --require-hashes -r locks/scale.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch .venv/.run .venv/.dev $@

# Environments of their own: peers that tests and benchmarks compare with, records of people with a known truth and
# other forecasters for benchmarks alone. Their packages want other versions than ours.
.venv-%/.made: locks/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

tests/sdk/node_modules/.made: $(SDK_LOCK)
	npm ci --prefix tests/sdk --silent --no-audit --no-fund
	@touch $@

console/node_modules/.made: console/package-lock.json
	npm ci --prefix console --silent --no-audit --no-fund
	@touch $@

CONSOLE_SOURCES := $(shell find console/src console/public -type f -not -name schema.d.ts 2>/dev/null)
$(CONSOLE): console/node_modules/.made console/index.html console/vite.config.ts $(CONSOLE_SOURCES)
	npm run --silent --prefix console build
	@touch $@
