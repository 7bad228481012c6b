// The daemon's resident memory with one publisher and 50 viewers that read playlist and segments as players do. Ring pages are
// files in tmpfs that the daemon never maps: they are in no RSS.
import { readFileSync } from "node:fs";
import http from "node:http";
import { expect, sleep } from "../tests/browser/lib/check.mjs";
import { Hearth, root } from "../tests/browser/lib/daemon.mjs";
import { parse, ready } from "../tests/browser/lib/playlist.mjs";
import { play, Publisher, tagsOf } from "../tests/browser/lib/rtmp.mjs";
import { bench } from "./table.mjs";

const VIEWERS = 50, SECONDS = 30, TARGET_KIB = 16 * 1024;

/** GET over a viewer's own connection, from the viewer's own address. */
function get(agent, localAddress, url) {
  return new Promise((done, fail) => {
    http.get(url, { agent, localAddress }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => done({ status: answer.statusCode, body: Buffer.concat(pieces) }));
      answer.on("error", fail);
    }).on("error", fail);
  });
}

async function view(hearth, number, tally) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 }), from = `127.0.1.${number + 1}`, url = hearth.url("/live/anna/media.m3u8");
  let next = 0;
  await sleep((number * 2000) / VIEWERS);
  while (!tally.over) {
    try {
      const answer = await get(agent, from, url);
      if (answer.status === 200) {
        const list = parse(answer.body.toString(), url);
        for (const segment of list.segments.slice(-3).filter((s) => s.sequence >= next)) {
          const media = await get(agent, from, segment.uri);
          if (media.status === 200) tally.segments++; else tally.refused++;
          next = segment.sequence + 1;
        }
      } else tally.refused++;
    } catch (error) {
      tally.refused++;
      tally.last = error.message;
    }
    await sleep(1000);
  }
  agent.destroy();
}

const field = (pid, name) => Number(readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(`${name}:\\s+(\\d+)`))?.[1] ?? 0);

await bench(`Memory: one publisher, ${VIEWERS} viewers, ${SECONDS} s`, async (cleanup) => {
  const hearth = await Hearth.prepare(cleanup);
  const key = await hearth.addUser("anna", { owner: true });
  await hearth.start();
  const { pid } = hearth.program;
  const idle = field(pid, "VmRSS");
  const publisher = await Publisher.open({ port: hearth.rtmp, key });
  const playing = play(publisher, tagsOf(`${root}/web/demo/clip.flv`), { round: 8000 });
  await ready(hearth.url("/live/anna/media.m3u8"), 2);
  const tally = { segments: 0, refused: 0, over: false };
  const viewers = Array.from({ length: VIEWERS }, (_, number) => view(hearth, number, tally));
  let whole = 0, anon = 0;
  for (let i = 0; i < SECONDS * 4; i++) {
    await sleep(250);
    whole = Math.max(whole, field(pid, "VmRSS") - field(pid, "RssShmem"));
    anon = Math.max(anon, field(pid, "RssAnon"));
  }
  tally.over = true;
  await Promise.all(viewers);
  await playing.stop();
  publisher.destroy();
  expect(tally.segments > (VIEWERS * SECONDS) / 4, `the viewers got only ${tally.segments} segments (${tally.refused} refused, ${tally.last})`);
  const mib = (kib) => `${(kib / 1024).toFixed(1)} MiB`;
  return [
    { what: "resident, highest", target: `≤ ${mib(TARGET_KIB)}`, measured: mib(whole), ok: whole <= TARGET_KIB },
    { what: "of it heap and stacks (the rest is the program's own file)", measured: mib(anon) },
    { what: "resident before the first publisher", measured: mib(idle) },
    { what: "segments read, requests refused", measured: `${tally.segments}, ${tally.refused}`, ok: tally.refused === 0 },
  ];
});
