# Spreadboard: `make run` starts it, `make test` proves it. Both set up what they need first.
PY      := .venv/bin/python
export OPENBLAS_NUM_THREADS := 1
BROWSER := $(shell command -v chromium-headless-shell 2>/dev/null)

.PHONY: setup setup-dev run demo test lint bench docs screenshots drill lock browser clean

.venv/bin/python:
	@echo "Setting up .venv: about a minute, once."
	@python3 -m venv .venv || { echo "python3 -m venv failed: on Debian, install python3-venv first (apt-get install python3-venv)"; exit 1; }

.venv/.run: requirements.lock | .venv/bin/python
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock | .venv/bin/python
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ .venv/.run

setup: .venv/.run

setup-dev: .venv/.dev

run: setup
	$(PY) app.py

# The simulated exchange, asked for by name: no network, no waiting for a live endpoint.
demo: setup
	$(PY) app.py --feed sim

# Most of the suite waits for real servers and a real browser: three at once, each with servers of its own.
test: setup-dev browser
	$(PY) -m pytest -m "not drill" --numprocesses 3 --dist loadfile

lint: setup-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -c "from importlinter.cli import lint_imports_command as c; c()"

bench: setup-dev
	$(PY) -m benchmarks

# What is made from the code: a test fails when it is not as the code says.
docs: setup-dev
	$(PY) -m docs.make_measures

screenshots: setup-dev browser
	PYTHONPATH=. $(PY) docs/screenshots.py

drill: setup-dev
	$(PY) -m pytest -m drill --timeout 900

# Browser tests use Debian's chromium, headless where that is installed; without any they are skipped, and say so.
browser:
ifeq ($(BROWSER),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-headless-shell >/dev/null \
	    || command -v chromium >/dev/null || echo "WARNING: chromium could not be installed: browser tests WILL BE SKIPPED"; \
	elif ! command -v chromium >/dev/null; then echo "WARNING: no chromium, and not root with apt: browser tests WILL BE SKIPPED (apt-get install chromium)"; fi
endif

lock:
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url -o requirements.lock pyproject.toml
	$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --extra dev -o requirements-dev.lock pyproject.toml

clean:
	rm -rf .venv .venv-bench .cache data
