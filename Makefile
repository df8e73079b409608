# Every target does its own set-up, and is quick when there is nothing to do.
#
#   make demo       hear it: renders examples/first_sound.py to demo.wav
#   make test       the Rust tests and pytest
#   make build      .venv with krach in it, imported from this checkout
#   make test-full  the long versions of the tests
#   make bench      benchmarks, and ratios against the official Faust compiler
#   make docs       the site of the documents, in target/site
#   make wheel      the wheel, in dist/, tried in bare environments
#   make lint       formatting, clippy, ruff, pyright, stubtest

.PHONY: build demo test test-full bench lint wheel docs

build: .venv/ready
	@scripts/build.sh

demo: build
	@.venv/bin/python examples/first_sound.py

test: build
	@scripts/test.sh

test-full: build
	@KRACH_FULL=1 PROPTEST_CASES=2560 scripts/test.sh

bench: build
	@scripts/bench.sh

lint: build
	@scripts/lint.sh

wheel: build
	@scripts/wheel.sh

docs: build
	@scripts/docs.sh

# Installs the missing parts: system packages, the virtual environment, the tools of pyproject.toml.
.venv/ready: pyproject.toml scripts/setup.sh
	@scripts/setup.sh
	@touch $@
