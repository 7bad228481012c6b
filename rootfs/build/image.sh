#!/usr/bin/env bash
# image.sh [OUT]: builds everything and leaves hearth-VERSION-arm64.img.xz, its SHA-256, its bill of materials and the
# same as an update (update.mjs says whose key signs it) in OUT (default: artefacts). WORK names another folder for what is made on the way; FAST=1 packs loosely, for tests; DAEMON is a
# daemon that is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=rootfs/build
out=${1:-artefacts} work=${WORK:-target/image}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y $here/packages.lock)}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
target=aarch64-unknown-linux-gnu
mkdir -p "$out" "$work"
step() { echo "$(printf '%4d s' $SECONDS)  $*"; }

step "fetch packages"
$here/fetch.sh
daemon=${DAEMON:-target/box/$target/release/hearth}
if [ -z "${DAEMON:-}" ]; then
    step "build the daemon for $target"
    # No path of this machine in the binary: the same bytes wherever it is built.
    RUSTFLAGS="--remap-path-prefix=$PWD=/hearth --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" \
        cargo build --release --locked --quiet --target $target --target-dir target/box --bin hearth
fi
step "root, kernel and initramfs"
if [ -n "${FAST:-}" ]; then export SQUASH_LEVEL=3; fi
$here/root.sh "$work" "$daemon"
step "card"
image=$work/hearth-$version-arm64.img
$here/card.sh "$work" "$image"
[ -z "${FAST:-}" ] || { step "done: $image"; exit 0; }
step "bill of materials"
node $here/sbom.mjs "$version" "$SOURCE_DATE_EPOCH" >"$out/hearth-$version-arm64.spdx.json"
step "compress"
xz -T2 -6 -c "$image" >"$out/hearth-$version-arm64.img.xz"
(cd "$out" && sha256sum "hearth-$version-arm64.img.xz" >"hearth-$version-arm64.img.xz.sha256")
node $here/update.mjs pack "$version" "$work/kernel.fat" "$work/root.squashfs" "$out/hearth-$version-arm64.update"
step "done"
size() { awk -v bytes="$(stat -c %s "$1")" 'BEGIN {printf "%.1f MiB", bytes / 1048576}'; }
echo "  $out/hearth-$version-arm64.img.xz  $(size "$out/hearth-$version-arm64.img.xz")"
echo "  root $(size "$work/root.squashfs"), kernel $(size "$work/kernel/Image.gz"), initramfs $(size "$work/kernel/initramfs.zst"), daemon $(size "$work/root/usr/bin/hearth")"
