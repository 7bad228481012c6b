// From a part's last frame leaving the publisher to the playlist that lists the part being received by a reload that waits for
// it. Publisher, reader and clock are one process; picture and sound are sent as their times come, interleaved within a frame.
import http from "node:http";
import { expect, until } from "../tests/browser/lib/check.mjs";
import { quantile } from "../tests/browser/lib/clock.mjs";
import { Hearth, root } from "../tests/browser/lib/daemon.mjs";
import { fragments, tracks } from "../tests/browser/lib/fmp4.mjs";
import { bytes, following, parse, read } from "../tests/browser/lib/playlist.mjs";
import { play, Publisher, tagsOf } from "../tests/browser/lib/rtmp.mjs";
import { bench } from "./table.mjs";

const SECONDS = Number(process.env.SECONDS ?? 30), TARGET = 15;
const VIDEO = 9, AUDIO = 8, OF = { vide: VIDEO, soun: AUDIO };
const precise = (value) => `${value.toFixed(1)} ms`;

/** GET over one kept connection: the answer and when its last byte was there. */
function get(agent, url) {
  return new Promise((done, fail) => {
    http.get(url, { agent }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => done({ at: performance.now(), status: answer.statusCode, body: Buffer.concat(pieces) }));
      answer.on("error", fail);
    }).on("error", fail);
  });
}

/** Reads lists that wait for their next part; each part with the time at which it was first listed and its bytes, in order. */
async function follow(url, seconds) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 }), listed = new Map(), end = performance.now() + seconds * 1000;
  let query = "";
  while (performance.now() < end) {
    const { at, status, body } = await get(agent, url + query);
    expect(status === 200, `${url}${query} answered ${status}`);
    const list = parse(body.toString(), url);
    for (const part of list.parts) {
      if (!listed.has(part.uri)) listed.set(part.uri, { ...part, at, waited: query !== "", bytes: bytes(part.uri).catch((error) => error) });
    }
    query = `?${following(list)}`;
  }
  agent.destroy();
  return [...listed.values()];
}

/** Adds the stream's time of each part's last frame of each track, ms after its first keyframe. `parts` begin with the stream. */
async function lasts(parts) {
  const known = tracks(await bytes(parts[0].map));
  let origin;
  for (const part of parts) {
    const body = await part.bytes;
    expect(Buffer.isBuffer(body), `${part.uri}: ${body.message}`);
    const runs = fragments(body);
    part.ends = {};
    for (const [id, { handler, ticks }] of known) {
      const of = runs.map((run) => run.get(id)).filter(Boolean);
      if (handler === "vide") origin ??= of[0].base / ticks;
      if (of.length) part.ends[OF[handler]] = (of.at(-1).lastAt / ticks - origin) * 1000;
    }
  }
}

/** When the frame of a time was handed to the socket. */
function sentAt(sent, type, time) {
  const at = [0, -1, 1, -2, 2].map((off) => sent[type].get(Math.round(time) + off)).find(Boolean);
  expect(at, `no frame of ${time.toFixed(1)} ms was sent`);
  return at;
}

await bench(`Parts listed, ${SECONDS} s`, async (cleanup) => {
  const hearth = await Hearth.prepare(cleanup);
  const key = await hearth.addUser("anna", { owner: true });
  await hearth.start();
  const publisher = await Publisher.open({ port: hearth.rtmp, key });
  cleanup.push(() => publisher.destroy());
  const sent = { [VIDEO]: new Map(), [AUDIO]: new Map(), 18: new Map() }, { tag } = publisher;
  publisher.tag = (it, time) => {
    tag.call(publisher, it, time);
    if (!it.header) sent[it.type].set(time, performance.now());
  };
  const playing = play(publisher, tagsOf(`${root}/web/demo/clip.flv`), { round: 8000 });
  const url = hearth.url("/live/anna/media.m3u8");
  const list = await until("a playlist", 10, () => read(url), 10);
  if (!list.parts.length && !list.blocking) return [{ what: "parts", measured: "the playlist has none" }];
  const parts = await follow(url, SECONDS);
  await playing.stop();
  await lasts(parts);
  return rows(parts, sent);
});

function rows(parts, sent) {
  const seen = parts.filter((part) => part.waited);
  const since = (part, types) => part.at - Math.max(...types.filter((type) => part.ends[type] !== undefined).map((type) => sentAt(sent, type, part.ends[type])));
  const all = seen.map((part) => since(part, [VIDEO, AUDIO])).sort((a, b) => a - b);
  const picture = seen.map((part) => since(part, [VIDEO])).sort((a, b) => a - b);
  const middle = quantile(all, 0.5);
  return [
    { what: "last frame sent → listed, median", target: `≤ ${TARGET} ms`, measured: precise(middle), ok: middle <= TARGET },
    { what: "95th percentile, longest", measured: `${precise(quantile(all, 0.95))}, ${precise(all.at(-1))}` },
    { what: "counted from the last picture alone: median, longest", measured: `${precise(quantile(picture, 0.5))}, ${precise(picture.at(-1))}` },
    { what: "parts; their mean length", measured: `${seen.length}; ${(seen.reduce((sum, part) => sum + part.duration, 0) / seen.length * 1000).toFixed(0)} ms` },
  ];
}
