// From the first keyframe to a playlist that plays, and from opening the page to its first picture.
import { sleep, until } from "../tests/browser/lib/check.mjs";
import { Hearth, root } from "../tests/browser/lib/daemon.mjs";
import { read } from "../tests/browser/lib/playlist.mjs";
import { play, Publisher, tagsOf } from "../tests/browser/lib/rtmp.mjs";
import { Viewer } from "../tests/browser/lib/viewer.mjs";
import { bench, median } from "./table.mjs";

const ROUNDS = 3;

await bench("Start", async (cleanup) => {
  const tags = tagsOf(`${root}/web/demo/clip.flv`);
  const playlist = [], waiting = [], opening = [];
  for (let round = 0; round < ROUNDS; round++) {
    const hearth = await Hearth.prepare(cleanup);
    const key = await hearth.addUser("anna", { owner: true });
    await hearth.start();
    // A page that waits for the stream proves that the playlist plays.
    const early = await Viewer.open(cleanup, hearth.url("/@anna"));
    await sleep(1000);
    const publisher = await Publisher.open({ port: hearth.rtmp, key });
    const began = performance.now();
    const playing = play(publisher, tags, { round: 8000 });
    await until("a playlist", 10, async () => (await read(hearth.url("/live/anna/media.m3u8")))?.segments.length, 10);
    playlist.push(performance.now() - began);
    await until("the waiting page's first picture", 15, async () => (await early.state()).firstFrame, 20);
    waiting.push(performance.now() - began);
    await early.playing();
    await early.page.context().close();
    await sleep(6000);
    const viewer = await Viewer.open(cleanup, hearth.url("/@anna"));
    opening.push(await until("the page's first picture", 10, async () => (await viewer.state()).firstFrame, 20));
    await viewer.page.context().close();
    await playing.stop();
    publisher.destroy();
    await hearth.stop();
  }
  const row = (what, values, target) => ({
    what, target: target ? `≤ ${target} s` : "", measured: `${(median(values) / 1000).toFixed(2)} s (${values.map((v) => (v / 1000).toFixed(2)).join(", ")})`,
    ok: target ? median(values) <= target * 1000 : undefined,
  });
  return [
    row("first keyframe → playlist that plays", playlist, 2.5),
    row("first keyframe → picture on a page that waited", waiting),
    row("page opened → first picture", opening, 1.5),
  ];
});
