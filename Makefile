# The commands of a fresh machine. Each installs what it needs into .venv by
# itself; a stamp file makes that instant until pyproject.toml changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Where recorded protocol facts are, when they are at hand; the tests that need them skip without.
export TRUENAS_FACTS ?= ../shared
# Compiled modules are kept: the tests start hundreds of programs, and each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check bench soak picture man clean

demo: $(VENV)/.installed
	@$(BIN)/truenas-tui --demo

test: $(VENV)/.installed-dev
	@$(BIN)/pytest -q -n 4 --dist worksteal

check: $(VENV)/.installed-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m tests.readme
	@$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.bench

# The long runs in full: chaos, fuzz, schedules, a day at the app; `make test` runs a tenth of each. And tests with the oldest websockets.
soak: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.soak all

# The README's pictures, drawn by the app itself.
picture: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.picture .readme

# The manual page of midclt, from its parser.
man: $(VENV)/.installed
	@mkdir -p build
	@$(BIN)/python -m midclt.manpage > build/midclt.1
	@echo "build/midclt.1: man ./build/midclt.1 shows it"

$(VENV)/.created:
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.created pyproject.toml
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test,check]"
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
