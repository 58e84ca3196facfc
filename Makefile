# Two commands: `make demo` runs the main job, `make test` passes the tests.
# Both create .venv and install what requirements.lock names; only Python 3.11, pip and make are needed.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV_PIN := uv==0.13.9
STAMP := $(VENV)/.installed

export PREFECT_SERVER_ANALYTICS_ENABLED := false
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := 1

.PHONY: demo test lint docs lock clean help

help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

# The stamp is written last, so an installation that was killed is taken up again.
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 was not found; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (about a gigabyte, once) ..."
	@if $(BIN)/python -m pip install --quiet --disable-pip-version-check "$(UV_PIN)"; then \
		VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r requirements.lock \
		&& VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e . ; \
	else \
		echo "uv is not available; falling back to pip, which takes longer."; \
		$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock \
		&& $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@
