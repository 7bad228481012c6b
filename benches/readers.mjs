// Viewers without a screen, each from an address of its own: `readers.mjs WAY COUNT ORIGIN`, WAY instant, plain or low. They read
// as players do and throw it away. Ended by SIGTERM; then prints what they got as JSON.
import http from "node:http";
import { gunzipSync } from "node:zlib";
import { sleep } from "../tests/browser/lib/check.mjs";
import { following, parse } from "../tests/browser/lib/playlist.mjs";

const [way, count, origin] = process.argv.slice(2);
const LIST = `${origin}/live/anna/media.m3u8`, BEHIND = 3;
const tally = { bytes: 0, answers: 0, refused: 0, last: undefined };

/** One GET. Lists are asked for as browsers do, compressed; media is counted and let go. */
function get(agent, from, url, list = false) {
  return new Promise((done, fail) => {
    http.get(url, { agent, localAddress: from, headers: list ? { "accept-encoding": "gzip, deflate" } : {} }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => { tally.bytes += piece.length; if (list) pieces.push(piece); });
      answer.on("end", () => {
        if (answer.statusCode === 200) tally.answers++; else { tally.refused++; tally.last = `${answer.statusCode} ${url}`; }
        const body = Buffer.concat(pieces);
        done(answer.statusCode === 200 && list ? parse((answer.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString(), url) : undefined);
      });
      answer.on("error", fail);
    }).on("error", fail);
  });
}

/** What an endless body brings, and another one when it ends. */
async function instant(from) {
  const agent = new http.Agent({ keepAlive: false });
  for (;;) {
    await get(agent, from, `${origin}/live/anna/stream.mp4`);
    await sleep(200);
  }
}

/** Whole segments: the list once a target duration, twice if nothing was new (RFC 8216, 6.3.4). */
async function plain(from) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let next = 0;
  for (;;) {
    const asked = performance.now(), list = await get(agent, from, `${LIST}?plain=1`, true);
    const fresh = (list?.segments ?? []).slice(-BEHIND).filter((segment) => segment.sequence >= next);
    for (const segment of fresh) {
      await get(agent, from, segment.uri);
      next = segment.sequence + 1;
    }
    await sleep(asked + (list?.target ?? 2) * 1000 / (fresh.length ? 1 : 2) - performance.now());
  }
}

/** Parts: a list that waits for the next one, then the part, over the one connection that is free by then. */
async function low(from) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
  let list = await get(agent, from, LIST, true), part = list.parts.at(-1);
  for (;;) {
    list = await get(agent, from, `${LIST}?${following(list)}`, true);
    const fresh = list.parts.filter((it) => it.sequence > part.sequence || (it.sequence === part.sequence && it.part > part.part));
    for (const it of fresh) get(agent, from, it.uri).catch(lost);
    part = fresh.at(-1) ?? part;
  }
}

function lost(error) {
  tally.refused++;
  tally.last = error.message;
}

process.on("SIGTERM", () => {
  process.stdout.write(JSON.stringify(tally), () => process.exit(0));
});
for (let number = 0; number < Number(count); number++) {
  // Over the two seconds of a segment, as people come.
  sleep(number * 2000 / Number(count)).then(() => ({ instant, plain, low })[way](`127.0.${1 + Math.floor(number / 200)}.${1 + number % 200}`)).catch(lost);
}
setInterval(() => {}, 1000);
