#!/usr/bin/env bash
# Installs what a make target needs and lacks: setup.sh run|test|bench|image … Says in one sentence what it could not do.
set -euo pipefail
cd "$(dirname "$0")/../.."

die() { echo "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

missing=()
# want COMMAND PACKAGE…: the packages that bring a command, if it is not there.
want() { have "$1" || missing+=("${@:2}"); }

# Nothing that is there is removed for it: then a sentence is better. RUNLEVEL=1: a freshly installed server (nginx) is not started.
apt_install() {
    "${as[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get "$@" install -y -qq --no-install-recommends --no-remove "${missing[@]}" \
        </dev/null >/dev/null
}

# A machine that has some of an emulator's packages from backports can have the rest from there alone. Its own lists stay as they are.
from_backports() {
    local name lists
    echo "Again, with Debian's backports …"
    name=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    lists=$(mktemp -d)
    chmod 755 "$lists"
    mkdir -p "$lists/state/partial" "$lists/parts"
    printf '%s\n' "Types: deb" "URIs: http://deb.debian.org/debian" "Suites: $name $name-updates $name-backports" "Components: main" \
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" >"$lists/parts/debian.sources"
    local options=(-o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$lists/parts" -o "Dir::State::Lists=$lists/state")
    "${as[@]}" apt-get "${options[@]}" update -qq </dev/null && apt_install "${options[@]}" -t "$name-backports"
    local result=$?
    "${as[@]}" rm -rf "$lists"
    return $result
}

install_packages() {
    [ ${#missing[@]} -gt 0 ] || return 0
    local list="${missing[*]}" as=()
    have apt-get || die "Please install: $list (this machine has no apt-get to do it with)."
    if [ "$(id -u)" != 0 ]; then
        have sudo || die "Please install as root: apt-get install $list"
        as=(sudo)
    fi
    echo "Installing $list …"
    "${as[@]}" apt-get update -qq </dev/null || true
    apt_install || from_backports || die "apt-get could not install: $list"
    missing=()
}

setup_run() {
    local needed found
    needed=$(sed -nE 's/^rust-version = "([0-9.]+)"/\1/p' Cargo.toml)
    found=$({ cargo --version 2>/dev/null || true; } | sed -nE 's/^cargo ([0-9]+\.[0-9]+).*/\1/p')
    [ -n "$found" ] && [ "$(printf '%s\n' "$needed" "$found" | sort -V | head -n 1)" = "$needed" ] ||
        die "Hearth is built with Rust $needed or newer${found:+, here is $found}: install it from https://rustup.rs and run this again."
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
    want mpv mpv
    want node nodejs
    want npm npm
    want python3 python3
    want systemd-analyze systemd
    want ip iproute2
    want nft nftables
    python3 -c 'import ensurepip' 2>/dev/null || ! have apt-get || missing+=(python3-venv)
    [ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || ! have apt-get || missing+=(fonts-noto-cjk fonts-dejavu-core)
    install_packages
    if ! cmp -s tests/browser/package-lock.json tests/browser/node_modules/.of-lock; then
        (cd tests/browser && npm ci --no-audit --no-fund --silent </dev/null)
        cp tests/browser/package-lock.json tests/browser/node_modules/.of-lock
    fi
    have cargo-deny || cargo install --locked --quiet cargo-deny </dev/null
    # Without a package index the step that needs it says so.
    tests/api/setup.sh || echo "schemathesis could not be installed."
}

setup_bench() {
    want wrk wrk
    want nginx nginx-light
    [ -e /usr/lib/nginx/modules/ngx_rtmp_module.so ] || ! have apt-get || missing+=(libnginx-mod-rtmp)
    want socat socat
    want taskset util-linux
    want ip iproute2
    want mkfs.ext4 e2fsprogs
    want losetup mount
    install_packages
}

setup_image() {
    want aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    want arm-linux-gnueabihf-gcc gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
    want qemu-aarch64 qemu-user
    want qemu-system-aarch64 qemu-system-arm
    want mksquashfs squashfs-tools
    want mcopy mtools
    want mkfs.vfat dosfstools
    want mkimage u-boot-tools
    want depmod kmod
    want sfdisk fdisk
    want debugfs e2fsprogs
    want cpio cpio
    want zstd zstd
    want xz xz-utils
    want curl curl
    want node nodejs
    install_packages
    local target
    for target in aarch64-unknown-linux-gnu armv7-unknown-linux-gnueabihf; do
        [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ] || rustup target add "$target" </dev/null >/dev/null 2>&1 \
            || die "Rust's library for $target is missing and rustup could not add it."
    done
}

for what in "$@"; do "setup_$what"; done
