// What people do beside watching, each in a browser: the channel's picture, comments of long ago, muting and its undoing, copying a key.
import { expect, sleep, until, within } from "../lib/check.mjs";
import { PASSWORD } from "../lib/daemon.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { api, enter } from "../lib/furnished.mjs";
import { ready } from "../lib/playlist.mjs";
import { Viewer } from "../lib/viewer.mjs";

const LAPTOP = { width: 1366, height: 900 };
const PICTURE_MOST = 48 * 1024;
/** Comments that a page shows at first, and that one person may send at once. */
const SHOWN = 40, AT_ONCE = 3;

async function session(hearth, name) {
  return (await api(hearth, "POST", "/session", { name, password: PASSWORD })).session;
}

/** A page on which `name` is logged in already. */
async function page(t, hearth, name, path, before = () => {}) {
  const viewer = await Viewer.open(t.cleanup, hearth.url("/"), { viewport: LAPTOP, go: false });
  await enter(viewer, hearth, await session(hearth, name));
  await before(viewer);
  await viewer.page.goto(hearth.url(path), { waitUntil: "domcontentloaded" });
  return viewer;
}

/** Chooses a picture of this size in the field, as a photograph (`noise` 0 to 1), or what is none. */
function choose(viewer, noise) {
  return viewer.page.evaluate(async (noise) => {
    const canvas = document.createElement("canvas"), parts = new DataTransfer(), field = document.getElementById("file");
    [canvas.width, canvas.height] = [1600, 1200];
    const brush = canvas.getContext("2d"), image = brush.createImageData(1600, 1200);
    for (let i = 0; i < image.data.length; i += 4) {
      for (let c = 0; c < 3; c++) image.data[i + c] = 128 + 90 * Math.sin(i / 9000 + c) + noise * 255 * (Math.random() - 0.5);
      image.data[i + 3] = 255;
    }
    brush.putImageData(image, 0, 0);
    const blob = noise === undefined ? new Blob(["no picture"]) : await new Promise((done) => canvas.toBlob(done, "image/png"));
    parts.items.add(new File([blob], "photo.png", { type: "image/png" }));
    field.files = parts.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    return blob.size;
  }, noise);
}

export default {
  async "following works where the script's question fails, each way"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const ben = await page(t, hearth, "ben", "/@anna", (viewer) => viewer.page.route("**/channels/anna/follow", (route) => route.abort()));
    const button = ben.page.locator("#follow button");
    for (const follows of ["true", "false"]) {
      await button.click();
      await until(`the page says ${follows}`, 10, async () => (await button.getAttribute("aria-pressed")) === follows, 50);
      const answer = await fetch(hearth.url("/api/v1/channels/anna"), { headers: { authorization: `Bearer ${await session(hearth, "ben")}` } });
      expect((await answer.json()).followers === (follows === "true" ? 1 : 0), "the box thinks otherwise");
    }
  },

  async "a channel's picture is made small enough before it is sent, whatever is in it"(t) {
    const hearth = await t.hearth();
    const anna = await page(t, hearth, "anna", "/settings/channel");
    const preview = anna.page.locator(".cover-preview"), sizes = [];
    for (const noise of [0.3, 1]) {
      const before = await preview.getAttribute("src");
      const chosen = await choose(anna, noise);
      const src = await until("the picture is shown", 20, async () => { const now = await preview.getAttribute("src"); return now !== before && now; })
        .catch(async (error) => { throw new Error(`${error.message}: ${await anna.page.locator("#picture-error").textContent()}`); });
      const answer = await fetch(hearth.url(src)), bytes = (await answer.arrayBuffer()).byteLength;
      within(bytes, 1000, PICTURE_MOST, `bytes of a picture that had ${chosen}`);
      expect(answer.headers.get("content-type") === "image/jpeg", answer.headers.get("content-type"));
      const [width, height] = await preview.evaluate(async (it) => { await it.decode(); return [it.naturalWidth, it.naturalHeight]; });
      expect(Math.abs(width / height - 16 / 9) < 0.02 && width >= 320, `the picture is ${width}×${height}`);
      sizes.push(`${(chosen / 1024).toFixed(0)} → ${(bytes / 1024).toFixed(0)} KiB`);
    }
    await choose(anna);
    await until("what is no picture is said to be none", 5, () => anna.page.locator("#picture-error:visible").count());
    await anna.page.locator("#unpicture button").click();
    await until("the picture is gone", 5, async () => (await anna.page.locator(".cover-preview:visible").count()) === 0);
    await anna.clean();
    return sizes.join(", ");
  },

  async "earlier comments come above, and what one reads stays where it is"(t) {
    const people = Array.from({ length: Math.ceil(SHOWN / AT_ONCE) + 2 }, (_, n) => `p${n + 10}`);
    const hearth = await t.hearth({ users: ["anna", ...people] });
    // One page sees the first few, and is then away for all that follows.
    const away = await page(t, hearth, "p10", "/@anna");
    let count = 0;
    for (const name of people) {
      if (count === AT_ONCE) {
        await until("the page that goes away shows the first", 5, async () => (await away.page.locator(".comment .text").count()) === AT_ONCE);
        await away.page.evaluate(() => dispatchEvent(new Event("pagehide")));
      }
      const as = await session(hearth, name);
      for (let n = 0; n < AT_ONCE; n++) await api(hearth, "POST", "/channels/anna/comments", { text: `comment ${++count}` }, as);
    }
    const viewer = await page(t, hearth, "p10", "/@anna");
    const texts = () => viewer.page.locator(".comment .text").allTextContents();
    const place = () => viewer.page.locator(".comment", { hasText: new RegExp(`comment ${count - SHOWN + 1}$`) }).evaluate((it) => it.getBoundingClientRect().top);
    expect((await texts()).length === SHOWN, `${(await texts()).length} comments are shown`);
    await viewer.page.locator(".earlier a").scrollIntoViewIfNeeded();
    const before = await place();
    await viewer.page.locator(".earlier a").dblclick();
    await until("all are there", 5, async () => (await texts()).length === count);
    await sleep(500);
    expect(JSON.stringify(await texts()) === JSON.stringify(Array.from({ length: count }, (_, n) => `comment ${n + 1}`)), `the order is ${await texts()}`);
    // The line that led to them is gone.
    within(Math.abs((await place()) - before), 0, 60, "pixels that the list jumped by");
    expect(!(await viewer.page.locator(".earlier").isVisible()), "there are said to be more");
    await viewer.clean();
    // After a start of the box nobody knows what the page has missed, and that is more than is told at once.
    await hearth.stop();
    await hearth.start();
    await away.page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    const shown = () => away.page.locator(".comment .text").allTextContents();
    await until("the newest are there, and nothing before the hole", 15, async () => (await shown()).length === SHOWN && (await shown()).at(-1) === `comment ${count}`);
    await away.page.locator(".earlier a").click();
    await until("all are there, in order", 5, async () => JSON.stringify(await shown()) === JSON.stringify(await texts()));
  },

  async "what one types while a comment is on its way stays"(t) {
    const hearth = await t.hearth({ users: ["anna"] });
    const anna = await page(t, hearth, "anna", "/@anna");
    let letGo;
    const held = new Promise((resolve) => { letGo = resolve; });
    await anna.page.route("**/comments", async (route) => { await held; await route.continue(); });
    const field = anna.page.locator("#say");
    await field.pressSequentially("hello");
    await field.press("Enter");
    await field.pressSequentially(" and more");
    letGo();
    await anna.page.locator(".comment .text", { hasText: "hello" }).waitFor();
    await until("the rest stands in the field", 3, async () => (await field.inputValue()) === " and more");
  },

  async "who is muted is told so, and may speak again when it is undone"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const anna = await page(t, hearth, "anna", "/@anna"), ben = await page(t, hearth, "ben", "/@anna");
    const say = async (text) => { await ben.page.locator("#say").fill(text); await ben.page.locator("#say").press("Enter"); };
    const heard = (text) => until(`anna reads ${text}`, 5, () => anna.page.locator(".comment .text", { hasText: text }).count());
    await say("first");
    await heard("first");
    await anna.page.locator(".comment summary").click();
    await anna.page.getByRole("button", { name: "No more comments from ben" }).click();
    const undo = anna.page.getByRole("button", { name: "Undo" });
    await until("the undoing has the focus", 3, () => undo.evaluate((it) => it === document.activeElement));
    await until("ben is told, and has no field", 5, async () => /switched off for you/.test(await ben.text()) && !(await ben.page.locator("#say").isVisible()));
    await anna.page.goto(hearth.url("/settings/channel"), { waitUntil: "domcontentloaded" });
    expect((await anna.page.locator("#muted li").allTextContents()).join().includes("ben"), "the settings do not say who is muted");
    await anna.page.goto(hearth.url("/@anna"), { waitUntil: "domcontentloaded" });
    // Muted again from the page, to be undone where it was done.
    await anna.page.locator(".comment summary").click();
    await anna.page.getByRole("button", { name: "No more comments from ben" }).click();
    await undo.click();
    await until("the line is gone", 3, async () => (await undo.count()) === 0);
    await until("ben has his field again", 3, () => ben.page.locator("#say").isVisible());
    await say("second");
    await heard("second");
    await ben.clean();
    await anna.clean();
  },

  async "a key is copied whole while it is hidden, over plain HTTP too"(t) {
    const hearth = await t.hearth();
    for (const plain of [false, true]) {
      const anna = await page(t, hearth, "anna", "/studio", async (viewer) => {
        await viewer.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
        // A box is reached over plain HTTP, where browsers have no clipboard for scripts.
        if (plain) await viewer.page.addInitScript(() => Object.defineProperty(Navigator.prototype, "clipboard", { value: undefined }));
      });
      const shown = await anna.page.locator("code[id^=key-]").textContent();
      expect(!shown.includes(hearth.keys.anna), "the key is shown");
      const button = anna.page.locator("button[data-copy^=key-]");
      await button.click();
      await until("the button says so", 3, async () => (await button.getAttribute("aria-label")) === "Copied");
      await anna.page.locator("#q").focus();
      await anna.page.keyboard.press("Control+V");
      const pasted = await anna.page.locator("#q").inputValue();
      expect(pasted === hearth.keys.anna, `copied ${pasted.length} characters${plain ? " over plain HTTP" : ""}, expected the key`);
      await anna.clean();
    }
  },

  async "a person's picture stands beside what they say while one looks on, on a TV too, and in what one searches"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const anna = await page(t, hearth, "anna", "/@anna"), tv = await page(t, hearth, "anna", "/@anna?tv=1");
    const ben = await page(t, hearth, "ben", "/@anna");
    const put = await ben.page.evaluate(async () => {
      const canvas = document.createElement("canvas");
      canvas.getContext("2d").fillRect(0, 0, 64, 64);
      const body = await new Promise((done) => canvas.toBlob(done, "image/png"));
      const token = document.querySelector('meta[name="form-token"]').content;
      return (await fetch("/api/v1/me/picture", { method: "PUT", body, headers: { "Content-Type": "image/png", "X-Hearth-Token": token } })).status;
    });
    expect(put === 200, `the picture was answered with ${put}`);
    await ben.page.locator("#say").fill("look at me");
    await ben.page.locator("#say").press("Enter");
    const image = 'img[src^="/pictures/ben/"]';
    for (const [who, list] of [[anna, ".comment"], [ben, ".comment"], [tv, ".tv-talk li"]]) await until(`it stands in ${list}`, 5, () => who.page.locator(`${list} .avatar ${image}`).count());
    await anna.page.fill("#q", "ben");
    await until("it stands in what is found", 5, () => anna.page.locator(`.found .avatar ${image}`).count());
    await anna.page.goto(hearth.url("/search?q=ben"), { waitUntil: "load" });
    const field = anna.page.locator("main input[type=search]");
    await field.fill("be");
    await until("the page searched anew", 5, () => anna.page.url().endsWith("?q=be"));
    expect(await anna.page.locator(`main .person .avatar ${image}`).count(), "typing takes the picture away");
    for (const viewer of [anna, ben, tv]) await viewer.clean(/status of 404/);
  },

  async "the address of a family's channel is copied for another player, and plays there until somebody is no member"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const { session } = await api(hearth, "POST", "/session", { name: "anna", password: PASSWORD });
    await api(hearth, "PUT", "/channels/anna", { title: "Ours", visibility: "members" }, session);
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, size: "320x180", bitrate: "300k" }));
    const ben = await page(t, hearth, "ben", "/@anna", (viewer) => viewer.page.context().grantPermissions(["clipboard-read", "clipboard-write"]));
    await ben.page.locator(".elsewhere summary").click();
    const copied = {};
    for (const [id, file] of [["players", "ts.m3u8"], ["soonest", "stream.mp4"]]) {
      const button = ben.page.locator(`button[data-copy=${id}]`);
      await button.click();
      await until("the button says so", 3, async () => (await button.getAttribute("aria-label")) === "Copied");
      copied[file] = await ben.page.evaluate(() => navigator.clipboard.readText());
      expect(new RegExp(`^http://\\d+(\\.\\d+){3}:${hearth.http}/live/anna/~[\\w-]+/${file}$`).test(copied[file]), `copied ${copied[file]}`);
    }
    // Here the daemon hears on loopback alone.
    const here = (file) => hearth.origin + new URL(copied[file]).pathname;
    await ready(here("ts.m3u8"), 2, 20);
    const bytes = (await fetch(here("stream.mp4"))).body.getReader();
    expect(Buffer.from((await bytes.read()).value).includes("ftyp"), "the stream does not begin as MP4 does");
    await bytes.cancel();
    await ben.screenshot("watch-elsewhere");
    const { people } = await api(hearth, "GET", "/people", undefined, session);
    await api(hearth, "PUT", `/people/${people.find((it) => it.name === "ben").id}`, { role: "guest" }, session);
    expect((await fetch(here("ts.m3u8"))).status === 403, "the copied address outlives membership");
    await ben.clean(/status of 40[34]/);
  },
};
