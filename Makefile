# Each target makes .venv itself when it is missing; nothing is needed before them.
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash

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

.PHONY: help venv demo test lint bench clean

help:
	@echo 'make demo   fly a drone over a small procedural world with the real ROS 2 node (about 2 min)'
	@echo 'make test   lint, format check and all tests'
	@echo 'make bench  measure our features and search against the recipe as published'
	@echo 'make clean  remove .venv, out/ and what builds leave behind'

venv: .venv/.installed

.venv/.installed: setup.py src/visual_navsat_sim/pyproject.toml constraints-cpu.txt
	@echo '[1/2] making .venv with $(PYTHON)'
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1): Python 3.10 to 3.13 is needed, run make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { echo 'python venv is missing: sudo apt install python3-venv, then run make again'; rm -rf .venv; exit 1; }
	@echo '[2/2] installing visual_navsat, PyTorch, FAISS and ROS 2 Kilted into .venv ($(MACHINE)); a few minutes'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) \
	  -e '.[$(FAISS),maps,replay,ros,figures,dev]' -e src/visual_navsat_sim
	@touch $@

demo: venv
	@$(BIN)/visual-navsat demo --out out/demo

lint: venv
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

test: lint
	@$(BIN)/python -m pytest

bench: venv
	@$(BIN)/python -m bench --out out/bench

clean:
	rm -rf .venv out build install log src/*.egg-info src/visual_navsat_sim/*.egg-info .pytest_cache .ruff_cache
