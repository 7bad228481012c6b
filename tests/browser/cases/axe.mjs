// Every page in its states, at the sizes of a phone, a laptop and a television, dark and light: nothing that keeps people out
// (axe-core's serious and critical findings), nothing that the pages' own policy refuses.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "../lib/check.mjs";
import { PASSWORD } from "../lib/daemon.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { api, enter, furnish } from "../lib/furnished.mjs";
import { ready } from "../lib/playlist.mjs";
import { Viewer } from "../lib/viewer.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = { phone: [390, 844], laptop: [1366, 900], television: [1920, 1080] };
const GRAVE = ["serious", "critical"];

// The style sheets and media are the page's own: axe need not fetch them again.
const LOOK = async () => {
  const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"], preload: false });
  return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map((n) => `${n.target.join(" ")}: ${n.failureSummary.split("\n").slice(1, 2).join("").trim()}`) }));
};

/** Looks at these paths, each alone or with what is to be done there first; what is wrong, told once with where. */
async function look(t, hearth, paths, session) {
  const viewer = await Viewer.open(t.cleanup, hearth.url("/"), { go: false });
  const { page } = viewer, wrong = new Map();
  if (session) await enter(viewer, hearth, session);
  // No transition is under way when colours are looked at.
  await page.emulateMedia({ reducedMotion: "reduce" });
  let looked = 0;
  for (const row of paths) {
    const [path, prepare] = [row].flat();
    await page.goto(hearth.url(path), { waitUntil: "load" });
    await prepare?.(viewer);
    await page.evaluate(AXE);
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      for (const colorScheme of ["dark", "light"]) {
        await page.emulateMedia({ colorScheme });
        looked++;
        for (const { id, impact, help, nodes } of await page.evaluate(LOOK)) {
          if (!GRAVE.includes(impact)) continue;
          for (const node of nodes) {
            const what = `${path}: ${id} (${help}) at ${node}`;
            wrong.set(what, [...(wrong.get(what) ?? []), `${size} ${colorScheme}`]);
          }
        }
      }
    }
    const { violations } = await viewer.state();
    for (const violation of violations) wrong.set(`${path}: policy ${violation}`, []);
  }
  expect(wrong.size === 0, `${wrong.size} findings\n  ${[...wrong].map(([what, where]) => `${what} [${where.join(", ")}]`).join("\n  ")}`);
  return `${paths.length} pages, looked at ${looked} times`;
}

/** The TV's overlay, with its comments beside it. */
async function open({ page }) {
  await page.locator("[data-player][data-state=live]").waitFor();
  await page.evaluate(() => {
    document.querySelector("[data-player]").classList.remove("idle");
    document.querySelector(".tv-talk").hidden = false;
  });
}

async function menu(viewer) {
  await open(viewer);
  await viewer.page.evaluate(() => document.querySelector('[data-act="menu"]').click());
  await viewer.page.locator(".menu:not([hidden])").waitFor();
}

export default {
  async "the first page of a new box keeps nobody out"(t) {
    const hearth = await t.hearth({ users: [] });
    return look(t, hearth, ["/setup", "/login", "/register"]);
  },

  async "a stranger's pages keep nobody out"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben", "cleo"] });
    const { invitation, reset } = await furnish(hearth);
    return look(t, hearth, ["/", "/login", "/register", invitation, "/join/spent", reset, "/reset/spent", "/@anna", "/@cleo", "/search?q=fire", "/search?q=nothing", "/tags/cats", "/nowhere"]);
  },

  async "the pages of who runs the house keep nobody out"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben", "cleo"] });
    const { sessions } = await furnish(hearth);
    return look(t, hearth, ["/", "/@anna", "/@ben", "/studio", "/settings", "/settings/channel", "/admin"], sessions.anna);
  },

  async "the pages of a house that is on air keep nobody out"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben", "cleo"] });
    const { sessions } = await furnish(hearth);
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, size: "320x180", bitrate: "300k" }));
    await ready(hearth.url("/live/anna/media.m3u8"), 2);
    return look(t, hearth, ["/", "/@anna", "/studio", "/admin"], sessions.anna);
  },

  async "the end of the first run keeps nobody out"(t) {
    const hearth = await t.hearth({ users: ["anna"] });
    const { session } = await api(hearth, "POST", "/session", { name: "anna", password: PASSWORD });
    return look(t, hearth, ["/setup?done", "/setup?done&lang=zh"], session);
  },

  async "the pages of televisions keep nobody out"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben", "cleo"] });
    const { sessions } = await furnish(hearth);
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, size: "320x180", bitrate: "300k" }));
    await ready(hearth.url("/live/anna/media.m3u8"), 2);
    const asked = ["/?tv=1", "/@anna", "/@ben", "/@cleo", "/login", "/nowhere", "/?lang=zh", "/login"];
    const said = await look(t, hearth, [...asked, "/?tv=old", "/@anna?tv=old", "/@ben?tv=old"]);
    return `${said}; with a member, ${await look(t, hearth, ["/?tv=1", "/@ben", ["/@anna", open], ["/@anna", menu], "/login"], sessions.ben)}`;
  },

  async "Chinese pages keep nobody out"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben", "cleo"] });
    const { sessions } = await furnish(hearth);
    const said = await look(t, hearth, ["/?lang=zh", "/login", "/@anna", "/@cleo", "/search?q=fire", "/nowhere"]);
    return `${said}; with the owner, ${await look(t, hearth, ["/?lang=zh", "/@anna", "/studio", "/settings", "/settings/channel", "/admin"], sessions.anna)}`;
  },
};
