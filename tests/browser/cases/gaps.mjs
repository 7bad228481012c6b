// Encoders that drop pictures, are late, or lose a track: the page plays on, picture and sound stay together.
import { expect, sleep, until } from "../lib/check.mjs";
import { temporary } from "../lib/daemon.mjs";
import { exact } from "../lib/fmp4.mjs";
import { ready } from "../lib/playlist.mjs";
import { download, inOrder, probe } from "../lib/probe.mjs";
import { play, Publisher, tagsOf } from "../lib/rtmp.mjs";
import { apart, flashes } from "../lib/sync.mjs";
import { Viewer } from "../lib/viewer.mjs";

const FRAME = 1000 / 30;

/** Publishes the flashing stream by `plan`, watches it until `until_` seconds of it are sent, and judges what came out. */
async function torn(t, { gone, plan, watched, smooth }) {
  const dir = temporary(t.cleanup), file = await flashes(dir, { gone });
  const meant = await apart(file);
  const hearth = await t.hearth();
  const publisher = await Publisher.open({ port: hearth.rtmp, key: hearth.keys.anna });
  t.cleanup.push(() => publisher.destroy());
  const playing = play(publisher, tagsOf(file), { round: 3_600_000, plan });
  t.cleanup.push(() => playing.stop());
  const began = performance.now();
  await ready(hearth.url("/live/anna/media.m3u8"), 1);
  const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode: "steady" });
  await viewer.playing();
  if (smooth) {
    await viewer.steady(watched - (performance.now() - began) / 1000, { video: false, tolerance: 0.1 });
  } else {
    await sleep(watched * 1000 - (performance.now() - began));
    await viewer.playing(10);
  }
  // After a hole of seconds a player may fetch its breath once.
  const state = await until("the page plays steadily", smooth ? 0 : 15, () => viewer.steady(4));
  expect(state.buffered.length === 1, `buffered ranges ${JSON.stringify(state.buffered)}`);
  expect(!publisher.closed, `the server threw the encoder out: ${publisher.statuses}`);
  const list = await ready(hearth.url("/live/anna/media.m3u8"), 1);
  const stretches = list.segments.reduce((all, s) => { if (s.discontinuity || !all.length) all.push([]); all.at(-1).push(s); return all; }, []);
  const distances = [];
  for (const [i, segments] of stretches.entries()) {
    const { all, parts } = await download({ segments }, dir, `${i}.mp4`);
    const whole = await probe(all);
    for (const track of [whole.video, whole.audio].filter(Boolean)) inOrder(track, track.stream.codec_type);
    exact(parts, 0.000_51);
    if (whole.video && whole.audio) distances.push(...await apart(all));
  }
  const usual = meant.reduce((sum, d) => sum + d, 0) / meant.length;
  const worst = Math.max(...distances.map((d) => Math.abs(d - usual)));
  expect(distances.length >= 5, `only ${distances.length} flashes with a beep were found`);
  expect(worst <= FRAME, `picture and sound are up to ${worst.toFixed(0)} ms from where they were: ${distances.map((d) => (d - usual).toFixed(0))}`);
  await until("no error on the page", 1, async () => { await viewer.clean(); return true; });
  return `${distances.length} flashes, at most ${worst.toFixed(1)} ms off, ${stretches.length - 1} discontinuities`;
}

const sound = (tag) => tag.type === 8, picture = (tag) => tag.type === 9;

export default {
  async "1, 3, 5 and 15 pictures in a row dropped"(t) {
    return torn(t, { gone: [[160, 160], [205, 207], [255, 259], [310, 324]], watched: 18, smooth: true });
  },
  async "sound that arrives 300 ms late throughout"(t) {
    return torn(t, { plan: (tag) => (sound(tag) ? 300 : 0), watched: 14, smooth: true });
  },
  async "sound gone for 10 s"(t) {
    return torn(t, { plan: (tag, at) => (sound(tag) && at > 6000 && at < 16000 ? undefined : 0), watched: 24, smooth: true });
  },
  async "picture gone for 10 s"(t) {
    return torn(t, { plan: (tag, at) => (picture(tag) && at > 6000 && at < 15990 ? undefined : 0), watched: 26, smooth: false });
  },
};
