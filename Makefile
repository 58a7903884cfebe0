# Two commands do everything: `make demo` and `make test`. Both set up their own environment.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What a reader of the demo will open.
DEMO ?= demo

.PHONY: fetching env env-dev env-study env-servers env-train demo test lint bench speed oracle calibration attribution train lock clean

env: $(VENV)/.run-installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Overlook needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: $(BIN)/python requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

env-dev: $(VENV)/.dev-installed

$(VENV)/.dev-installed: $(VENV)/.run-installed requirements/dev.txt
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@

# What training needs beside: PyTorch, never a dependency of the package and in no lock.
env-train: $(VENV)/.train-installed

$(VENV)/.train-installed: $(VENV)/.dev-installed
	$(BIN)/python -m pip install --quiet torch==2.13.0
	@touch $@

# What studies compare with; the package and its tests never need it.
env-study: $(VENV)/.study-installed

$(VENV)/.study-installed: $(VENV)/.dev-installed requirements/study.txt
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/study.txt
	@touch $@

# A STAC API on PostgreSQL, for the tests that ask one; what it needs would not go beside the package's own.
SERVERS := .venv-servers
env-servers: $(SERVERS)/.installed

$(SERVERS)/.installed: requirements/servers.txt
	$(PYTHON) -m venv $(SERVERS)
	$(SERVERS)/bin/python -m pip install --quiet --require-hashes --only-binary :all: --no-binary version-parser -r requirements/servers.txt
	@touch $@

demo: env
	@$(BIN)/overlook demo $(DEMO)

test: env-dev
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

lint: env-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src
	$(BIN)/lint-imports --no-cache

# The numbers of docs/performance.md, each printed by the file that measures it.
bench: env-dev
	$(BIN)/python benchmarks/line.py
	$(BIN)/python benchmarks/window_memory.py
	$(BIN)/python benchmarks/detect_speed.py
	$(BIN)/python benchmarks/detect_memory.py
	$(BIN)/python benchmarks/pattern_carparks.py

# The tables of docs/explanation/calibration.md: within an hour on two quiet cores. CALIBRATION_ARGS=--quick: does it run?
calibration: env-study
	$(BIN)/python -m benchmarks.calibration $(CALIBRATION_ARGS)

# The tables of docs/explanation/screening.md: what both tiers cost beside their peers, and what the screen is worth.
speed: env-study
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/speed.py table
	$(BIN)/python benchmarks/speed.py screen
	$(BIN)/python benchmarks/speed.py first --sites 100 --fleets 30

# tests/activity/nuts_quantiles.json anew, by the no-U-turn sampler: ten minutes of one processor.
oracle: env-study
	$(BIN)/python benchmarks/nuts_oracle.py

# The tables of docs/explanation/reading-texts.md: who says what, against PolNeAR; nothing where the shared data are absent.
attribution: env-dev
	$(BIN)/python benchmarks/attribution.py

# The detector that ships, made again from the shared data (OVERLOOK_SHARED), and what docs/performance.md says of it: it took 73
# minutes on two busy cores. Not bit for bit: sums in bfloat16 depend on the processor. PyTorch is in no lock.
TRAINED ?= trained
train: env-train
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m training.train --out $(TRAINED)
	$(BIN)/python -m training.measure --weights $(TRAINED)/last/mean.pt --to src/overlook/detect/models

# The tables of docs/explanation/fetching.md: downloads through a proxy that spoils them, windows beside odc-stac and rasterio.
fetching: env-study
	$(BIN)/python benchmarks/faults.py
	$(BIN)/python benchmarks/windows_http.py
	$(BIN)/python benchmarks/windows_local.py

# Locks name no host; `uv` comes from wherever `UV` says.
UV ?= uv
lock:
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate --quiet pyproject.toml --group dev -o requirements/dev.txt
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate --quiet pyproject.toml --group build -c requirements/dev.txt -o requirements/run.txt
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate --quiet pyproject.toml --group study -c requirements/dev.txt -o requirements/study.txt
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate --quiet requirements/servers.in -o requirements/servers.txt

clean:
	rm -rf $(VENV) $(SERVERS) $(DEMO) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
