// From glass to glass: an encoder burns its clock into each picture, the page reads it back from its <video>. One encoder feeds
// Hearth and Debian's nginx-rtmp with the same frames; the ways of playing follow one another. SECONDS for each (60).
import { loadavg } from "node:os";
import { sleep } from "../tests/browser/lib/check.mjs";
import { publishClock, quantile, shown } from "../tests/browser/lib/clock.mjs";
import { Hearth } from "../tests/browser/lib/daemon.mjs";
import { sending } from "../tests/browser/lib/encoder.mjs";
import { ready } from "../tests/browser/lib/playlist.mjs";
import { available, nginxRtmp } from "./nginx-rtmp.mjs";
import { bench } from "./table.mjs";
import { offered, open, playsBy, row, shut } from "./ways.mjs";

const SECONDS = Number(process.env.SECONDS ?? 60), SETTLE = 5;

async function watched(cleanup, address, way, check = playsBy) {
  const viewer = await open(cleanup, address, way.mode);
  await viewer.playing(20);
  await sleep(SETTLE * 1000);
  const seen = await shown(viewer, SECONDS);
  await check(viewer, way);
  await shut(viewer);
  return { name: way.name, seen, rows: [
    row(`${way.name}: median`, quantile(seen.ages, 0.5), way.most),
    row(`${way.name}: 95th percentile`, quantile(seen.ages, 0.95), way.p95),
    row(`${way.name}: stalls`, seen.stalls, way.most && 0, String),
    // A picture that stands or jumps is none that plays, whatever the player says of it.
    row(`${way.name}: longest time between two pictures`, seen.gap, way.most && 500),
    { what: `${way.name}: pictures read`, measured: `${seen.ages.length} of ${SECONDS * 30}`, ok: way.most ? seen.ages.length >= SECONDS * 30 * 0.9 : undefined },
  ] };
}

await bench(`From glass to glass, ${SECONDS} s each`, async (cleanup) => {
  const hearth = await Hearth.prepare(cleanup);
  const key = await hearth.addUser("anna", { owner: true });
  await hearth.start();
  const beside = available() ? await nginxRtmp(cleanup) : undefined;
  const url = [`rtmp://127.0.0.1:${hearth.rtmp}/live/${key}`, beside?.publish].filter(Boolean).join(",");
  await sending(publishClock(cleanup, { url }));
  await ready(hearth.url("/live/anna/media.m3u8"), 3, 15);
  const found = [];
  for (const way of await offered(hearth, "/@anna")) found.push(await watched(cleanup, hearth.url("/@anna"), way));
  const rows = found.flatMap((it) => it.rows);
  if (beside) {
    await ready(beside.list, 3, 15);
    const other = await watched(cleanup, beside.page, { name: "nginx-rtmp, hls.js" }, () => {});
    rows.push(...other.rows);
    for (const { name, seen } of found) rows.push({ what: `nginx-rtmp's delay over ${name}'s`, measured: (quantile(other.seen.ages, 0.5) / quantile(seen.ages, 0.5)).toFixed(1) });
  } else rows.push({ what: "nginx-rtmp", measured: "not installed (Debian: libnginx-mod-rtmp)" });
  rows.push({ what: "load average (2 cores)", measured: loadavg()[0].toFixed(1) });
  return rows;
});
