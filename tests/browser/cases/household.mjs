// A household comes together: the owner invites on the laptop, somebody joins on the phone, has a picture, and the owner sees to them.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, until } from "../lib/check.mjs";
import { PASSWORD, root, temporary } from "../lib/daemon.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { login } from "../lib/house.mjs";
import { Viewer } from "../lib/viewer.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, mobile: true };
const LAPTOP = { viewport: { width: 1366, height: 900 } };

async function shot(viewer, name) {
  mkdirSync(join(root, "artefacts"), { recursive: true });
  await viewer.page.screenshot({ path: join(root, "artefacts", `${name}.png`), fullPage: true });
  const wide = await viewer.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide <= 0, `${name} scrolls sideways by ${wide} px`);
}

async function owner(t, hearth, options = LAPTOP) {
  const viewer = await Viewer.open(t.cleanup, hearth.url("/login?next=/admin"), options);
  await login(viewer, "anna");
  return viewer;
}

async function press(viewer, selector) {
  await Promise.all([viewer.page.waitForNavigation({ waitUntil: "domcontentloaded" }), viewer.page.locator(selector).first().click()]);
}

export default {
  async "invited on the laptop, joined on the phone, with a picture, seen by the owner"(t) {
    const hearth = await t.hearth();
    const anna = await owner(t, hearth);
    await anna.page.fill("#label", "Ben");
    await press(anna, 'form[action="/admin/invite"] button');
    const link = await anna.page.locator("#fresh-url").textContent();
    await shot(anna, "admin-invited");

    const ben = await Viewer.open(t.cleanup, link, PHONE);
    expect((await ben.text()).includes("anna invited you."), await ben.text());
    await shot(ben, "join-phone");
    await ben.page.fill("#name", "anna");
    await ben.page.fill("#password", PASSWORD);
    await press(ben, "form .btn-primary");
    expect(await ben.page.locator("#address-h.error").count() === 1, "a taken name is said beside its field");
    await shot(ben, "join-taken-phone");
    await ben.page.fill("#name", "Ben");
    await ben.page.fill("#address", "ben");
    await ben.page.fill("#password", PASSWORD);
    await press(ben, "form .btn-primary");
    expect(new URL(ben.page.url()).pathname === "/", `joined and at ${ben.page.url()}`);

    await ben.page.goto(hearth.url("/settings"), { waitUntil: "domcontentloaded" });
    await ben.page.setInputFiles("#picture", join(root, "web/demo/page.webp"));
    await until("the picture is shown", 10, () => ben.page.locator('main .avatar img[src^="/pictures/ben/"]').count());
    const size = await ben.page.locator("main .avatar img").evaluate(async (image) => { await image.decode(); return [image.naturalWidth, image.naturalHeight]; });
    expect(size[0] === size[1] && size[0] <= 256, `the picture is ${size}`);
    await shot(ben, "settings-phone");
    await ben.page.setInputFiles("#picture", { name: "no.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
    await until("an unreadable picture is said to be one", 5, () => ben.page.locator("#picture-error:visible").count());

    await anna.page.goto(hearth.url("/admin"), { waitUntil: "domcontentloaded" });
    expect(await anna.page.locator('.folk-list img[src^="/pictures/ben/"]').count() === 1, "the owner sees the picture");
    await anna.clean();
    await ben.clean(/422|no.png/);
  },

  async "the owner's page while somebody is live, in both lights and sizes; an ended stream is over at once"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.ben, size: "320x180" }));
    const anna = await owner(t, hearth);
    await until("the page tells of the stream", 5, async () => {
      await anna.page.reload({ waitUntil: "domcontentloaded" });
      return (await anna.text()).includes("Mbit/s");
    });
    await shot(anna, "admin-laptop");
    for (const [name, options] of [["admin-phone", PHONE], ["admin-phone-light", { ...PHONE, colorScheme: "light" }], ["admin-laptop-light", { ...LAPTOP, colorScheme: "light" }]]) {
      const other = await owner(t, hearth, options);
      await shot(other, name);
      if (options === PHONE) {
        await other.page.goto(hearth.url("/studio"), { waitUntil: "domcontentloaded" });
        for (const fold of await other.page.locator("details.fold:not([hidden]) > summary").all()) await fold.click();
        await shot(other, "studio-keys-phone");
        await other.page.goto(hearth.url("/?lang=zh"), { waitUntil: "domcontentloaded" });
        await other.page.goto(hearth.url("/admin"), { waitUntil: "domcontentloaded" });
        await shot(other, "admin-phone-zh");
      }
    }
    await anna.page.locator(".keycard summary").click();
    await anna.page.locator(".keycard input[name=pause]").check();
    await press(anna, ".keycard form button");
    await until("ben is off air", 5, async () => (await (await fetch(hearth.url("/api/v1/channels/ben"))).json()).phase === "off");
    expect((await anna.text()).includes("keys paused"), "the owner sees that the keys are paused");
    const again = publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.ben, seconds: 5 });
    await again.end(8);
    expect(/paused your stream key/.test(again.err), `the encoder reads ${again.err.slice(-300)}`);
  },

  async "a backup and one's own data come as whole files, once"(t) {
    const hearth = await t.hearth();
    const anna = await owner(t, hearth);
    const [backup] = await Promise.all([anna.page.waitForEvent("download"), anna.page.locator('form[action="/admin/backup"] button').click()]);
    const folder = temporary(t.cleanup);
    await backup.saveAs(join(folder, "backup.gz"));
    const bytes = readFileSync(join(folder, "backup.gz"));
    expect(backup.suggestedFilename() === "hearth-backup.gz" && bytes[0] === 0x1f && bytes.length > 200, `${bytes.length} bytes`);
    expect((await fetch(backup.url())).status === 404, "a ticket counts once");
    await anna.page.goto(hearth.url("/settings"), { waitUntil: "domcontentloaded" });
    const [data] = await Promise.all([anna.page.waitForEvent("download"), anna.page.locator('form[action="/settings/data"] button').click()]);
    await data.saveAs(join(folder, "data.json"));
    expect(JSON.parse(readFileSync(join(folder, "data.json"))).account.name === "anna", "the data are hers");
  },
};
