// Runs the cases one after another (the machine's cores are for the encoder, the daemon and the browser) and closes with
// "N passed, N failed". Arguments choose cases by a part of file or name.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Skipped } from "./lib/check.mjs";
import { Hearth, binary } from "./lib/daemon.mjs";
import { closeBrowser } from "./lib/viewer.mjs";

const cases = join(dirname(fileURLToPath(import.meta.url)), "cases");
const wanted = process.argv.slice(2);
const LIMIT = process.env.HEARTH_LONG ? 1800 : 150;
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

/**
 * Runs a case. Encoder, daemon and browser work in real time on two cores, and the machine may have other things to do for a
 * moment: a case that fails has a second try, which is told. A panic has none.
 */
async function one(name, test, tries = 2) {
  const t = bench(), began = performance.now();
  let timer, again = false;
  try {
    const limit = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error(`not done after ${LIMIT} s`)), LIMIT * 1000); });
    const note = await Promise.race([test(t), limit]);
    const panics = t.daemons.map((d) => d.words()).join("").match(/.*panicked at[^]{0,400}/);
    if (panics) throw new Panicked(`the daemon panicked: ${panics[0]}`);
    passed++;
    console.log(`ok      ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)${note ? `: ${note}` : ""}`);
  } catch (error) {
    if (error instanceof Skipped) {
      skipped++;
      console.log(`skipped ${name}: ${error.message}`);
    } else {
      again = tries > 1 && !(error instanceof Panicked);
      if (!again) failed++;
      console.log(`${again ? "AGAIN " : "FAILED"}  ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)\n  ${(error.stack ?? String(error)).split("\n").slice(0, 8).join("\n  ")}`);
      for (const daemon of t.daemons) console.log(`  hearth said:\n    ${daemon.words().trim().split("\n").slice(-25).join("\n    ")}`);
    }
  } finally {
    clearTimeout(timer);
    for (const undo of t.cleanup.reverse()) await Promise.resolve().then(undo).catch((error) => console.log(`  tidying up: ${error.message}`));
  }
  if (again) await one(name, test, tries - 1);
}

console.log(`testing ${binary()}`);
for (const file of readdirSync(cases).filter((f) => f.endsWith(".mjs")).sort()) {
  const { default: tests } = await import(join(cases, file));
  for (const [name, test] of Object.entries(tests)) {
    const title = `${file.replace(".mjs", "")}: ${name}`;
    if (wanted.length === 0 || wanted.some((w) => title.includes(w))) await one(title, test);
  }
}
await closeBrowser();
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
