// Draws the demo's frames in Chromium and writes its sound: FRAMES_DIR gets 0000.png … and sound.wav.
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";

const here = dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(join(here, "../../tests/browser/package.json"))("playwright-core");
const out = process.argv[2];
const SECONDS = 8, FPS = 30, RATE = 48000, LOOP = SECONDS * RATE;

async function frames() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const page = await browser.newPage();
  await page.goto("file://" + join(here, "draw.html"));
  for (let n = 0; n < SECONDS * FPS; n++) {
    const url = await page.evaluate((frame) => globalThis.picture(frame), n);
    writeFileSync(join(out, String(n).padStart(4, "0") + ".png"), Buffer.from(url.split(",")[1], "base64"));
  }
  await browser.close();
}

// A soft bell on each second, as the ember passes a mark, over a low chord. Every tone has a whole number of periods in the
// loop, and what rings past its end rings on at its beginning.
function sound() {
  const left = new Float64Array(LOOP), right = new Float64Array(LOOP);
  const whole = (hz) => Math.round(hz * SECONDS) / SECONDS;
  const add = (at, value, pan) => { left[at % LOOP] += value * Math.cos(pan); right[at % LOOP] += value * Math.sin(pan); };
  for (const [hz, level, pan] of [[110, 0.035, 0.6], [164.8, 0.025, 0.95], [220, 0.02, 0.7]]) {
    for (let n = 0; n < LOOP; n++) {
      const swell = 0.75 + 0.25 * Math.sin((2 * Math.PI * 2 * n) / LOOP + hz);
      add(n, level * swell * Math.sin((2 * Math.PI * whole(hz) * n) / RATE), pan);
    }
  }
  [440, 554.4, 659.3, 880, 740, 659.3, 554.4, 493.9].forEach((hz, second) => {
    const pan = Math.PI / 4 + 0.5 * Math.sin((2 * Math.PI * second) / 8);
    for (let n = 0; n < 4 * RATE; n++) {
      const t = n / RATE, attack = Math.min(1, t / 0.004);
      const bell = Math.exp(-t / 0.7) * Math.sin(2 * Math.PI * hz * t) + 0.35 * Math.exp(-t / 0.3) * Math.sin(4 * Math.PI * hz * t)
        + 0.12 * Math.exp(-t / 0.12) * Math.sin(2 * Math.PI * 5.4 * hz * t);
      add(second * RATE + n, 0.11 * attack * bell, pan);
    }
  });
  // Three times round: the middle one is cut out after encoding, so that the coder's own start and end are not in it.
  const data = Buffer.alloc(3 * LOOP * 4);
  for (let n = 0; n < 3 * LOOP; n++) {
    data.writeInt16LE(Math.round(left[n % LOOP] * 32767), n * 4);
    data.writeInt16LE(Math.round(right[n % LOOP] * 32767), n * 4 + 2);
  }
  const head = Buffer.alloc(44);
  head.write("RIFF", 0); head.writeUInt32LE(36 + data.length, 4); head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16); head.writeUInt16LE(1, 20); head.writeUInt16LE(2, 22); head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 4, 28); head.writeUInt16LE(4, 32); head.writeUInt16LE(16, 34);
  head.write("data", 36); head.writeUInt32LE(data.length, 40);
  writeFileSync(join(out, "sound.wav"), Buffer.concat([head, data]));
}

sound();
await frames();
