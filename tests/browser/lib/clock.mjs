// Glass to glass: an encoder with a clock in its pictures, and a page that reads it back from its <video>.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program } from "./process.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** Publishes pictures that carry the time at which they were made. */
export function publishClock(cleanup, { port, key, gop = 60, url = `rtmp://127.0.0.1:${port}/live/${key}` }) {
  const program = new Program(process.execPath, [join(here, "clock-encoder.mjs"), url, String(gop)]);
  cleanup.push(() => program.stop());
  return program;
}

// Runs in the page: each picture shown adds how old it was, ms.
function readClocks() {
  const BITS = 32, WIDTH = 640, BLOCK = WIDTH / BITS;
  const ages = [];
  globalThis.__ages = ages;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDTH, 1];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const read = (video) => {
    const now = Date.now();
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
  await viewer.page.evaluate(() => { globalThis.__ages.length = 0; });
  await viewer.page.waitForTimeout(seconds * 1000);
  return (await viewer.page.evaluate(() => globalThis.__ages)).sort((a, b) => a - b);
}

/** The value below which `share` of the sorted `values` lie. */
export const quantile = (values, share) => values[Math.min(values.length - 1, Math.floor(values.length * share))];
