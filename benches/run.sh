#!/usr/bin/env bash
# Measures what Hearth promises: run.sh [latency opening parts cpu badnet dialogue memory segment flash flood]; a table of target and measured for each.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet
target=$(cargo metadata --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')
export HEARTH_BIN="$target/release/hearth"
wanted=("$@")
[ $# -gt 0 ] || wanted=(latency opening parts cpu badnet dialogue memory segment flash flood)
missed=0
for name in "${wanted[@]}"; do
    case "$name" in
    segment)
        # A network of its own, where the congestion control can be chosen: bbr, where it is the default, makes nginx's cork
        # cost three times as much and the comparison a gift.
        if unshare -n true 2>/dev/null; then
            unshare -n bash -c 'ip link set lo up; sysctl -qw net.ipv4.tcp_congestion_control=reno 2>/dev/null; exec node benches/segment.mjs' || missed=1
        else
            node benches/segment.mjs || missed=1
        fi
        ;;
    flash)
        # Bytes and flushes are counted by a block device of its own: a loop device with an ext4, which only root can make.
        if [ "$(id -u)" != 0 ] || [ ! -e /dev/loop-control ]; then
            echo "flash: skipped, it needs root and loop devices (sudo make bench BENCH=flash)"
        else
            cargo run --release --quiet --manifest-path benches/flash/Cargo.toml --target-dir "$target/flash" || missed=1
        fi
        ;;
    *) node "benches/$name.mjs" || missed=1 ;;
    esac
done
exit $missed
