// A new box has one owner: who knows the code, and who is first. What it says while it leaves for another network stays to be read.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, sleep, until } from "../lib/check.mjs";
import { root } from "../lib/daemon.mjs";
import { claim, setupCode } from "../lib/house.mjs";
import { Viewer } from "../lib/viewer.mjs";

export default {
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

  async "the words of a box that changes its network stay while it can't be reached, and give way to what became of it"(t) {
    const hearth = await t.hearth({ users: [] });
    const viewer = await Viewer.open(t.cleanup, hearth.url("/wifi"), { go: false });
    const script = readFileSync(join(root, "web/js/wifi.js"), "utf8");
    let isAway = false, loaded = 0, asked = 0;
    await viewer.page.route("**/wifi.js", (route) => route.fulfill({ contentType: "text/javascript", body: script }));
    await viewer.page.route("**/wifi", (route) => {
      if (route.request().method() === "HEAD") asked++;
      if (isAway) return route.abort();
      if (route.request().method() === "GET") loaded++;
      return route.fulfill({ contentType: "text/html", body: loaded > 1 ? "<p>It is joined.</p>" : '<p>Go back to Home.</p><script src="/wifi.js"></script>' });
    });
    await viewer.page.goto(hearth.url("/wifi"), { waitUntil: "domcontentloaded" });
    isAway = true;
    await until("the page asks twice", 12, () => asked > 1);
    await sleep(500);
    expect(loaded === 1 && /Go back to Home/.test(await viewer.text()), "the words are gone");
    isAway = false;
    await until("the page says what became of it", 8, async () => /It is joined/.test(await viewer.text()));
  },
};
