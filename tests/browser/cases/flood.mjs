// Log-ins by the hundred from one address: everybody else goes on as if nothing were.
import { expect, within } from "../lib/check.mjs";
import { LOG_IN_MS, PAGE_MS, flooded, floods } from "../lib/flood.mjs";

export default {
  async "fifty log-ins a second from one address slow no page down and keep no owner out"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const notes = [];
    for (const [number, [title, one]] of Object.entries(floods).entries()) {
      // Each from an address of its own: one that is made to wait is refused without a hash.
      const { page, owner, sent, answers } = await flooded(hearth, `127.0.0.${10 + number}`, one, { seconds: 4, rate: 50 });
      within(sent, 190, 201, `${title}: log-ins in 4 s`);
      expect(page.shown === page.asked, `${title}: / was shown ${page.shown} of ${page.asked} times`);
      within(page.p95, 0, PAGE_MS, `${title}: ms to /, 95th percentile`);
      expect(owner.in === owner.came, `${title}: the owner was in ${owner.in} of ${owner.came} times`);
      within(owner.worst, 0, LOG_IN_MS, `${title}: ms until the owner is in`);
      notes.push(`${title} (${JSON.stringify(answers)}): / ${page.p95.toFixed(0)} ms, owner ${owner.worst.toFixed(0)} ms`);
    }
    return notes.join("; ");
  },
};

export const calm = true;
