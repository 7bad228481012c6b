# What a person types: make run, make demo, make test. Each installs what it lacks (Debian packages, npm, cargo tools)
# and does nothing of it twice.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run demo test test-long shots bench image image-lock emulate test-image test-image-fast lint-yocto setup setup-run setup-test setup-bench setup-image build clip clean

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

shots: setup-test build ## pictures of every page on phone, laptop and television in artefacts/shots; PAGES="admin tv" takes only those
	@node tests/browser/shots.mjs $(PAGES)

bench: setup-bench ## the numbers Hearth promises, measured here; BENCH="latency cpu" runs only those
	@benches/run.sh $(BENCH)

image: setup-image ## the card's image for Raspberry Pi boards: artefacts/hearth-VERSION-arm64.img.xz
	@rootfs/build/image.sh

image-lock: ## take Debian's packages of today into the image (rootfs/build/packages.lock)
	@rootfs/build/lock.sh

emulate: setup-image ## build the image and boot it under QEMU; the page and RTMP are on this machine
	@FAST=1 rootfs/build/image.sh
	@node tests/image/emulate.mjs

test-image-fast: setup-test ## build the image, boot it once, stream through it
	@tests/tools/check.sh image

test-image: setup-test setup-image ## everything about the image: twice the same bytes, power cuts, broken data
	@HEARTH_LONG=1 tests/tools/check.sh cross image

lint-yocto: ## check the Yocto layer, as far as that goes without Yocto
	@tests/yocto/lint.sh

setup: setup-run setup-test setup-bench setup-image ## install what every target here needs

setup-run:
	@tests/tools/setup.sh run

setup-test:
	@tests/tools/setup.sh run test

setup-bench:
	@tests/tools/setup.sh run test bench

setup-image:
	@tests/tools/setup.sh run image

build: setup-run ## the release binary only
	cargo build --release --locked

clip: setup-test ## draw the demo's test picture again
	web/demo/make-clip.sh

clean: ## remove what was built
	cargo clean
	rm -rf artefacts
