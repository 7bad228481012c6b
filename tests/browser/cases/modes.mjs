// How the watch page plays: at once where the browser can, another way where that fails, as the viewer chose otherwise.
import { expect, sleep, until, within } from "../lib/check.mjs";
import { ages, prepare, publishClock, quantile } from "../lib/clock.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { ready } from "../lib/playlist.mjs";
import { probe, starts } from "../lib/probe.mjs";
import { run } from "../lib/process.mjs";
import { Viewer } from "../lib/viewer.mjs";

const way = (viewer) => viewer.page.evaluate(() => document.querySelector("[data-player]").dataset.way);

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
    await until("it plays by hls.js", 5, async () => await way(viewer) === "hls");
    await viewer.playing();
    await viewer.page.keyboard.press("Escape");
    expect(await viewer.page.evaluate(() => document.querySelector(".menu").hidden && document.activeElement.dataset.act === "menu"), "Escape leaves the menu open or the focus nowhere");
    await viewer.page.reload({ waitUntil: "domcontentloaded" });
    await viewer.playing();
    expect(await way(viewer) === "hls", "the choice was forgotten");
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
      await until(`${name}: it plays by hls.js`, 4, async () => await way(viewer) === "hls", 20);
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

  async "going back ten seconds leaves the instant stream, and going live returns to it"(t) {
    const { hearth } = await onAir(t);
    await ready(hearth.url("/live/anna/media.m3u8"), 8, 25);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"));
    await viewer.playing();
    await viewer.page.keyboard.press("ArrowLeft");
    await until("it plays by hls.js", 3, async () => await way(viewer) === "hls");
    await viewer.playing();
    await until("it is behind", 5, () => viewer.page.evaluate(() => Number(document.querySelector("[data-player]").dataset.behind_s) > 9));
    await viewer.page.mouse.move(300, 200);
    await viewer.page.getByRole("button", { name: /go to live/i }).click();
    await until("it plays at once again", 3, async () => await way(viewer) === "instant");
    await viewer.playing();
  },

  async "a hidden page stops reading and is live again when it is shown"(t) {
    const { hearth } = await onAir(t);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"));
    await viewer.playing();
    const hide = (hidden) => viewer.page.evaluate((it) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => it });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    const asked = () => viewer.requests.filter((url) => url.endsWith("stream.mp4")).length;
    await hide(true);
    const before = asked();
    await sleep(3000);
    const { buffered } = await viewer.state();
    await sleep(1000);
    expect(JSON.stringify((await viewer.state()).buffered) === JSON.stringify(buffered), "a hidden page goes on reading");
    await hide(false);
    await viewer.playing(3);
    expect(asked() === before + 1, `${asked() - before} requests after it was shown`);
    expect((await viewer.state()).buffered.length === 1, "old pictures stand in the buffer");
  },
};
