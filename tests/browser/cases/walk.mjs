// A household's first evening, from the setup code to the television: everything that people do here, one after another, as they do it.
import { expect, sleep, until, within } from "../lib/check.mjs";
import { PASSWORD } from "../lib/daemon.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { claim, setupCode } from "../lib/house.mjs";
import { focus, overlay, press, SIZES, unscrolled } from "../lib/remote.mjs";
import { Viewer } from "../lib/viewer.mjs";

const LAPTOP = { viewport: { width: 1366, height: 900 }, mode: "steady" };
const PHONE = { viewport: { width: 390, height: 844 }, mobile: true, mode: "steady" };

const path = (viewer) => new URL(viewer.page.url()).pathname;

/** Presses what leads to another page, and waits for it. */
async function follow(viewer, locator, to) {
  await Promise.all([viewer.page.waitForURL((url) => url.pathname === to, { waitUntil: "domcontentloaded", timeout: 15000 }), locator.first().click()]);
}

async function say(viewer, text) {
  await viewer.page.locator("#say").fill(text);
  await viewer.page.locator("#say").press("Enter");
}

const comments = (viewer) => viewer.page.locator(".comment > div > p").allTextContents();

/** A box without an owner becomes Anna's, who makes a link for Ben; the link. */
async function claimed(anna, hearth) {
  await until("a box without an owner leads to /setup", 5, () => path(anna) === "/setup");
  await claim(anna, setupCode(hearth.words()), "Anna");
  await until("the owner is in", 15, () => anna.page.locator('a[href="/admin#invite"]').count());
  await follow(anna, anna.page.locator('a[href="/admin#invite"]'), "/admin");
  await anna.page.fill("#label", "Ben");
  await anna.page.locator('form[action="/admin/invite"] button').click();
  return anna.page.locator("#fresh-url").textContent();
}

/** Ben joins, follows Anna, names and tags the channel, and looks up the key; all with a thumb. */
async function joined(ben) {
  const { page } = ben;
  await page.fill("#name", "Ben");
  await page.fill("#password", PASSWORD);
  await follow(ben, page.locator("form .btn-primary"), "/");
  await follow(ben, page.locator('a[data-name="anna"]'), "/@anna");
  await page.locator("#follow button").click();
  await until("Ben follows Anna", 3, async () => (await page.locator("#follow button").getAttribute("aria-pressed")) === "true");
  await follow(ben, page.locator(".player .top a"), "/");
  await follow(ben, page.locator('.tabs a[href="/studio"]'), "/studio");
  await page.locator("[data-reveal^=key-]").first().click();
  const key = await page.locator("code[id^=key-]").first().textContent();
  expect(/^[a-z2-9]+(-[a-z2-9]+)+$/.test(key), `the key is shown as ${key}`);
  await follow(ben, page.locator('.watch-link a[href="/@ben"]'), "/@ben");
  await follow(ben, page.locator('a[href="/settings/channel"]'), "/settings/channel");
  await page.fill("#title", "Bread, slowly");
  await page.fill("#tags", "baking, kitchen");
  await page.locator('form[action="/settings/channel"] .btn-primary').click();
  await until("the channel has its words", 5, () => page.locator(".note-ok").count());
  return key;
}

/** Ben starts; how long after the first picture can be played Anna's page, which shows something else, tells of it. */
async function told(anna, ben, hearth, key, cleanup) {
  await follow(ben, ben.page.locator('a[href="/@ben"]'), "/@ben");
  const encoder = publish(cleanup, { port: hearth.rtmp, key });
  const { live, toast } = await until("Ben is live", 20, async () => {
    const channel = await (await fetch(hearth.url("/api/v1/channels/ben"))).json();
    return channel.playable && { live: performance.now(), toast: anna.page.locator('.toast[data-name="ben"]').waitFor({ timeout: 5000 }) };
  }, 20);
  await toast;
  const took = performance.now() - live;
  await sending(encoder);
  within(took, 0, 1000, "ms from the first picture to Anna's other page");
  return took;
}

/** Anna comes by the announcement, watches and speaks; Ben answers, and Anna takes Ben's answer away. */
async function talked(anna, ben) {
  await follow(anna, anna.page.locator(".toast .btn-primary"), "/@ben");
  await anna.playing();
  await say(anna, "It smells as far as here 😄");
  await until("Ben reads it", 3, async () => (await comments(ben)).includes("It smells as far as here 😄"), 20);
  await say(ben, "来一块吗？");
  await until("Anna reads Chinese", 3, () => anna.page.locator('p[lang="zh-CN"]').count(), 20);
  const item = anna.page.locator(".comment", { hasText: "来一块吗" });
  await item.locator("summary").click();
  await item.locator('[name="remove"]').click();
  await until("it is gone for Ben", 3, async () => { const all = await comments(ben); return all.length === 2 && !all.includes("来一块吗？"); }, 20);
  await ben.playing();
}

/** By a tag and by words. */
async function found(anna) {
  const { page } = anna;
  await follow(anna, page.locator('.chip[href="/tags/baking"]'), "/tags/baking");
  await page.locator('.tile[data-name="ben"]').waitFor({ timeout: 3000 });
  await page.locator("#q").fill("brea");
  await page.locator('.found a[href="/@ben"]').waitFor({ timeout: 3000 });
  await page.locator("#q").press("Enter");
  await page.locator('#found a[href="/@ben"]').waitFor({ timeout: 5000 });
}

/** From the sofa: home, the channel, its comments, and back, with arrow keys, OK and Back alone. */
async function sofa(t, hearth, size) {
  const tv = await Viewer.open(t.cleanup, hearth.url("/?tv=1"), { viewport: SIZES[size], mode: "steady" });
  await until("a tile has the focus", 5, async () => (await focus(tv))?.name === "ben");
  expect((await press(tv, "ArrowDown"))?.name === "anna", "down does not lead to who is off air");
  await press(tv, "ArrowUp");
  await unscrolled(tv);
  await Promise.all([tv.page.waitForURL(/@ben/), tv.page.keyboard.press("Enter")]);
  await tv.playing();
  expect((await press(tv, "Enter"))?.act === "play", "OK does not lead to Pause");
  await until("Comments has the focus", 5, async () => (await press(tv, "ArrowRight")).text === "Comments");
  await press(tv, "Enter");
  await until("the comments are there", 3, async () => /as far as here/.test(await tv.page.locator(".tv-talk").innerText()));
  expect(!/来一块吗/.test(await tv.text()), "what was removed is on the television");
  await tv.screenshot(`walk-tv-${size}`);
  await press(tv, "Escape");
  expect(!(await overlay(tv)), "Back does not hide the overlay");
  await unscrolled(tv);
  await Promise.all([tv.page.waitForURL((url) => url.pathname === "/"), tv.page.keyboard.press("Escape")]);
  await until("the tile that was left has the focus", 5, async () => (await focus(tv))?.name === "ben");
  return tv;
}

/** Up to the bar, along it to 中文, OK: the television and, by a link, the laptop speak Chinese. */
async function chinese(tv, anna) {
  await press(tv, "ArrowUp");
  await until("中文 has the focus", 5, async () => (await focus(tv)).text === "中文" || (await press(tv, "ArrowRight")).text === "中文");
  await Promise.all([tv.page.waitForURL(/lang=zh/), tv.page.keyboard.press("Enter")]);
  await until("the television speaks Chinese", 5, async () => /正在直播/.test(await tv.text()));
  await follow(anna, anna.page.locator(".brand"), "/");
  // Whom she follows comes first, large and with a heart.
  await anna.page.locator('.tile-first[data-name="ben"] .heart').waitFor({ timeout: 3000 });
  await anna.page.locator('.tile-first[data-name="ben"] canvas:not([hidden])').waitFor({ timeout: 15000 });
  await anna.page.locator('a[hreflang="zh-CN"]').click();
  await until("the laptop speaks Chinese", 5, async () => (await anna.page.locator("html").getAttribute("lang")) === "zh-CN");
  await follow(anna, anna.page.locator('.tile[data-name="ben"]'), "/@ben");
  expect(/评论/.test(await anna.text()) && /Bread, slowly/.test(await anna.text()), "the watch page is not in Chinese");
}

export default {
  async "from the setup code to the television, in one evening"(t) {
    const hearth = await t.hearth({ users: [] });
    const began = performance.now(), times = [];
    const lap = (what) => times.push(`${what} ${((performance.now() - began) / 1000).toFixed(0)}`);
    const anna = await Viewer.open(t.cleanup, hearth.url("/"), LAPTOP);
    const ben = await Viewer.open(t.cleanup, await claimed(anna, hearth), PHONE);
    lap("claimed");
    const key = await joined(ben);
    lap("joined");
    // Anna follows Ben, and sees to something else.
    await anna.page.goto(hearth.url("/@ben"), { waitUntil: "domcontentloaded" });
    await anna.page.locator("#follow button").click();
    await until("Anna follows Ben", 3, async () => (await anna.page.locator("#follow button").getAttribute("aria-pressed")) === "true");
    await follow(anna, anna.page.locator(".me"), "/settings");
    await sleep(300);
    const took = await told(anna, ben, hearth, key, t.cleanup);
    lap("told");
    await talked(anna, ben);
    lap("talked");
    await found(anna);
    const tvs = [await sofa(t, hearth, 720), await sofa(t, hearth, 1080)];
    lap("sofa");
    await chinese(tvs[1], anna);
    lap("Chinese");
    // A player may ask for the first playlist a moment before it is there.
    for (const viewer of [anna, ben, ...tvs]) await viewer.clean(/404.*media\.m3u8/);
    return `told after ${took.toFixed(0)} ms; s: ${times.join(", ")}`;
  },
};
