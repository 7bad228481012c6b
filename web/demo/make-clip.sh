#!/usr/bin/env bash
# Makes clip.flv, the moving test picture that `hearth demo` publishes in a loop: 854x480, 30 frames/s, H.264 High without
# B-frames, a keyframe every 2 s, AAC-LC 48 kHz stereo. The loop is exactly 8 s: 240 pictures and 375 AAC frames, so
# picture and sound end together and the next round starts at 8,000 ms. Needs ffmpeg, node and Chromium (`make setup-test`).
set -euo pipefail
cd "$(dirname "$0")"
[ -d ../../tests/browser/node_modules ] || (cd ../../tests/browser && npm ci --no-audit --no-fund)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

node make-clip.mjs "$work"
encode() { # pass number, output
    ffmpeg -v error -y -framerate 30 -i "$work/%04d.png" -an \
        -vf 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p' \
        -c:v libx264 -profile:v high -level 3.1 -preset veryslow -b:v 392k -maxrate 900k -bufsize 900k \
        -bf 0 -g 60 -keyint_min 60 -sc_threshold 0 -x264-params 'aq-mode=3:deblock=1,1' \
        -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv \
        -pass "$1" -passlogfile "$work/pass" "${@:2}"
}
encode 1 -f null /dev/null
encode 2 "$work/video.mp4"
ffmpeg -v error -y -i "$work/sound.wav" -c:a aac -b:a 80k "$work/sound.m4a"
# One second longer than needed on both sides of the cut would blur it; -c copy keeps whole AAC frames.
ffmpeg -v error -y -i "$work/video.mp4" -ss 8 -t 8 -i "$work/sound.m4a" -map 0:v -map 1:a -c copy \
    -bitexact -map_metadata -1 -flvflags no_sequence_end+no_duration_filesize -f flv "$work/clip.flv"

count() { ffprobe -v error -select_streams "$1" -show_entries packet=pts -of csv=p=0 "$work/clip.flv" | grep -c .; }
pictures=$(count v) frames=$(count a) size=$(stat -c %s "$work/clip.flv")
echo "clip.flv: $pictures pictures, $frames AAC frames, $size bytes"
[ "$pictures" = 240 ] && [ "$frames" = 375 ] && [ "$size" -le 512000 ] || { echo "not as it should be" >&2; exit 1; }
mv "$work/clip.flv" clip.flv
