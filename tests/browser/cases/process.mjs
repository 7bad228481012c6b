// The daemon as a process: how it starts when it can't, and how it stops.
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, Skipped, within } from "../lib/check.mjs";
import { binary, Hearth, temporary } from "../lib/daemon.mjs";
import { publish, sending } from "../lib/encoder.mjs";
import { ready } from "../lib/playlist.mjs";
import { run } from "../lib/process.mjs";
import { Viewer } from "../lib/viewer.mjs";

/** It must end by itself with one plain sentence. */
function sentence(ended, about) {
  expect(ended.code !== undefined && ended.code !== 0 && ended.signal == null, `ended with code ${ended.code}, signal ${ended.signal}; said ${ended.all}`);
  const lines = ended.err.trim().split("\n");
  expect(lines.length === 1 && lines[0].length > 20, `expected one sentence on stderr, got ${JSON.stringify(ended.err)}`);
  expect(!/panicked|backtrace|Err\(|Error \{|Os \{/.test(ended.all), `not a sentence for people: ${ended.all}`);
  expect(about.test(lines[0]), `${JSON.stringify(lines[0])} does not say ${about}`);
  return lines[0];
}

async function failing(t, change, about) {
  const hearth = await Hearth.prepare(t.cleanup, {});
  Object.assign(hearth, change(hearth));
  return sentence(await run(binary(), hearth.args(), { seconds: 10, env: { RUST_BACKTRACE: "1", RUST_LOG: "" } }), about);
}

async function stopping(t, signal) {
  const hearth = await t.hearth();
  await sending(publish(t.cleanup, { port: hearth.rtmp, key: hearth.keys.anna }));
  await ready(hearth.url("/live/anna/media.m3u8"), 1);
  await (await Viewer.open(t.cleanup, hearth.url("/@anna"))).playing();
  const { code, ms } = await hearth.stop(signal);
  expect(code === 0, `${signal} ended it with ${code}`);
  within(ms, 0, 3000, "ms to stop");
  await hearth.start();
  return `${ms.toFixed(0)} ms`;
}

export default {
  async "it stops within 3 s on SIGTERM, with an encoder and a viewer there"(t) { return stopping(t, "SIGTERM"); },
  async "it stops within 3 s on Ctrl-C, with an encoder and a viewer there"(t) { return stopping(t, "SIGINT"); },

  async "a missing ring folder is one sentence"(t) {
    return failing(t, () => ({ ring: "/dev/shm/hearth-test-is-not-there" }), /hearth-test-is-not-there/);
  },
  async "a ring that is not a tmpfs is one sentence"(t) {
    const dir = temporary(t.cleanup, tmpdir());
    return failing(t, () => ({ ring: dir }), /tmpfs/);
  },
  async "a full ring folder is one sentence"(t) {
    const hearth = await Hearth.prepare(t.cleanup, {});
    const script = 'mount -t tmpfs -o size=64k none "$1" && head -c 65536 /dev/zero > "$1/full"; shift; exec "$@"';
    const possible = await run("unshare", ["-r", "-m", "sh", "-c", 'mount -t tmpfs -o size=64k none "$1"', "sh", hearth.ring]);
    if (possible.code !== 0) throw new Skipped("this machine allows no private mounts");
    return sentence(await run("unshare", ["-r", "-m", "sh", "-c", script, "sh", hearth.ring, binary(), ...hearth.args()], { seconds: 10, env: { RUST_BACKTRACE: "1", RUST_LOG: "" } }), /room|full|space|small/i);
  },
  async "a busy HTTP or RTMP port is one sentence"(t) {
    const busy = createServer();
    await new Promise((done) => busy.listen(0, "127.0.0.1", done));
    t.cleanup.push(() => busy.close());
    const { port } = busy.address();
    return [await failing(t, () => ({ http: port }), new RegExp(String(port))), await failing(t, () => ({ rtmp: port }), new RegExp(String(port)))].join(" | ");
  },
  async "a data directory that can't be written is one sentence"(t) {
    const file = join(temporary(t.cleanup), "file");
    writeFileSync(file, "in the way");
    mkdirSync(join(file, "..", "data"));
    return [await failing(t, () => ({ data: join(file, "data") }), /data/), await failing(t, () => ({ data: "/proc/hearth" }), /\/proc\/hearth/)].join(" | ");
  },
  async "an unknown option and an unknown size are one sentence"(t) {
    return [await failing(t, () => ({ extra: ["--colour"] }), /colour/), await failing(t, () => ({ memory: "much" }), /much/)].join(" | ");
  },
  async "the doctor prints the budget"() {
    const doctor = await run(binary(), ["doctor"]);
    expect(doctor.code === 0 && /MiB/.test(doctor.out) && doctor.out.split("\n").length > 5, `doctor ended with ${doctor.code} and printed ${doctor.all}`);
  },
};
