// What an encoder is told: wrong keys, and who gives way to whom.
import { expect, sleep, until, within } from "../lib/check.mjs";
import { publish, sending, serverError } from "../lib/encoder.mjs";
import { ready, watch } from "../lib/playlist.mjs";
import { relay } from "../lib/proxy.mjs";
import { Viewer } from "../lib/viewer.mjs";

const TAKEN = /Another encoder took over with this key/;

/** Publishes through a relay and expects a refusal that says `pattern` within a second of connecting. */
async function refused(t, through, path, pattern) {
  const encoder = publish(t.cleanup, { url: `rtmp://127.0.0.1:${through.port}/live${path}`, seconds: 5 });
  await encoder.end(8);
  const said = serverError(encoder);
  expect(said, `no server error; ffmpeg said ${encoder.err.slice(-500)}`);
  within(said.at - through.connectedAt, 0, 1000, "ms from connecting to the text");
  expect(pattern.test(said.text), `the text is ${JSON.stringify(said.text)}, expected ${pattern}`);
  expect(encoder.code !== 0, "ffmpeg ended as if all were well");
  return said.text;
}

export default {
  async "a wrong, an empty and a misplaced key are answered in words within a second"(t) {
    const hearth = await t.hearth();
    const through = await relay(t.cleanup, hearth.rtmp);
    const texts = [await refused(t, through, "/abcdefghjkmnpqrstuvwxyz234", /key/i), await refused(t, through, "/", /key/i), await refused(t, through, "/anna", /key/i)];
    const encoder = publish(t.cleanup, { url: `rtmp://127.0.0.1:${hearth.rtmp}/${hearth.keys.anna}`, seconds: 3 });
    await encoder.ended;
    expect(encoder.code !== 0 || encoder.frames() > 0, "a key in place of the application got neither in nor an answer");
    return texts.join(" | ");
  },

  async "the key is taken with dashes, in capitals, in the query and in the path's tail"(t) {
    const hearth = await t.hearth();
    const key = hearth.keys.anna.replace(/-/g, "");
    const grouped = key.match(/.{1,5}/g).join("-");
    for (const url of [`/live/${grouped}`, `/live/${key.toUpperCase()}`, `/live/x?key=${key}`, `/live/${key}/`]) {
      const encoder = publish(t.cleanup, { url: `rtmp://127.0.0.1:${hearth.rtmp}${url}` });
      await sending(encoder);
      await until("30 pictures are sent", 5, () => encoder.frames() >= 30 && encoder.running);
      await encoder.stop("SIGINT");
    }
  },

  async "the same key takes over, the loser is told and kept out, the page plays on"(t) {
    const hearth = await t.hearth();
    const key = hearth.keys.anna;
    const [home, garden, attic] = [await relay(t.cleanup, hearth.rtmp, "127.0.0.2"), await relay(t.cleanup, hearth.rtmp, "127.0.0.3"), await relay(t.cleanup, hearth.rtmp, "127.0.0.4")];
    const first = await sending(publish(t.cleanup, { port: home.port, key }));
    await ready(hearth.url("/live/anna/media.m3u8"), 2);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"));
    const before = await viewer.playing();
    const watching = watch(hearth.url("/live/anna/media.m3u8"));

    const second = publish(t.cleanup, { port: garden.port, key });
    await first.end(8);
    expect(TAKEN.test(first.err) && first.code !== 0, `the first encoder ended with ${first.code} and ${first.err.slice(-400)}`);
    within(first.saidAt(TAKEN) - garden.connectedAt, 0, 1000, "ms from the second's connecting to the first's text");
    await sending(second);
    await refused(t, home, `/${key}`, TAKEN);
    await sleep(3000);
    const after = await viewer.playing(8);
    expect(after.loaded === before.loaded, "the page was reloaded");
    expect(second.running, "the winner was thrown out by the loser");

    const third = await sending(publish(t.cleanup, { port: attic.port, key }));
    await second.end(8);
    expect(TAKEN.test(second.err), "the second encoder was not told");
    await third.stop("SIGINT");
    const back = await sending(publish(t.cleanup, { port: home.port, key }));
    await until("the first address gets in again once the winner is gone", 5, () => back.frames() >= 30 && back.running);
    await viewer.playing(10);
    const seen = await watching.stop();
    expect(seen.last.segments.some((s) => s.discontinuity) || seen.last.discontinuitySequence > 0, "no DISCONTINUITY where the encoder changed");
    await viewer.steady(5);
  },

  async "another person's key never takes over"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const anna = await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, size: "320x180" }));
    const ben = await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.ben, size: "320x180" }));
    await ready(hearth.url("/live/anna/media.m3u8"), 2);
    await ready(hearth.url("/live/ben/media.m3u8"), 2);
    expect(anna.running && ben.running, "one of them was thrown out");
  },
};

export const calm = ["the same key takes over, the loser is told and kept out, the page plays on"];
