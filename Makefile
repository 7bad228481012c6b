# What a person types: make run, make demo, make test. Each installs what it lacks (Debian packages, npm, cargo tools)
# and does nothing of it twice.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run demo test test-long bench setup setup-run setup-test setup-bench build clip clean

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: setup-run ## build and start Hearth (ARGS="--http 0.0.0.0:8080" adds options)
	@cargo build --release --locked --quiet || cargo build --release --locked
	@exec cargo run --release --locked --quiet -- serve $(ARGS)

demo: setup-run ## the same, with a test picture on air: video in the browser without an encoder
	@cargo build --release --locked --quiet || cargo build --release --locked
	@exec cargo run --release --locked --quiet -- demo $(ARGS)

test: setup-test ## everything a change must pass; STEPS="fmt clippy" runs only those steps
	@tests/tools/check.sh $(STEPS)

test-long: setup-test ## more cases for every property test, and the browser for many minutes
	@HEARTH_LONG=1 PROPTEST_CASES=$${PROPTEST_CASES:-20000} tests/tools/check.sh test release browser

bench: setup-bench ## the numbers Hearth promises, measured here; BENCH="startup memory" runs only those
	@benches/run.sh $(BENCH)

setup: setup-run setup-test setup-bench ## install what every target here needs

setup-run:
	@tests/tools/setup.sh run

setup-test:
	@tests/tools/setup.sh run test

setup-bench:
	@tests/tools/setup.sh run test bench

build: setup-run ## the release binary only
	cargo build --release --locked

clip: setup-test ## draw the demo's test picture again
	web/demo/make-clip.sh

clean: ## remove what was built
	cargo clean
	rm -rf artefacts
