#!/usr/bin/env bash
# Installs what a make target needs and lacks: setup.sh run|test|bench … Says in one sentence what it could not do.
set -euo pipefail
cd "$(dirname "$0")/../.."

die() { echo "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

missing=()
# want COMMAND PACKAGE…: the packages that bring a command, if it is not there.
want() { have "$1" || missing+=("${@:2}"); }

install_packages() {
    [ ${#missing[@]} -gt 0 ] || return 0
    local list="${missing[*]}" as=()
    have apt-get || die "Please install: $list (this machine has no apt-get to do it with)."
    if [ "$(id -u)" != 0 ]; then
        have sudo || die "Please install as root: apt-get install $list"
        as=(sudo)
    fi
    echo "Installing $list …"
    # RUNLEVEL=1: a freshly installed server (nginx) is not started.
    "${as[@]}" apt-get update -qq </dev/null || true
    "${as[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null \
        || die "apt-get could not install: $list"
    missing=()
}

setup_run() {
    have cargo || die "Hearth is built with Rust 1.95 or newer: install it from https://rustup.rs and run this again."
    want cc gcc libc6-dev
    install_packages
    # The player library comes from npm by its lock file; nothing is fetched if it is there already.
    if [ -z "${HEARTH_HLS_JS:-}" ] && ! web/fetch-vendor.sh </dev/null >/dev/null 2>&1; then
        want node nodejs
        want npm npm
        install_packages
        web/fetch-vendor.sh </dev/null || die "npm could not fetch hls.js: name a copy of hls.light.min.js in HEARTH_HLS_JS."
    fi
}

setup_test() {
    want ffmpeg ffmpeg
    want chromium chromium
    want node nodejs
    want npm npm
    [ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || ! have apt-get || missing+=(fonts-noto-cjk fonts-dejavu-core)
    install_packages
    if ! cmp -s tests/browser/package-lock.json tests/browser/node_modules/.of-lock; then
        (cd tests/browser && npm ci --no-audit --no-fund --silent </dev/null)
        cp tests/browser/package-lock.json tests/browser/node_modules/.of-lock
    fi
    have cargo-deny || cargo install --locked --quiet cargo-deny </dev/null
}

setup_bench() {
    want wrk wrk
    want nginx nginx-light
    want taskset util-linux
    want ip iproute2
    want mkfs.ext4 e2fsprogs
    want losetup mount
    install_packages
}

for what in "$@"; do "setup_$what"; done
