# Two commands matter: `make restore` and `make test`. Both need only python3 >= 3.11 and set up the rest in .venv.

VENV := .venv
# On Windows use make from the bash that comes with Git: the recipes are for a POSIX shell.
ifeq ($(OS),Windows_NT)
SHELL := sh.exe
PYTHON ?= python
SCRIPTS := Scripts
EXE := .exe
else
PYTHON ?= python3
SCRIPTS := bin
EXE :=
endif
BIN := $(VENV)/$(SCRIPTS)
VENV_PYTHON := $(BIN)/python$(EXE)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# A stamp is newer than the files it was made from, so that a second run calls no pip at all.
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
SAMPLE := out/sample_ct

.DEFAULT_GOAL := help
.PHONY: help restore test test-all test-quick test-oldest lint format docs wheel slicer-bundle fuzz bench train pictures tutorial-pictures method-pictures desktop-pictures panel-picture translations web-pictures browser clean

help: ## What can be made
	@echo "make restore                     makes a sample head CT and restores it (out/sample_restored)"
	@echo "make restore CT=path [OUT=dir]   restores your own: DICOM folder or zip, NRRD, NIfTI, MHA, STL, PLY, OBJ, VTP ..."
	@echo "                                 more options: ARGS=\"--points 32 --thickness 5\"; all of them: $(BIN)/skullrestore restore --help"
	@echo "make test                        style, import contracts and the tests, in a few minutes"
	@echo "make test-all                    the slow tests too: real skulls, a real browser, training, many processes"
	@echo "make test-quick                  the tests that need no complete restoration"
	@echo "make docs [ARGS=serve]           builds the documentation site into out/site, or shows it while it is edited"
	@echo "make wheel                       builds a wheel, installs it alone without extras, and restores a sample with it"
	@echo "make slicer-bundle               zips for 3D Slicer without a network, one for each system, in out/slicer-bundle"
	@echo "make test-oldest                 the tests with the oldest dependencies that pyproject.toml allows (needs uv)"
	@echo "make fuzz [MINUTES=5]            breaks files by chance and has every reader read them"
	@echo "make bench                       time and memory of every step by size, compared with other programs (Linux)"
	@echo "make train SKULLS=dir [OUT=dir]  fits the network on your own folder of intact skulls"
	@echo "make pictures                    draws the pictures of the README with the weights that are there"
	@echo "make tutorial-pictures           draws the pictures of the tutorials in Python"
	@echo "make method-pictures             draws a picture of each step for the page on the method"
	@echo "make desktop-pictures            draws the pictures of the tutorial for 3D Slicer, off the screen"
	@echo "make panel-picture               draws the panel itself, in three languages (installs Qt)"
	@echo "make translations                brings the catalogues of German and Russian up to date (installs Qt)"
	@echo "make web-pictures                draws the pictures of the browser pages in Chromium"
	@echo "make format                      puts the code into the style of the project"
	@echo "make clean                       removes out/ and everything that tools have cached"

$(VENV_PYTHON):
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "SkullRestore needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; choose another one with PYTHON=...")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 cannot make a virtual environment here; on Debian or Ubuntu install the package python3-venv first." >&2; exit 1; }

# Python compiles a file when it is first used: most never are, and compiling all takes half of the time.
$(RUN_STAMP): requirements.txt pyproject.toml setup.py | $(VENV_PYTHON)
	@echo "Installing what a restoration needs into $(VENV) (once; about a minute) ..."
	@$(PIP) install --no-compile -r requirements.txt
	@$(PIP) install --no-deps --editable .
	@touch $@

$(DEV_STAMP): requirements-dev.txt requirements.txt pyproject.toml setup.py | $(VENV_PYTHON)
	@echo "Installing what the tests and the training need into $(VENV) (once) ..."
	@$(PIP) install -r requirements-dev.txt
	@$(PIP) install --no-deps --editable .
	@touch $(RUN_STAMP) $@

$(SAMPLE): | $(RUN_STAMP)
	@$(BIN)/skullrestore phantom --out $(SAMPLE)

ifdef CT
# Without OUT every run gets a folder of its own: nothing that was made before is ever replaced.
restore: $(RUN_STAMP) ## Restore a head CT
	@out="$(OUT)"; n=1; \
	if [ -z "$$out" ]; then while [ -e "out/restored_$$n" ]; do n=$$((n + 1)); done; out="out/restored_$$n"; fi; \
	$(BIN)/skullrestore restore "$(CT)" --out "$$out" $(ARGS)
else
restore: $(RUN_STAMP) | $(SAMPLE)
	@$(BIN)/skullrestore restore $(SAMPLE) --out $(or $(OUT),out/sample_restored --force) $(ARGS)
endif

LINT := $(BIN)/ruff check . && \
	{ $(BIN)/ruff format --check . || { echo "Not in the style of the project; make format puts it there." >&2; false; }; } && \
	$(BIN)/lint-imports --no-cache && $(BIN)/python -m mypy
lint: $(DEV_STAMP)
	@$(LINT)

# The browser front end is tested in a real browser. Without one its tests skip, and say so.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  { echo "Installing Chromium for the tests in a real browser (once) ..."; \
	    { apt-get install -y -qq chromium || { apt-get update -qq && apt-get install -y -qq chromium; }; } >/dev/null 2>&1; }; } || \
	echo "No Chromium here: the tests in a real browser are skipped. On Debian: apt-get install chromium"

# Style and types are checked while the tests run: their one process fills the gaps that the tests leave.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder
test: WHICH := -m "not slow"
test: $(DEV_STAMP) ## Style, import contracts, all tests but the slow ones
test-all: $(DEV_STAMP) browser ## The same with the slow tests
test test-all:
	@{ $(LINT); } & lint=$$!; \
	$(PYTEST) $(WHICH) $(ARGS); tests=$$?; \
	wait $$lint || { echo "The style, the types or the import contracts: see above, or make lint" >&2; exit 1; }; exit $$tests

# Folders and files whose tests are quick: no complete restoration, no process of its own, no browser, no training.
QUICK := floor geometry defects skull_model io/test_headers.py io/test_write.py \
	report batch repository/test_house.py repository/test_dependencies.py repository/test_metadata.py
test-quick: $(DEV_STAMP) ## For the daily loop
	@$(PYTEST) -m "not slow" $(addprefix Testing/,$(QUICK)) $(ARGS)

docs: $(DEV_STAMP) ## The documentation site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs $(or $(ARGS),build --strict --quiet)

# What a user gets who installs the wheel and no extra: no training, no web, no tests, and not this folder.
WHEEL := out/wheel
LARGEST_INSTALLATION_MB := 950
wheel: $(DEV_STAMP) ## Wheel and minimal install
	@rm -rf $(WHEEL)
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir $(WHEEL) .
	@$(BIN)/python -m venv $(WHEEL)/venv
	@$(WHEEL)/venv/$(SCRIPTS)/python -m pip --disable-pip-version-check --quiet install --constraint requirements.txt $(WHEEL)/*.whl
	@cd $(WHEEL) && venv/$(SCRIPTS)/skullrestore phantom --out sample --slice 2 && venv/$(SCRIPTS)/skullrestore restore sample --out restored
	@test -f $(WHEEL)/restored/report.html
	@size=$$(du -sm $(WHEEL)/venv | cut -f1); test $$size -le $(LARGEST_INSTALLATION_MB) || \
	{ echo "An installation takes $$size MB, and shall not take more than $(LARGEST_INSTALLATION_MB)." >&2; false; }

# Old versions of libraries warn about changes that came later, which we cannot fix: warnings are not errors here.
OLDEST := out/oldest
test-oldest: ## Tests with the oldest allowed dependencies
	@command -v uv >/dev/null || { echo "uv finds the oldest versions: install it with  pip install uv" >&2; exit 1; }
	@uv venv --quiet --allow-existing --python $(PYTHON) $(OLDEST)
	@uv pip install --quiet --python $(OLDEST) --resolution lowest-direct --editable ".[dev]"
	@OMP_NUM_THREADS=1 $(OLDEST)/$(SCRIPTS)/python -m pytest -W default -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

slicer-bundle: $(RUN_STAMP) ## Offline bundle for 3D Slicer
	@$(BIN)/python tools/make_slicer_bundle.py $(ARGS)

fuzz: $(DEV_STAMP)
	@$(BIN)/python Testing/fuzz.py --minutes $(or $(MINUTES),5) --keep out/fuzz $(ARGS)

bench: $(DEV_STAMP)
	@$(BIN)/python benchmarks/bench.py $(ARGS)

format: $(DEV_STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

train: $(DEV_STAMP)
	@test -n "$(SKULLS)" || { echo "Say where the intact skulls are: make train SKULLS=folder [OUT=folder]" >&2; exit 2; }
	@$(BIN)/skullrestore train --skulls "$(SKULLS)" --out "$(or $(OUT),runs/train)" $(ARGS)

pictures: $(RUN_STAMP)
	@$(BIN)/python docs/make_pictures.py

tutorial-pictures: $(RUN_STAMP)
	@$(BIN)/python docs/make_tutorial_pictures.py

method-pictures: $(DEV_STAMP)
	@$(BIN)/python docs/make_method_pictures.py

desktop-pictures: $(DEV_STAMP)
	@$(BIN)/python docs/make_desktop_pictures.py

panel-picture: $(DEV_STAMP)
	@$(BIN)/python -c 'import PySide6' 2>/dev/null || $(BIN)/python -m pip install -q PySide6-Essentials==6.12.0
	@$(BIN)/python docs/make_panel_picture.py

translations: $(DEV_STAMP) ## Bring the catalogues of translations up to date
	@$(BIN)/python -c 'import PySide6' 2>/dev/null || $(BIN)/python -m pip install -q PySide6-Essentials==6.12.0
	@$(BIN)/python docs/make_translations.py

web-pictures: $(DEV_STAMP)
	@$(BIN)/python docs/make_web_pictures.py

clean:
	@rm -rf out build *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis
