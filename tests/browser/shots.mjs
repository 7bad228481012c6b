// Pictures of every page as people meet it: phone, laptop and television, dark and light, English and Chinese, in artefacts/shots.
// Arguments choose pages by a part of their name. HEARTH_BIN says which daemon.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleep, until } from "./lib/check.mjs";
import { binary, Hearth, PASSWORD, root } from "./lib/daemon.mjs";
import { publish, sending } from "./lib/encoder.mjs";
import { api, enter } from "./lib/furnished.mjs";
import { claim, setupCode } from "./lib/house.mjs";
import { ready } from "./lib/playlist.mjs";
import { focus, press, SIZES } from "./lib/remote.mjs";
import { closeBrowser, Viewer } from "./lib/viewer.mjs";

const folder = join(root, "artefacts/shots");
const wanted = process.argv.slice(2);
const SCREENS = { phone: { viewport: { width: 390, height: 844 }, mobile: true }, laptop: { viewport: { width: 1366, height: 900 } } };
const LANGUAGES = ["en", "zh"], LIGHTS = ["dark", "light"];
const isWanted = (name) => !wanted.length || wanted.some((part) => name.includes(part));
const faults = [];
let taken = 0;

/** A picture of the whole page; a page that is wider than its screen or speaks out of turn is a fault. */
async function shot(viewer, name, whole = true) {
  await viewer.page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole });
  taken++;
  const wide = await viewer.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) faults.push(`${name} is ${wide} px wider than the screen`);
}

/**
 * The same page on each screen, in each language and light. `pages`: rows of [name, path, prepare]; a path may be a function of the
 * visitor. `prepare` is given the viewer once the page is there.
 */
async function everywhere(t, hearth, session, pages) {
  const due = pages.filter(([name]) => isWanted(name));
  if (!due.length) return;
  for (const [screen, options] of Object.entries(SCREENS)) {
    for (const language of LANGUAGES) {
      const viewer = await Viewer.open(t.cleanup, hearth.url("/"), { go: false, mode: "steady", ...options });
      const { page } = viewer;
      await page.emulateMedia({ reducedMotion: "reduce" });
      await page.context().addCookies([{ name: "hearth_lang", value: language, url: hearth.origin }]);
      if (session) await enter(viewer, hearth, session);
      for (const [name, path, prepare] of due) {
        await page.goto(hearth.url(path), { waitUntil: "load" });
        await sleep(250);
        await prepare?.(viewer, screen);
        for (const colorScheme of LIGHTS) {
          await page.emulateMedia({ colorScheme });
          await shot(viewer, `${name}-${screen}-${language}-${colorScheme}`);
        }
      }
      faults.push(...viewer.problems.filter((it) => !/status of 4\d\d/.test(it)));
      await page.context().close();
    }
  }
}

/** Opens everything that folds. */
async function unfold({ page }) {
  for (let round = 0; round < 2; round++) await page.evaluate(() => document.querySelectorAll("details").forEach((it) => { it.open = true; }));
}

const playing = (viewer) => viewer.playing(30);
const posters = (viewer) => until("pictures on the tiles", 15, async () => (await viewer.page.locator(".tile canvas:not([hidden])").count()) >= 2).catch((error) => faults.push(error.message));

/** A box that nobody owns yet, and its first minute. */
async function newBox(t) {
  if (!["setup", "login"].some(isWanted) && wanted.length) return;
  const hearth = await Hearth.prepare(t.cleanup);
  await hearth.start();
  await everywhere(t, hearth, undefined, [
    ["setup", "/setup"],
    ["setup-wrong", "/setup", async ({ page }) => { await page.fill("#code", "no-such-code"); await page.fill("#name", "Anna"); await page.fill("#password", "short"); await Promise.all([page.waitForNavigation(), page.locator("form .btn-primary").click()]); }],
  ]);
  if (!isWanted("setup-done")) return;
  const viewer = await Viewer.open(t.cleanup, hearth.url("/setup"), SCREENS.laptop);
  await viewer.page.emulateMedia({ reducedMotion: "reduce" });
  await claim(viewer, setupCode(hearth.words()), "Anna");
  await viewer.page.locator(".qr").waitFor();
  for (const [screen, { viewport }] of Object.entries(SCREENS)) {
    await viewer.page.setViewportSize(viewport);
    for (const colorScheme of LIGHTS) {
      await viewer.page.emulateMedia({ colorScheme });
      await shot(viewer, `setup-done-${screen}-en-${colorScheme}`);
    }
  }
}

/** A family: Anna runs the house; Ben and 美玲 have channels, Tom watches, Oma Ilse is new; sessions by name. */
async function family(hearth) {
  const people = { anna: "Anna", ben: "Ben", mei: "美玲", tom: "Tom", ilse: "Oma Ilse", karl: "Karl-Friedrich von Hohenstein" };
  const sessions = {}, as = (name, method, path, body) => api(hearth, method, path, body, sessions[name]);
  for (const [name, display_name] of Object.entries(people)) {
    sessions[name] = (await api(hearth, "POST", "/session", { name, password: PASSWORD })).session;
    await as(name, "PUT", "/me", { name: display_name });
  }
  const ids = Object.fromEntries((await as("anna", "GET", "/people")).people.map((p) => [p.name, p.id]));
  await as("anna", "PUT", `/people/${ids.tom}`, { role: "guest" });
  await as("anna", "PUT", `/people/${ids.ilse}`, { role: "child" });
  await as("anna", "PUT", "/channels/anna", { title: "Bowls for the weekend market", description: "Throwing, trimming, perhaps a little glazing. Ask anything: I read along while the wheel turns.\nMore at https://example.org/pottery", tags: ["pottery", "handmade", "market"] });
  await as("ben", "PUT", "/channels/ben", { title: "Bread, slowly", description: "Sourdough from last night’s starter.", tags: ["baking", "kitchen"] });
  await as("mei", "PUT", "/channels/mei", { title: "晚饭后的小提琴练习", description: "每天半小时，拉得不好请多包涵。", tags: ["音乐", "小提琴"] });
  await as("karl", "PUT", "/channels/karl", { title: "Der Garten im November", visibility: "phrase", phrase: "open sesame" });
  for (const [who, whom] of [["anna", "ben"], ["ben", "anna"], ["mei", "anna"], ["tom", "anna"], ["karl", "anna"], ["anna", "mei"]]) await as(who, "PUT", `/channels/${whom}/follow`);
  for (const [name, text] of [
    ["ben", "Which clay is that? It looks so smooth on the wheel."], ["mei", "好漂亮的碗，可以给我留一个吗？"], ["anna", "Stoneware from the quarry. 美玲, it is yours 😄"],
    ["ben", "There is more about it here: https://example.org/clay?kind=stoneware"], ["karl", "Wunderbar."], ["mei", "太好了，谢谢！"], ["ben", "oops, wrong window"],
  ]) await as(name, "POST", "/channels/anna/comments", { text });
  const { comments } = await as("ben", "GET", "/channels/anna/comments");
  await as("ben", "DELETE", `/channels/anna/comments/${comments.at(-1).id}`);
  await as("anna", "POST", "/invitations", { label: "Cousin Paul", role: "member", uses: 2, days: 7 });
  await as("anna", "POST", "/studio/keys", { label: "phone" });
  return { sessions, as, ids };
}

async function quiet(t, hearth, { sessions }, links) {
  await everywhere(t, hearth, undefined, [
    ["login", "/login"],
    ["login-wrong", "/login", async ({ page }) => { await page.fill("#name", "anna"); await page.fill("#password", "not this one"); await Promise.all([page.waitForNavigation(), page.locator("form .btn-primary").click()]); }],
    ["register-closed", "/register"],
    ["register", links.invitation],
    ["register-wrong", links.invitation, async ({ page }) => { await page.fill("#name", "Anna"); await page.fill("#password", "short"); await Promise.all([page.waitForNavigation(), page.locator("form .btn-primary").click()]); }],
    ["reset", links.reset],
    ["link-spent", "/reset/spent"],
    ["not-found", "/nowhere"],
    ["locked", "/@karl"],
    ["home-stranger-quiet", "/"],
    ["watch-never-stranger", "/@ben"],
  ]);
  await everywhere(t, hearth, sessions.anna, [
    ["home-quiet", "/"],
    ["watch-never", "/@ben"],
    ["studio-waiting", "/studio"],
    ["search-nothing", "/search?q=zebra"],
    ["tag-quiet", "/tags/baking"],
  ]);
  await everywhere(t, hearth, sessions.tom, [["guest-refused", "/studio"], ["guest-home", "/"]]);
}

async function live(t, hearth, { sessions }) {
  await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, file: join(root, "web/demo/clip.flv"), loop: true }));
  await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.ben, gop: 250, audio: false, size: "640x360" }));
  await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.mei, size: "360x640", fps: 15, gop: 30, bitrate: "400k" }));
  for (const name of ["anna", "ben", "mei"]) await ready(hearth.url(`/live/${name}/media.m3u8`), 2, 30);
  await sleep(12_000);
  await everywhere(t, hearth, sessions.anna, [
    ["home-live", "/", posters],
    ["watch-own", "/@anna", playing],
    ["watch-other", "/@mei", playing],
    ["studio-live", "/studio", async (viewer) => { await playing(viewer); await until("charts", 10, () => viewer.page.locator(".chart .line").count()); }],
    ["keys", "/studio", unfold],
    ["settings", "/settings"],
    ["settings-unfolded", "/settings", unfold],
    ["channel", "/settings/channel"],
    ["admin", "/admin"],
    ["admin-unfolded", "/admin", unfold],
    ["search", "/search?q=b"],
    ["tag", "/tags/baking"],
  ]);
  await everywhere(t, hearth, sessions.ben, [
    ["watch", "/@anna", playing],
    ["studio-doctor", "/studio", async (viewer) => { await playing(viewer); await until("findings", 10, () => viewer.page.locator(".finding").count()); }],
    ["watch-menu", "/@anna", async (viewer) => { await playing(viewer); await viewer.page.locator('[data-act="menu"]').click(); }],
    ["home-found", "/", async ({ page }, screen) => { if (screen === "laptop") { await page.fill("#q", "b"); await page.locator(".found:not([hidden])").waitFor(); } }],
  ]);
  await everywhere(t, hearth, undefined, [["watch-stranger", "/@anna", playing]]);
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const language of LANGUAGES) await television(t, hearth, sessions.ben, size, viewport, language);
  }
  if (isWanted("old-tv")) {
    const old = await Viewer.open(t.cleanup, hearth.url("/?tv=old"), { viewport: SIZES[720] });
    await shot(old, "old-tv-home", false);
    await old.page.goto(hearth.url("/@anna?tv=old"));
    await shot(old, "old-tv-watch", false);
  }
}

async function television(t, hearth, session, size, viewport, language) {
  if (!isWanted("tv")) return;
  const viewer = await Viewer.open(t.cleanup, hearth.url("/"), { viewport, mode: "steady", go: false });
  const name = (what) => `tv-${what}-${size}-${language}`;
  await enter(viewer, hearth, session);
  await viewer.page.goto(hearth.url(`/?tv=1&lang=${language}`));
  await until("something has the focus", 5, () => focus(viewer));
  await sleep(500);
  await shot(viewer, name("home"), false);
  await press(viewer, "ArrowDown");
  await shot(viewer, name("home-off-air"), false);
  await viewer.page.goto(hearth.url("/@anna"));
  await viewer.playing(30);
  // A page that nobody has touched yet plays without sound, and OK brings it.
  await shot(viewer, name("silent"), false);
  await until("the overlay is open", 8, async () => (await press(viewer, "Enter"))?.act === "play");
  await shot(viewer, name("watch"), false);
  await until("Comments has the focus", 8, async () => /Comments|评论/.test((await press(viewer, "ArrowRight")).text));
  await press(viewer, "Enter");
  await shot(viewer, name("talk"), false);
  await until("the menu's button has the focus", 8, async () => (await press(viewer, "ArrowRight")).act === "menu");
  await press(viewer, "Enter");
  await press(viewer, "ArrowDown");
  await shot(viewer, name("menu"), false);
  await press(viewer, "Escape");
  await viewer.page.goto(hearth.url("/@tom"));
  await sleep(700);
  await shot(viewer, name("nobody"), false);
  await viewer.page.goto(hearth.url("/@karl"));
  await sleep(700);
  await shot(viewer, name("locked"), false);
  await viewer.page.context().close();
}

/** After the evening: everybody has stopped. */
async function after(t, hearth, { sessions, as }) {
  for (const name of ["anna", "ben", "mei"]) await as(name, "POST", "/studio/end");
  await until("nobody is live", 30, async () => (await (await fetch(hearth.url("/api/v1/channels"))).json()).channels.every((c) => c.phase === "off"));
  await everywhere(t, hearth, sessions.ben, [["watch-off", "/@anna", () => sleep(800)], ["home-after", "/"]]);
  await everywhere(t, hearth, undefined, [["watch-off-stranger", "/@mei", () => sleep(800)]]);
  if (isWanted("tv")) {
    const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna?tv=1"), { viewport: SIZES[720] });
    await sleep(1500);
    await shot(viewer, "tv-off-air-720-en", false);
    await viewer.page.goto(hearth.url("/?lang=zh"));
    await sleep(500);
    await shot(viewer, "tv-quiet-720-zh", false);
    await viewer.page.goto(hearth.url("/login"));
    await sleep(500);
    await shot(viewer, "tv-login-720-zh", false);
  }
}

const t = { cleanup: [] }, began = performance.now();
mkdirSync(folder, { recursive: true });
console.log(`pictures of ${binary()}`);
let failure;
try {
  await newBox(t);
  const hearth = await Hearth.prepare(t.cleanup);
  for (const [n, name] of ["anna", "ben", "mei", "tom", "ilse", "karl"].entries()) await hearth.addUser(name, { owner: n === 0 });
  await hearth.start();
  const house = await family(hearth);
  const invitation = (await house.as("anna", "POST", "/invitations", { label: "Oma", role: "guest" })).path;
  const reset = (await house.as("anna", "POST", `/people/${house.ids.ben}/reset`)).path;
  await quiet(t, hearth, house, { invitation, reset });
  await live(t, hearth, house);
  await after(t, hearth, house);
} catch (error) {
  failure = error;
}
for (const undo of t.cleanup.reverse()) await Promise.resolve().then(undo).catch(() => {});
await closeBrowser();
if (failure) faults.push(String(failure.stack ?? failure));
const said = [...new Set(faults)];
writeFileSync(join(folder, "faults.txt"), said.join("\n"));
console.log(`${taken} pictures in artefacts/shots after ${((performance.now() - began) / 1000).toFixed(0)} s; ${said.length} faults${said.map((it) => `\n  ${it}`).join("")}`);
process.exit(said.length ? 1 : 0);
