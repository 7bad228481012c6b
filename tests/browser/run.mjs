// Runs the cases and closes with "N passed, N failed". Arguments choose cases by a part of file or name. What a file exports as
// `long` runs with HEARTH_LONG=1, or when it is named.
//
// Most cases wait rather than work, so LANES of them run side by side. What a file exports as `calm` (names, or true for all: it holds
// something to a figure) runs afterwards with the machine's cores for its encoder, daemon and browser alone. What fails is tried once
// more, likewise alone, and says so: pictures in real time fail on a machine whose cores were somewhere else.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Skipped, inTime } from "./lib/check.mjs";
import { Hearth, binary } from "./lib/daemon.mjs";
import { closeBrowser } from "./lib/viewer.mjs";

const cases = join(dirname(fileURLToPath(import.meta.url)), "cases");
const wanted = process.argv.slice(2);
const LANES = Number(process.env.LANES ?? 3);
/** Seconds for a case, and for each step of tidying up: what hangs is named, and does not hold up the rest. */
const LIMIT = process.env.HEARTH_LONG ? 1800 : 150;
const TIDY_LIMIT = 20;
let passed = 0, failed = 0, skipped = 0;

/** What a case gets: a list of what to undo, and a daemon that is in it. */
function bench() {
  const cleanup = [], daemons = [];
  return {
    cleanup, daemons,
    /** A running daemon with these accounts (the first is the owner). */
    async hearth({ users = ["anna"], ...options } = {}) {
      const hearth = await Hearth.prepare(cleanup, options);
      daemons.push(hearth);
      for (const [i, name] of users.entries()) await hearth.addUser(name, { owner: i === 0 });
      return hearth.start();
    },
  };
}

class Panicked extends Error {}

/** One case. One that fails is put on `again`, if given, and says so; a panic is final. */
async function one({ name, test }, again) {
  const t = bench(), began = performance.now();
  try {
    const note = await inTime(LIMIT, () => test(t));
    const panics = t.daemons.map((d) => d.words()).join("").match(/.*panicked at[^]{0,400}/);
    if (panics) throw new Panicked(`the daemon panicked: ${panics[0]}`);
    passed++;
    console.log(`ok      ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)${note ? `: ${note}` : ""}`);
  } catch (error) {
    if (error instanceof Skipped) {
      skipped++;
      console.log(`skipped ${name}: ${error.message}`);
    } else {
      const isFinal = !again || error instanceof Panicked;
      if (isFinal) failed++;
      else again.push({ name, test });
      console.log(`${isFinal ? "FAILED" : "AGAIN "}  ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)\n  ${(error.stack ?? String(error)).split("\n").slice(0, 8).join("\n  ")}`);
      for (const daemon of t.daemons) console.log(`  hearth said:\n    ${daemon.words().trim().split("\n").slice(-25).join("\n    ")}`);
    }
  } finally {
    for (const undo of t.cleanup.reverse()) await inTime(TIDY_LIMIT, undo).catch((error) => console.log(`  tidying up: ${error.message}`));
  }
}

/** The cases that are due: those for the lanes, and those that want calm. */
async function due() {
  const lanes = [], calm = [];
  for (const file of readdirSync(cases).filter((f) => f.endsWith(".mjs")).sort()) {
    const { default: tests, long = [], calm: wantsCalm = [] } = await import(join(cases, file));
    for (const [title, test] of Object.entries(tests)) {
      const name = `${file.replace(".mjs", "")}: ${title}`;
      const isDue = wanted.length === 0 ? process.env.HEARTH_LONG || !long.includes(title) : wanted.some((w) => name.includes(w));
      if (isDue) (wantsCalm === true || wantsCalm.includes(title) ? calm : lanes).push({ name, test });
    }
  }
  return { lanes, calm };
}

console.log(`testing ${binary()}`);
const { lanes, calm } = await due();
const again = [];
await Promise.all(Array.from({ length: LANES }, async () => {
  for (let next = lanes.shift(); next; next = lanes.shift()) await one(next, again);
}));
for (const next of calm) await one(next, again);
for (const next of again) await one(next);
await inTime(TIDY_LIMIT, closeBrowser).catch((error) => console.log(`closing the browser: ${error.message}`));
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
