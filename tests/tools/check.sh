#!/usr/bin/env bash
# Runs every check (or those named), prints a table of their times and closes with "N passed, N failed".
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

steps=("$@")
[ $# -gt 0 ] || steps=(fmt clippy deny test docs release browser)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
whole=$SECONDS table="" passed=0 failed=0 broken=0
for step in "${steps[@]}"; do
    echo "── $step"
    began=$SECONDS
    "step_$step" 2>&1 </dev/null | tee "$log"
    if [ "${PIPESTATUS[0]}" = 0 ]; then result=ok; else result=FAILED broken=$((broken + 1)); fi
    table+=$(printf '  %-8s %-6s %4d s' "$step" "$result" $((SECONDS - began)))$'\n'
    # cargo test: "test result: ok. 12 passed; 0 failed; …"; the browser's runner: "9 passed, 0 failed".
    read -r p f < <(sed -nE 's/^(test result: .* )?([0-9]+) passed[;,] ([0-9]+) failed.*/\2 \3/p' "$log" | awk '{p += $1; f += $2} END {print p + 0, f + 0}')
    passed=$((passed + p)) failed=$((failed + f))
    # A step that fails without a failing test (formatting, a warning) counts as one.
    if [ "$result" = FAILED ] && [ "$f" = 0 ]; then failed=$((failed + 1)); fi
done
table+=$(printf "  %-8s %-6s %4d s" all "" $((SECONDS - whole)))
printf "\n%s\n\n%d passed, %d failed\n" "$table" "$passed" "$failed"
[ "$broken" = 0 ]
