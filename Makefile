PYTHON ?= python3
VENV = .venv/bin

.PHONY: run demo test check fix lock venv

run: venv
	@$(VENV)/python -m deploy.run

demo: venv
	@$(VENV)/python -m deploy.demo

test:
	@$(PYTHON) deploy/bootstrap.py --tests
	@$(VENV)/python -m deploy.test

check: venv
	@$(VENV)/python -m deploy.check

fix: venv
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

# Universal: other patch levels of Python, and other machines, need other packages.
lock:
	@uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate -q -o requirements.lock

venv:
	@$(PYTHON) deploy/bootstrap.py
