# Everything is installed into .venv from this folder's own files.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
CLOUDS := --extra aks --extra eks --extra gke
LOCK := $(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header

.PHONY: install demo check test bench guard generate controlplane lock clean

install: $(STAMP)

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: install
	$(BIN)/kube-fleet-exporter demo $(DEMO)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -m "not controlplane and not archives"

test: check
	@if command -v go >/dev/null || [ -n "$$CI" ]; then $(BIN)/python tests/controlplane/build.py; fi
	$(BIN)/pytest -m "controlplane or archives"
	$(BIN)/python -m benchmarks guard

controlplane: install
	$(BIN)/python tests/controlplane/build.py

bench: install
	$(BIN)/python -m benchmarks $(BENCH)

guard: install
	$(BIN)/python -m benchmarks guard

generate: install
	$(BIN)/kube-fleet-exporter metrics -o markdown > docs/metrics.md
	$(BIN)/python -m dashboards.source
	$(BIN)/python requirements/licences.py > docs/licences.md
	$(BIN)/python -m helm.source

lock: install
	$(LOCK) --output-file requirements/run.txt pyproject.toml
	$(LOCK) $(CLOUDS) --output-file requirements/image.txt pyproject.toml
	$(LOCK) $(CLOUDS) --extra dev --all-build-deps --output-file requirements/dev.txt pyproject.toml
	$(LOCK) --only-build-deps --build-deps-for wheel --output-file requirements/build.txt pyproject.toml

clean:
	rm -rf .venv build *.egg-info
