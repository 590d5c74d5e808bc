# Everything runs in .venv, which `make setup` builds from the lock files; make and Python 3.11 or
# later are all that a fresh machine needs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
# Where else to look for PyTorch's CPU build, if your package index does not have it:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
# On a machine with a GPU, `make setup GPU=1` installs the ordinary build of the same release.
GPU ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The lock has PyTorch's build for one Python on x86-64; elsewhere TORCH_INDEX or the ordinary one is
# taken.
HERE := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])').$(shell uname -m)
OTHER := $(filter-out 3.11.x86_64,$(HERE))
TORCH := $(if $(GPU)$(OTHER),torch==2.13.0,--require-hashes --no-deps -r requirements/torch-cpu.lock)
INSTALL := $(PIP) install --no-compile
LOCKED := $(INSTALL) --require-hashes --no-deps -r
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --unsafe-package torch --strip-extras \
  --no-emit-index-url --no-emit-find-links --no-header
RUNS := .venv/.runs
DEVELOPS := .venv/.develops

# Of what is imported the bytecode is kept, also where the environment says that none shall be:
# a command would compile hundreds of files whenever it starts. The rest is never compiled.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup develop demo kernels test check bench docs lock clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(RUNS)  ## build the local environment

$(RUNS): requirements/torch-cpu.lock requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "$(PYTHON) is older than Python 3.11; name a newer one: make setup PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	$(INSTALL) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH)
	$(LOCKED) requirements/run.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(RUNS)

develop: $(DEVELOPS)  ## add what tests, linters and every extra need

$(DEVELOPS): $(RUNS) requirements/develop.lock
	$(LOCKED) requirements/develop.lock
	@touch $(DEVELOPS)

demo: setup  ## run the quickstart: a real model learns four languages, in 20 minutes
	$(BIN)/auroram run recipes/quickstart/recipe.toml

# Several workers of the tests would each compile the kernels; beside `develop` it costs no time.
kernels: setup
	$(BIN)/auroram run tests/kernels.toml --folder .venv/kernels

test: develop kernels  ## run all tests
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

check: develop  ## formatting, linters, types
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy

bench: develop  ## measure what fits in ten minutes
	$(BIN)/python benchmarks/all.py

docs: setup  ## write docs/reference from the settings
	$(BIN)/python -m auroram.config.reference docs/reference/recipe.md

lock: setup  ## renew requirements/*.lock from pyproject.toml
	$(PIP) install pip-tools
	$(COMPILE) --output-file requirements/run.lock pyproject.toml
	$(COMPILE) --extra dev --constraint requirements/run.lock \
	  --output-file requirements/develop.lock pyproject.toml

clean:  ## remove the environment and all runs
	rm -rf .venv runs
