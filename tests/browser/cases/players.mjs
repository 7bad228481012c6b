// Other people's players on our lists: Shaka Player, video.js, and hls.js as it is shipped with its own defaults.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, sleep, within } from "../lib/check.mjs";
import { root } from "../lib/daemon.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { ready } from "../lib/playlist.mjs";
import { Viewer } from "../lib/viewer.mjs";

const SECONDS = 15;
const modules = join(root, "tests/browser/node_modules");
const PLAYERS = {
  "Shaka Player": {
    file: join(modules, "shaka-player/dist/shaka-player.compiled.js"),
    start: `const player = new shaka.Player(); await player.attach(video); player.configure({ streaming: { lowLatencyMode: LOW } }); await player.load(URL_); await video.play();`,
  },
  "video.js": {
    file: join(modules, "video.js/dist/video.min.js"),
    start: `const player = videojs(video, { html5: { vhs: { overrideNative: true, llhls: LOW } } }); player.src({ src: URL_, type: "application/vnd.apple.mpegurl" }); await new Promise((done) => player.ready(done)); await player.play();`,
  },
  "hls.js": {
    file: join(root, "web/vendor/hls.min.js"),
    start: `const hls = new Hls({ lowLatencyMode: LOW }); hls.loadSource(URL_); hls.attachMedia(video); await new Promise((done) => hls.once(Hls.Events.MANIFEST_PARSED, done)); await video.play();`,
  },
};

async function plays(t, name, low) {
  const hearth = await t.hearth();
  await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
  await ready(hearth.url("/live/anna/media.m3u8"), 5, 20);
  const { file, start } = PLAYERS[name];
  const viewer = await Viewer.open(t.cleanup, hearth.url("/player"), { go: false });
  await viewer.page.route("**/player", (route) => route.fulfill({ contentType: "text/html", body: '<!doctype html><body><video muted playsinline width="640"></video>' }));
  await viewer.page.goto(hearth.url("/player"));
  await viewer.page.addScriptTag({ content: readFileSync(file, "utf8") });
  const url = hearth.url(`/live/anna/index.m3u8${low ? "" : "?plain=1"}`);
  await viewer.page.evaluate(`(async () => { const video = document.querySelector("video"), LOW = ${low}, URL_ = ${JSON.stringify(url)}; ${start} })()`);
  await viewer.playing(15);
  // Each finds its place in the first seconds.
  await sleep(4000);
  const a = await viewer.state();
  await sleep(SECONDS * 1000);
  const b = await viewer.state();
  within((b.time - a.time) / ((b.now - a.now) / 1000), 0.93, 1.12, "seconds played a second");
  const stalls = b.events.slice(a.events.length).filter((e) => ["waiting", "error", "ended"].includes(e.name));
  expect(stalls.length === 0, `it stalled: ${JSON.stringify(stalls)}`);
  const parts = viewer.requests.filter((it) => /\/p[0-9a-f]{8}-/.test(it)).length;
  return `${parts} parts, ${viewer.requests.length} requests`;
}

export default Object.fromEntries(Object.keys(PLAYERS).flatMap((name) => [
  [`${name} plays the list with parts without a stall`, (t) => plays(t, name, true)],
  [`${name} plays the plain list without a stall`, (t) => plays(t, name, false)],
]));

/** Whoever plays parts plays whole segments too. */
export const long = Object.keys(PLAYERS).map((name) => `${name} plays the plain list without a stall`);
