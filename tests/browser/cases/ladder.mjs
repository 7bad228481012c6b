// What the watch page does when a way of playing fails: the next one within two seconds, without the viewer doing anything.
import { breaker } from "../lib/breaker.mjs";
import { expect, sleep, until, within } from "../lib/check.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { ready } from "../lib/playlist.mjs";
import { Viewer } from "../lib/viewer.mjs";

// Two seconds are promised; a machine that is busy with an encoder and a browser besides may look a moment later.
const WITHIN = 2600;
/** Low delay has so much in hand, which plays on while nothing comes, ms. */
const IN_HAND = 700;
const page = (viewer) => viewer.page.evaluate(() => ({ ...document.querySelector("[data-player]").dataset }));
const way = async (viewer) => (await page(viewer)).way;
const parts = (path) => /(index\.m3u8|media\.m3u8)/.test(path) && !path.includes("plain=1");
const instant = (path) => path.includes("stream.mp4");

async function watched(t, { mode, options } = {}) {
  const hearth = await t.hearth();
  const encoder = await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, ...options }));
  await ready(hearth.url("/live/anna/media.m3u8"), 3);
  const lane = await breaker(t.cleanup, hearth.http);
  const open = (how) => Viewer.open(t.cleanup, lane.url("/@anna"), { mode, ...how });
  return { hearth, encoder, lane, open };
}

/** A browser that plays no HLS by itself. */
const withoutNative = (viewer) => viewer.page.addInitScript(() => {
  const can = HTMLMediaElement.prototype.canPlayType;
  HTMLMediaElement.prototype.canPlayType = function (type) { return /mpegurl/.test(type) ? "" : can.call(this, type); };
});

/** Ms from now until the page plays by `wanted`; `inHand` ms of picture may go by before anything is amiss. */
async function fallsTo(viewer, wanted, inHand = 0) {
  const began = performance.now();
  await until(`it plays by ${wanted}`, 6, async () => await way(viewer) === wanted, 20).catch(async (error) => { throw new Error(`${error.message}: ${JSON.stringify(await page(viewer))}`); });
  const took = Math.round(performance.now() - began);
  within(took, 0, WITHIN + inHand, `ms until it plays by ${wanted}`);
  await viewer.playing(6);
  return took;
}

export default {
  async "an instant stream that stands still, or turns to rubbish, gives way to low delay"(t) {
    const { lane, open } = await watched(t);
    const took = [];
    for (const fault of ["stop", "spoil"]) {
      lane.fault = () => undefined;
      const viewer = await open();
      await viewer.playing();
      expect(await way(viewer) === "instant", `it plays by ${await way(viewer)}`);
      lane.fault = (path) => (instant(path) ? fault : undefined);
      took.push(`${fault} ${await fallsTo(viewer, "low")} ms`);
      await viewer.page.close();
    }
    return took.join(", ");
  },

  async "an instant stream that is never answered gives way to low delay"(t) {
    const { lane, open } = await watched(t);
    lane.fault = (path) => (instant(path) ? "hang" : undefined);
    const viewer = await open();
    return `${await fallsTo(viewer, "low")} ms`;
  },

  async "low delay that is refused, never answered or rubbish gives way to steady"(t) {
    const { lane, open } = await watched(t, { mode: "low" });
    const took = [];
    for (const fault of ["refuse", "hang"]) {
      lane.fault = (path) => (parts(path) ? fault : undefined);
      const viewer = await open();
      took.push(`${fault} ${await fallsTo(viewer, "steady")} ms`);
      await viewer.page.close();
    }
    // What low delay asks for between its lists: whole segments too, where it can do without parts.
    for (const fault of ["refuse", "hang", "spoil"]) {
      lane.fault = () => undefined;
      const viewer = await open();
      await viewer.playing();
      expect(await way(viewer) === "low", `it plays by ${JSON.stringify(await page(viewer))}`);
      let fell = false;
      lane.fault = (path) => {
        fell ||= path.includes("plain=1");
        return !fell && /\/[ps][0-9a-f]{8}-/.test(path) ? fault : undefined;
      };
      took.push(`parts: ${fault} ${await fallsTo(viewer, "steady", IN_HAND)} ms`);
      await viewer.page.close();
    }
    return took.join(", ");
  },

  async "somebody who has gone back stays there when the way gives way to the next"(t) {
    const { lane, open } = await watched(t, { mode: "low" });
    const viewer = await open();
    await viewer.playing();
    await viewer.page.evaluate(() => document.querySelector("[data-player] video").focus());
    await viewer.page.keyboard.press("ArrowLeft");
    await sleep(1500);
    const before = Number((await page(viewer)).behind_s);
    lane.fault = (path) => (parts(path) || /\/[ps][0-9a-f]{8}-/.test(path) ? "refuse" : undefined);
    await until("it plays steadily", 20, async () => await way(viewer) === "steady");
    lane.fault = () => undefined;
    await viewer.playing(8);
    const after = Number((await page(viewer)).behind_s);
    within(after, before - 2, before + 8, `s behind, after ${before} s`);
    return `${before} s behind, then ${after} s`;
  },

  async "somebody who has gone back stays there when hls.js begins anew, and when all does"(t) {
    const { lane, open } = await watched(t, { mode: "steady" });
    const viewer = await open({ go: false }), behind = async () => Number((await page(viewer)).behind_s);
    await withoutNative(viewer);
    await viewer.page.goto(lane.url("/@anna"), { waitUntil: "domcontentloaded" });
    await ready(lane.url("/live/anna/media.m3u8"), 10, 40);
    await viewer.playing();
    for (let n = 0; n < 2; n++) await viewer.page.keyboard.press("ArrowLeft");
    await until("it is behind", 5, async () => await behind() > 12);
    await viewer.page.evaluate(() => {
      globalThis.__made = 0;
      globalThis.Hls = new Proxy(globalThis.Hls, { construct: (it, args) => { globalThis.__made++; return new it(...args); } });
    });
    let over = false;
    // A list that can't be had three times ends hls.js; then the page asks whether the box is well.
    const list = (path) => { over ||= path === "/healthz"; return !over && parts(path.replace("plain=1", "")) ? "full" : undefined; };
    const segments = (path) => (!over && /\/s[0-9a-f]{8}-/.test(path) ? "hang" : undefined);
    const said = [];
    for (const [what, fault] of Object.entries({ list, segments })) {
      const before = await behind(), made = await viewer.page.evaluate(() => globalThis.__made);
      over = false;
      lane.fault = fault;
      await until(`${what}: hls.js begins anew`, 45, () => viewer.page.evaluate((it) => globalThis.__made > it, made), 20);
      over = true;
      await viewer.playing(15);
      const after = await behind();
      within(after, before - 3, before + 20, `${what}: s behind, after ${before} s`);
      said.push(`${what}: ${before} s, then ${after} s`);
    }
    return said.join("; ");
  },

  async "with all that scripts can play refused, the browser's own player or the way to the TV page is left"(t) {
    const { lane, open } = await watched(t);
    lane.fault = (path) => (instant(path) || /(index|media)\.m3u8/.test(path) ? "refuse" : undefined);
    const viewer = await open();
    await until("it plays natively, or says that it can't", 8, async () => await way(viewer) === "native" || (await page(viewer)).state === "error", 50);
    if ((await page(viewer)).state === "error") expect(/TV page/.test(await viewer.text()), "no way to the TV page is shown");
    return `${(await page(viewer)).way || "no"} way`;
  },

  async "a box that is away and an encoder that is silent are not the way's fault"(t) {
    const { lane, open, encoder } = await watched(t);
    const viewer = await open();
    await viewer.playing();
    lane.fault = () => "stop";
    await until("the page says that the box is gone", 15, async () => (await page(viewer)).state === "gone");
    lane.fault = () => undefined;
    await viewer.playing(12);
    expect(await way(viewer) === "instant", `after the box was away it plays by ${(await page(viewer)).why}`);
    encoder.kill("SIGSTOP");
    await sleep(3500);
    encoder.kill("SIGCONT");
    await viewer.playing(10);
    expect(await way(viewer) === "instant", `after the encoder was silent it plays by ${(await page(viewer)).why}`);
  },

  async "a box without a free seat is said to be full, and lets the viewer in by itself, the same way"(t) {
    const { lane, open } = await watched(t);
    const said = [];
    for (const mode of ["auto", "low", "steady"]) {
      lane.fault = (path) => (instant(path) || /\/[ps][0-9a-f]{8}-/.test(path) ? "full" : undefined);
      lane.asked.length = 0;
      const viewer = await open({ mode });
      await until(`${mode}: the page says that it is full`, 5, async () => (await page(viewer)).state === "full", 50);
      const chosen = await way(viewer);
      await sleep(9000);
      const { state, why } = await page(viewer);
      expect(state === "full" && !why, `${mode}: it says ${state}, and blames ${why}`);
      expect(await way(viewer) === chosen, `${mode}: it went from ${chosen} to ${await way(viewer)}`);
      expect(/Every seat is taken/.test(await viewer.text()), "the page has no words for it");
      const asked = lane.asked.filter((path) => instant(path) || /\/[ps][0-9a-f]{8}-/.test(path)).length;
      within(asked, 3, 8, `${mode}: requests for media in ten seconds`);
      if (mode === "auto") await viewer.screenshot("full");
      lane.fault = () => undefined;
      await viewer.playing(5);
      expect(await way(viewer) === chosen, `${mode}: let in it plays by ${await way(viewer)}`);
      said.push(`${chosen}: asked ${asked} times`);
      await viewer.page.close();
    }
    return said.join(", ");
  },

  async "who watches and finds no seat for what comes next plays on as soon as there is one"(t) {
    const { lane, open } = await watched(t, { mode: "steady" });
    const viewer = await open();
    await viewer.playing();
    lane.fault = (path) => (/\/[ps][0-9a-f]{8}-/.test(path) ? "full" : undefined);
    await until("the page says that it is full", 20, async () => (await page(viewer)).state === "full", 50);
    await sleep(4000);
    lane.fault = () => undefined;
    await viewer.playing(6);
    expect(await way(viewer) === "steady" && !(await page(viewer)).why, `it plays by ${await way(viewer)}, since ${(await page(viewer)).why}`);
  },

  async "steady that is never answered gives way to the browser's own player, a slow line does not"(t) {
    const { lane, open } = await watched(t, { mode: "steady" });
    const watch = async () => {
      const viewer = await open({ go: false });
      await viewer.page.addInitScript(() => {
        const can = HTMLMediaElement.prototype.canPlayType;
        HTMLMediaElement.prototype.canPlayType = function (type) { return /mpegurl/.test(type) ? "maybe" : can.call(this, type); };
      });
      await viewer.page.goto(lane.url("/@anna"), { waitUntil: "domcontentloaded" });
      await until("it begins steadily", 3, async () => await way(viewer) === "steady", 10);
      return viewer;
    };
    const took = [];
    for (const [what, hangs] of Object.entries({ lists: (path) => /plain=1/.test(path), segments: (path) => /\/s[0-9a-f]{8}-.*m4s/.test(path) })) {
      lane.fault = (path) => (hangs(path) ? "hang" : undefined);
      const viewer = await watch(), began = performance.now();
      await until("it plays natively", 6, async () => await way(viewer) === "native", 20);
      within(performance.now() - began, 0, WITHIN, `${what}: ms until it plays natively`);
      took.push(`${what} ${Math.round(performance.now() - began)} ms`);
      await viewer.page.close();
    }
    lane.fault = () => undefined;
    lane.speed = 110_000;
    const viewer = await watch();
    await until("the first picture is there", 15, async () => (await viewer.state()).presented > 0, 50);
    expect(await way(viewer) === "steady", `on a slow line it plays by ${await way(viewer)}, since ${(await page(viewer)).why}`);
    const { firstFrame } = await viewer.state();
    expect(firstFrame > 2200, `the line was not slow: the first picture came after ${firstFrame} ms`);
    return `${took.join(", ")}; on a slow line the first picture after ${Math.round(firstFrame)} ms`;
  },

  async "what failed is tried again when the viewer asks for it, and after a reload"(t) {
    const { lane, open } = await watched(t);
    lane.fault = (path) => (instant(path) ? "refuse" : undefined);
    const viewer = await open();
    await fallsTo(viewer, "low");
    lane.fault = () => undefined;
    await viewer.page.reload({ waitUntil: "domcontentloaded" });
    await until("it plays at once again", 5, async () => await way(viewer) === "instant");
    await viewer.playing();
  },
};

// A minute long.
export const long = ["somebody who has gone back stays there when hls.js begins anew, and when all does"];
export const calm = ["low delay that is refused, never answered or rubbish gives way to steady"];
