// Studio and posters in Chromium: what the encoder doctor finds, drawn and said; the last picture of each channel on its tile.
import { expect, sleep, until } from "../lib/check.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { login } from "../lib/house.mjs";
import { ready } from "../lib/playlist.mjs";
import { Viewer } from "../lib/viewer.mjs";

const PHONE = { width: 390, height: 844 }, LAPTOP = { width: 1366, height: 900 };

/** Logged in on the studio page. */
async function studio(t, hearth, options) {
  const viewer = await Viewer.open(t.cleanup, hearth.url("/login"), options);
  await login(viewer, "anna");
  await viewer.page.goto(hearth.url("/studio"), { waitUntil: "domcontentloaded" });
  return viewer;
}

function health(viewer) {
  return viewer.page.evaluate(async () => (await fetch("/api/v1/studio/health")).json());
}

/** The page's doctor: verdict, findings by code, and how many points each chart has. */
function doctor(viewer) {
  return viewer.page.evaluate(() => ({
    hidden: document.getElementById("doctor").hidden,
    verdict: document.querySelector(".verdict .words").textContent,
    todo: [...document.querySelectorAll(".findings .finding")].map((li) => li.dataset.code),
    fine: [...document.querySelectorAll(".fine li")].map((li) => li.dataset.code),
    points: [...document.querySelectorAll(".chart .line")].map((path) => path.getAttribute("d").split("L").length),
    said: [...document.querySelectorAll(".chart svg")].map((svg) => svg.getAttribute("aria-label")),
  }));
}

/** Pixels of the tile's picture that are not black, in a hundred; undefined while there is none. */
function tile(viewer) {
  return viewer.page.evaluate(() => {
    const canvas = document.querySelector(".tile .poster canvas");
    if (!canvas || canvas.hidden) return undefined;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let lit = 0;
    for (let i = 0; i < data.length; i += 4) lit += data[i] + data[i + 1] + data[i + 2] > 60;
    return { width: canvas.width, height: canvas.height, lit: (400 * lit) / data.length };
  });
}

async function everywhere(t, hearth, name, prepare = async () => {}) {
  for (const [size, viewport] of Object.entries({ phone: PHONE, laptop: LAPTOP })) {
    for (const colorScheme of ["dark", "light"]) {
      const viewer = await studio(t, hearth, { viewport, colorScheme, mobile: size === "phone" });
      await prepare(viewer);
      await viewer.page.screenshot({ path: `artefacts/${name}-${size}-${colorScheme}.png`, fullPage: true });
      const sideways = await viewer.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(sideways <= 0, `${name} on a ${size} scrolls sideways by ${sideways}`);
      await viewer.clean();
      await viewer.page.close();
    }
  }
}

export default {
  async "the doctor names rare keyframes and missing sound, and draws two charts"(t) {
    const hearth = await t.hearth();
    const viewer = await studio(t, hearth, { viewport: LAPTOP });
    expect((await doctor(viewer)).hidden, "the doctor speaks before there is a stream");
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, gop: 250, audio: false }));
    await until("two findings", 30, async () => {
      const { todo } = await doctor(viewer);
      return todo.includes("keyframes") && todo.includes("no_sound");
    });
    await until("charts with ten seconds", 20, async () => (await doctor(viewer)).points.every((n) => n >= 10));
    const seen = await doctor(viewer), api = await health(viewer);
    expect(seen.points.length === 2 && seen.said.every((said) => /now \d/.test(said)), `charts say ${JSON.stringify(seen.said)}`);
    expect(/to change/.test(seen.verdict), `the verdict is ${seen.verdict}`);
    expect(api.findings.some((f) => f.code === "keyframes" && f.values.ms > 4500 && /2 s/.test(f.do)), JSON.stringify(api.findings));
    expect(api.history.kbps.length >= 10 && api.history.kbps.length <= 120, `${api.history.kbps.length} points`);
    await everywhere(t, hearth, "studio-findings", (it) => until("charts", 10, async () => (await doctor(it)).points.length === 2));
    await viewer.clean();
    return seen.todo.join(", ");
  },

  async "a good stream is told so, and the page shows how to begin without typing"(t) {
    const hearth = await t.hearth();
    await everywhere(t, hearth, "studio-waiting");
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    const viewer = await studio(t, hearth, { viewport: LAPTOP });
    await until("all is fine", 30, async () => {
      const { todo, fine } = await doctor(viewer);
      return todo.length === 0 && ["keyframes", "bitrate", "sound", "picture"].every((code) => fine.includes(code));
    });
    await everywhere(t, hearth, "studio-good", async (it) => {
      await until("charts", 10, async () => (await doctor(it)).points.length === 2);
      for (const way of await it.page.locator("details.way > summary").all()) await way.click();
    });
    const profile = await viewer.page.evaluate(async () => {
      const answer = await fetch(document.querySelector("a[download]").href);
      return { type: answer.headers.get("content-type"), bytes: [...new Uint8Array(await answer.arrayBuffer())] };
    });
    expect(profile.type === "application/zip" && profile.bytes[0] === 0x50, "no OBS profile");
    const text = Buffer.from(profile.bytes).toString("latin1");
    expect(text.includes("rtmp_custom") && text.includes("keyint_sec"), "the profile lacks server or keyframes");
    await viewer.clean();
  },

  async "a wrong key is told on the page, with its place and beginning"(t) {
    const hearth = await t.hearth();
    const viewer = await studio(t, hearth, { viewport: LAPTOP });
    for (const key of ["wrongwrongwrong", "typotypotypo"]) await publish(t.cleanup, { port: hearth.rtmp, key }).ended;
    await until("the page tells of it", 10, async () => /A wrong key arrived/.test(await viewer.text()));
    await viewer.page.locator("#now summary").click();
    const text = await viewer.text();
    expect(/127\.0\.0\.1, beginning with “wron”/.test(text) && /“typo”/.test(text), text.slice(0, 600));
    await viewer.screenshot("studio-wrong");
    await viewer.clean();
  },

  async "tiles show the last picture, and it outlives the stream"(t) {
    const hearth = await t.hearth({ users: ["anna", "ben"] });
    const anna = await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
    await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.ben, size: "360x640", audio: false }));
    await ready(hearth.url("/live/anna/media.m3u8"), 1);
    await ready(hearth.url("/live/ben/media.m3u8"), 1);
    const viewer = await Viewer.open(t.cleanup, hearth.url("/"), { viewport: LAPTOP });
    const drawn = await until("a picture on the tile", 15, async () => { const it = await tile(viewer); return it?.lit > 50 && it; });
    await until("both tiles have one", 10, async () => (await viewer.page.locator(".tile canvas:not([hidden])").count()) === 2);
    await viewer.screenshot("home-posters");
    const asked = viewer.requests.filter((url) => url.includes("/anna/poster.mp4")).length;
    expect(asked <= 3, `${asked} requests for one poster`);
    const viewers = await viewer.page.evaluate(async () => (await (await fetch("/api/v1/channels/anna")).json()).viewers);
    expect(viewers <= 1, `who looks at tiles counts as one of ${viewers} viewers beside this test`);
    await anna.stop();
    await until("anna is off air", 30, async () => !(await (await fetch(hearth.url("/api/v1/channels"))).json()).channels.some((c) => c.name === "anna" && c.phase !== "off"));
    const kept = await fetch(hearth.url("/live/anna/poster.mp4"));
    expect(kept.status === 200 && (await kept.arrayBuffer()).byteLength > 1000, `the poster is gone with the stream: ${kept.status}`);
    const part = await fetch(hearth.url("/live/anna/poster.mp4?v=1"), { headers: { Range: "bytes=0-7" } });
    expect(part.status === 206 && Buffer.from(await part.arrayBuffer()).toString("latin1", 4) === "ftyp", `a part of the poster: ${part.status}`);
    expect(/max-age=30/.test(part.headers.get("cache-control")), part.headers.get("cache-control"));
    expect(/no-cache/.test(kept.headers.get("cache-control")), kept.headers.get("cache-control"));
    await viewer.page.goto(hearth.url("/@anna"), { waitUntil: "domcontentloaded" });
    const still = await viewer.page.evaluate(async () => {
      const box = document.createElement("div");
      document.body.append(box);
      const there = await window.hearthPosters.still("anna", box);
      return there && !box.querySelector("canvas").hidden;
    });
    expect(still, "hearthPosters.still drew nothing");
    expect((await fetch(hearth.url("/live/nobody/poster.mp4"))).status === 404, "a poster of nobody");
    await sleep(200);
    await viewer.clean();
    return `${drawn.width}x${drawn.height}`;
  },
};
