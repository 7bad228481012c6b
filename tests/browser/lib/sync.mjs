// Picture against sound, by content: a stream that flashes and beeps once a second, and where flash and beep are found.
import { join } from "node:path";
import { expect } from "./check.mjs";
import { run } from "./process.mjs";

/**
 * Makes an FLV of `seconds` with a white picture and a 40 ms beep each second, at 30 frames/s, a keyframe every 2 s. Pictures in
 * `gone` ([first, last] pairs) are left out before encoding, as by an encoder that dropped them.
 */
export async function flashes(dir, { seconds = 40, gone = [], bframes = 0 } = {}) {
  const file = join(dir, "flashes.flv");
  const left = gone.length ? `,select='not(${gone.map(([a, b]) => `between(n,${a},${b})`).join("+")})'` : "";
  const made = await run("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", `color=black:size=640x360:rate=30,drawbox=color=white:t=fill:enable='eq(mod(n,30),0)'${left}`,
    "-f", "lavfi", "-i", "aevalsrc='0.5*lt(mod(t,1),0.04)*sin(2*PI*1000*t)':s=48000:c=stereo", "-t", String(seconds), "-vsync", "passthrough",
    "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60", "-force_key_frames", "expr:gte(t,n_forced*2)", "-sc_threshold", "0", "-bf", String(bframes),
    "-c:a", "aac", "-b:a", "96k", "-f", "flv", file]);
  expect(made.code === 0, `ffmpeg: ${made.err}`);
  return file;
}

/** Times at which a printed measure first rises over `level`, seconds. */
function rises(text, key, level) {
  const found = [];
  let time = 0, before = Infinity;
  for (const line of text.split("\n")) {
    time = Number(line.match(/pts_time:([\d.]+)/)?.[1] ?? time);
    const value = line.match(new RegExp(`${key}=(\\S+)`))?.[1];
    if (value === undefined) continue;
    const now = value === "-inf" ? -Infinity : Number(value);
    if (now > level && before <= level) found.push(time);
    before = now;
  }
  return found;
}

/** For each flash the distance to the nearest beep, ms: positive if the sound comes later. Flashes without a beep within 400 ms are left out. */
export async function apart(file) {
  const picture = await run("ffmpeg", ["-v", "error", "-copyts", "-i", file, "-an", "-vf", "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-", "-f", "null", "-"]);
  const sound = await run("ffmpeg", ["-v", "error", "-copyts", "-i", file, "-vn", "-af", "asetnsamples=n=240,astats=metadata=1:reset=1,ametadata=print:key=lavfi.astats.Overall.RMS_level:file=-", "-f", "null", "-"]);
  const flash = rises(picture.out, "lavfi.signalstats.YAVG", 120), beep = rises(sound.out, "lavfi.astats.Overall.RMS_level", -25);
  const found = [];
  for (const at of flash) {
    const nearest = beep.reduce((best, b) => (Math.abs(b - at) < Math.abs(best - at) ? b : best), Infinity);
    if (Math.abs(nearest - at) < 0.4) found.push((nearest - at) * 1000);
  }
  return found;
}
