#!/usr/bin/env bash
# Runs every check (or those named; `all` and more besides), prints what failed and a table of their times, and closes with
# "N passed, N failed". A step is a process group of its own with a limit: what hangs is named and ended, and what it leaves
# running holds up nothing.
set -uo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
MAX_BINARY=$((8 * 1024 * 1024))

target_dir() { cargo metadata --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]*)".*/\1/'; }

step_fmt() { cargo fmt --all --check; }
step_clippy() { cargo clippy --locked --all-targets -- -D warnings; }
step_deny() {
    cargo deny --locked check bans licenses sources || return 1
    # The list of known weaknesses lives on a host that not every machine reaches: without it this says so and goes on.
    local log
    if log=$(timeout 60 cargo deny --locked check advisories 2>&1); then
        echo "advisories ok"
    elif grep -qiE 'failed to (fetch|open|load) advisory|could not resolve|unable to access' <<<"$log"; then
        echo "advisories: the advisory list can't be reached from here, not checked"
    else
        echo "$log"
        return 1
    fi
}
step_yocto() { tests/yocto/lint.sh; }
step_test() { cargo test --locked --no-fail-fast; }
# Private items are documented too, so links to them lead somewhere.
step_docs() { RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --locked --no-deps --document-private-items; }
step_release() {
    cargo build --locked --release || return 1
    local binary size assets=0
    binary="$(target_dir)/release/hearth"
    size=$(stat -c %s "$binary")
    # Embedded files are not code: hls.js and the demo's clip are measured apart.
    for file in web/vendor/hls.min.js web/demo/clip.flv; do
        [ ! -f "$file" ] || assets=$((assets + $(stat -c %s "$file")))
    done
    printf 'release binary: %d KiB, of which hls.js and the demo clip at most %d KiB (bound without assets: %d KiB)\n' \
        $((size / 1024)) $((assets / 1024)) $((MAX_BINARY / 1024))
    [ $((size - assets)) -le "$MAX_BINARY" ]
}
step_browser() { HEARTH_BIN="$(target_dir)/release/hearth" node tests/browser/run.mjs; }
# Where no package index is reached, this says so and goes on.
step_api() {
    if ! tests/api/setup.sh; then
        if timeout 20 python3 -m pip download --quiet --no-deps --dest "$(mktemp -d)" -r tests/api/requirements.txt; then return 1; fi
        echo "api: schemathesis can't be fetched from here, not checked"
        return 0
    fi
    HEARTH_BIN="$(target_dir)/release/hearth" node tests/api/run.mjs
}

# Unit tests as the board runs them, by QEMU's user emulation.
step_cross() {
    local target
    for target in aarch64-unknown-linux-gnu armv7-unknown-linux-gnueabihf; do
        CARGO_PROFILE_DEV_DEBUG=0 cargo test --locked --lib --target $target || return 1
    done
}
# Where Debian's packages can't be had, this says so and goes on; make test-image insists. Packages that are not what the lock says
# are never passed over.
step_image() {
    local result=0
    if tests/tools/setup.sh image; then rootfs/build/fetch.sh || result=$?; else result=3; fi
    if [ $result = 3 ] && [ -z "${HEARTH_LONG:-}" ]; then
        echo "image: what it is made of can't be fetched from here, not checked"
        return 0
    fi
    [ $result = 0 ] && FAST=1 rootfs/build/image.sh && node tests/image/run.mjs
}

# What a step may take, seconds: several times what it does on two cores.
limit_of() {
    case ${HEARTH_LONG:+long}$1 in
    long*) echo 14400 ;;
    fmt | docs | deny | yocto) echo 300 ;;
    clippy | release | api) echo 600 ;;
    *) echo 1200 ;;
    esac
}

if [ "${1:-}" = --only ]; then
    "step_$2"
    exit
fi

steps=()
for step in "${@:-all}"; do
    case $step in all) steps+=(fmt clippy deny yocto test docs release browser api) ;; *) steps+=("$step") ;; esac
done
log=$(mktemp) group="" faults=""
end_group() { [ -z "$group" ] || kill -"$1" -- "-$group" 2>/dev/null; }
whole=$SECONDS table="" passed=0 failed=0 broken=0
report() {
    table+=$(printf "  %-8s %-6s %4d s" all "" $((SECONDS - whole)))
    printf "\n%s%s\n\n%d passed, %d failed\n" "${faults:+$faults$'\n'}" "$table" "$passed" "$failed"
}
trap 'echo "ended during $step"; failed=$((failed + 1)); report; exit 130' INT TERM
trap 'end_group KILL; rm -f "$log"' EXIT
for step in "${steps[@]}"; do
    echo "── $step"
    began=$SECONDS limit=$(limit_of "$step")
    : >"$log"
    # timeout leads the group. A file, not a pipe: a pipe ends only with the last process that holds it.
    timeout --kill-after=10 "$limit" tests/tools/check.sh --only "$step" >"$log" 2>&1 </dev/null &
    group=$!
    tail --lines=+1 --follow --sleep-interval=0.2 --pid=$group "$log"
    wait $group
    code=$?
    end_group KILL
    group=""
    if [ $code = 0 ]; then result=ok; else result=FAILED broken=$((broken + 1)); fi
    case $code in 124 | 137) echo "$step: ended, since it took longer than $limit s" ;; esac
    table+=$(printf '  %-8s %-6s %4d s' "$step" "$result" $((SECONDS - began)))$'\n'
    # cargo test: "test result: ok. 12 passed; 0 failed; …"; the browser's runner: "9 passed, 0 failed".
    read -r p f < <(sed -nE 's/^(test result: .* )?([0-9]+) passed[;,] ([0-9]+) failed.*/\2 \3/p' "$log" | awk '{p += $1; f += $2} END {print p + 0, f + 0}')
    passed=$((passed + p)) failed=$((failed + f))
    # By name once more at the end: what failed is a thousand lines away by then.
    while IFS= read -r name; do
        faults+="  $step FAILED: ${name:0:200}"$'\n'
    done < <(sed -nE 's/^test (.*) \.\.\. FAILED$/\1/p; s/^FAILED +(.*)/\1/p' "$log")
    # A step that fails without a failing test (formatting, a warning) counts as one.
    if [ "$result" = FAILED ] && [ "$f" = 0 ]; then failed=$((failed + 1)); fi
done
report
[ "$broken" = 0 ]
