// How long until there is a picture: from opening the page, at points of the GOP that are spread evenly; and on a page that was
// open and waiting, from the moment when a publisher's first keyframe is handed to its socket. TRIES of each (10).
import { expect, sleep, until } from "../tests/browser/lib/check.mjs";
import { publishClock } from "../tests/browser/lib/clock.mjs";
import { Hearth, root } from "../tests/browser/lib/daemon.mjs";
import { sending } from "../tests/browser/lib/encoder.mjs";
import { read, ready } from "../tests/browser/lib/playlist.mjs";
import { play, Publisher, tagsOf } from "../tests/browser/lib/rtmp.mjs";
import { bench, median } from "./table.mjs";
import { ms, offered, open, playsBy, shut } from "./ways.mjs";

const TRIES = Number(process.env.TRIES ?? 10), GOP = 2000, PLAYLIST = 2500;
const unix = () => performance.timeOrigin + performance.now();

/** The page's first picture: ms after its navigation began, and Unix time. */
async function firstPicture(viewer) {
  const { firstFrame, loaded } = await until("a first picture", 15, async () => {
    const state = await viewer.state();
    return state.firstFrame && state;
  }, 50);
  return { after: firstFrame, at: loaded + firstFrame };
}

async function openings(cleanup, hearth, encoder, way) {
  const times = [];
  for (let i = 0; i < TRIES; i++) {
    const into = (Date.now() - encoder.beganAt()) % GOP;
    await sleep((i * GOP / TRIES - into + GOP) % GOP);
    const viewer = await open(cleanup, hearth.url("/@anna"), way.mode);
    times.push((await firstPicture(viewer)).after);
    if (i === 0) {
      await sleep(1000);
      await playsBy(viewer, way);
    }
    await shut(viewer);
  }
  return summary(`${way.name}: page opened → picture`, times, way.opening);
}

/** Publishes to a channel of its own that a page waits for; also when its first playlist was there. */
async function waited(cleanup, hearth, name, way, tags) {
  const viewer = await open(cleanup, hearth.url(`/@${name}`), way.mode);
  await until("the page waits", 10, () => viewer.page.evaluate(() => document.querySelector("[data-player]").dataset.state === "off"), 50);
  // Publishers do not come in step with anything that the page does every second.
  await sleep(700 + Math.random() * 1000);
  const publisher = await Publisher.open({ port: hearth.rtmp, key: hearth.keys[name] });
  let first;
  const { tag } = publisher;
  publisher.tag = (it, time) => {
    if (it.key && !it.header) first ??= unix();
    tag.call(publisher, it, time);
  };
  const playing = play(publisher, tags, { round: 8000 });
  await until("a playlist", 10, async () => {
    const list = await read(hearth.url(`/live/${name}/media.m3u8`));
    return list && list.segments.length + list.parts.length;
  }, 20);
  const playlist = unix() - first;
  const { at } = await firstPicture(viewer);
  await playing.stop();
  publisher.finish();
  expect(viewer.problems.every((it) => !/script:/.test(it)), viewer.problems.join("; "));
  await shut(viewer);
  return { picture: at - first, playlist };
}

function summary(what, times, target) {
  const middle = median(times);
  return { what, target: target ? `≤ ${ms(target)}` : "", measured: `median ${ms(middle)}, max ${ms(Math.max(...times))}`,
    ok: target ? middle <= target : undefined, note: `${what}: ${times.map(Math.round).join(", ")}` };
}

await bench("Until there is a picture", async (cleanup) => {
  const tags = tagsOf(`${root}/web/demo/clip.flv`);
  // Channels that are over hold their place for ten seconds more.
  const hearth = await Hearth.prepare(cleanup, { memory: "512M" });
  const key = await hearth.addUser("anna", { owner: true });
  await hearth.start();
  const ways = await offered(hearth, "/@anna");
  const encoder = await sending(publishClock(cleanup, { port: hearth.rtmp, key }));
  await ready(hearth.url("/live/anna/media.m3u8"), 4, 15);
  const rows = [], playlists = [];
  for (const way of ways) rows.push(await openings(cleanup, hearth, encoder, way));
  await encoder.stop();
  for (const way of ways) {
    const pictures = [];
    for (let i = 0; i < TRIES; i++) {
      const name = `${way.mode}${i}`;
      await hearth.addUser(name);
      const found = await waited(cleanup, hearth, name, way, tags);
      pictures.push(found.picture);
      playlists.push(found.playlist);
    }
    rows.push(summary(`${way.name}: first keyframe → picture on a page that waited`, pictures, way.waiting));
  }
  rows.push(summary("first keyframe → a playlist", playlists, PLAYLIST));
  return rows;
});
