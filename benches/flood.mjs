// Log-ins by the hundred from one address: what everybody else notices of them. SECONDS of each flood (10), RATE log-ins a second (50).
import { Hearth } from "../tests/browser/lib/daemon.mjs";
import { LOG_IN_MS, PAGE_MS, flooded, floods } from "../tests/browser/lib/flood.mjs";
import { bench } from "./table.mjs";

const SECONDS = Number(process.env.SECONDS ?? 10), RATE = Number(process.env.RATE ?? 50);

function rows(title, { page, owner, sent, answers }) {
  return [
    { what: `${title}: / for somebody else, p95`, target: `≤ ${PAGE_MS} ms`, measured: `${page.p95.toFixed(0)} ms, max ${page.worst.toFixed(0)} ms, ${page.shown} of ${page.asked} shown`,
      ok: page.p95 <= PAGE_MS && page.shown === page.asked,
      note: `${title}: answers to the ${sent} log-ins: ${Object.entries(answers).map(([status, n]) => `${status} × ${n}`).join(", ")}` },
    { what: `${title}: the owner is in`, target: `≤ ${LOG_IN_MS} ms`, measured: `max ${owner.worst.toFixed(0)} ms of ${owner.came}, ${owner.again} at the second try or later`,
      ok: owner.worst <= LOG_IN_MS && owner.in === owner.came },
  ];
}

await bench(`${RATE} log-ins a second from one address`, async (cleanup) => {
  const hearth = await Hearth.prepare(cleanup);
  await hearth.addUser("anna", { owner: true });
  await hearth.addUser("ben");
  await hearth.start();
  const found = [];
  // Each from an address of its own: one that is made to wait is refused without a hash.
  for (const [number, [title, one]] of Object.entries(floods).entries()) {
    found.push(...rows(title, await flooded(hearth, `127.0.0.${10 + number}`, one, { seconds: SECONDS, rate: RATE })));
  }
  return found;
});
