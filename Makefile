# Each target makes .venv itself when it is missing; nothing is needed before them.
# Another Python beside it: make test-fast PYTHON=python3.12 VENV=.venv-3.12
# Another ROS beside it: make test ROS=ros-jazzy VENV=.venv-jazzy PYTHON=python3.12
PYTHON ?= python3
VENV ?= .venv
ROS ?= ros
BIN := $(VENV)/bin
# How many tests run at once; those of ROS run one by one.
WORKERS ?= 2
SHELL := /bin/bash
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Nothing but what the lock names, by its hash.
PIP_LOCKED = $(PIP_INSTALL) --require-hashes --no-deps --no-build-isolation
LOCK = uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
  --override requirements/no_torch.txt

HAS_GPU := $(shell command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1 && echo yes)
ifeq ($(HAS_GPU),yes)
  CONSTRAINTS :=
  FAISS := $(if $(filter x86_64,$(shell uname -m)),gpu,cpu)
  MACHINE := an NVIDIA GPU was found, CUDA builds
else
  CONSTRAINTS := -c constraints-cpu.txt
  FAISS := cpu
  MACHINE := no NVIDIA GPU was found, CPU builds
endif

.PHONY: help venv lock demo serve test test-fast lint docs bench clean

help:
	@echo 'make demo   fly a drone over a small procedural world with the real ROS 2 node (about 2 min)'
	@echo 'make serve  the service with a small library and a map, in the browser'
	@echo 'make test   lint, format check and all tests (some 10 min on two cores)'
	@echo 'make test-fast  the tests that take no ROS and no seconds (under 1 min)'
	@echo 'make docs   the pages in docs/ as a site, in out/docs'
	@echo 'make bench  measure our features and search against the recipe as published'
	@echo 'make lock   choose the versions in requirements/ anew; it needs uv'
	@echo 'make clean  remove .venv, out/ and what builds leave behind'

venv: $(VENV)/.installed

$(VENV)/.installed: setup.py src/visual_navsat_sim/pyproject.toml constraints-cpu.txt \
    $(wildcard requirements/*.txt)
	@echo '[1/3] making $(VENV) with $(PYTHON)'
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' || \
	  { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1): Python 3.10 to 3.14 is needed, run make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo 'python venv is missing: sudo apt install python3-venv, then run make again'; rm -rf $(VENV); exit 1; }
	@echo '[2/3] installing visual_navsat, PyTorch and FAISS into $(VENV) ($(MACHINE)); a few minutes'
	@$(PIP_INSTALL) --require-hashes --no-deps -r requirements/build.txt
	@$(PIP_LOCKED) -r requirements/base.txt -r requirements/$(FAISS).txt
	@$(PIP_INSTALL) $(CONSTRAINTS) 'torch>=2.6'
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e . -e src/visual_navsat_sim
	@echo '[3/3] installing ROS 2 from PyPI ($(ROS)) into $(VENV)'
	@$(PIP_LOCKED) -r requirements/$(ROS).txt 2>$(VENV)/ros.log || \
	  echo "ROS 2 was not installed ($(VENV)/ros.log): tests of the node are skipped, make demo needs it"
	@touch $@

# Each file holds what its extra adds; those after base.txt take the versions that it has.
EXTRAS := maps replay figures docs service autopilot onnx ray dev
lock:
	@$(LOCK) --python-version 3.10 requirements/build.in -o requirements/build.txt
	@$(LOCK) --python-version 3.10 setup.py requirements/build.in requirements/torch.in \
	  $(addprefix --extra ,$(EXTRAS)) -o requirements/base.txt
	@for extra in cpu gpu ros; do $(LOCK) -c requirements/base.txt --python-version 3.10 \
	  setup.py --extra $$extra -o requirements/$$extra.txt || exit 1; done
	@$(LOCK) -c requirements/base.txt --python-version 3.11 \
	  setup.py --extra ros-jazzy -o requirements/ros-jazzy.txt

demo: venv
	@$(BIN)/visual-navsat demo --out out/demo

serve: venv
	@$(BIN)/visual-navsat demo-service --out out/serve

lint: venv
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# Pages of modules that were renamed would stay behind in docs/generated.
docs: venv
	@rm -rf docs/generated
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs out/docs
	@echo 'out/docs/index.html'

# The site is built by one of the tests.
test: lint
	@$(BIN)/python -m pytest -n $(WORKERS)

test-fast: venv
	@$(BIN)/python -m pytest -n $(WORKERS) -m 'not ros and not slow'

bench: venv
	@$(BIN)/python -m bench --out out/bench

clean:
	rm -rf $(VENV) out docs/generated build install log src/*.egg-info src/visual_navsat_sim/*.egg-info .pytest_cache .ruff_cache
