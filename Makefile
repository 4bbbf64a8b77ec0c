# Everything a developer runs. Needs Python 3.11 or newer and an internet connection for pip; makes its own environments.
#
#   make demo        train the digits classifier, pictures in runs/digits/
#   make test        the tests, without those that need PyTorch
#   make oracle      the tests against PyTorch, in an environment of their own
#   make lint        formatter, linter, type checker        make format    let ruff put the files in order
#   make examples    every example with its target          make bench     the benchmarks, against PyTorch
#   make docs        write docs/api.md anew         make coverage  write docs/coverage.md anew, against PyTorch
#   make samples     PyTorch's own samples, run by both: docs/samples.md
#   make clean       remove environments, caches and runs
#
# pip's settings come from the environment. On Linux pip's own choice of torch is the large CUDA build; with
# PIP_EXTRA_INDEX_URL set to PyTorch's index of CPU builds `make oracle` takes the small one.

PYTHON ?= python3
VENV   ?= .venv
TORCH_VENV ?= .venv-torch
# PyTorch's sample inputs, torch.testing._internal, import expecttest.
ORACLE := torch==2.13.0 expecttest==0.3.0
PYTEST_ARGS ?=

PY := $(VENV)/bin/python
TORCH_PY := $(TORCH_VENV)/bin/python
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

# One BLAS thread per process, because pytest runs one process per core.
TEST_ENV := OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: help demo test oracle lint format examples bench docs coverage samples clean
.NOTPARALLEL:
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   //p' $(firstword $(MAKEFILE_LIST))

# ---------------------------------------------------------------- environments

# A change of pyproject.toml makes an environment anew; its extras are stamps inside it, so they go with it.
$(VENV)/made $(TORCH_VENV)/made: pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: no '$(PYTHON)' here; name one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: minitorch needs Python 3.11 or \
	newer, but '$(PYTHON)' is $$($(PYTHON) --version 2>&1); name another with PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv --clear $(@D)
	@touch $@

$(VENV)/demo $(VENV)/test $(VENV)/lint: $(VENV)/made
	$(PY) $(PIP_INSTALL) --editable '.[$(@F)]'
	@touch $@

$(TORCH_VENV)/oracle: $(TORCH_VENV)/made Makefile
	$(TORCH_PY) $(PIP_INSTALL) --editable '.[test]' $(ORACLE)
	@touch $@

# ---------------------------------------------------------------- what people run

demo: $(VENV)/demo
	$(PY) examples/digits.py

test: $(VENV)/test
	$(TEST_ENV) $(PY) -m pytest tests --ignore=tests/oracle -n auto $(PYTEST_ARGS)

oracle: $(TORCH_VENV)/oracle
	$(TORCH_PY) -c 'import torch; print("oracle: torch", torch.__version__)'
	$(TEST_ENV) $(TORCH_PY) -m pytest tests/oracle -n auto $(PYTEST_ARGS)

lint: $(VENV)/lint
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

format: $(VENV)/lint
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

examples: $(VENV)/demo
	@set -e; for example in examples/*.py; do echo "==> $$example"; $(PY) "$$example"; done

bench: $(TORCH_VENV)/oracle
	$(TORCH_PY) benchmarks/run.py --write
	$(TORCH_PY) benchmarks/operations.py --write

docs: $(VENV)/demo
	$(PY) docs/make_api.py

coverage: $(TORCH_VENV)/oracle
	$(TORCH_PY) docs/make_coverage.py

samples: $(TORCH_VENV)/oracle
	$(TEST_ENV) PYTHONPATH=tests $(TORCH_PY) -m samples

clean:
	rm -rf $(VENV) $(TORCH_VENV) build dist runs *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
