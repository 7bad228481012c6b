// Programs that people watch with, on every address of a live channel, in real time and all at once.
import { expect, within } from "../lib/check.mjs";
import { root } from "../lib/daemon.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { ready } from "../lib/playlist.mjs";
import { run } from "../lib/process.mjs";

const FRAMES = 190, FPS = 30, LEAST = 0.9;
const PATHS = ["live/anna/index.m3u8", "live/anna/media.m3u8", "live/anna/media.m3u8?plain=1", "live/anna/ts.m3u8", "live/anna/stream.mp4"];

async function onAir(t) {
  const hearth = await t.hearth();
  await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna, file: `${root}/web/demo/clip.flv`, loop: true }));
  await ready(hearth.url("/live/anna/media.m3u8"), 3);
  return hearth;
}

/** Decodes more than six seconds; fails on an error, a warning of its own or missing pictures. */
async function ffmpeg(url) {
  const played = await run("ffmpeg", ["-nostdin", "-v", "error", "-nostats", "-progress", "-", "-i", url, "-map", "0", "-t", String(FRAMES / FPS), "-f", "null", "-"], { seconds: 30 });
  expect(played.code === 0 && played.err === "", `ffmpeg ${url} ended with ${played.code}: ${played.err}`);
  const frames = Number([...played.out.matchAll(/^frame=\s*(\d+)/gm)].pop()?.[1] ?? 0);
  expect(frames >= FRAMES * LEAST, `ffmpeg ${url}: ${frames} of ${FRAMES} pictures`);
}

/** The same in a player's own time: each picture that it shows is told by a filter. */
async function mpv(url) {
  const began = performance.now();
  const played = await run("mpv", ["--no-config", "--vo=null", "--ao=null", `--frames=${FRAMES}`, "--vf=lavfi=[showinfo]", "--msg-level=all=error,ffmpeg=v", url], { seconds: 30 });
  const took = (performance.now() - began) / 1000, said = played.all;
  const times = [...said.matchAll(/showinfo\S* n: *\d+ .*?pts_time:([\d.]+)/g)].map((found) => Number(found[1]));
  expect(played.code === 0, `mpv ${url} ended with ${played.code} after ${times.length} pictures: ${said.slice(-600)}`);
  expect(!/error|invalid|corrupt|discontinuity/i.test(said), `mpv ${url}: ${said.match(/.*(error|invalid|corrupt|discontinuity).*/i)?.[0]}`);
  expect(times.length >= FRAMES, `mpv ${url}: ${times.length} pictures`);
  const lasts = times.at(-1) - times[0];
  within(times.length / (lasts * FPS), LEAST, 1.1, `mpv ${url}: share of pictures shown`);
  within(took, FRAMES / FPS - 1, FRAMES / FPS + 5, `mpv ${url}: s for ${lasts.toFixed(1)} s of pictures`);
  return took;
}

export default {
  async "ffmpeg and mpv play every address without an error, with nine of ten pictures"(t) {
    const hearth = await onAir(t);
    const urls = PATHS.map((path) => hearth.url(`/${path}`)), list = hearth.url("/channels.m3u");
    const text = await (await fetch(list)).text(), [first] = text.split("\n").filter((line) => line.startsWith("http"));
    expect(first, `channels.m3u names no channel: ${text}`);
    const players = Promise.all([...urls, list].map(mpv));
    players.catch(() => {});
    // One after another: they read ahead as fast as they can.
    for (const url of [...urls, first]) await ffmpeg(url);
    return `mpv: ${(await players).map((took) => took.toFixed(1)).join(", ")} s for ${(FRAMES / FPS).toFixed(1)} s`;
  },

  async "a program that wants to play over RTMP is told where to watch"(t) {
    const hearth = await onAir(t);
    const asked = await run("ffprobe", ["-v", "error", `rtmp://127.0.0.1:${hearth.rtmp}/live/anna`], { seconds: 10 });
    expect(asked.code !== 0 && /Watch in a browser/.test(asked.err), `ffprobe ended with ${asked.code}: ${asked.err}`);
  },
};
