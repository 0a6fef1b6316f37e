PYTHON ?= python3
VENV = .venv/bin

.PHONY: run demo test voice voice-test voice-listen soak bench check fix lock venv tools

run: venv
	@$(VENV)/python -m deploy.run

demo: venv
	@$(VENV)/python -m deploy.demo

test: tools
	@$(VENV)/python -m deploy.test

# Asterisk in a root of its own, and the natural voice.
voice:
	@$(PYTHON) deploy/bootstrap.py --speech
	@$(VENV)/python -m deploy.voice

# Real telephone calls, which `make test` tries only where Asterisk can start: here it is a failure when it cannot.
voice-test: tools voice
	@REAL_CALLS=1 $(VENV)/python -m deploy.test tests/voice/test_real_*.py tests/voice/test_calls_at_once.py

# The natural voice, written down by a program that listens: how many words come through. By hand, some minutes.
voice-listen:
	@$(PYTHON) deploy/bootstrap.py --speech
	@$(VENV)/python -m deploy.voice.listening

# Long searches, kills and load: what `make test` leaves out. Properties are tried on examples that nobody tried yet.
soak: tools
	@$(VENV)/python -m deploy.test -m "soak or hypothesis"

bench: tools
	@$(VENV)/python -m bench

check: venv
	@$(VENV)/python -m deploy.check

fix: venv
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .
	@PYTHONPATH=.:platform $(VENV)/python -m deploy.plurals

# Universal: other patch levels of Python, and other machines, need other packages.
COMPILE = uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate -q
lock:
	@$(COMPILE) pyproject.toml --all-extras -o requirements.lock
	@$(COMPILE) pyproject.toml deploy/image/requirements.in -c requirements.lock -o requirements-image.lock
	@$(COMPILE) --group charts -c requirements.lock -o requirements-charts.lock
	@$(COMPILE) --group speech -c requirements.lock -o requirements-speech.lock

venv:
	@$(PYTHON) deploy/bootstrap.py

# The environment, the browser that tests and measures drive, and what tries the chart.
tools:
	@$(PYTHON) deploy/bootstrap.py --tests
