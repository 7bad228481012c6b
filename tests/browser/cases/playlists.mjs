// Real ffmpeg publishes; ffprobe and arithmetic read what comes out.
import { expect, sleep, within } from "../lib/check.mjs";
import { temporary } from "../lib/daemon.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { bytes, ready, watch } from "../lib/playlist.mjs";
import { exact } from "../lib/fmp4.mjs";
import { download, inOrder, probe, starts } from "../lib/probe.mjs";
import { apart, flashes } from "../lib/sync.mjs";

const FRAME = 1 / 30;
// A playlist states a duration to so many seconds.
const PRINTED = 0.000_51;

async function onAir(t, options, segments = 4) {
  const hearth = await t.hearth();
  const encoder = await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, ...options }));
  const list = await ready(hearth.url("/live/anna/media.m3u8"), segments, 20);
  return { hearth, encoder, list };
}

async function fmp4(t, options, { video = true, audio = true } = {}) {
  const { hearth, list } = await onAir(t, options);
  expect(list.target === 2, `TARGETDURATION is ${list.target}, expected 2`);
  const { parts, all } = await download(list, temporary(t.cleanup), "mp4");
  const whole = await probe(all);
  expect(whole.complaints === "", `ffprobe on the segments: ${whole.complaints}`);
  expect(Boolean(whole.video) === video && Boolean(whole.audio) === audio, "the tracks are not those that were sent");
  for (const track of [whole.video, whole.audio].filter(Boolean)) inOrder(track, track.stream.codec_type);
  if (video && audio) {
    const apart = Math.abs(starts(whole.video) - starts(whole.audio));
    expect(apart <= FRAME, `picture and sound start ${(apart * 1000).toFixed(1)} ms apart`);
  }
  for (const part of parts) expect(part.duration <= 2.5, `segment ${part.sequence} lasts ${part.duration} s`);
  exact(parts, PRINTED);
  return { hearth, list, whole, all };
}

export default {
  async "fMP4 segments have no holes, exact durations, picture and sound together"(t) {
    const { hearth } = await fmp4(t, {});
    const live = await probe(hearth.url("/live/anna/media.m3u8"), { seconds: 6 });
    expect(!/timestamp|non.monoton|dts|pts/i.test(live.complaints), `ffprobe on media.m3u8: ${live.complaints}`);
    const multi = await probe(hearth.url("/live/anna/index.m3u8"), { seconds: 4 });
    expect(!/timestamp|non.monoton|dts|pts/i.test(multi.complaints), `ffprobe on index.m3u8: ${multi.complaints}`);
    expect(multi.video && multi.audio, "index.m3u8 does not lead to both tracks");
    const master = (await bytes(hearth.url("/live/anna/index.m3u8"))).toString();
    for (const needed of [/#EXT-X-STREAM-INF:/, /BANDWIDTH=\d{4,}/, /CODECS="avc1\.[0-9A-Fa-f]{6},mp4a\.40\.2"/, /RESOLUTION=640x360/]) expect(needed.test(master), `index.m3u8 lacks ${needed}:\n${master}`);
  },

  async "B-frames keep their times: flash and beep stay together in fMP4 and TS"(t) {
    const dir = temporary(t.cleanup), file = await flashes(dir, { bframes: 2, seconds: 30 });
    const meant = await apart(file);
    const { hearth, whole, all } = await fmp4(t, { file });
    expect(whole.video.packets.some((p) => p.pts > p.dts), "no packet is shown later than decoded: the B-frames are gone");
    const ts = await download(await ready(hearth.url("/live/anna/ts.m3u8"), 3), dir, "ts");
    for (const out of [all, ts.all]) {
      const found = await apart(out);
      expect(found.length >= 4, `${out}: only ${found.length} flashes with a beep`);
      const worst = Math.max(...found.map((d) => Math.abs(d - meant[0])));
      expect(worst <= FRAME * 1000, `${out}: picture and sound ${worst.toFixed(0)} ms from where they were`);
    }
  },

  async "video alone and sound alone are streams too"(t) {
    await fmp4(t, { audio: false }, { audio: false });
    const { list } = await fmp4(t, { video: false }, { video: false });
    expect(list.segments.length >= 4, "too few segments of sound");
  },

  async "TS is cut from what is there within half a second and agrees with itself"(t) {
    const { hearth } = await onAir(t, {});
    const began = performance.now();
    const list = await ready(hearth.url("/live/anna/ts.m3u8"), 1, 5);
    within(performance.now() - began, 0, 500, "ms until the first TS playlist");
    await sleep(5000);
    const later = await ready(hearth.url("/live/anna/ts.m3u8"), 3, 10);
    expect(later.target === list.target, `the TS target duration went from ${list.target} to ${later.target}`);
    const { parts, all } = await download(later, temporary(t.cleanup), "ts");
    const whole = await probe(all);
    expect(whole.complaints === "", `ffprobe on TS: ${whole.complaints}`);
    inOrder(whole.video, "TS video");
    within(Math.abs(starts(whole.video) - starts(whole.audio)), 0, FRAME + 0.001, "s between picture and sound in TS");
    const firsts = [];
    for (const part of parts) {
      const one = await probe(part.file);
      expect(one.video.packets[0].flags.startsWith("K"), `TS segment ${part.sequence} does not start with a keyframe`);
      firsts.push(one.video.packets[0].dts / 90000);
      expect(part.duration < later.target + 0.5, `TS segment ${part.sequence} lasts ${part.duration} s, target ${later.target}`);
    }
    for (let i = 1; i < parts.length; i++) {
      within(firsts[i] - firsts[i - 1] - parts[i - 1].duration, -PRINTED - 1 / 90000, PRINTED + 1 / 90000, `real less stated duration of TS segment ${parts[i - 1].sequence}`);
    }
    const again = await Promise.all(parts.slice(-2).map((p) => bytes(p.uri)));
    expect(again.every((body, i) => body.equals(parts.slice(-2)[i].body)), "a TS segment has other bytes when asked again");
    const live = await probe(hearth.url("/live/anna/ts.m3u8"), { seconds: 4 });
    expect(!/timestamp|non.monoton|dts|pts/i.test(live.complaints), `ffprobe on ts.m3u8: ${live.complaints}`);
  },

  async "a live list only ever moves on, and an explicit end keeps it for the grace"(t) {
    const { hearth, encoder } = await onAir(t, {}, 1);
    const watching = watch(hearth.url("/live/anna/media.m3u8"));
    await sleep(6000);
    await encoder.stop("SIGINT");
    await sleep(2000);
    const seen = await watching.stop();
    expect(seen.seen.size >= 3, `only ${seen.seen.size} segments were listed in 8 s`);
    expect(seen.last && !seen.last.ended, "the list ended at once, without the grace for a reconnect");
  },
};
