PYTHON ?= python3
BIN := .venv/bin
CORES ?= all
LOCKED := $(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := report
.PHONY: help report quick test faults lint types bench schema lock clean

help:  ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1 | \2/p' Makefile | awk -F '|' '{ printf "%-13s%s\n", $$1, $$2 }'

report: .venv/ready  ## the whole benchmark with the default config, and its report
	$(BIN)/snakemake --cores $(CORES)

quick: .venv/ready  ## the same, small: three to five minutes
	$(BIN)/snakemake --cores $(CORES) --configfile config/quick.yaml

test: .venv/ready  ## the tests, on as many processes as there are cores, four at most
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

faults: .venv/ready  ## 100 kills at random moments, each resumed to the same bits; FAULTS="--seed 1" for others
	$(BIN)/python -m tests.faults $(FAULTS)

lint: .venv/ready types  ## style of the code and of the rules, and the types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(BIN)/snakemake --lint

types: .venv/ready  ## the types alone
	$(BIN)/mypy

bench: .venv/ready  ## the heads against plain references, and the loader; BENCH="-k dcq", or "-k loader", for some
	mkdir -p .benchmarks
	$(BIN)/python -m pytest tests/benchmarks -o python_files="bench_*.py" --benchmark-quiet \
		--benchmark-json=.benchmarks/heads.json $(BENCH)

schema: .venv/ready  ## the config's JSON schema and the table in config/README.md; commit the result
	$(BIN)/python -m workflow.cells schema

lock: .venv/ready  ## requirements*.lock: the closure of pyproject.toml with its hashes; commit the result
	$(BIN)/python -m venv .venv/uv
	.venv/uv/bin/python -m pip install --quiet uv==0.13.9
	$(BIN)/python -m tests.make_lock .venv/uv/bin/uv

clean:  ## remove the virtual environment
	rm -rf .venv

# Without a GPU, torch without CUDA where pip has it; with CUDA, also the libraries of that build.
.venv/ready: requirements.lock requirements-cpu.lock requirements-cuda.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Headroom needs Python 3.11 or later, this is {v[0]}.{v[1]}: make PYTHON=python3.12 report")'
	$(PYTHON) -m venv .venv
	@command -v nvidia-smi > /dev/null || $(LOCKED) requirements-cpu.lock 2> /dev/null || echo "pip has no such torch: the usual one"
	$(LOCKED) requirements.lock
	@$(BIN)/python -m pip check > /dev/null || $(LOCKED) requirements-cuda.lock
	@$(BIN)/python -m pip check
	@touch $@
