# What a contributor types. Needs make, git and a Python of 3.11 or newer; everything else goes into .venv.

# The first interpreter that really starts and is new enough: a version manager's shim may be on PATH and not work.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
PIP_TOOLS := pip-tools==7.6.2
# The linter of workflows is a Go program: it is there where Go is.
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GO := $(shell command -v go)
WORKFLOWS = $(wildcard .github/workflows/*.yml .github/workflows/examples/*.yml)
REVIEWED := fixtures/release/plan.json

export PYTHONDONTWRITEBYTECODE =
.DELETE_ON_ERROR:
.PHONY: help review test test-elsewhere mutate fuzz lint format bench docs lab e2e-lab record fixtures lock clean

help:  ## show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

review: .venv/.installed  ## review a shipped plan, in colour
	@FORCE_COLOR=1 $(BIN)/plangate review $(REVIEWED); code=$$?; echo; echo "the gate would have exited $$code"

test: .venv/.developing $(if $(GO),$(BIN)/actionlint)  ## run every test; the end says which were skipped, and for want of what
	$(BIN)/python -m pytest -rs -n auto

test-elsewhere: .venv/.developing  ## run tests as another user, on a read-only checkout, without home folder, git or variables
	tests/elsewhere.sh

mutate: .venv/.developing  ## change every policy in small ways and see whether its cases notice
	$(BIN)/python tests/meta/mutate.py

fuzz: .venv/.developing  ## try many thousands of broken inputs on every reader; what falls goes into tests/fuzz/corpus
	nice $(BIN)/python -m pytest -n 0 --hypothesis-profile=fuzz tests/fuzz

lint: .venv/.developing $(if $(GO),$(BIN)/actionlint)  ## check style, formatting, types and workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/zizmor --offline --quiet --no-progress action.yml $(WORKFLOWS)
	$(if $(GO),$(BIN)/actionlint $(WORKFLOWS),@echo 'skipped for want of go: actionlint' >&2)

format: .venv/.developing  ## put the code into the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.developing  ## time a large and a small review beside a bare interpreter; writes bench.json
	$(BIN)/python tests/bench/bench.py --output bench.json
	$(BIN)/python tests/bench/bench_state.py

docs: .venv/.developing  ## write everything that is generated: the policy index and pages, the schema, blocks of the docs
	$(BIN)/python -m plangate.policy.index
	$(BIN)/plangate policy docs docs/policies
	$(BIN)/python -m plangate.report.schema
	$(BIN)/python -m plangate.gate.config
	$(BIN)/python docs/fill.py

lab:  ## build the real tools into .lab (go and kubectl needed, minutes) and start them; stop with tests/lab/down.sh
	tests/lab/install.sh .lab
	tests/lab/up.sh .lab

e2e-lab: .venv/.developing  ## run both real Helms against the running lab, end to end, and compare how YAML is read
	$(BIN)/python -m pytest -rs tests/e2e/test_lab.py
	$(BIN)/python tests/lab/yaml_differential.py .lab/bin/yaml-reader --count 20000

record: .venv/.developing  ## record fixtures/helm-upgrades and fixtures/drift again on the running lab; ONLY="a b" for some
	$(BIN)/python tests/lab/record.py $(ONLY)
	$(if $(ONLY),,$(BIN)/python tests/lab/record_drift.py)
	$(BIN)/python -m pytest -q tests/golden/test_recorded_upgrades.py --update-golden

fixtures: .venv/.developing  ## record fixtures/ again with the terraform on PATH
	$(BIN)/python fixtures/record.py

# Hashes of every wheel, and no address of a registry: the lock works behind any mirror.
COMPILE = CUSTOM_COMPILE_COMMAND='make lock' .venv/pip-tools/bin/pip-compile --quiet --generate-hashes --strip-extras \
	--allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options $(UPGRADE)
DEV_GROUP = import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")

lock: .venv/pip-tools/.installed  ## pin every dependency again; UPGRADE=--upgrade for the newest of each
	$(COMPILE) --all-build-deps --output-file requirements.lock pyproject.toml
	.venv/pip-tools/bin/python -c '$(DEV_GROUP)' | $(COMPILE) --constraint requirements.lock --output-file requirements-dev.lock -

clean:  ## remove what make made
	rm -rf .venv bench.json

# --- stamps: each step runs again only when what it was made from has changed ----------------------------------------

.venv/.made:
	@test -n "$(PYTHON)" || { echo 'no Python of 3.11 or newer on PATH; name one: make PYTHON=...' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.locked: .venv/.made requirements.lock
	$(PIP) install --require-hashes --requirement requirements.lock
	@touch $@

# Editable: what runs is always what stands in the folder. The build back end is in the lock, so nothing is fetched.
.venv/.installed: .venv/.locked pyproject.toml
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.developing: .venv/.installed requirements-dev.lock
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

$(BIN)/actionlint: .venv/.made
	GOBIN="$(CURDIR)/$(BIN)" go install $(ACTIONLINT)
	@touch $@

.venv/pip-tools/.installed: Makefile
	$(PYTHON) -m venv .venv/pip-tools
	.venv/pip-tools/bin/python -m pip --disable-pip-version-check --quiet install '$(PIP_TOOLS)'
	@touch $@
