// How the watch page plays: at once where the browser can, another way where that fails, as the viewer chose otherwise.
import { expect, sleep, until, within } from "../lib/check.mjs";
import { ages, prepare, publishClock, quantile } from "../lib/clock.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { ready } from "../lib/playlist.mjs";
import { probe, starts } from "../lib/probe.mjs";
import { run } from "../lib/process.mjs";
import { Viewer } from "../lib/viewer.mjs";

const way = (viewer) => viewer.page.evaluate(() => document.querySelector("[data-player]").dataset.way);

/** As if the page went behind another, or came back. */
const hide = (viewer, hidden) => viewer.page.evaluate((it) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => it });
  document.dispatchEvent(new Event("visibilitychange"));
}, hidden);

async function onAir(t, options) {
  const hearth = await t.hearth();
  const encoder = await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, ...options }));
  await ready(hearth.url("/live/anna/media.m3u8"), 2);
  return { hearth, encoder };
}

export default {
  async "the instant stream is a file to ffmpeg from any point of the GOP, and ends at a reconnect"(t) {
    const { hearth, encoder } = await onAir(t, { bframes: 2, gop: 90 });
    const url = hearth.url("/live/anna/stream.mp4");
    for (const wait of [0, 400, 1100, 800]) {
      await sleep(wait);
      const { video, audio, complaints } = await probe(url, { seconds: 1 });
      expect(complaints === "", complaints);
      expect(video.packets[0].flags.startsWith("K"), `it begins with a picture marked ${video.packets[0].flags}`);
      within(starts(audio) - starts(video), -0.2, 0.2, "s from first picture to first sound");
      const played = await run("ffmpeg", ["-nostdin", "-v", "warning", "-t", "2", "-i", url, "-f", "null", "-"]);
      expect(played.code === 0 && played.err === "", `ffmpeg: ${played.err}`);
    }
    const body = fetch(url).then((answer) => answer.arrayBuffer());
    await sleep(500);
    encoder.kill("SIGKILL");
    await encoder.ended;
    await sleep(500);
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    const late = sleep(5000).then(() => { throw new Error("the response went on after the reconnect"); });
    expect((await Promise.race([body, late])).byteLength > 10_000, "the response was cut short");
  },

  async "the page plays at once, within a second of life, and its menu says so"(t) {
    const hearth = await t.hearth();
    await sending(publishClock(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await ready(hearth.url("/live/anna/media.m3u8"), 2);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { go: false });
    await prepare(viewer);
    await viewer.page.goto(hearth.url("/@anna"), { waitUntil: "domcontentloaded" });
    await viewer.playing();
    expect(await way(viewer) === "instant", `it plays by ${await way(viewer)}`);
    const first = await ages(viewer, 5);
    expect(first.length > 60, `${first.length} pictures in 5 s`);
    within(quantile(first, 0.5), 50, 1000, "ms from glass to glass");
    await viewer.page.mouse.move(200, 200);
    await viewer.page.getByRole("button", { name: /how to play/i }).click();
    await until("the menu tells the delay", 3, () => viewer.page.evaluate(() => /^\d\.\d s$/.test(document.querySelector('.menu [data-of="instant"]').textContent)));
    await viewer.screenshot("watch-menu");
    await viewer.page.getByLabel(/steady/i).check();
    await until("it plays by whole segments", 5, async () => await way(viewer) === "steady");
    await viewer.playing();
    await viewer.page.keyboard.press("Escape");
    expect(await viewer.page.evaluate(() => document.querySelector(".menu").hidden && document.activeElement.dataset.act === "menu"), "Escape leaves the menu open or the focus nowhere");
    await viewer.page.reload({ waitUntil: "domcontentloaded" });
    await viewer.playing();
    expect(await way(viewer) === "steady", "the choice was forgotten");
    await viewer.clean();
    return `${quantile(first, 0.5)} ms from glass to glass`;
  },

  async "an instant stream that is refused, silent or not decodable gives way to hls.js within two seconds"(t) {
    const { hearth } = await onAir(t);
    const faults = {
      refused: (route) => route.fulfill({ status: 500, body: "" }),
      undecodable: (route) => route.fulfill({ status: 200, contentType: 'video/mp4; codecs="avc1.42C01E,mp4a.40.2"', body: Buffer.alloc(5000, 1) }),
      foreign: (route) => route.fulfill({ status: 200, contentType: 'video/mp4; codecs="xxxx"', body: "" }),
      unreachable: (route) => route.abort(),
    };
    const took = [];
    for (const [name, fault] of Object.entries(faults)) {
      const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { go: false });
      await viewer.page.route("**/stream.mp4", fault);
      await viewer.page.goto(hearth.url("/@anna"), { waitUntil: "domcontentloaded" });
      const began = performance.now();
      await until(`${name}: it plays by hls.js`, 4, async () => await way(viewer) === "low", 20);
      took.push(`${name} ${Math.round(performance.now() - began)} ms`);
      within(performance.now() - began, 0, 2300, `${name}: ms to another way`);
      await viewer.playing();
      await viewer.page.close();
    }
    return took.join(", ");
  },

  async "a browser without Media Source Extensions is not offered the instant stream"(t) {
    const { hearth } = await onAir(t);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { go: false });
    await viewer.page.addInitScript(() => { delete globalThis.MediaSource; delete globalThis.ManagedMediaSource; });
    await viewer.page.goto(hearth.url("/@anna"), { waitUntil: "domcontentloaded" });
    await until("it chose", 5, async () => ["native", ""].includes(await way(viewer)));
    expect(!viewer.requests.some((url) => url.endsWith("stream.mp4")), "it asked for the instant stream");
  },

  async "a browser whose media source is managed plays at once, and not on other screens"(t) {
    const { hearth } = await onAir(t);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { go: false });
    await viewer.page.addInitScript(() => { globalThis.ManagedMediaSource = MediaSource; delete globalThis.MediaSource; });
    await viewer.page.goto(hearth.url("/@anna"), { waitUntil: "domcontentloaded" });
    await viewer.playing();
    const { hasPlain, isKept } = await viewer.page.evaluate(() => ({ hasPlain: "MediaSource" in globalThis, isKept: document.querySelector("[data-player] video").disableRemotePlayback }));
    expect(await way(viewer) === "instant" && !hasPlain, `it plays by ${await way(viewer)}, with the plain source: ${hasPlain}`);
    // Without this Safari opens no managed source.
    expect(isKept === true, `disableRemotePlayback is ${isKept}`);
    await viewer.clean();
  },

  async "going back ten seconds leaves the instant stream, and going live or on returns to it"(t) {
    const { hearth } = await onAir(t);
    await ready(hearth.url("/live/anna/media.m3u8"), 8, 25);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"));
    await viewer.playing();
    await viewer.page.keyboard.press("ArrowLeft");
    await until("it plays by hls.js", 3, async () => await way(viewer) === "low");
    await viewer.playing();
    await until("it is behind", 5, () => viewer.page.evaluate(() => Number(document.querySelector("[data-player]").dataset.behind_s) > 9));
    await viewer.page.mouse.move(300, 200);
    await viewer.page.getByRole("button", { name: /go to live/i }).click();
    await until("it plays at once again", 3, async () => await way(viewer) === "instant");
    await viewer.playing();
    // Beside a button that has the focus, arrows go from button to button.
    await viewer.page.evaluate(() => document.activeElement.blur());
    await viewer.page.keyboard.press("ArrowLeft");
    await until("it plays by hls.js again", 3, async () => await way(viewer) === "low");
    await viewer.playing();
    for (let n = 0; n < 2; n++) await viewer.page.keyboard.press("ArrowRight");
    await until("who has gone on to live plays at once", 3, async () => await way(viewer) === "instant");
    await viewer.playing();
  },

  async "a page that begins anew while it is paused is sent no instant stream, and plays from now when it goes on"(t) {
    const { hearth } = await onAir(t);
    for (const mode of ["instant", "low"]) {
      const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode });
      await viewer.playing();
      await viewer.page.keyboard.press("k");
      // As a browser does that shows a page again which it had put away.
      await viewer.page.evaluate(() => { dispatchEvent(new Event("pagehide")); dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })); });
      const end = async () => (await viewer.state()).buffered.at(-1)?.[1];
      await until(`${mode}: a new beginning is there`, 5, async () => await end() > 0);
      await sleep(500);
      const before = await end();
      await sleep(5500);
      expect((await viewer.state()).paused, `${mode}: it plays by itself`);
      expect(mode !== "instant" || await end() === before, `from ${before} s to ${await end()} s were read for nobody`);
      await viewer.page.keyboard.press("k");
      await viewer.playing(5);
      expect(await way(viewer) === mode, `${mode}: it goes on by ${await way(viewer)}`);
      await until(`${mode}: it plays from now`, 4, () => viewer.page.evaluate(() => Number(document.querySelector("[data-player]").dataset.behind_s) < 3));
      await viewer.page.close();
    }
  },

  async "a hidden page stops reading and is live again when it is shown"(t) {
    const { hearth } = await onAir(t);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"));
    await viewer.playing();
    const asked = () => viewer.requests.filter((url) => url.endsWith("stream.mp4")).length;
    await hide(viewer, true);
    const before = asked();
    await sleep(3000);
    const { buffered } = await viewer.state();
    await sleep(1000);
    expect(JSON.stringify((await viewer.state()).buffered) === JSON.stringify(buffered), "a hidden page goes on reading");
    await hide(viewer, false);
    await viewer.playing(3);
    expect(asked() === before + 1, `${asked() - before} requests after it was shown`);
    expect((await viewer.state()).buffered.length === 1, "old pictures stand in the buffer");
  },

  async "a page that opens behind another loads no picture until it is seen"(t) {
    const { hearth } = await onAir(t);
    for (const mode of ["instant", "low", "steady"]) {
      const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode, go: false });
      await viewer.page.addInitScript(() => Object.defineProperty(document, "hidden", { configurable: true, get: () => true }));
      await viewer.page.goto(hearth.url("/@anna"), { waitUntil: "domcontentloaded" });
      await until(`${mode} is chosen`, 5, async () => await way(viewer) === mode);
      await sleep(1500);
      const asked = viewer.requests.map((url) => new URL(url).pathname).filter((path) => path.startsWith("/live/"));
      expect(asked.length === 0, `${mode}: hidden from the first it asked for ${asked}`);
      await hide(viewer, false);
      await viewer.playing(5);
      expect(await way(viewer) === mode, `${mode}: seen it plays by ${await way(viewer)}`);
      await viewer.page.close();
    }
  },

  async "a hidden page plays in its small window, and stops when that is closed"(t) {
    const { hearth } = await onAir(t);
    for (const mode of ["instant", "steady"]) {
      const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode });
      await viewer.playing();
      // Headless browsers have no such window: what it does to a page is done here.
      const small = (on) => viewer.page.evaluate((it) => {
        const video = document.querySelector("[data-player] video");
        Object.defineProperty(document, "pictureInPictureElement", { configurable: true, get: () => (it ? video : null) });
        video.dispatchEvent(new Event(it ? "enterpictureinpicture" : "leavepictureinpicture"));
      }, on);
      const end = async () => (await viewer.state()).buffered.at(-1)?.[1];
      await small(true);
      await hide(viewer, true);
      await sleep(1000);
      await viewer.playing(3);
      await small(false);
      // What was under way is read to its end.
      await sleep(3000);
      const before = await end();
      await sleep(3000);
      expect(await end() === before, `${mode}: a hidden page without its small window read from ${before} s to ${await end()} s`);
      await small(true);
      await viewer.playing(6);
      expect(await way(viewer) === mode, `${mode}: in its small window it plays by ${await way(viewer)}`);
      await viewer.page.close();
    }
  },

  async "who has paused is sent nothing when the page is shown again, or thawed"(t) {
    const { hearth } = await onAir(t);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"));
    await viewer.playing();
    await viewer.page.keyboard.press("k");
    await sleep(1500);
    const asked = () => viewer.requests.filter((url) => url.endsWith("stream.mp4")).length;
    const before = asked(), { time, buffered } = await viewer.state();
    await hide(viewer, true);
    await sleep(500);
    await hide(viewer, false);
    await sleep(1000);
    await viewer.page.evaluate(() => document.dispatchEvent(new Event("resume")));
    await sleep(1000);
    const after = await viewer.state();
    expect(asked() === before, `${asked() - before} requests while it was paused`);
    expect(after.paused && after.time === time && JSON.stringify(after.buffered) === JSON.stringify(buffered), `the picture went from ${time} to ${after.time}, paused: ${after.paused}`);
    await viewer.page.keyboard.press("l");
    await viewer.playing(5);
    expect(await way(viewer) === "instant", `live it plays by ${await way(viewer)}`);
  },

  async "keyframes every 17 seconds play on, in every mode"(t) {
    const { hearth } = await onAir(t, { gop: 500 });
    const viewers = [];
    for (const mode of ["instant", "low", "steady"]) viewers.push([mode, await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode })]);
    for (const [mode, viewer] of viewers) {
      await viewer.playing(20);
      expect(await way(viewer) === mode, `${mode}: it plays by ${await way(viewer)}`);
    }
    const ends = await Promise.all(viewers.map(([, viewer]) => viewer.steady(45, { tolerance: 0.1 })));
    for (const [mode, viewer] of viewers) expect(await way(viewer) === mode, `${mode} was given up for ${await way(viewer)}`);
    return ends.map((state) => JSON.stringify(state.buffered)).join(" ");
  },

  async "going back into a time when the encoder was away shows the end of what was before"(t) {
    const { hearth, encoder } = await onAir(t);
    await ready(hearth.url("/live/anna/media.m3u8"), 6, 25);
    encoder.kill("SIGKILL");
    await encoder.ended;
    await sleep(12_000);
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"));
    await viewer.playing(10);
    // So much that its end is not live.
    await sleep(3000);
    await viewer.page.keyboard.press("ArrowLeft");
    await until("it plays by hls.js", 5, async () => await way(viewer) === "low");
    await viewer.playing();
    await viewer.steady(4, { tolerance: 0.1 });
  },
};

/** They wait for long GOPs and absences. */
export const long = ["keyframes every 17 seconds play on, in every mode", "going back into a time when the encoder was away shows the end of what was before"];
