// TV pages under a remote control: arrow keys, OK and Back reach everything, and one always sees where one is.
import { expect, until } from "../lib/check.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { PASSWORD } from "../lib/daemon.mjs";
import { api, furnish } from "../lib/furnished.mjs";
import { login } from "../lib/house.mjs";
import { ready } from "../lib/playlist.mjs";
import { focus, overlay, press, SIZES, unscrolled } from "../lib/remote.mjs";
import { Viewer } from "../lib/viewer.mjs";

const USERS = ["anna", "ben", "carla", "dora", "emil", "frieda"];

function lag(viewer) { return viewer.page.evaluate(() => Number(document.querySelector("[data-player]").dataset.behind_s)); }

async function walk(t, hearth, size) {
  const viewer = await Viewer.open(t.cleanup, hearth.url("/?tv=1"), { viewport: SIZES[size], mode: "steady" });
  await until("a tile has the focus", 5, async () => (await focus(viewer))?.name === "anna");
  expect((await viewer.page.context().cookies()).some((c) => c.name === "hearth_tv" && c.value === "1"), "the choice is not kept");
  await viewer.screenshot(`tv-home-${size}`);

  // Down to who is off air, along the whole shelf, and no further.
  const first = await press(viewer, "ArrowDown");
  expect(first?.name === "ben", `down leads to ${JSON.stringify(first)}`);
  const last = await press(viewer, "ArrowRight", 6);
  expect(last?.name === "frieda", `the shelf ends at ${last?.name}`);
  await viewer.screenshot(`tv-home-end-${size}`);
  await press(viewer, "ArrowLeft", 6);
  await press(viewer, "ArrowUp", 2);
  expect(/tab/.test((await focus(viewer)).kind), "up does not reach the bar");
  expect(/tab/.test((await press(viewer, "Escape")).kind), "Back in the bar leads somewhere");
  await press(viewer, "ArrowDown", 2);
  expect((await press(viewer, "Escape")).name === "anna", "Back does not lead to the first tile");
  await unscrolled(viewer);

  // In.
  await Promise.all([viewer.page.waitForURL(/@anna/), viewer.page.keyboard.press("Enter")]);
  await viewer.playing();
  await until("the overlay leaves by itself", 8, async () => !(await overlay(viewer)));
  expect((await focus(viewer)) === undefined, "something has the focus under the hidden overlay");
  const play = await press(viewer, "Enter");
  expect(play?.act === "play", `OK leads to ${JSON.stringify(play)}`);
  await viewer.screenshot(`tv-watch-${size}`);
  const seen = [play.act];
  for (let i = 0; i < 6; i++) seen.push((await press(viewer, "ArrowRight")).act ?? (await focus(viewer)).text);
  expect(["golive", "Comments", "mute", "menu"].every((it) => seen.includes(it)), `the buttons are ${seen}`);

  // How to play, and back again.
  await press(viewer, "Enter");
  await press(viewer, "ArrowDown");
  await viewer.screenshot(`tv-menu-${size}`);
  await press(viewer, "Escape");
  expect((await focus(viewer)).act === "menu", "the menu does not give the focus back");

  // Comments, read-only.
  await until("Comments has the focus", 10, async () => (await press(viewer, "ArrowLeft")).text === "Comments");
  await press(viewer, "Enter");
  await until("comments are there", 3, () => viewer.page.evaluate(() => /好漂亮的碗/.test(document.querySelector(".tv-talk").innerText)));
  expect((await viewer.page.locator(".tv-watch textarea, .tv-watch input[type=text]").count()) === 0, "there is something to type");
  await viewer.screenshot(`tv-talk-${size}`);
  await press(viewer, "Enter");

  // The timeline: half a minute a press, and to live again.
  await until("the timeline has the focus", 3, async () => /seek/.test((await press(viewer, "ArrowUp")).kind));
  const before = await lag(viewer);
  await press(viewer, "ArrowLeft");
  await until("the picture is behind", 5, async () => (await lag(viewer)) > before + 4);
  await viewer.screenshot(`tv-behind-${size}`);
  await press(viewer, "ArrowDown");
  await until("Live has the focus", 8, async () => (await focus(viewer)).act === "golive" || (await press(viewer, /play/.test((await focus(viewer)).act) ? "ArrowRight" : "ArrowLeft")).act === "golive");
  await press(viewer, "Enter");
  await until("the picture is live again", 8, async () => (await lag(viewer)) < before + 4);

  // Hidden: arrows wind.
  await press(viewer, "Escape");
  expect(!(await overlay(viewer)), "Back does not hide the overlay");
  await viewer.page.keyboard.press("ArrowLeft");
  await until("left goes back", 5, async () => (await lag(viewer)) > before + 4);
  expect((await focus(viewer)) === undefined, "winding takes the focus");
  await unscrolled(viewer);
  await until("the overlay leaves", 8, async () => !(await overlay(viewer)));
  await Promise.all([viewer.page.waitForURL((url) => url.pathname === "/"), viewer.page.keyboard.press("Escape")]);
  await until("the tile that was left has the focus", 5, async () => (await focus(viewer))?.name === "anna");

  // Somebody off air.
  await press(viewer, "ArrowDown");
  await Promise.all([viewer.page.waitForURL(/@ben/), viewer.page.keyboard.press("Enter")]);
  await until("a button has the focus", 5, async () => /see who/i.test((await focus(viewer))?.text ?? ""));
  await viewer.screenshot(`tv-off-air-${size}`);
  await Promise.all([viewer.page.waitForURL((url) => url.pathname === "/"), viewer.page.keyboard.press("Enter")]);
  await until("ben has the focus", 5, async () => (await focus(viewer))?.name === "ben");
  await viewer.clean();
}

async function stage(t) {
  const hearth = await t.hearth({ users: USERS });
  await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
  const ben = await Viewer.open(t.cleanup, hearth.url("/login"));
  await login(ben, "ben");
  await ben.page.evaluate(async () => {
    const page = await (await fetch("/@anna")).text(), token = page.match(/name="form-token" content="([^"]+)"/)[1];
    const send = (method, path, body) => fetch(path, { method, headers: { "Content-Type": "application/json", "X-Hearth-Token": token }, body: body && JSON.stringify(body) });
    await send("POST", "/api/v1/channels/anna/comments", { text: "好漂亮的碗，可以给我留一个吗？" });
  });
  await ready(hearth.url("/live/anna/media.m3u8"), 6);
  return { hearth, ben };
}

export default {
  async "arrow keys alone reach everything"(t) {
    const { hearth } = await stage(t);
    await walk(t, hearth, 720);
  },

  async "a quiet house, Chinese, and a stream that begins under the eyes"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const viewer = await Viewer.open(t.cleanup, hearth.url("/?tv=1&lang=zh"), { viewport: SIZES[720] });
    await until("somebody has the focus", 5, async () => (await focus(viewer))?.name !== undefined);
    await viewer.screenshot("tv-quiet-zh");
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await until("the tile is there", 10, () => viewer.page.evaluate(() => !!document.querySelector('.tile[data-name="anna"]')));
    await until("the tile keeps the focus that its person had", 3, async () => (await focus(viewer))?.kind === "tile");
    const at = await press(viewer, "ArrowDown");
    expect(at?.name === "ben", `down leads to ${JSON.stringify(at)}`);
    await viewer.clean();
  },

  async "one logs in, tells a pass-phrase and follows with the keys of a remote alone"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben", "cleo"] });
    const { sessions } = await furnish(hearth);
    await api(hearth, "PUT", "/channels/anna", { visibility: "members" }, sessions.anna);
    await api(hearth, "DELETE", "/channels/anna/follow", undefined, sessions.ben);
    for (const name of ["anna", "cleo"]) await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys[name], size: "320x180", bitrate: "300k" }));
    await ready(hearth.url((await api(hearth, "GET", "/channels/anna", undefined, sessions.ben)).base + "media.m3u8"), 4);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/?tv=1"), { viewport: SIZES[720], mode: "steady" });
    const { page } = viewer, leads = (where, key = "Enter") => Promise.all([page.waitForURL(where), page.keyboard.press(key)]);
    const tab = (word) => until(`${word} has the focus`, 15, async () => (await press(viewer, "ArrowRight")).text === word, 0);
    await until("something has the focus", 5, () => focus(viewer));
    expect(!(await viewer.text()).includes("Anna"), "a stranger's TV names a members' channel");
    await viewer.screenshot("tv-home-stranger");

    // A channel with a pass-phrase: a wrong one, then the right one.
    await page.goto(hearth.url("/@cleo"));
    await until("the field has the focus", 5, async () => (await focus(viewer))?.kind === "input");
    await viewer.screenshot("tv-phrase");
    await page.keyboard.type("guess");
    await page.keyboard.press("Enter");
    await until("it says so", 5, async () => (await viewer.text()).includes("This is not the pass-phrase."));
    await until("the field has the focus again", 5, async () => (await focus(viewer))?.kind === "input");
    await viewer.screenshot("tv-phrase-wrong");
    await page.keyboard.type("open sesame");
    await leads((url) => url.pathname === "/@cleo");
    await viewer.playing();
    await until("the overlay leaves", 10, async () => !(await overlay(viewer)));
    await leads((url) => url.pathname === "/", "Escape");

    // What is for the family looks like nothing; the way in stands there and leads back to it.
    await page.goto(hearth.url("/@anna"));
    await until("a button has the focus", 5, () => focus(viewer));
    await viewer.screenshot("tv-nothing");
    await tab("Log in");
    await leads(/login/);
    await until("the name has the focus", 5, async () => (await focus(viewer))?.kind === "input");
    await viewer.screenshot("tv-login");
    expect((await press(viewer, "Backspace")).text === "Just watch", "deleting in an empty field leaves the page");
    await press(viewer, "ArrowUp", 2);
    await page.keyboard.type("benn");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("ArrowLeft");
    expect(await page.evaluate(() => document.activeElement.id === "name" && document.activeElement.value === "ben"), "keys of a text leave its field");
    await press(viewer, "Enter");
    expect(await page.evaluate(() => document.activeElement.id === "password"), "OK does not lead to the next field");
    await page.keyboard.type("wrong wrong wrong");
    await page.keyboard.press("Enter");
    await until("it says so", 10, async () => (await viewer.text()).includes("do not match"));
    await until("the password has the focus", 5, () => page.evaluate(() => document.activeElement.id === "password"));
    await viewer.screenshot("tv-login-wrong");
    await page.keyboard.type(PASSWORD);
    // Back: to the button first, so that nothing that was typed is lost.
    expect((await press(viewer, "Escape")).text === "Log in", "Back throws away what was typed");
    await leads((url) => url.pathname === "/@anna");
    await viewer.playing();

    // Following, and who is logged in.
    await until("the overlay leaves", 10, async () => !(await overlay(viewer)));
    await press(viewer, "Enter");
    await until("Follow has the focus", 8, async () => (await press(viewer, "ArrowRight")).text === "Follow", 0);
    await press(viewer, "Enter");
    await until("the button says so", 5, async () => (await focus(viewer))?.text === "Following");
    expect((await api(hearth, "GET", "/channels/anna", undefined, sessions.ben)).follows, "the box knows nothing of it");
    await viewer.screenshot("tv-follow");
    await press(viewer, "Escape");
    await leads((url) => url.pathname === "/", "Escape");
    await until("anna's tile has the focus", 5, async () => (await focus(viewer))?.name === "anna");
    await viewer.screenshot("tv-home-ben");
    await press(viewer, "ArrowUp");
    await until("ben has the focus", 15, async () => (await press(viewer, "ArrowRight")).label === "ben, your account", 0);
    await leads(/login/);
    await until("a button has the focus", 5, () => focus(viewer));
    await viewer.screenshot("tv-account");
    await tab("Log out");
    await leads((url) => url.pathname === "/");
    await until("the channel is gone with its member", 5, async () => (await focus(viewer)) && !(await viewer.text()).includes("Anna"));
    await viewer.clean(/status of (401|404|422)/);
  },

  async "a browser without what the TV page needs comes to the page that needs nothing"(t) {
    const hearth = await t.hearth({ users: ["anna"] });
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    const viewer = await Viewer.open(t.cleanup, hearth.url("/?tv=1"), { viewport: SIZES[720], go: false });
    await viewer.page.addInitScript(() => {
      delete globalThis.MediaSource;
      delete globalThis.ManagedMediaSource;
      HTMLMediaElement.prototype.canPlayType = () => "";
    });
    await viewer.page.goto(hearth.url("/?tv=1"));
    await viewer.page.waitForURL(/tv=old/);
    await Promise.all([viewer.page.waitForURL(/@anna\?tv=old/), viewer.page.keyboard.press("Enter")]);
    const src = await viewer.page.evaluate(() => document.querySelector("video").getAttribute("src"));
    expect(/ts\.m3u8$/.test(src), `the old page plays ${src}`);
    await viewer.screenshot("tv-old");
  },
};
