// Glass to glass: an encoder with a clock in its pictures, and a page that reads it back from its <video>.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program } from "./process.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** Publishes pictures that carry the time at which they were made; to several servers if `url` names them, with commas. */
export function publishClock(cleanup, { port, key, gop = 60, url = `rtmp://127.0.0.1:${port}/live/${key}` }) {
  const program = new Program(process.execPath, [join(here, "clock-encoder.mjs"), url, String(gop)]);
  /** Unix time of the first keyframe, ms; the others follow every `gop` pictures of a thirtieth of a second. */
  program.beganAt = () => Number(program.out.match(/began (\d+)/)?.[1]);
  cleanup.push(() => program.stop());
  return program;
}

// Runs in the page: each picture shown adds how old it was, ms; the longest time between two is kept.
function readClocks() {
  const BITS = 32, WIDTH = 640, BLOCK = WIDTH / BITS;
  const ages = [];
  globalThis.__ages = ages;
  let last;
  globalThis.__gap = 0;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDTH, 1];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const read = (video) => {
    const now = Date.now();
    if (last) globalThis.__gap = Math.max(globalThis.__gap, now - last);
    last = now;
    context.drawImage(video, 0, BLOCK / 2, WIDTH, 1, 0, 0, WIDTH, 1);
    const { data } = context.getImageData(0, 0, WIDTH, 1);
    let stamp = 0;
    for (let bit = 0; bit < BITS; bit++) stamp = stamp * 2 + (data[(bit * BLOCK + BLOCK / 2) * 4] > 128 ? 1 : 0);
    const age = (now % 2 ** BITS) - stamp;
    if (age > -1000 && age < 120_000) ages.push(age);
    video.requestVideoFrameCallback(() => read(video));
  };
  const known = new WeakSet();
  new MutationObserver(() => document.querySelectorAll("video").forEach((video) => {
    if (known.has(video)) return;
    known.add(video);
    video.requestVideoFrameCallback(() => read(video));
  })).observe(document, { childList: true, subtree: true });
}

/** Makes a viewer's pages (to be opened after this) read the clock. */
export const prepare = (viewer) => viewer.page.addInitScript(readClocks);

/** Ages of the pictures shown within `seconds` from now, ms, sorted. */
export async function ages(viewer, seconds) {
  return (await shown(viewer, seconds)).ages;
}

/** What was shown within `seconds` from now: sorted ages, the longest time between two pictures, both ms, and how often it stalled. */
export async function shown(viewer, seconds) {
  const before = await viewer.page.evaluate(() => {
    globalThis.__ages.length = globalThis.__gap = 0;
    return globalThis.__notes.events.length;
  });
  await viewer.page.waitForTimeout(seconds * 1000);
  const seen = await viewer.page.evaluate(() => ({ ages: globalThis.__ages, gap: globalThis.__gap, events: globalThis.__notes.events }));
  const stalls = seen.events.slice(before).filter((event) => event.name === "waiting").length;
  return { ages: seen.ages.sort((a, b) => a - b), gap: seen.gap, stalls };
}

/** The value below which `share` of the sorted `values` lie. */
export const quantile = (values, share) => values[Math.min(values.length - 1, Math.floor(values.length * share))];
