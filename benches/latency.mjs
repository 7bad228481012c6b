// Glass to glass: a clock in each picture, read back from the page's <video>, in every mode; and what opening the page takes.
// SECONDS=60 measures each mode for a minute.
import { loadavg } from "node:os";
import { expect, sleep } from "../tests/browser/lib/check.mjs";
import { ages, prepare, publishClock, quantile } from "../tests/browser/lib/clock.mjs";
import { Hearth } from "../tests/browser/lib/daemon.mjs";
import { sending } from "../tests/browser/lib/encoder.mjs";
import { ready } from "../tests/browser/lib/playlist.mjs";
import { Viewer } from "../tests/browser/lib/viewer.mjs";
import { bench, median } from "./table.mjs";

const SECONDS = Number(process.env.SECONDS ?? 30), OPENINGS = 5, SETTLE = 6;
const MODES = [
  { mode: "instant", way: "instant", most: 300, p95: 400, first: 600 },
  { mode: "steady", way: "hls", most: 6000 },
];
const ms = (value) => `${Math.round(value)} ms`;

async function open(cleanup, hearth, mode) {
  const viewer = await Viewer.open(cleanup, hearth.url("/@anna"), { go: false, mode });
  await prepare(viewer);
  await viewer.page.goto(hearth.url("/@anna"), { waitUntil: "domcontentloaded" });
  await viewer.playing(20);
  return viewer;
}

/** From the navigation to the first picture, at several points of the GOP. */
async function openings(cleanup, hearth, mode) {
  const times = [];
  for (let i = 0; i < OPENINGS; i++) {
    await sleep(370 * i);
    const viewer = await open(cleanup, hearth, mode);
    times.push((await viewer.state()).firstFrame);
    await viewer.page.close();
  }
  return times;
}

async function measure(cleanup, hearth, { mode, way, most, p95, first }) {
  const times = await openings(cleanup, hearth, mode);
  const viewer = await open(cleanup, hearth, mode);
  const used = await viewer.page.evaluate(() => document.querySelector("[data-player]").dataset.way);
  expect(used === way, `${mode} plays by ${used}`);
  await sleep(SETTLE * 1000);
  const before = (await viewer.state()).events.length;
  const shown = await ages(viewer, SECONDS);
  const stalls = (await viewer.state()).events.slice(before).filter((e) => e.name === "waiting").length;
  await viewer.page.close();
  const row = (what, measured, target, unit = ms) => ({ what: `${mode}: ${what}`, measured: unit(measured), ...(target === undefined ? {} : { target: `≤ ${unit(target)}`, ok: measured <= target }) });
  return [
    row("median", quantile(shown, 0.5), most),
    row("95th percentile", quantile(shown, 0.95), p95),
    row(`stalls in ${SECONDS} s`, stalls, 0, String),
    row(`opening the page to a picture, median of ${OPENINGS}`, median(times), first),
    { what: `${mode}: pictures read`, measured: `${shown.length} of ${SECONDS * 30}` },
  ];
}

await bench("From glass to glass", async (cleanup) => {
  const hearth = await Hearth.prepare(cleanup);
  const key = await hearth.addUser("anna", { owner: true });
  await hearth.start();
  await sending(publishClock(cleanup, { port: hearth.rtmp, key }));
  await ready(hearth.url("/live/anna/media.m3u8"), 3, 15);
  const rows = [];
  for (const mode of MODES) rows.push(...await measure(cleanup, hearth, mode));
  rows.push({ what: "load average while measuring (2 cores are meant to be free)", measured: loadavg()[0].toFixed(1) });
  return rows;
});
