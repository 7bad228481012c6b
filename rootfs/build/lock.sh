#!/usr/bin/env bash
# Writes packages.lock: exactly which Debian packages the image is made of (name, version, size, SHA-256, path on a
# mirror), as apt resolves packages.txt today, with Debian's signatures checked. Needs no root. Run by `make image-lock`.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=rootfs/build
work=${IMAGE_CACHE:-target/image-cache}/apt
mkdir -p "$work"/{etc/apt.conf.d,etc/preferences.d,state/lists/partial,cache/archives/partial}
work=$(realpath "$work")

# What the box does without counts as installed.
sed -e 's/#.*//' -e '/^ *$/d' $here/packages.without | while read -r name stands_for; do
    printf 'Package: %s\nStatus: install ok installed\nArchitecture: all\nMulti-Arch: foreign\nVersion: 9999\nMaintainer: none\nDescription: none\n' "$name"
    [ -z "$stands_for" ] || printf 'Provides: %s\n' "${stands_for// /, }"
    echo
done >"$work/status"

options=(-o "Dir::Etc=$work/etc" -o "Dir::Etc::sourcelist=$PWD/$here/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State=$work/state" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache"
    -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Install-Recommends=false
    -o APT::Sandbox::User= -o Debug::NoLocking=1 -o Acquire::Languages=none)
apt-get "${options[@]}" update -qq

# shellcheck disable=SC2046 # one word a package
wanted=$(sed -e 's/#.*//' -e '/^ *$/d' $here/packages.txt)
apt-get "${options[@]}" install -s $wanted >"$work/plan"
sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*/\1=\2/p' "$work/plan" | LC_ALL=C sort >"$work/chosen"
mapfile -t chosen <"$work/chosen"
apt-cache "${options[@]}" show --no-all-versions "${chosen[@]}" | awk '
    BEGIN { FS = ": " }
    /^Package: / { name = $2 } /^Version: / { version = $2 } /^Filename: / { path = $2 }
    /^Size: / { size = $2 } /^SHA256: / { sum = $2 }
    /^$/ && name { print name, version, size, sum, path; name = "" }
    END { if (name) print name, version, size, sum, path }' | LC_ALL=C sort -u >"$work/rows"
[ "$(wc -l <"$work/rows")" = "${#chosen[@]}" ] || { echo "lock: ${#chosen[@]} packages chosen, $(wc -l <"$work/rows") described" >&2; exit 1; }
{
    echo "# Made by \`make image-lock\` (rootfs/build/lock.sh). Name, version, bytes, SHA-256, path on a mirror."
    echo "# snapshot $(date -u +%Y%m%dT000000Z)"
    cat "$work/rows"
} >$here/packages.lock
echo "$here/packages.lock: ${#chosen[@]} packages, $(awk '{s += $3} END {printf "%d", s / 1048576}' "$work/rows") MiB to fetch"
