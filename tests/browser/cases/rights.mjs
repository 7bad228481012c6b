// What pages do while their visitor is muted, given another role or watched by name; a paused key; a backup put back by its owner.
import { expect, sleep, until } from "../lib/check.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { login } from "../lib/house.mjs";
import { ready } from "../lib/playlist.mjs";
import { Viewer } from "../lib/viewer.mjs";
import { PASSWORD } from "../lib/daemon.mjs";

const PHONE = { width: 390, height: 844 }, LAPTOP = { width: 1366, height: 900 };

async function as(t, hearth, name, path, options) {
  const viewer = await Viewer.open(t.cleanup, hearth.url("/login"), { viewport: LAPTOP, mode: "steady", ...options });
  await login(viewer, name);
  await viewer.page.goto(hearth.url(path), { waitUntil: "domcontentloaded" });
  return viewer;
}

function api(viewer, method, path, body) {
  return viewer.page.evaluate(async ([method, path, body]) => {
    const token = document.querySelector('meta[name="form-token"]')?.content ?? "";
    const answer = await fetch(path, { method, headers: { "Content-Type": "application/json", "X-Hearth-Token": token }, body: body && JSON.stringify(body) });
    return { status: answer.status, json: await answer.json() };
  }, [method, path, body]);
}

async function shot(viewer, name) {
  if (process.env.SHOTS) await viewer.page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
}

export default {
  async "who watches is named, the muted lose their field at once, the signed out their page, a paused key ends its stream"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await ready(hearth.url("/live/anna/media.m3u8"), 1);
    const ben = await as(t, hearth, "ben", "/@anna");
    const anna = await as(t, hearth, "anna", "/studio", { viewport: PHONE, mobile: true });
    await until("anna sees who watches", 15, async () => /ben/i.test(await anna.page.locator("#now .watchers").textContent()));
    await shot(anna, "studio-phone");
    const admin = await as(t, hearth, "anna", "/admin");
    expect(/ben/i.test(await admin.page.locator("[data-watchers]").textContent()), "the owner's page does not name who watches");
    await admin.page.locator("details").evaluateAll((all) => all.forEach((one) => { if (!one.closest(".folk-list")) one.open = true; }));
    await shot(admin, "admin-laptop");
    await admin.page.setViewportSize(PHONE);
    await shot(admin, "admin-phone");

    const field = ben.page.locator("#say"), why = ben.page.locator("#say-not");
    await field.fill("half a sentence");
    let began = Date.now();
    await api(anna, "PUT", "/api/v1/channels/anna/mutes/ben");
    await until("ben's field is gone", 3, () => why.isVisible(), 20);
    expect(Date.now() - began < 1500, `it took ${Date.now() - began} ms`);
    expect(!(await field.isVisible()), "both are there");
    await shot(ben, "watch-muted");
    await api(anna, "DELETE", "/api/v1/channels/anna/mutes/ben");
    await until("ben's field is back", 3, () => field.isVisible(), 20);
    expect((await field.inputValue()) === "half a sentence", "what he had typed is gone");

    const people = (await api(anna, "GET", "/api/v1/people")).json.people, number = people.find((one) => one.name === "ben").id;
    const home = await as(t, hearth, "ben", "/");
    expect((await home.page.locator('a[href="/studio"]').count()) > 0, "a member may go live");
    const listened = () => home.requests.filter((url) => url.includes("/events")).length, before = listened();
    await api(anna, "PUT", `/api/v1/people/${number}`, { role: "guest" });
    await until("ben's page offers no going live", 5, async () => !(await home.page.locator('a[href="/studio"]').count()), 50);
    // An empty page that is on its way offers nothing either: the new one has begun to listen.
    await until("ben's new page listens", 10, async () => listened() > before && (await home.page.locator("main").count()) > 0);
    await sleep(500);
    // One that is put away when it happens learns it as soon as it is shown again.
    const away = await as(t, hearth, "ben", "/tags");
    await away.page.evaluate(() => dispatchEvent(new Event("pagehide")));
    await api(anna, "POST", `/api/v1/people/${number}/sign-out`);
    const isStranger = async (viewer) => (await viewer.page.locator("body").getAttribute("data-visitor")) === "";
    await until("ben's open page is a stranger's", 5, () => isStranger(home), 50);
    expect(!(await isStranger(away)), "a page that does not listen knows it");
    await away.page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    await until("ben's other page is a stranger's once it is shown", 5, () => isStranger(away), 50);

    await anna.page.goto(hearth.url("/studio"), { waitUntil: "domcontentloaded" });
    const fold = anna.page.locator("details:has(form[action='/studio/keys/pause'])");
    await fold.locator("summary").click();
    await fold.locator("button").click();
    await anna.page.locator(".keycard .note-warn").waitFor();
    await shot(anna, "studio-paused");
    await until("nothing is live", 5, async () => (await (await fetch(hearth.url("/api/v1/channels/anna"))).json()).phase === "off");
    publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna });
    await until("anna reads that it was turned away", 15, async () => /you have paused its key/.test(await anna.page.locator("#now").textContent()));
    await shot(anna, "studio-turned-away");
  },

  async "who is deleted or may go live no more leaves everybody's open pages, live or not"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben", "cleo", "dora"] });
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.ben }));
    await ready(hearth.url("/live/ben/media.m3u8"), 1);
    const anna = await as(t, hearth, "anna", "/admin");
    const told = await Viewer.open(t.cleanup, hearth.url("/"));
    const asking = await Viewer.open(t.cleanup, hearth.url("/"), { go: false });
    await asking.page.route(/\/events(\?|$)/, (route) => route.fulfill({ status: 503, body: "full" }));
    await asking.page.goto(hearth.url("/"), { waitUntil: "domcontentloaded" });
    const watching = await Viewer.open(t.cleanup, hearth.url("/@ben"), { mode: "steady" });
    await watching.playing(20);
    const there = (viewer, name) => viewer.page.locator(`main [data-name="${name}"]`).count();
    for (const viewer of [told, asking]) {
      for (const name of ["ben", "cleo", "dora"]) await until(`${name} is shown`, 10, () => there(viewer, name), 50);
    }
    // A page that asks knows who has left once it has asked before.
    await asking.page.waitForTimeout(4000);
    const { people } = (await api(anna, "GET", "/api/v1/people")).json, path = (name) => `/api/v1/people/${people.find((one) => one.name === name).id}`;
    for (const [name, method, body] of [["cleo", "DELETE"], ["dora", "PUT", { role: "guest" }], ["ben", "DELETE"]]) {
      const { status } = await api(anna, method, path(name), body);
      expect(status === 200, `${method} ${name}: ${status}`);
      await until(`${name} has left the home page`, 2, async () => !(await there(told, name)), 20);
      await until(`${name} has left the home page that asks`, 8, async () => !(await there(asking, name)), 50);
    }
    const state = () => watching.page.locator("[data-player]").getAttribute("data-state");
    await until("the player says that it is over", 15, async () => (await state()) === "off", 50);
    for (let n = 0; n < 14; n++) {
      await watching.page.waitForTimeout(500);
      expect((await state()) === "off", `the player says ${await state()}`);
    }
  },

  async "the owner puts a backup back, and the box starts anew with it"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const anna = await as(t, hearth, "anna", "/admin");
    const { json } = await api(anna, "POST", "/api/v1/house/backup");
    const backup = Buffer.from(await (await fetch(hearth.url(json.url))).arrayBuffer());
    await anna.page.goto(hearth.url("/settings"), { waitUntil: "domcontentloaded" });
    await shot(anna, "settings-laptop");
    const open = async (file) => {
      await anna.page.goto(hearth.url("/admin"), { waitUntil: "domcontentloaded" });
      await anna.page.locator("#restore > summary").click();
      await anna.page.locator("#restore-password").fill(PASSWORD);
      await anna.page.locator("#restore button").click();
      await anna.page.locator("#backup-file").setInputFiles({ name: "hearth-backup.gz", mimeType: "application/gzip", buffer: file });
      await shot(anna, "restore-file");
      await anna.page.locator("#restore button").click();
    };
    await open(Buffer.from("no backup at all"));
    await anna.page.getByText("This is no whole backup. Nothing was changed.").waitFor();
    await shot(anna, "restore-damaged");
    await open(backup);
    await anna.page.getByRole("heading", { name: "The box starts anew" }).waitFor();
    await shot(anna, "restore-accepted");
    await anna.page.waitForURL((url) => url.pathname === "/login", { timeout: 30000 });
  },
};
