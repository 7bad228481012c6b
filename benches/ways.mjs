// The ways in which the watch page plays, what each promises, and how a page is opened in one.
import { expect } from "../tests/browser/lib/check.mjs";
import { prepare } from "../tests/browser/lib/clock.mjs";
import { Viewer } from "../tests/browser/lib/viewer.mjs";

export const ms = (value) => `${Math.round(value)} ms`;

/** Targets in ms: from glass to glass (median, 95th percentile), from opening the page and from a first keyframe to a picture. */
export const WAYS = [
  { name: "instant", mode: "instant", most: 300, p95: 400, opening: 600, waiting: 400 },
  { name: "low delay (LL-HLS)", mode: "low", most: 1000, waiting: 800 },
  { name: "steady", mode: "steady", most: 6000 },
];

/** A row whose measure must not pass its target. */
export const row = (what, measured, target, unit = ms) => ({
  what, measured: unit(measured), ...(target === undefined ? {} : { target: `≤ ${unit(target)}`, ok: measured <= target }),
});

/** The ways that the page offers; `mode` is the value under which its menu keeps one. */
export async function offered(hearth, path) {
  const answer = await fetch(hearth.url(path));
  expect(answer.status === 200, `${path} answered ${answer.status}`);
  const values = [...(await answer.text()).matchAll(/<input[^>]*name="mode"[^>]*>/g)].map(([tag]) => tag.match(/value="([^"]*)"/)[1]);
  return WAYS.filter(({ mode }) => values.includes(mode));
}

/** A page in a way of playing, cold: nothing of it is cached. Reads the clock in its pictures. */
export async function open(cleanup, address, mode) {
  const viewer = await Viewer.open(cleanup, address, { go: false, mode });
  await prepare(viewer);
  await viewer.page.goto(address, { waitUntil: "domcontentloaded" });
  return viewer;
}

/** Fails unless the page really plays in this way. */
export async function playsBy(viewer, { name, mode }) {
  const used = await viewer.page.evaluate(() => document.querySelector("[data-player]").dataset.way);
  const blocking = viewer.requests.some((url) => url.includes("_HLS_msn="));
  expect(used === mode && blocking === (mode === "low"), `${name} plays by ${used}${blocking ? ", waiting for parts" : ""}`);
}

/** Closes a page and what belongs to it. */
export const shut = (viewer) => viewer.page.context().close();
