// Encoders that vanish, a daemon that dies: the same address goes on, the page needs nobody's hand.
import { expect, sleep, until, within } from "../lib/check.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { ready, watch } from "../lib/playlist.mjs";
import { relay } from "../lib/proxy.mjs";
import { Viewer } from "../lib/viewer.mjs";

const list = (hearth) => hearth.url("/live/anna/media.m3u8");

/** Someone watches while `vanish` ends the first encoder unseen; another with the same key must get in at once. */
async function vanishing(t, begin, vanish) {
  const hearth = await t.hearth();
  const key = hearth.keys.anna;
  const first = await begin(hearth, key);
  await sending(first);
  await ready(list(hearth), 2);
  const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode: "steady" });
  const before = await viewer.playing();
  const watching = watch(list(hearth));
  await vanish(first);
  await sleep(3000);
  const number = watching.last.next;

  const lane = await relay(t.cleanup, hearth.rtmp, "127.0.0.3");
  const second = publish(t.cleanup, { port: lane.port, key });
  await sending(second, 5);
  within(performance.now() - lane.connectedAt, 0, 2500, "ms from the second's connecting to its sending");
  const joined = await until("the list goes on with a discontinuity", 8, () => watching.last.segments.find((s) => s.sequence >= number && s.discontinuity));
  // What the first one had begun may still be listed before it.
  within(joined.sequence, number, number + 1, "number of the first new segment");
  const after = await viewer.playing(10);
  await viewer.steady(5);
  expect(after.loaded === before.loaded, "the page was reloaded");
  expect(second.running, "the second encoder was thrown out");
  await watching.stop();
}

export default {
  async "an encoder whose cable is pulled gives way to its own return"(t) {
    let lane;
    await vanishing(t, async (hearth, key) => {
      lane = await relay(t.cleanup, hearth.rtmp, "127.0.0.2");
      return publish(t.cleanup, { port: lane.port, key });
    }, () => lane.goDark());
  },

  async "an encoder that hangs gives way to its own return"(t) {
    await vanishing(t, (hearth, key) => publish(t.cleanup, { port: hearth.rtmp, key }), (first) => first.kill("SIGSTOP"));
  },

  async "a reset connection leaves the list as it is, and the return needs no reload"(t) {
    const hearth = await t.hearth();
    const lane = await relay(t.cleanup, hearth.rtmp, "127.0.0.2");
    const first = await sending(publish(t.cleanup, { port: lane.port, key: hearth.keys.anna }));
    await ready(list(hearth), 2);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode: "steady" });
    const before = await viewer.playing();
    const watching = watch(list(hearth));
    lane.cut();
    await first.end(10);
    await until("the page says that the picture will be back", 12, async () => /back shortly/i.test(await viewer.text()));
    await viewer.screenshot("watch-reconnecting");
    expect(!watching.last.ended, "the list was ended");
    await sending(publish(t.cleanup, { port: lane.port, key: hearth.keys.anna }));
    const after = await viewer.playing(12);
    expect(after.loaded === before.loaded, "the page was reloaded");
    await viewer.steady(5);
    await watching.stop();
  },

  async "after a power cut numbers go on and the page comes back by itself"(t) {
    const hearth = await t.hearth();
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await ready(list(hearth), 3);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode: "steady" });
    const before = await viewer.playing();
    const watching = watch(list(hearth));
    await sleep(2500);
    await hearth.crash();
    await sleep(2000);
    await hearth.start();
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    const fresh = await ready(list(hearth), 2, 15);
    expect(fresh.sequence > Math.max(...watching.seen.keys()) || fresh.sequence >= watching.last.sequence, "numbers were used again");
    const after = await viewer.playing(25);
    expect(after.loaded === before.loaded, "the page was reloaded");
    const seen = await watching.stop();
    expect(fresh.segments.some((s) => s.discontinuity) || fresh.discontinuitySequence > 0, "no DISCONTINUITY before the new session");
    expect(seen.last.sequence >= fresh.sequence, "the list went back");
    await viewer.steady(5);
  },
};
