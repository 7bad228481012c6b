// The instant stream over a weak radio: late by 80 ± 40 ms, one packet in a hundred lost.
import { expect, sleep, within } from "../lib/check.mjs";
import { prepare, publishClock, quantile, shown } from "../lib/clock.mjs";
import { sending } from "../lib/encoder.mjs";
import { ready } from "../lib/playlist.mjs";
import { weak } from "../lib/proxy.mjs";
import { Viewer } from "../lib/viewer.mjs";

const WATCHED = 12, STALLS = 3, LATEST = 2500;

export default {
  async "over a weak radio the picture goes on within 2.5 s of life, and comes back after a cut"(t) {
    const hearth = await t.hearth();
    await sending(publishClock(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await ready(hearth.url("/live/anna/media.m3u8"), 2);
    const radio = await weak(t.cleanup, hearth.http);
    const address = `http://127.0.0.1:${radio.port}/@anna`;
    const viewer = await Viewer.open(t.cleanup, address, { go: false });
    await prepare(viewer);
    await viewer.page.goto(address, { waitUntil: "domcontentloaded" });
    await viewer.playing();
    const first = await shown(viewer, WATCHED);
    expect(first.ages.length > WATCHED * 30 * 0.7, `${first.ages.length} pictures in ${WATCHED} s`);
    within(quantile(first.ages, 0.5), 50, LATEST, "ms from glass to glass");
    within(first.stalls, 0, STALLS, `stalls in ${WATCHED} s`);
    expect(radio.state.lost > 0, "nothing was lost: the radio was not weak");
    radio.cut();
    await sleep(500);
    await viewer.playing(8);
    const after = await shown(viewer, 4);
    within(quantile(after.ages, 0.5), 50, LATEST, "ms from glass to glass after the cut");
    const { error } = await viewer.state();
    expect(!error, `media error ${error}`);
    return `${quantile(first.ages, 0.5)} ms, ${first.stalls} stalls; ${quantile(after.ages, 0.5)} ms after the cut; ${radio.state.lost} of ${radio.state.packets} packets lost`;
  },
};

export const calm = true;
