// An encoder that burns the time of day into its pictures: 32 blocks along the upper edge are the lower 32 bits of Unix
// milliseconds at the moment when the picture was made, highest first, white for 1. Several servers get the same frames.
// `clock-encoder.mjs URL[,URL…] [pictures a GOP]`; prints `began` and the Unix time of the first picture, ms, a keyframe.
import { spawn } from "node:child_process";

const [urls, gop = "60"] = process.argv.slice(2);
const WIDTH = 640, HEIGHT = 360, FPS = 30, BITS = 32, BLOCK = WIDTH / BITS, RATE = 48000;

const out = urls.includes(",")
  ? ["-flags", "+global_header", "-map", "0:v", "-map", "1:a", "-f", "tee", urls.split(",").map((url) => `[f=flv:flush_packets=1]${url}`).join("|")]
  : ["-flush_packets", "1", "-f", "flv", urls];
const ffmpeg = spawn("ffmpeg", ["-hide_banner", "-loglevel", "info", "-stats_period", "0.2",
  "-probesize", "32", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${WIDTH}x${HEIGHT}`, "-framerate", String(FPS), "-i", "-",
  "-probesize", "32", "-f", "s16le", "-ar", String(RATE), "-ac", "1", "-i", "pipe:3",
  "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline", "-b:v", "1500k", "-maxrate", "1500k", "-bufsize", "750k",
  "-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-bf", "0", "-c:a", "aac", "-b:a", "96k", ...out],
{ stdio: ["pipe", "inherit", "inherit", "pipe"] });
ffmpeg.on("exit", (code) => process.exit(code ?? 1));
const sound = ffmpeg.stdio[3];
for (const pipe of [ffmpeg.stdin, sound]) pipe.on("error", () => process.exit(0));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => ffmpeg.kill("SIGKILL"));

// A gradient that moves, so that there is something to code.
const grounds = Array.from({ length: FPS }, (_, shift) => {
  const ground = Buffer.alloc(WIDTH * HEIGHT * 3 / 2, 128);
  for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) ground[y * WIDTH + x] = 40 + ((x + y + shift * 8) % 120);
  return ground;
});

function picture(number) {
  const frame = Buffer.from(grounds[number % FPS]), now = Date.now();
  for (let bit = 0; bit < BITS; bit++) {
    const level = Math.floor(now / 2 ** (BITS - 1 - bit)) % 2 ? 235 : 16;
    for (let y = 0; y < BLOCK; y++) frame.fill(level, y * WIDTH + bit * BLOCK, y * WIDTH + (bit + 1) * BLOCK);
  }
  return frame;
}

/** The tone of one picture's time: both tracks run on the one clock, as they do in a camera. */
const tone = Buffer.alloc(RATE / FPS * 2);
for (let i = 0; i < RATE / FPS; i++) tone.writeInt16LE(Math.round(4000 * Math.sin(2 * Math.PI * 450 * i / RATE)), i * 2);

const began = performance.now();
let number = 0;
console.log(`began ${Date.now()}`);
(function next() {
  while (performance.now() - began >= number * 1000 / FPS) {
    ffmpeg.stdin.write(picture(number++));
    sound.write(tone);
  }
  setTimeout(next, Math.max(0, began + number * 1000 / FPS - performance.now()));
}());
