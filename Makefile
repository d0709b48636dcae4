# make report: the whole benchmark with the default config. make test: the tests. Both make .venv first.
# make bench: the heads against plain references, a quarter of an hour; BENCH="-k dcq" for some rows only.
PYTHON ?= python3
BIN := .venv/bin
CORES ?= all
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: report quick test lint bench schema lock clean

report: .venv/ready
	$(BIN)/snakemake --cores $(CORES)

quick: .venv/ready
	$(BIN)/snakemake --cores $(CORES) --configfile config/quick.yaml

test: .venv/ready
	$(BIN)/python -m pytest

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(BIN)/snakemake --lint

bench: .venv/ready
	mkdir -p .benchmarks
	$(BIN)/python -m pytest tests/benchmarks -o python_files="bench_*.py" --benchmark-quiet \
		--benchmark-json=.benchmarks/heads.json $(BENCH)

# The config's JSON schema and the table in config/README.md, from workflow/cells; commit the result.
schema: .venv/ready
	$(BIN)/python -m workflow.cells schema

# The pinned closure of pyproject.toml, for this platform; commit the result.
lock: .venv/ready
	$(BIN)/python -m pip freeze --exclude-editable | sed "s/+cpu//" > requirements.lock

clean:
	rm -rf .venv

.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Headroom needs Python 3.11 or later, this is {v[0]}.{v[1]}: make PYTHON=python3.12 report")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	@touch $@
