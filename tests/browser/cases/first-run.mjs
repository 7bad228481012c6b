// A newcomer's first quarter of an hour, by hand in the browser.
import { expect, until } from "../lib/check.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { claim, setupCode } from "../lib/house.mjs";
import { Viewer } from "../lib/viewer.mjs";

export default {
  async "setup code, owner, key, publish, home, watch"(t) {
    const hearth = await t.hearth({ users: [] });
    const code = setupCode(hearth.words());
    expect(code, `no setup code in ${hearth.words()}`);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/"));
    const { page } = viewer;
    await until("a box without an owner leads to /setup", 5, () => new URL(page.url()).pathname === "/setup");
    await viewer.screenshot("setup");
    await claim(viewer, code, "anna");
    await until("the owner is in", 15, () => new URL(page.url()).pathname !== "/setup" || page.locator('a[href="/studio"]').count());
    await page.goto(hearth.url("/studio"), { waitUntil: "domcontentloaded" });
    await page.getByRole("button", { name: /show/i }).or(page.getByRole("link", { name: /show/i })).first().click();
    const key = await until("the studio shows the key", 5, async () => {
      const fields = await page.evaluate(() => [...document.querySelectorAll("code")].map((e) => e.textContent).join("\n"));
      return fields.match(/\b[a-z2-9]{4,6}(?:-[a-z2-9]{1,6}){3,6}\b|\b[a-z2-9]{26}\b/)?.[0];
    });
    await viewer.screenshot("studio");
    await sending(publish(t.cleanup, { port: hearth.rtmp, key }));
    await page.goto(hearth.url("/"), { waitUntil: "domcontentloaded" });
    const tile = page.locator('a[href="/@anna"]').first();
    await until("the home page shows the tile as live", 10, async () => (await tile.count()) && /live/i.test(await viewer.text()));
    await viewer.screenshot("home");
    await tile.click();
    await viewer.playing();
    // A stream this young may run dry once before the player has its distance.
    await until("the page plays steadily", 15, () => viewer.steady(5));
    await viewer.screenshot("watch-owner");
    await viewer.clean();
  },

  async "a wrong setup code and a second claim are refused"(t) {
    const hearth = await t.hearth({ users: [] });
    const code = setupCode(hearth.words());
    const [wrong, right, late] = [await Viewer.open(t.cleanup, hearth.url("/setup")), await Viewer.open(t.cleanup, hearth.url("/setup")), await Viewer.open(t.cleanup, hearth.url("/setup"))];
    await claim(wrong, "wrong-code-0000", "mallory");
    await until("a wrong code is said to be wrong", 10, async () => /code/i.test(await wrong.text()) && new URL(wrong.page.url()).pathname === "/setup");
    await Promise.all([claim(right, code, "anna"), claim(late, code, "ben")]);
    const owners = await until("both claims are answered", 15, async () => {
      const people = await Promise.all(["anna", "ben"].map(async (name) => (await fetch(hearth.url(`/@${name}`))).status));
      return people.includes(200) && people;
    });
    expect(owners.filter((status) => status === 200).length === 1, `two racing claims made ${owners}`);
  },
};
