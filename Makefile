# make env | demo | test | test-all | check ; the environment is .venv, made once and reused.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
WORK   ?= work_dirs/demo
PYTEST ?=

.PHONY: env docs demo demo-anticipation demo-groundnlq demo-vidlankd test test-all check clean

env: $(STAMP)

$(STAMP): pyproject.toml setup.py requirements/constraints.txt tools/make_env.sh
	PYTHON=$(PYTHON) tools/make_env.sh $(VENV)
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/python tools/demo.py --work-dir $(WORK)

demo-anticipation: $(STAMP)
	$(BIN)/python tools/demo_anticipation.py

demo-groundnlq: $(STAMP)
	$(BIN)/python tools/demo_groundnlq.py

demo-vidlankd: $(STAMP)
	$(BIN)/python tools/demo_vidlankd.py

test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not long and not executorch" $(PYTEST)

# With whole runs through the command lines and other tests that take more than ten seconds each.
test-all: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not executorch" $(PYTEST)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The pages as a site, in site/; warnings are errors.
docs: $(STAMP)
	$(BIN)/mkdocs build --quiet

clean:
	rm -rf $(VENV) build dist site *.egg-info
