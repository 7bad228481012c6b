// The watch page in Chromium: it starts by itself, plays in real time, says what is wrong.
import { expect, until, within } from "../lib/check.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { ready } from "../lib/playlist.mjs";
import { Viewer } from "../lib/viewer.mjs";

const SECONDS = process.env.HEARTH_LONG ? 600 : 20;

export default {
  async "the page plays in real time without a stall"(t) {
    const hearth = await t.hearth();
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await ready(hearth.url("/live/anna/media.m3u8"), 2);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode: "steady" });
    await viewer.playing();
    const state = await viewer.steady(SECONDS);
    await viewer.screenshot("watch");
    await viewer.clean();
    expect(state.width === 640 && state.height === 360, `the picture is ${state.width}x${state.height}`);
    expect(state.audioBytes > 0, "no sound was decoded");
    return `${state.playedIn.toFixed(2)} s and ${state.decodedIn} pictures in ${state.wall.toFixed(2)} s, ${state.droppedIn} dropped`;
  },

  async "an OBS-like GOP of 8.3 s plays without a stall and the studio says so"(t) {
    const hearth = await t.hearth();
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, gop: 250 }));
    const list = await ready(hearth.url("/live/anna/media.m3u8"), 3);
    expect(list.segments.every((s) => s.duration <= 2.5), "segments wait for the keyframe");
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode: "steady" });
    await viewer.playing(20);
    await viewer.steady(20);
    await viewer.clean();
    const { login } = await import("../lib/house.mjs");
    const studio = await Viewer.open(t.cleanup, hearth.url("/login"));
    await login(studio, "anna");
    await studio.page.goto(hearth.url("/studio"), { waitUntil: "domcontentloaded" });
    await until("the studio names the keyframe interval", 15, async () => /8[.,]3/.test(await studio.text()));
    await studio.screenshot("studio-long-gop");
  },

  async "who is off air is said to be, and the page starts by itself when the stream does"(t) {
    const hearth = await t.hearth();
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode: "steady" });
    await until("the page says off air", 5, async () => /off air/i.test(await viewer.text()));
    await viewer.screenshot("watch-offline");
    const marked = (await viewer.state()).loaded;
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await viewer.playing(15);
    within((await viewer.state()).loaded - marked, 0, 0, "reloads");
  },

  async "the demo shows a moving picture within ten seconds of its start"(t) {
    const began = performance.now();
    const hearth = await t.hearth({ users: [], command: "demo" });
    const address = hearth.words().match(/http:\/\/\S+\/@\w+/)?.[0];
    expect(address, `the demo does not say where to look: ${hearth.words()}`);
    const viewer = await Viewer.open(t.cleanup, address, { mode: "steady" });
    await viewer.playing(15);
    const took = performance.now() - began;
    within(took / 1000, 0, 10, "s from start to moving picture");
    // Over the loop's seam, which comes every 8 s.
    await viewer.steady(12);
    await viewer.screenshot("demo-watch");
    await viewer.clean();
    return `${(took / 1000).toFixed(1)} s`;
  },
};
