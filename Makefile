# Every target works on a fresh machine with Python >= 3.11, make and git.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON := $(BIN)/python
export UV_PYTHON_DOWNLOADS := never
# uv writes no .pyc by itself; without them every process starts about 3 times slower.
export UV_COMPILE_BYTECODE := 1
# A company's own certificate authority, which pip finds, is one that uv must be told to look for.
export UV_SYSTEM_CERTS ?= 1
unexport VIRTUAL_ENV

.PHONY: help setup run test check bench soak clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "python3 -m venv failed. On Debian and Ubuntu: apt-get install -y python3-venv"; exit 1; }
	@echo "Setting up .venv (once, about 65 MB to download) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.run: $(BIN)/uv backend/pyproject.toml backend/uv.lock
	@$(BIN)/uv sync --quiet --frozen --inexact --no-dev --project backend
	@touch $@

$(VENV)/.dev: $(BIN)/uv backend/pyproject.toml backend/uv.lock
	@$(BIN)/uv sync --quiet --frozen --project backend
	@touch $@ $(VENV)/.run

setup: $(VENV)/.dev  ## Create .venv from the lock file, with the development tools

run: $(VENV)/.run  ## Start everything with the sandbox and demo data (Ctrl-C stops it)
	@$(BIN)/tagbuy up --demo

test: $(VENV)/.dev  ## Run every check and every test on real servers
	@cd backend && $(BIN)/python -m tests

check: test  ## The same as test: there is one way to know that the tree is good

bench: $(VENV)/.dev  ## Measure start-up, memory and the account pool (slow)
	@$(BIN)/tagbuy bench start
	@$(BIN)/tagbuy bench pool

soak: $(VENV)/.dev  ## Try the account pool with faults: 30 simulated runs of two days, then real processes (over an hour)
	@cd backend && TAGBUY_LONG_RUNS=30 $(BIN)/python -m pytest -q -s --timeout=7200 tests/scheduling/test_pool_simulation.py
	@cd backend && TAGBUY_FAULT_SECONDS=600 $(BIN)/python -m pytest -q -s --timeout=7200 tests/faults

clean:  ## Remove the environment, the caches and the demo's state
	@if [ -f .tagbuy/up.lock ] && kill -0 "$$(cat .tagbuy/up.lock)" 2>/dev/null; then \
	  echo "tagbuy up runs in .tagbuy (pid $$(cat .tagbuy/up.lock)): stop it first"; exit 1; fi
	@if [ -d .tagbuy ] && [ ! -d .tagbuy/sandbox ]; then \
	  echo "kept .tagbuy: it holds your own data, not the demo's"; else rm -rf .tagbuy; fi
	@rm -rf $(VENV)
	@find . -name __pycache__ -prune -exec rm -rf {} +
	@rm -rf backend/.pytest_cache backend/.mypy_cache backend/.ruff_cache backend/.import_linter_cache backend/.coverage*
