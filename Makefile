PYTHON ?= python3
VENV = .venv/bin

.PHONY: test check fix lock venv

venv:
	@$(PYTHON) deploy/bootstrap.py

test: venv
	@$(VENV)/python -m deploy.test

check: venv
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@PYTHONPATH=.:platform $(VENV)/lint-imports

fix: venv
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

lock:
	@uv pip compile pyproject.toml --all-extras --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate -q -o requirements.lock
