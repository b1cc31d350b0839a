# `make` alone shows what can be done. Needs Python 3.11 or later; the rest is fetched.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test proof check package bench papers deploy rollback destroy clean tools browsers compiler

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

help: ## show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "%-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) ## the product on http://localhost:8000/, its mails on http://127.0.0.1:8025/ (PORT, AWS_PORT, MAIL_PORT; HTTPS=1, PROCONNECT=1)
	@exec $(BIN)/python -m infra.local

test: package tools ## every check and every suite but the long one, the browser's included
	$(BIN)/python -m tests

proof: package tools browsers ## the long suite, and each protection taken away in turn: a test must notice (some 20 minutes)
	$(BIN)/python -m tests proof

check: $(INSTALLED) ## form, lint and types
	@$(BIN)/python -m tests check

package: $(INSTALLED) compiler ## build/deployment.zip and build/sam.yaml, ready for AWS, and what is in them (sbom.json)
	@$(BIN)/python infra/package.py

# Lambda's Python, whichever runs the rest: package.py says so where it is missing.
compiler:
	@command -v python3.13 >/dev/null || ! command -v apt-get >/dev/null || [ "$$(id -u)" != 0 ] || { \
		echo "Installing python3.13…"; $(INSTALL) python3.13 >/dev/null 2>&1 || true; }

bench: package tools ## what the product costs and how long people wait, beside the goals; build/bench.json
	@$(BIN)/python -m tests.bench

deploy rollback destroy papers: NAMED = $(if $(STAGE),,$(error Name the stage: make $@ STAGE=<the name of a file of infra/stages>))

deploy: $(INSTALLED) compiler ## put a stage on AWS, or bring it up to date (STAGE=<a file of infra/stages>; infra/README.md)
	$(NAMED)@$(BIN)/python -m infra.deploy deploy --stage "$(STAGE)"

rollback: $(INSTALLED) ## lead a stage's traffic back to the version that worked before; the stack stays (STAGE)
	$(NAMED)@$(BIN)/python -m infra.deploy rollback --stage "$(STAGE)"

destroy: $(INSTALLED) ## take a stage down, unless it is protected (STAGE)
	$(NAMED)@$(BIN)/python -m infra.deploy destroy --stage "$(STAGE)"

papers: $(INSTALLED) tools ## what a data protection and a security officer sign, in French, of a stage's settings; build/papers (STAGE)
	$(NAMED)@$(BIN)/python -m infra.papers --stage "$(STAGE)"

clean: ## remove everything that make made
	rm -rf .venv build .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# The environment: made when missing, made again when a pinned version changes.
$(INSTALLED): requirements-dev.lock
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found: install Python 3.11 or later, or name it with PYTHON=<path>."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1): name another with PYTHON=<path>."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing: install it (Debian: apt-get install python3-venv)."; exit 1; }
	@echo "Installing the environment in .venv (half a minute)…"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 2 --require-hashes -r requirements-dev.lock 2>.venv/pip.log || { \
		if grep -qE 'Connection|Temporary failure|timed out|Name or service|ProxyError|SSLError' .venv/pip.log; \
		then echo "The package registry cannot be reached: check the network, or pip's index-url and proxy settings."; \
		else tail -n 5 .venv/pip.log; echo "The environment could not be installed: see above, and .venv/pip.log."; fi; exit 1; }
	@touch $@

# What the suites need beside Python, as <command or file>=<Debian's package>. Installed when root may; said otherwise.
# The Chromium without windows only makes them quicker: where there is none, the whole one does alone.
FONTS := /usr/share/fonts/truetype
TOOLS := chromium=chromium $(FONTS)/dejavu/DejaVuSans.ttf=fonts-dejavu-core \
	/usr/lib/*/libical.so.3=gir1.2-ical-3.0 /usr/lib/*/libgmime-3.0.so.0=gir1.2-gmime-3.0
BROWSERS := firefox-esr=firefox-esr WebKitWebDriver=webkit2gtk-driver Xvfb=xvfb \
	$(FONTS)/liberation/LiberationSansNarrow-Regular.ttf=fonts-liberation-sans-narrow
INSTALL := apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends
tools: WANTED := $(TOOLS)
tools: BETTER := chromium-headless-shell
browsers: WANTED := $(BROWSERS)
tools browsers:
	@may() { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; }; \
	wanted=""; \
	for one in $(WANTED); do \
		command -v "$${one%%=*}" >/dev/null || ls $${one%%=*} >/dev/null 2>&1 || wanted="$$wanted $${one#*=}"; \
	done; \
	if [ -n "$(BETTER)" ] && ! command -v "$(BETTER)" >/dev/null && may; then \
		echo "Installing$$wanted $(BETTER)…"; \
		{ $(INSTALL) $$wanted chromium $(BETTER) >/dev/null 2>&1; } && exit 0; \
	fi; \
	[ -n "$$wanted" ] || exit 0; \
	if may; then echo "Installing$$wanted…"; $(INSTALL) $$wanted >/dev/null && exit 0; fi; \
	echo "Missing:$$wanted. Install them (Debian: sudo apt-get install$$wanted); without them some suites fail."; \
	[ "$$CI" != true ]
