# Two commands: `make demo` shows it, `make test` proves it. Both make .venv first.
# `make compat` adds older engines, so that tests hold the catalog against them too; `make sail` and
# `make spark` hold those engines against DuckDB.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
OLDER_ENGINES := $(addprefix $(VENV)/compat/,$(shell cat tests/publish/engines.txt))
CHARTS := dashboards/packages/plot.umd.min.js
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.PHONY: demo test lint types unit install compat sail spark site-engine docs wheel clean

demo: $(READY) $(CHARTS)
	$(BIN)/plainscore demo

test: lint types unit

lint: $(READY_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint transforms expectations dashboards

types: $(READY_DEV)
	$(BIN)/mypy

# Compiled modules are kept, whatever the machine says: tests start a hundred processes that read them.
unit: $(READY_DEV) $(CHARTS) $(VENV)/axe/axe.min.js
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 2 --dist worksteal

install: $(READY_DEV) $(CHARTS) $(VENV)/axe/axe.min.js

# The engines that readers may have, side by side; what they answer is tested without a network.
compat: $(READY_DEV) $(OLDER_ENGINES)
	$(BIN)/pytest tests/publish/test_engines.py

# What the pages of `plainscore site` run in a browser, so that tests open them without a network.
site-engine: $(READY_DEV)
	$(BIN)/python -m plainscore.show.packages dashboards/site/engine.toml $(VENV)/site-engine

# What draws charts, and what judges pages in tests. Without npm, or a network, pages have tables alone.
$(CHARTS): dashboards/report/charts.toml | $(READY)
	-@$(BIN)/python -m plainscore.show.packages $< $(@D) && touch $@

$(VENV)/axe/axe.min.js: tests/dashboards/browser/axe.toml | $(READY)
	-@$(BIN)/python -m plainscore.show.packages $< $(@D) && touch $@

$(VENV)/compat/%: | $(READY_DEV)
	rm -rf $@.unfinished
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $@.unfinished duckdb==$*
	mv $@.unfinished $@

# Spark and Sail against DuckDB, each in an environment of its own that sees what .venv has.
sail: $(VENV)/engines/sail/.ready
	$(VENV)/engines/sail/bin/python -m pytest tests/oracle/test_engines_agree.py

spark: $(VENV)/engines/spark/.ready
	$(VENV)/engines/spark/bin/python -m pytest tests/oracle/test_engines_agree.py

$(VENV)/engines/%/.ready: pyproject.toml constraints.txt | $(READY_DEV)
	$(PYTHON) -m venv --clear $(@D)
	$(BIN)/python -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' \
	  > "$$($(@D)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/beside.pth"
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt 'plainscore[$*]'
	@touch $@

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("plainscore needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python's venv module is not complete: on Debian or Ubuntu, apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(READY_DEV): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# One top-level package, into build/wheels/.
wheel: $(READY) $(CHARTS)
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir build/wheels .

clean:
	rm -rf $(VENV) data/landing data/events data/snapshots data/reports data/format.json data/plainscore.duckdb

docs: $(READY_DEV)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --config-file docs/site/mkdocs.yml
	@echo build/site/index.html
