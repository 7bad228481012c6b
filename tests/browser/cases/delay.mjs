// How far behind life each way is, what the page says of that, and how it gets back to life.
import { breaker } from "../lib/breaker.mjs";
import { expect, sleep, until, within } from "../lib/check.mjs";
import { ages, prepare, publishClock, quantile } from "../lib/clock.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { ready } from "../lib/playlist.mjs";
import { Viewer } from "../lib/viewer.mjs";

const page = (viewer) => viewer.page.evaluate(() => ({ ...document.querySelector("[data-player]").dataset }));

/** Somebody watches a clock by `mode` through a relay that can be slowed. */
async function clocked(t, mode, { gop } = {}) {
  const hearth = await t.hearth();
  await sending(publishClock(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, gop }));
  await ready(hearth.url("/live/anna/media.m3u8"), 4);
  const lane = await breaker(t.cleanup, hearth.http);
  const viewer = await Viewer.open(t.cleanup, lane.url("/@anna"), { mode, go: false });
  await prepare(viewer);
  await viewer.page.addInitScript(() => localStorage.setItem("hearth-delay", "on"));
  await viewer.page.goto(lane.url("/@anna"), { waitUntil: "domcontentloaded" });
  await viewer.playing();
  return { hearth, lane, viewer };
}

const median = (values) => quantile(values.sort((a, b) => a - b), 0.5);

/** The shown figure and the clock in the picture, ms: medians of some seconds. */
async function compared(viewer, seconds = 5) {
  const shown = [];
  const real = ages(viewer, seconds);
  for (let i = 0; i < seconds * 2 - 1; i++) {
    await sleep(480);
    shown.push(await viewer.page.evaluate(() => parseFloat(document.querySelector(".delay").textContent) * 1000));
  }
  return { shown: median(shown), real: quantile(await real, 0.5) };
}

/** Behind life no more than `most` ms, within `seconds`, without the viewer's hand. */
async function backToLife(viewer, most, seconds = 12) {
  await until(`it is at most ${most} ms behind life`, seconds, async () => {
    const seen = await ages(viewer, 1);
    if (seen.length > 10 && quantile(seen, 0.5) < most) return true;
    throw new Error(`${seen.length} pictures, ${seen[seen.length >> 1]} ms old; ${JSON.stringify(await page(viewer))}`);
  }, 20);
}

const MOST = { instant: 1000, low: 1500, steady: 7500 };

async function slowed(t, mode) {
  const { lane, viewer } = await clocked(t, mode);
  await sleep(2000);
  lane.speed = 12_000;
  await sleep(8000);
  lane.speed = Infinity;
  // It may be steady for a while, on a line that was that bad, and then tries the better ways again.
  await backToLife(viewer, MOST.steady, 20);
  await until(`it is ${mode} again`, 60, async () => (await page(viewer)).way === mode);
  await backToLife(viewer, MOST[mode], 12);
}

async function frozen(t, mode) {
  const { viewer } = await clocked(t, mode);
  const session = await viewer.page.context().newCDPSession(viewer.page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await sleep(9000);
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await backToLife(viewer, MOST[mode]);
}

async function hidden(t, mode) {
  const { lane, viewer } = await clocked(t, mode);
  const hide = (it) => viewer.page.evaluate((on) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => on });
    document.dispatchEvent(new Event("visibilitychange"));
  }, it);
  await hide(true);
  await sleep(3500);
  const { length } = lane.asked.filter((path) => path.startsWith("/live/"));
  await sleep(5000);
  const asked = lane.asked.filter((path) => path.startsWith("/live/")).slice(length);
  expect(asked.length === 0, `a hidden page asked for ${asked}`);
  await hide(false);
  await backToLife(viewer, MOST[mode]);
}

async function told(t, mode, least, most) {
  const { viewer } = await clocked(t, mode);
  await sleep(4000);
  const { shown, real } = await compared(viewer);
  within(real, least, most, "ms from glass to glass");
  within(shown - real, -150, 150, `ms between what is shown, ${shown}, and what is, ${real}`);
  await viewer.clean();
  return `${real} ms, shown as ${shown.toFixed(0)} ms`;
}

export default {
  async "the instant way tells its delay"(t) { return told(t, "instant", 50, 1000); },
  async "low delay is within a second and a half of life, and tells so"(t) { return told(t, "low", 200, 1500); },
  async "steady is within six seconds of life, and tells so"(t) { return told(t, "steady", 1500, 6500); },

  async "low delay stays as far back as the list says, and no further"(t) {
    const said = [];
    for (const fps of [30, 25, 15]) {
      const hearth = await t.hearth();
      await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, fps, gop: fps * 2 }));
      await ready(hearth.url("/live/anna/media.m3u8"), 3);
      const list = await (await fetch(hearth.url("/live/anna/media.m3u8"))).text();
      const back = Number(list.match(/PART-HOLD-BACK=([\d.]+)/)[1]);
      const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode: "low", go: false });
      // The target with which the picture begins: on a machine that is busy, stalls make it longer soon.
      await viewer.page.addInitScript(() => {
        let made;
        const Noted = function (...args) {
          const pace = made(...args), { begin } = pace;
          return Object.assign(pace, { begin() { globalThis.__target ??= pace.target(); begin(); } });
        };
        Object.defineProperty(globalThis, "HearthPace", { set(it) { made = it; }, get: () => Noted });
      });
      await viewer.page.goto(hearth.url("/@anna"), { waitUntil: "domcontentloaded" });
      await viewer.playing();
      expect((await page(viewer)).way === "low", `${fps}: it plays by ${JSON.stringify(await page(viewer))}`);
      const target = await viewer.page.evaluate(() => globalThis.__target);
      within(target, Math.max(0.65, back - 0.05) - 0.001, Math.max(0.65, back - 0.05) + 0.001, `${fps} pictures a second, and the list says ${back} s: s in hand`);
      said.push(`${fps}: ${target.toFixed(2)} s of ${back} s`);
      await viewer.page.close();
    }
    return said.join("; ");
  },

  async "instant: after a slow network it is back at life by itself"(t) { return slowed(t, "instant"); },
  async "low: after a slow network it is back at life by itself"(t) { return slowed(t, "low"); },
  async "steady: after a slow network it is back at life by itself"(t) { return slowed(t, "steady"); },
  async "instant: after a freeze it is back at life by itself"(t) { return frozen(t, "instant"); },
  async "low: after a freeze it is back at life by itself"(t) { return frozen(t, "low"); },
  async "steady: after a freeze it is back at life by itself"(t) { return frozen(t, "steady"); },
  async "low: a hidden page asks for nothing and is back at life when it is shown"(t) { return hidden(t, "low"); },
  async "steady: a hidden page asks for nothing and is back at life when it is shown"(t) { return hidden(t, "steady"); },

  async "the first picture is there a moment after the first keyframe, on a page that waited"(t) {
    const took = [];
    for (const [mode, most] of [["instant", 1000], ["low", 1600]]) {
      const hearth = await t.hearth();
      const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode, go: false });
      await prepare(viewer);
      await viewer.page.goto(hearth.url("/@anna"), { waitUntil: "domcontentloaded" });
      await until("the page waits", 5, async () => (await page(viewer)).state === "off");
      await viewer.page.evaluate(() => {
        const tick = () => { if (document.querySelector("[data-player]").dataset.state === "live" && globalThis.__ages.length) globalThis.__seenAt = Date.now(); else requestAnimationFrame(tick); };
        tick();
      });
      const encoder = publishClock(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna });
      await sending(encoder);
      const seen = await until("the picture", 8, () => viewer.page.evaluate(() => globalThis.__seenAt), 20);
      const first = Number((await fetch(hearth.url("/live/anna/stream.mp4"), { method: "HEAD" })).headers.get("media-epoch"));
      took.push(`${mode} ${seen - first} ms`);
      within(seen - first, 0, most, `${mode}: ms from the first keyframe to its picture`);
      await viewer.playing();
      await viewer.page.close();
      await encoder.stop();
    }
    return took.join(", ");
  },

  async "a viewer who joins a long GOP does not stay far behind"(t) {
    const { viewer } = await clocked(t, "steady", { gop: 250 });
    await backToLife(viewer, 7500, 12);
  },

  async "a pause goes on where it stopped, and going live returns to the instant stream"(t) {
    const hearth = await t.hearth();
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await ready(hearth.url("/live/anna/media.m3u8"), 4);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"));
    await viewer.playing();
    await viewer.page.keyboard.press("k");
    await sleep(4000);
    await viewer.page.keyboard.press("k");
    await until("it plays by hls.js", 3, async () => (await page(viewer)).way === "low");
    await viewer.playing();
    const behind = Number((await page(viewer)).behind_s);
    within(behind, 3, 8, "s behind after a pause of 4 s");
    await viewer.page.mouse.move(300, 200);
    await viewer.page.getByRole("button", { name: /go to live/i }).click();
    await until("it plays at once again", 3, async () => (await page(viewer)).way === "instant");
    await viewer.playing();
  },
};

/** The same rules as for the ways that stay, in tens of seconds each. */
export const long = [
  "low: after a slow network it is back at life by itself", "steady: after a slow network it is back at life by itself",
  "low: after a freeze it is back at life by itself", "steady: after a freeze it is back at life by itself",
  "steady: a hidden page asks for nothing and is back at life when it is shown",
];

/** Those that hold a delay to a figure. */
export const calm = [
  "the instant way tells its delay", "low delay is within a second and a half of life, and tells so", "steady is within six seconds of life, and tells so",
  "the first picture is there a moment after the first keyframe, on a page that waited", "a viewer who joins a long GOP does not stay far behind",
];
