#!/usr/bin/env bash
# Fetches the packages of packages.lock into the cache, each checked by its SHA-256; prints nothing if all are there.
# A package that the mirror no longer has comes from snapshot.debian.org as of the lock's day; where that is not
# reachable either, the lock must be renewed (make image-lock) and the image is another one. Ends with 3 if a package can't be had,
# with 1 if what came is not what the lock says.
set -euo pipefail
cd "$(dirname "$0")/../.."
lock=rootfs/build/packages.lock
cache=${IMAGE_CACHE:-target/image-cache}/debs
mkdir -p "$cache"
day=$(sed -n 's/^# snapshot //p' $lock)

# fetch_from URL FILE SHA256; 3 if it is not there
fetch_from() {
    curl --fail --silent --location --retry 2 --connect-timeout 10 --max-time 300 -o "$2.part" "$1" || return 3
    echo "$3  $2.part" | sha256sum --check --status && mv "$2.part" "$2"
}

fetch() {
    local name=$1 version=$2 sum=$3 path=$4 file="$cache/$3.deb" archive=debian result url
    [ ! -e "$file" ] || return 0
    case $path in pool/updates/*) archive=debian-security ;; esac
    for url in "${DEBIAN_MIRROR:-http://deb.debian.org}/$archive/$path" "https://snapshot.debian.org/archive/$archive/$day/$path"; do
        result=0
        fetch_from "$url" "$file" "$sum" || result=$?
        case $result in
        0) return 0 ;;
        3) ;;
        *)
            echo "$name $version from $url is not what packages.lock says: its SHA-256 differs" >&2
            return 1
            ;;
        esac
    done
    echo "$name $version is neither on the mirror nor on snapshot.debian.org; make image-lock takes today's version" >&2
    return 3
}

# The worst of all: a package that is not what the lock says weighs more than one that can't be had.
running=0 result=0
one_is_done() {
    local code=0
    wait -n || code=$?
    running=$((running - 1))
    if [ $code != 0 ] && [ $result != 1 ]; then result=$code; fi
}
while read -r name version _ sum path; do
    fetch "$name" "$version" "$sum" "$path" &
    running=$((running + 1))
    if [ $running = 6 ]; then one_is_done; fi
done < <(grep -v '^#' $lock)
while [ $running -gt 0 ]; do one_is_done; done
exit $result
