# Everything runs in .venv, which `make setup` builds from the lock files; make and Python 3.11 are
# all that a fresh machine needs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
# Where else to look for PyTorch's CPU build, if your package index does not have it:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
# On a machine with a GPU, `make setup GPU=1` installs the ordinary build of the same release.
GPU ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TORCH := $(if $(GPU),torch==2.13.0,--require-hashes --no-deps -r requirements/torch-cpu.lock)
STAMP := .venv/.complete

.PHONY: help setup demo test check bench lock clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP)  ## build the local environment

$(STAMP): requirements/torch-cpu.lock requirements/all.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(PIP) install $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH)
	$(PIP) install --require-hashes --no-deps -r requirements/all.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: setup  ## run the quickstart: a real model learns four languages, in 20 minutes
	$(BIN)/auroram run recipes/quickstart/recipe.toml

test: setup  ## run all tests
	$(BIN)/pytest

check: setup  ## formatting, linters, types
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy

bench: setup  ## measure what fits in ten minutes
	$(BIN)/python benchmarks/all.py

lock: setup  ## renew requirements/*.lock from pyproject.toml
	$(PIP) install pip-tools
	$(BIN)/pip-compile --quiet --generate-hashes --extra dev --unsafe-package torch \
	  --strip-extras --no-emit-index-url --no-emit-find-links --no-header \
	  --output-file requirements/all.lock pyproject.toml

clean:  ## remove the environment and all runs
	rm -rf .venv runs
