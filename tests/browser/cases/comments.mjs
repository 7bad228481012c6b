// Two people on a watch page: what one says, the other sees; what is not theirs stays shut.
import { expect, until } from "../lib/check.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { login } from "../lib/house.mjs";
import { ready } from "../lib/playlist.mjs";
import { Viewer } from "../lib/viewer.mjs";

const PHONE = { width: 390, height: 844 }, LAPTOP = { width: 1366, height: 900 };

/** Logged in, on this page. */
async function as(t, hearth, name, path, options) {
  const viewer = await Viewer.open(t.cleanup, hearth.url("/login"), { viewport: LAPTOP, mode: "steady", ...options });
  await login(viewer, name);
  await viewer.page.goto(hearth.url(path), { waitUntil: "domcontentloaded" });
  return viewer;
}

/** A row of the API as the page's scripts ask it: status and answer. */
function api(viewer, method, path, body) {
  return viewer.page.evaluate(async ([method, path, body]) => {
    const token = document.querySelector('meta[name="form-token"]')?.content ?? "";
    const answer = await fetch(path, { method, headers: { "Content-Type": "application/json", "X-Hearth-Token": token }, body: body && JSON.stringify(body) });
    return { status: answer.status, json: await answer.json() };
  }, [method, path, body]);
}

async function say(viewer, text) {
  await viewer.page.locator("#say").fill(text);
  await viewer.page.locator("#say").press("Enter");
}

const texts = (viewer) => viewer.page.locator(".comment > div > p").allTextContents();

export default {
  async "what one says the other sees within a second, as text; the owner removes it"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben", "mei"] });
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await ready(hearth.url("/live/anna/media.m3u8"), 1);
    const anna = await as(t, hearth, "anna", "/@anna");
    await api(anna, "PUT", "/api/v1/channels/anna", { title: "Bowls for the weekend market", tags: ["pottery", "handmade", "market"], description: "Throwing, trimming, perhaps a little glazing. Ask anything." });
    const ben = await as(t, hearth, "ben", "/@anna"), phone = await as(t, hearth, "mei", "/@anna", { viewport: PHONE, mobile: true });
    await until("anna sees the title", 5, async () => (await anna.page.locator("#title").textContent()) === "Bowls for the weekend market");

    const began = Date.now();
    await say(ben, "Which clay is that? https://example.org/a?b=1.");
    await until("anna sees it", 3, async () => (await texts(anna)).some((text) => text.startsWith("Which clay")), 20);
    const took = Date.now() - began;
    expect(took < 1500, `a comment took ${took} ms`);
    expect((await anna.page.locator(".talk a[href^='https:']").count()) === 0, "an address is a link before anybody pressed it");
    await anna.page.locator(".as-link").click({ modifiers: [] });
    const link = anna.page.locator(".talk a[href='https://example.org/a?b=1']");
    expect((await link.getAttribute("rel")).includes("noopener noreferrer"), "the link tells where it comes from");

    const evil = `<img src=x onerror="document.title='stolen'"><b>&amp;`;
    await say(ben, evil);
    await until("anna sees it as text", 3, async () => (await texts(anna)).includes(evil));
    await anna.page.reload({ waitUntil: "domcontentloaded" });
    expect((await texts(anna)).includes(evil) && !(await anna.page.locator(".comment img").count()), "markup came alive");

    // Chinese, typed with an input method: Enter chooses the characters and sends nothing.
    await phone.page.locator("#say").focus();
    const keys = await phone.page.context().newCDPSession(phone.page);
    await keys.send("Input.imeSetComposition", { text: "hao wan", selectionStart: 7, selectionEnd: 7 });
    await keys.send("Input.dispatchKeyEvent", { type: "keyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 });
    await keys.send("Input.insertText", { text: "好漂亮的碗，可以给我留一个吗？😄" });
    expect(!(await texts(phone)).some((text) => text.includes("hao")), "Enter sent what was being composed");
    await phone.page.locator("#say").press("Enter");
    await until("ben sees Chinese", 3, async () => (await ben.page.locator('p[lang="zh-CN"]').count()) === 1);

    await say(ben, "三");
    await until("three are there", 3, async () => (await texts(ben)).includes("三"));
    // The allowance is used up by the API, and again where it has grown while a busy machine was typing.
    await until("ben is told to wait", 15, async () => {
      await Promise.all([1, 2, 3, 4].map((n) => api(ben, "POST", "/api/v1/channels/anna/comments", { text: `quick ${n}` })));
      await say(ben, "too fast");
      await until("it is answered", 3, async () => (await ben.page.locator("#say-error").textContent()) || !(await ben.page.locator("#say").inputValue()));
      return /One moment, then send again \(\d s\)/.test(await ben.page.locator("#say-error").textContent());
    });
    expect((await ben.page.locator("#say").inputValue()) === "too fast", "what was typed is gone");
    await ben.screenshot("watch-wait");

    const item = anna.page.locator(".comment", { hasText: "onerror" });
    await item.locator("summary").click();
    await anna.screenshot("watch-moderate");
    await item.getByRole("button", { name: "Remove this comment" }).click();
    await until("it is gone for ben", 3, async () => (await texts(ben)).includes("Removed by anna"));
    expect(!(await texts(ben)).includes(evil), "its text is still there");
    expect((await ben.page.locator('.comment[data-author="mei"] summary').count()) === 0, "ben may remove what mei said");

    await anna.playing(30);
    await anna.screenshot("watch-laptop-dark");
    await phone.screenshot("watch-phone-dark");
    await phone.page.emulateMedia({ colorScheme: "light" });
    await phone.page.goto(hearth.url("/@anna?lang=zh"), { waitUntil: "domcontentloaded" });
    await phone.playing(30);
    await phone.screenshot("watch-phone-light-zh");
    for (const viewer of [anna, ben, phone]) await viewer.clean(/429/);
    return `${took} ms`;
  },

  async "what is for members or behind a pass-phrase is shut to strangers, media and events too"(t) {
    const hearth = await t.hearth({ users: ["anna", "mei"] });
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.mei }));
    await ready(hearth.url("/live/mei/media.m3u8"), 1);
    const names = (await (await fetch(hearth.url("/live/mei/media.m3u8"))).text()).match(/[\w-]+\.(m4s|mp4)/g);
    const files = ["index.m3u8", "media.m3u8", "ts.m3u8", "stream.mp4", "poster.mp4", names[0], names.at(-1)];
    const mei = await as(t, hearth, "mei", "/settings/channel");
    const stranger = await Viewer.open(t.cleanup, hearth.url("/@mei"), { viewport: LAPTOP, mode: "steady" });
    await stranger.page.evaluate(() => { for (const type of ["channel", "viewers", "comment"]) hearthEvents.on(type, (it) => (window.heard = window.heard || []).push(it)); });

    const { json } = await api(mei, "PUT", "/api/v1/channels/mei", { title: "Secret", visibility: "members" });
    await until("the stranger's page is shut", 5, async () => /There is nothing here/.test(await stranger.text()));
    for (const file of files) expect((await fetch(hearth.url(`/live/mei/${file}`))).status === 403, `${file} is open to strangers`);
    expect((await fetch(hearth.url("/api/v1/channels/mei"))).status === 404, "the API tells strangers");
    expect((await (await fetch(hearth.url("/api/v1/channels"))).json()).channels.every((it) => it.name !== "mei"), "the list tells strangers");
    expect(!(await (await fetch(hearth.url("/channels.m3u"))).text()).includes("mei"), "the channel list tells strangers");
    const open = await fetch(hearth.url(`${json.base}media.m3u8`));
    expect(open.status === 200 && (await open.text()).includes("EXTINF"), `a member's pass: ${open.status}`);

    await api(mei, "PUT", "/api/v1/channels/mei", { visibility: "phrase", phrase: "open sesame" });
    expect((await fetch(hearth.url(`${json.base}media.m3u8`))).status === 403, "a pass of before is still good");
    await stranger.page.goto(hearth.url("/@mei"), { waitUntil: "domcontentloaded" });
    await stranger.screenshot("watch-locked");
    await stranger.page.locator("#pp").fill("Open Sesame");
    await stranger.page.getByRole("button", { name: "Watch" }).click();
    await until("the stranger is in", 5, () => stranger.page.locator("[data-player]").count());
    const base = await stranger.page.locator("[data-player]").getAttribute("data-base");
    for (const file of ["index.m3u8", "media.m3u8", "poster.mp4"]) expect((await fetch(hearth.url(base + file))).status === 200, `${file} is shut to who told the phrase`);
    await stranger.page.evaluate(() => hearthEvents.on("channel", (it) => { window.heard = it; }));
    await api(mei, "PUT", "/api/v1/channels/mei", { title: "Secret too" });
    await until("who told the phrase hears of it", 5, () => stranger.page.evaluate(() => window.heard?.title === "Secret too"));
    const other = new AbortController();
    const feed = await fetch(hearth.url("/events?channel=mei"), { signal: other.signal });
    await api(mei, "PUT", "/api/v1/channels/mei", { title: "Secret three", phrase: "quite another", visibility: "phrase" });
    await until("the stranger is asked again", 5, () => stranger.page.locator("#pp").count());
    expect((await fetch(hearth.url(`${base}media.m3u8`))).status === 403, "the old phrase's pass is still good");
    const heard = Buffer.from((await feed.body.getReader().read()).value).toString();
    other.abort();
    expect(!heard.includes("Secret"), `a stranger heard ${heard}`);
  },
};
