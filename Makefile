# Everything sets itself up: a virtual environment in .venv, with what the work needs.
#
#   make demo    label the demo archives, report, and show what came out
#   make test    the whole test suite
#   make model   train models/default from datasets/train, byte for byte the one in the repository
#   make lint    ruff and mypy
#   make bench   serving, cold start, archives and reports: speed and memory, against fastText, scikit-learn, pandas
#   make scores  the table of models in the README: ours against plain ones on datasets/test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test model lint bench scores clean

$(VENV)/ready: pyproject.toml requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --editable '.[all]'
	@touch $@

demo: $(VENV)/ready
	$(BIN)/python demo/run.py

test: $(VENV)/ready
	$(BIN)/python -m pytest -q -n auto

model: $(VENV)/ready
	$(BIN)/appealcls train datasets/train -o models/default --name "Темы обращений жителей города"

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/bench-ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet fasttext-wheel==0.9.2
	@touch $@

bench: $(VENV)/bench-ready
	$(BIN)/python benchmarks/serving.py
	$(BIN)/python benchmarks/cold_start.py
	$(BIN)/python benchmarks/archive.py
	$(BIN)/python benchmarks/report.py --rounds 2

scores: $(VENV)/bench-ready
	$(BIN)/python benchmarks/quality.py

clean:
	rm -rf $(VENV) demo/output
