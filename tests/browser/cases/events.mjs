// What open pages are told: how soon, what a page that was away missed, and that many tabs of one browser get along.
import { expect, sleep, until, within } from "../lib/check.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { login } from "../lib/house.mjs";
import { relay } from "../lib/proxy.mjs";
import { Viewer } from "../lib/viewer.mjs";

const EVENTS = /\/events(\?|$)/;

// Runs in the page before its own scripts: it can be hidden by hand, and what it is told is written down.
function instrument() {
  const told = globalThis.__told = [];
  let hidden = false;
  Object.defineProperty(document, "hidden", { get: () => hidden });
  Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
  globalThis.__hide = (now) => { hidden = now; document.dispatchEvent(new Event("visibilitychange")); };
  document.addEventListener("DOMContentLoaded", () => {
    for (const type of ["hello", "channel", "viewers", "reset", "gone", "back"]) {
      globalThis.hearthEvents.on(type, (data) => told.push({ type, data, at: performance.timeOrigin + performance.now() }));
    }
  });
}

/** A page that writes down what it is told. `beside`: see Viewer.open. */
async function listening(t, url, beside) {
  const viewer = await Viewer.open(t.cleanup, url, { go: false, beside });
  await viewer.page.addInitScript(instrument);
  await viewer.page.goto(url, { waitUntil: "domcontentloaded" });
  return viewer;
}

const told = (viewer) => viewer.page.evaluate(() => globalThis.__told);
const hide = (viewer, now) => viewer.page.evaluate((it) => globalThis.__hide(it), now);
const hello = (viewer) => until("the page is greeted", 10, async () => (await told(viewer)).some((e) => e.type === "hello"), 20);

async function heard(viewer, what, seconds, is) {
  return until(what, seconds, async () => (await told(viewer)).find(is), 20);
}

async function figure(hearth, name) {
  const page = await (await fetch(hearth.url("/metrics"))).text();
  return Number(page.match(new RegExp(`^${name} (\\d+)`, "m"))[1]);
}

export default {
  async "home shows who starts and who has gone, at once, and leaves the focus where it is"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const home = await listening(t, hearth.url("/"));
    await hello(home);
    await home.page.focus('#off [data-name="ben"]');
    const { loaded } = await home.state();
    const lane = await relay(t.cleanup, hearth.rtmp, "127.0.0.2");
    const encoder = await sending(publish(t.cleanup, { port: lane.port, key: hearth.keys.anna }));
    const connected = performance.timeOrigin + lane.connectedAt;
    const starting = await heard(home, "the page is told", 5, (e) => e.type === "channel" && e.data.starting);
    const picture = await heard(home, "the first picture is told", 5, (e) => e.type === "channel" && e.data.phase === "live" && !e.data.starting);
    await home.page.waitForSelector('#live [data-name="anna"]', { timeout: 1000 });
    within(starting.at - connected, 0, 1500, "ms from the encoder's connection to the page");
    const focused = () => home.page.evaluate(() => document.activeElement?.dataset?.name);
    expect((await focused()) === "ben", "the focus moved when Anna started");
    await home.screenshot("home-told");
    await encoder.stop("SIGINT", 5000);
    const off = await heard(home, "the end is told", 20, (e) => e.type === "channel" && e.data.phase === "off");
    await home.page.waitForSelector('#off [data-name="anna"]', { timeout: 1000 });
    expect((await home.page.$$("#live [data-name]")).length === 0, "the tile is still there");
    expect((await focused()) === "ben", "the focus moved when Anna ended");
    expect((await home.state()).loaded === loaded, "the page was reloaded");
    const asked = home.requests.filter((url) => url.endsWith("/api/v1/channels")).length;
    within(asked, 0, 2, "times that the page asked for the list");
    await home.clean();
    return `told ${(starting.at - connected).toFixed(0)} ms after the encoder's connection, first picture ${(picture.at - connected).toFixed(0)} ms, off ${off ? "told" : ""}`;
  },

  async "a hidden page leaves after ten seconds, and is told what it missed when it is seen again"(t) {
    const hearth = await t.hearth();
    const home = await listening(t, hearth.url("/"));
    await hello(home);
    const connections = () => figure(hearth, "hearth_events_connections");
    within(await connections(), 1, 1, "connections of a page");
    await hide(home, true);
    await sleep(8000);
    within(await connections(), 1, 1, "connections after 8 s");
    await until("the connection is closed", 4, async () => (await connections()) === 0, 50);
    const before = (await told(home)).length;
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await until("Anna is live", 5, async () => (await (await fetch(hearth.url("/api/v1/channels/anna"))).json()).playable, 50);
    within((await told(home)).length, before, before, "events that a closed page heard");
    const shown = performance.now();
    await hide(home, false);
    await heard(home, "what was missed is told", 3, (e) => e.type === "channel" && e.data.playable);
    await home.page.waitForSelector('#live [data-name="anna"]', { timeout: 1000 });
    expect(!(await told(home)).some((e) => e.type === "reset"), "the page had to fetch everything anew");
    return `up to date ${(performance.now() - shown).toFixed(0)} ms after it was shown`;
  },

  async "while the box is gone the page says so, and goes on by itself when it is back"(t) {
    const hearth = await t.hearth();
    const home = await listening(t, hearth.url("/"));
    await hello(home);
    await hearth.crash();
    await heard(home, "the page notices", 10, (e) => e.type === "gone");
    expect(/does not answer/i.test(await home.text()), "the page does not say so");
    await hearth.start();
    await heard(home, "the page notices that it is back", 15, (e) => e.type === "back");
    await heard(home, "it is told that it missed something", 3, (e) => e.type === "reset");
    await until("the page shows people again", 5, async () => !/does not answer/i.test(await home.text()));
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await home.page.waitForSelector('#live [data-name="anna"]', { timeout: 5000 });
  },

  async "a page that finds no room asks every few seconds instead"(t) {
    const hearth = await t.hearth();
    const home = await Viewer.open(t.cleanup, hearth.url("/"), { go: false });
    await home.page.addInitScript(instrument);
    await home.page.route(EVENTS, (route) => route.fulfill({ status: 503, headers: { "Retry-After": "5" }, body: "full" }));
    await home.page.goto(hearth.url("/"), { waitUntil: "domcontentloaded" });
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await home.page.waitForSelector('#live [data-name="anna"]', { timeout: 8000 });
    expect(!(await told(home)).some((e) => e.type === "gone"), "the page believes that the box is gone");
    await home.page.unroute(EVENTS);
    await heard(home, "the page is let in later", 35, (e) => e.type === "hello");
  },

  async "five tabs of one browser each load and play"(t) {
    const hearth = await t.hearth();
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await until("Anna can be played", 10, async () => (await (await fetch(hearth.url("/api/v1/channels/anna"))).json()).playable, 50);
    const tabs = [], took = [];
    for (let n = 0; n < 5; n++) {
      if (tabs.length) await hide(tabs.at(-1), true);
      const began = performance.now();
      tabs.push(await listening(t, hearth.url("/@anna"), tabs[0]));
      await tabs.at(-1).playing(20);
      took.push(performance.now() - began);
    }
    for (const [n, tab] of tabs.entries()) {
      await hide(tabs[(n + 4) % 5], true);
      await hide(tab, false);
      await tab.playing(20);
    }
    return `s until each played: ${took.map((ms) => (ms / 1000).toFixed(1)).join(", ")}`;
  },

  async "whoever is followed is announced on other pages, until the announcement is closed or they are gone"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const pages = [];
    for (const [path, viewport] of [["/@ben"], ["/@ben", { width: 390, height: 844 }], ["/@anna"], ["/"]]) {
      const viewer = await Viewer.open(t.cleanup, hearth.url(path), { go: false, ...(viewport && { viewport }) });
      await viewer.page.addInitScript(instrument);
      await viewer.page.route((url) => url.pathname === path, async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, body: (await answer.text()).replace('data-followed=""', 'data-followed="anna zoe"') });
      });
      await viewer.page.goto(hearth.url(path), { waitUntil: "domcontentloaded" });
      await hello(viewer);
      pages.push(viewer);
    }
    const encoder = await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    const [wide, phone, ...without] = pages;
    for (const viewer of [wide, phone]) {
      await viewer.page.waitForSelector(".toast", { timeout: 3000 });
      expect(/anna is live/i.test(await viewer.page.locator(".toast").innerText()), "the words");
      await viewer.page.waitForTimeout(200);
    }
    await wide.screenshot("toast-wide");
    await phone.screenshot("toast-phone");
    await phone.page.getByRole("button", { name: "Close" }).click();
    within(await phone.page.locator(".toast").count(), 0, 0, "announcements after it was closed");
    for (const viewer of without) {
      await heard(viewer, "Anna is live", 3, (e) => e.type === "channel" && !e.data.starting);
      within(await viewer.page.locator(".toast").count(), 0, 0, "announcements where they say nothing new");
    }
    await wide.clean();
    await until("the announcement goes by itself", 14, async () => (await wide.page.locator(".toast").count()) === 0);
    await encoder.stop("SIGKILL");
  },

  async "the studio tells of a wrong key and of its stream without being asked"(t) {
    const hearth = await t.hearth();
    const studio = await Viewer.open(t.cleanup, hearth.url("/login?next=/studio"), { go: false });
    await studio.page.addInitScript(instrument);
    await studio.page.goto(hearth.url("/login?next=/studio"), { waitUntil: "domcontentloaded" });
    await login(studio, "anna");
    await hello(studio);
    const began = performance.now();
    publish(t.cleanup, { port: hearth.rtmp, key: "abcdefghijkmnpqrstuvwxyz23" });
    await until("the studio tells of the wrong key", 4, async () => /wrong key/i.test(await studio.text()), 20);
    const took = performance.now() - began, end = studio.page.locator("#end");
    expect(!(await end.isVisible()), "what is not on air can be ended");
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await until("what is on air can be ended, on a page that was there before", 5, () => end.isVisible());
    return `${took.toFixed(0)} ms after the encoder's start`;
  },
};
