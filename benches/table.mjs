// What every bench prints: a row a number, with its target; and the frame that tidies up behind it.
import { closeBrowser } from "../tests/browser/lib/viewer.mjs";

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs a bench: `measure(cleanup)` gives rows { what, target, measured, ok, note }; the exit code tells whether all are met. */
export async function bench(title, measure) {
  const cleanup = [];
  let rows = [];
  let failure;
  try {
    rows = await measure(cleanup);
  } catch (error) {
    failure = error;
  }
  for (const undo of cleanup.reverse()) await Promise.resolve().then(undo).catch(() => {});
  await closeBrowser();
  console.log(`\n${title}`);
  if (failure) {
    console.log(`  could not be measured: ${failure.stack ?? failure}`);
    process.exit(1);
  }
  const cells = [["what", "target", "measured", ""], ...rows.map((r) => [r.what, r.target ?? "", r.measured, r.ok === undefined ? "" : r.ok ? "ok" : "MISSED"])];
  const widths = [0, 1, 2].map((i) => Math.max(...cells.map((c) => c[i].length)));
  for (const c of cells) console.log("  " + c.map((text, i) => text.padEnd(widths[i] ?? 0)).join("  ").trimEnd());
  for (const row of rows.filter((r) => r.note)) console.log(`  ${row.note}`);
  process.exit(rows.every((r) => r.ok !== false) ? 0 : 1);
}
