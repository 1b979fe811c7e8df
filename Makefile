# Two commands matter: `make restore` and `make test`. Both need python3 >= 3.11 and nothing else, and set up the rest in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# A stamp is newer than the files it was made from, so that a second run calls no pip at all.
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
SAMPLE := out/sample_ct

.DEFAULT_GOAL := help
.PHONY: help restore test lint format fuzz bench train pictures desktop-pictures panel-picture web-pictures browser clean

help: ## What can be made
	@echo "make restore                     makes a sample head CT and restores it (out/sample_restored)"
	@echo "make restore CT=path [OUT=dir]   restores your own: DICOM folder, NRRD, NIfTI, MHA, STL, PLY, OBJ or VTP"
	@echo "                                 more options: ARGS=\"--points 32 --thickness 5\"; all of them: $(BIN)/skullrestore restore --help"
	@echo "make test                        style, import contracts and all tests"
	@echo "make fuzz [MINUTES=5]            breaks files by chance and has every reader read them"
	@echo "make bench                       time and memory of every step by size, beside what a user would take instead (Linux)"
	@echo "make train SKULLS=dir [OUT=dir]  fits the network on your own folder of intact skulls"
	@echo "make pictures                    draws the pictures of the README with the weights that are there"
	@echo "make desktop-pictures            draws the pictures of the tutorial for 3D Slicer, off the screen"
	@echo "make panel-picture               draws the panel itself (installs Qt)"
	@echo "make web-pictures                draws the pictures of the browser door in Chromium"
	@echo "make format                      puts the code into the house style"
	@echo "make clean                       removes out/ and everything that tools have cached"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "SkullRestore needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; choose another one with PYTHON=...")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 cannot make a virtual environment here; on Debian or Ubuntu install the package python3-venv first." >&2; exit 1; }

$(RUN_STAMP): requirements.txt pyproject.toml setup.py | $(BIN)/python
	@echo "Installing what a restoration needs into $(VENV) (once; some minutes) ..."
	@$(PIP) install -r requirements.txt
	@$(PIP) install --no-deps --editable .
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	@echo "Installing what the tests and the training need into $(VENV) (once) ..."
	@$(PIP) install -r requirements-dev.txt
	@touch $@

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

lint: $(DEV_STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check . || { echo "Not in the house style; make format puts it there." >&2; exit 1; }
	@$(BIN)/lint-imports --no-cache

# The browser door is tested in a real browser. Where none can be had its tests skip, and say so.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  { echo "Installing Chromium for the tests of the browser door (once) ..."; \
	    { apt-get install -y -qq chromium || { apt-get update -qq && apt-get install -y -qq chromium; }; } >/dev/null 2>&1; }; } || \
	echo "No Chromium here: the tests of the browser door in a real browser are skipped. On Debian: apt-get install chromium"

test: lint browser ## Style, import contracts, all tests
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadfile $(ARGS)

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

desktop-pictures: $(DEV_STAMP)
	@$(BIN)/python docs/make_desktop_pictures.py

panel-picture: $(DEV_STAMP)
	@$(BIN)/python -c 'import PySide6' 2>/dev/null || $(BIN)/python -m pip install -q PySide6-Essentials==6.12.0
	@$(BIN)/python docs/make_panel_picture.py

web-pictures: $(DEV_STAMP)
	@$(BIN)/python docs/make_web_pictures.py

clean:
	@rm -rf out build *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis
