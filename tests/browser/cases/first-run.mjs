// A new box has one owner: who knows the code, and who is first.
import { expect, until } from "../lib/check.mjs";
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
};
