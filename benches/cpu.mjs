// What a viewer costs the daemon: the same stream to the same number of viewers, at once, as whole segments and as parts. CPU
// time of the process (what timers and interrupts send for it is in no process's), less what it needs with the publisher alone.
// Daemon on core 0, viewers on core 1; with memory enough for all, as the default budget seats 64. VIEWERS (100), SECONDS (30).
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, sleep } from "../tests/browser/lib/check.mjs";
import { Hearth, temporary } from "../tests/browser/lib/daemon.mjs";
import { ready } from "../tests/browser/lib/playlist.mjs";
import { Program, run } from "../tests/browser/lib/process.mjs";
import { play, Publisher, tagsOf } from "../tests/browser/lib/rtmp.mjs";
import { bench } from "./table.mjs";

const VIEWERS = Number(process.env.VIEWERS ?? 100), SECONDS = Number(process.env.SECONDS ?? 30), IDLE = 15, SETTLE = 5, TARGET = 2;
const HERTZ = 100, BITRATE = "1500k";
const readers = join(dirname(fileURLToPath(import.meta.url)), "readers.mjs");

/** CPU seconds that a process has used, its own and the kernel's for it. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return [Number(fields[11]) / HERTZ, Number(fields[12]) / HERTZ];
}

/** CPU milliseconds a second over `seconds`: own, the kernel's. */
async function load(pid, seconds) {
  const before = cpu(pid), began = performance.now();
  await sleep(seconds * 1000);
  const took = performance.now() - began;
  return cpu(pid).map((now, i) => (now - before[i]) * 1e6 / took);
}

/** A picture with something in it, at a bitrate that a home streams at. */
async function clip(dir) {
  const file = join(dir, "clip.flv");
  const made = await run("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "8",
    "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-b:v", BITRATE, "-maxrate", BITRATE, "-bufsize", BITRATE, "-g", "60", "-sc_threshold", "0", "-bf", "0",
    "-c:a", "aac", "-b:a", "96k", file]);
  expect(made.code === 0, `ffmpeg: ${made.err}`);
  return tagsOf(file);
}

async function cost(cleanup, hearth, way) {
  const program = new Program("taskset", ["-c", "1", process.execPath, readers, way, String(VIEWERS), hearth.origin]);
  cleanup.push(() => program.stop());
  await sleep(SETTLE * 1000);
  const used = await load(hearth.program.pid, SECONDS);
  await program.stop();
  const tally = JSON.parse(program.out || "{}");
  expect(tally.bytes > 0, `${way}: nothing was read: ${program.all}`);
  await sleep(1000);
  return { used, tally, rate: tally.bytes * 8 / VIEWERS / (SECONDS + SETTLE) / 1000 };
}

await bench(`CPU for ${VIEWERS} viewers, ${SECONDS} s each`, async (cleanup) => {
  const hearth = await Hearth.prepare(cleanup, { memory: "1G" });
  const key = await hearth.addUser("anna", { owner: true });
  const tags = await clip(temporary(cleanup));
  await hearth.start();
  const { pid } = hearth.program;
  await run("taskset", ["-a", "-p", "-c", "0", String(pid)]);
  await run("taskset", ["-a", "-p", "-c", "1", String(process.pid)]);
  const publisher = await Publisher.open({ port: hearth.rtmp, key });
  cleanup.push(() => publisher.destroy());
  play(publisher, tags, { round: 8000 });
  const list = await ready(hearth.url("/live/anna/media.m3u8"), 4, 15);
  const idle = await load(pid, IDLE), sum = ([own, kernel]) => own + kernel;
  const rows = [{ what: "publisher alone", measured: `${sum(idle).toFixed(1)} ms a second` }], each = {};
  for (const way of ["plain", "instant", ...(list.blocking ? ["low"] : [])]) {
    const { used, tally, rate } = await cost(cleanup, hearth, way);
    each[way] = (sum(used) - sum(idle)) / VIEWERS;
    const title = { plain: "plain HLS", instant: "instant", low: "low delay (LL-HLS)" }[way];
    rows.push({ what: `${title}: a viewer`, measured: `${each[way].toFixed(2)} ms a second, ${(used[0] - idle[0] > 0 ? (used[0] - idle[0]) / VIEWERS : 0).toFixed(2)} of it own; ${rate.toFixed(0)} kbit/s` });
    if (tally.refused) rows.push({ what: `${title}: refused or cut`, measured: `${tally.refused} (${tally.last})`, ok: false });
  }
  const ratio = (way) => each[way] / each.plain;
  rows.push({ what: "instant over plain HLS", target: `≤ ${TARGET}`, measured: ratio("instant").toFixed(2), ok: ratio("instant") <= TARGET });
  if (each.low) rows.push({ what: "low delay over plain HLS", measured: ratio("low").toFixed(2) });
  return rows;
});
