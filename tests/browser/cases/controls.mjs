// The player's controls do what they say: by key, by button, by the timeline; and they leave when nobody needs them.
import { expect, sleep, until } from "../lib/check.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { ready } from "../lib/playlist.mjs";
import { Viewer } from "../lib/viewer.mjs";

async function watching(t, { mode, segments = 2, ...options } = {}) {
  const hearth = await t.hearth();
  await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
  await ready(hearth.url("/live/anna/media.m3u8"), segments);
  const viewer = await Viewer.open(t.cleanup, hearth.url("/@anna"), { mode, ...options });
  await viewer.playing();
  return viewer;
}

/** Player and picture as the page shows them. */
function seen(viewer) {
  return viewer.page.evaluate(() => {
    const box = document.querySelector("[data-player]"), video = box.querySelector("video"), seek = box.querySelector(".seek");
    return { idle: box.classList.contains("idle"), way: box.dataset.way, behind: Number(box.dataset.behind_s), paused: video.paused, muted: video.muted, volume: video.volume,
      slider: Number(box.querySelector(".volume").value), full: document.fullscreenElement === box, time: video.currentTime, seek: !seek.hidden && [Number(seek.min), Number(seek.value), seek.getAttribute("aria-valuetext")],
      play: box.querySelector('[data-act="play"]').getAttribute("aria-label"), mute: box.querySelector('[data-act="mute"]').getAttribute("aria-label"), said: box.querySelector("[data-said]").textContent };
  });
}

const is = (what, seconds, viewer, test) => until(what, seconds, async () => test(await seen(viewer))).catch(async (error) => { throw new Error(`${error.message}: ${JSON.stringify(await seen(viewer))}`); });

export default {
  async "keys play, mute, change volume, fill the screen, wind and go to live"(t) {
    const viewer = await watching(t, { mode: "steady", segments: 6 }), key = (it) => viewer.page.keyboard.press(it);
    await key("k");
    await is("k pauses", 3, viewer, (it) => it.paused && it.play === "Play");
    await key("Space");
    await is("space plays", 5, viewer, (it) => !it.paused && it.play === "Pause");
    const { muted } = await seen(viewer);
    await key("m");
    await is("m is heard", 2, viewer, (it) => it.muted !== muted);
    await key("ArrowDown");
    await is("down is quieter", 2, viewer, (it) => it.volume < 0.95);
    await key("ArrowUp");
    await is("up is louder", 2, viewer, (it) => it.volume > 0.95 && !it.muted && it.mute === "Sound off");
    await key("f");
    await is("f fills the screen", 5, viewer, (it) => it.full);
    await key("f");
    await is("f gives it back", 5, viewer, (it) => !it.full);
    await key("l");
    await is("l goes to live", 5, viewer, (it) => it.behind < 9);
    const before = await seen(viewer);
    await key("ArrowLeft");
    await is("left goes back", 6, viewer, (it) => it.behind > before.behind + 6);
    await viewer.playing();
    await key("l");
    await is("l goes to live again", 6, viewer, (it) => it.behind < before.behind + 4);
    expect((await seen(viewer)).said === "Live", "nothing is said to who can't see");
    await viewer.clean();
  },

  async "two clicks fill the screen, and the instant picture goes on"(t) {
    const viewer = await watching(t);
    await is("it plays at once", 5, viewer, (it) => it.way === "instant");
    const asked = () => viewer.requests.filter((url) => url.endsWith("stream.mp4")).length, before = asked();
    await viewer.page.keyboard.press("m");
    for (const full of [true, false]) {
      await viewer.page.mouse.dblclick(300, 200);
      await is(full ? "two clicks fill the screen" : "two more give it back", 5, viewer, (it) => it.full === full && !it.paused);
      await sleep(2500);
      await viewer.playing(2);
      expect((await seen(viewer)).way === "instant", `then it plays by ${JSON.stringify(await seen(viewer))}`);
    }
    expect(asked() === before, `${asked() - before} more requests for the stream`);
    await viewer.clean();
  },

  async "a pause from elsewhere holds, and so does going on: a key for media, another window, headphones"(t) {
    for (const mode of ["instant", "steady"]) {
      const viewer = await watching(t, { mode });
      const video = (does) => viewer.page.evaluate((it) => { document.querySelector("[data-player] video")[it](); }, does);
      await is("it plays as chosen", 5, viewer, (it) => it.way === mode);
      await video("pause");
      await is("the button says play", 3, viewer, (it) => it.paused && it.play === "Play");
      const { time } = await seen(viewer);
      await sleep(2000);
      const later = await seen(viewer);
      expect(later.paused && later.time === time, `${mode}: the pause did not hold: ${JSON.stringify(later)}`);
      await video("play");
      await is("the button says pause", 8, viewer, (it) => !it.paused && it.play === "Pause");
      await viewer.playing(8);
      const { behind } = await seen(viewer);
      expect(behind >= 2, `${mode}: it goes on ${behind} s behind, not where it stood`);
      await viewer.page.close();
    }
  },

  async "what the browser pauses by itself as the page or the full screen is left goes on"(t) {
    const viewer = await watching(t);
    const leave = (how) => viewer.page.evaluate((it) => {
      const video = document.querySelector("[data-player] video"), hide = (on) => Object.defineProperty(document, "hidden", { configurable: true, get: () => on });
      const go = () => {
        if (it === "full screen") return video.dispatchEvent(new Event("webkitendfullscreen"));
        hide(true);
        document.dispatchEvent(new Event("visibilitychange"));
        setTimeout(() => { hide(false); document.dispatchEvent(new Event("visibilitychange")); }, 1000);
      };
      video.addEventListener("pause", () => setTimeout(go, 100), { once: true });
      video.pause();
    }, how);
    for (const how of ["full screen", "page"]) {
      await leave(how);
      await sleep(1500);
      await viewer.playing(5);
      await is(`${how}: it plays on`, 3, viewer, (it) => !it.paused && it.play === "Pause");
    }
  },

  async "from the instant picture one goes back by key and by the timeline, and to live by the button"(t) {
    const viewer = await watching(t, { segments: 6 });
    await is("the timeline is there", 15, viewer, (it) => it.seek && it.seek[0] < -10);
    await viewer.page.keyboard.press("ArrowLeft");
    await is("the picture is some seconds behind", 15, viewer, (it) => it.way !== "instant" && it.behind >= 8 && !it.paused);
    await viewer.playing();
    await viewer.page.mouse.move(300, 300);
    await viewer.page.locator('[data-act="golive"]').click();
    await is("the button leads to live", 15, viewer, (it) => it.behind < 8);
    await viewer.playing();
    await viewer.page.mouse.move(310, 300);
    await is("the timeline is there again", 10, viewer, (it) => !!it.seek);
    const bar = await viewer.page.locator(".seek").boundingBox(), [oldest] = (await seen(viewer)).seek;
    await viewer.page.mouse.click(bar.x + bar.width * 0.25, bar.y + bar.height / 2);
    await is("the timeline leads back", 15, viewer, (it) => it.behind >= -0.75 * oldest - 2 && /behind/.test(it.seek[2]));
    await viewer.playing();
    await viewer.screenshot("controls-behind");
    await viewer.page.keyboard.press("l");
    await is("l leads to live", 15, viewer, (it) => it.behind < 8);
    await viewer.clean();
  },

  async "controls leave after three seconds, not while they are needed"(t) {
    const viewer = await watching(t, { mode: "steady" });
    await viewer.page.mouse.move(200, 200);
    await is("controls are there", 2, viewer, (it) => !it.idle);
    await is("controls leave", 5, viewer, (it) => it.idle);
    await viewer.page.mouse.move(210, 210);
    await viewer.page.locator('[data-act="mute"]').click();
    await viewer.page.mouse.move(220, 210);
    await is("a click does not hold them", 6, viewer, (it) => it.idle);
    await viewer.page.keyboard.press("Tab");
    await viewer.page.locator('[data-act="mute"]').focus();
    await viewer.page.keyboard.press("Shift+Tab");
    await sleep(4500);
    expect(!(await seen(viewer)).idle, "controls left although the focus is inside");
    await viewer.screenshot("controls-focus");
    await viewer.page.evaluate(() => document.activeElement.blur());
    await is("they leave after it", 6, viewer, (it) => it.idle);
    await viewer.page.keyboard.press("k");
    await sleep(4500);
    expect(!(await seen(viewer)).idle, "controls left although it is paused");
    await viewer.page.keyboard.press("k");
    await viewer.page.mouse.move(230, 210);
    await viewer.page.locator('[data-act="menu"]').click();
    await sleep(4500);
    expect(!(await seen(viewer)).idle, "controls left although the menu is open");
    await viewer.page.keyboard.press("Escape");
    await is("Escape closes the menu", 2, viewer, (it) => !it.idle);
    expect(await viewer.page.evaluate(() => document.querySelector(".menu").hidden && document.activeElement.dataset.act === "menu"), "the menu does not give the focus back");
    await viewer.clean();
  },

  async "every control has a name, and a finger hits it on a phone, other screens and the small window too"(t) {
    const viewer = await watching(t, { mode: "low", segments: 6, viewport: { width: 390, height: 844 }, mobile: true });
    // As on phones that have both.
    await viewer.page.addInitScript(() => {
      Object.defineProperty(document, "pictureInPictureEnabled", { get: () => true });
      Object.assign(HTMLVideoElement.prototype, { requestPictureInPicture: () => Promise.reject(new Error("none")), webkitShowPlaybackTargetPicker: () => {} });
      const can = HTMLMediaElement.prototype.canPlayType;
      HTMLMediaElement.prototype.canPlayType = function (type) { return /mpegurl/.test(type) ? "maybe" : can.call(this, type); };
    });
    for (const [width, language] of [[390, "en"], [360, "en"], [390, "zh"], [360, "zh"]]) {
      await viewer.page.setViewportSize({ width, height: 844 });
      await viewer.page.setExtraHTTPHeaders({ "Accept-Language": language });
      await viewer.page.reload({ waitUntil: "domcontentloaded" });
      await viewer.playing();
      await fitsFingers(viewer, width, `${width}-${language}`);
      await viewer.page.evaluate(() => document.querySelector("[data-player] video").focus());
      await viewer.page.keyboard.press("ArrowLeft");
      await is("it is behind", 6, viewer, (it) => it.behind > 7);
      await fitsFingers(viewer, width, `${width}-${language}-behind`);
    }
  },
};

/** Each of the controls has a name, is on the screen and large enough for a finger. */
async function fitsFingers(viewer, width, name) {
  await viewer.page.mouse.move(100, 100);
  const controls = await viewer.page.evaluate(() => [...document.querySelectorAll(".controls button, .controls input")].filter((it) => it.offsetWidth).map((it) => {
    const box = it.getBoundingClientRect();
    return { act: it.dataset.act ?? it.className, name: it.getAttribute("aria-label") ?? it.innerText.trim(), left: box.left, right: box.right, top: box.top, width: box.width, height: box.height };
  }));
  await viewer.screenshot(`controls-${name}`);
  for (const it of controls) {
    expect(it.name, `${it.act} has no name`);
    expect(it.left >= 0 && it.right <= width, `${name}: ${it.act} is beside the screen: ${it.left} to ${it.right}`);
    expect(it.height >= 48 - 0.5 && it.width >= 48 - 0.5, `${name}: ${it.act} is ${it.width}x${it.height}`);
  }
  for (const act of ["play", "mute", "golive", "menu", "airplay", "pip", "full"]) expect(controls.some((it) => it.act === act), `${name}: ${act} is not there`);
}
