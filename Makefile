# Two commands do all set-up: `make crawl URL=…` runs the main job, `make test` passes the tests.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
ARCHIVE ?= mandegar-archive
JOBS ?= 2
# uv trusts the certificates that this machine trusts, as pip does: behind a company's proxy it fails without.
export UV_SYSTEM_CERTS ?= true
# Compiled once, at set-up: where the environment forbids Python to keep what it compiles (containers often do), each
# start of `mandegar` would compile all its libraries anew, for seconds. The tests start it a thousand times.
export UV_COMPILE_BYTECODE ?= 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: crawl test torture check demo lint types layers setup setup-dev setup-peers requirements clean

crawl: $(VENV)/.main
	@test -n "$(URL)" || { echo "Say which site: make crawl URL=https://www.example.org/"; exit 2; }
	@$(BIN)/mandegar --archive "$(ARCHIVE)" crawl "$(URL)" $(OPTIONS)

demo: $(VENV)/.main
	@$(BIN)/mandegar demo $(OPTIONS)

# worksteal: tests of one file stay together as far as they can, so that what they share is made once.
test: $(VENV)/.dev .tools/peers/.done system-parts
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(OPTIONS)

# Crawls killed and cut off from power, at length; the suite has the short forms. SEED repeats a run.
KILLS ?= 500
CUTS ?= 500
torture: $(VENV)/.dev system-parts
	PYTHONPATH=tests $(BIN)/python -m torture --kills $(KILLS) --cuts $(CUTS) $(if $(SEED),--seed $(SEED)) $(OPTIONS)

check: lint types layers test

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

layers: $(VENV)/.dev
	$(BIN)/lint-imports

setup: $(VENV)/.main
setup-dev: $(VENV)/.dev

# Chromium, nginx and fonts for the tests: installed as root, else the one command is printed.
.PHONY: system-parts
system-parts:
	@.ci/system-parts

$(BIN)/uv:
	@command -v $(PYTHON) >/dev/null || { echo "Mandegar needs Python 3.11: apt-get install python3.11 python3.11-venv"; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python has no venv module here: apt-get install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/installer.txt

$(VENV)/.main: requirements/main.txt pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/main.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.main
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

# Foreign readers of our files (pywb is GPL and pins old libraries): in an environment of their own.
.tools/peers/.done: requirements/peers.txt | $(VENV)/.main
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .tools/peers
	$(BIN)/uv pip install --quiet --python .tools/peers/bin/python --require-hashes -r requirements/peers.txt
	@touch $@

# What benchmarks are measured beside: the chain a user would build today and the readers of pages (.tools/bench),
# the normalisers of Persian (.tools/bench-persian), each in an environment of its own.
.PHONY: bench-tools
bench-tools: .tools/bench/.done .tools/bench-persian/.done
.tools/bench/.done: requirements/bench.txt | $(VENV)/.main
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .tools/bench
	$(BIN)/uv pip install --quiet --python .tools/bench/bin/python --require-hashes -r requirements/bench.txt
	@touch $@
# «sync» takes the list as it is: what hazm says of numpy was overridden when it was made.
.tools/bench-persian/.done: requirements/bench-persian.txt | $(VENV)/.main
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .tools/bench-persian
	$(BIN)/uv pip sync --quiet --python .tools/bench-persian/bin/python --require-hashes requirements/bench-persian.txt
	@touch $@

# Pins with hashes and without index URLs: lock files would name a registry's host.
COMPILE = $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
requirements: $(VENV)/.main
	$(COMPILE) requirements/installer.in -o requirements/installer.txt
	$(COMPILE) pyproject.toml requirements/build.in -o requirements/main.txt
	$(COMPILE) pyproject.toml requirements/build.in --group dev -o requirements/dev.txt
	$(COMPILE) requirements/peers.in -o requirements/peers.txt
	$(COMPILE) requirements/bench.in -o requirements/bench.txt
	$(COMPILE) --override requirements/bench-persian-overrides.txt requirements/bench-persian.in -o requirements/bench-persian.txt

clean:
	rm -rf $(VENV) .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis
