// A weak network of one's own, packet by packet: two tun devices, one of them in a network namespace, and between them a relay
// that delays packets and loses some on their way to the namespace. Real TCP with its retransmissions runs over it, as over
// `tc qdisc … netem`, which not every kernel has. Needs root, /dev/net/tun and socat.
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { join } from "node:path";
import { expect, until } from "../tests/browser/lib/check.mjs";
import { temporary } from "../tests/browser/lib/daemon.mjs";
import { Program, run } from "../tests/browser/lib/process.mjs";

const NEAR = "10.77.0.1", FAR = "10.77.0.2";

/** Why this machine cannot have one, or undefined. */
export async function impossible() {
  if (process.getuid() !== 0 || !existsSync("/dev/net/tun")) return "it needs root and /dev/net/tun";
  return (await run("socat", ["-V"])).code === 0 ? undefined : "it needs socat";
}

async function ip(...args) {
  const done = await run("ip", args);
  expect(done.code === 0, `ip ${args.join(" ")}: ${done.err}`);
}

const bound = () => new Promise((done) => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1", () => done(socket));
});

/** A UDP port that nobody uses now. */
async function freeUdp() {
  const socket = await bound(), { port } = socket.address();
  await new Promise((done) => socket.close(done));
  return port;
}

/** A tun device whose packets come and go as datagrams of `socket`. */
async function tun(cleanup, name, socket) {
  const port = await freeUdp();
  const program = new Program("socat", ["-b", "65536", `TUN,tun-name=${name},iff-no-pi`, `UDP4:127.0.0.1:${socket.address().port},bind=127.0.0.1:${port}`]);
  cleanup.push(() => program.stop());
  await until(`${name} is there: ${program.err}`, 5, async () => (await run("ip", ["link", "show", name])).code === 0, 50);
  return port;
}

/**
 * Makes one. Packets to `far` come `delay` ± `jitter` ms late, each for itself, so that they overtake each other as under netem,
 * and a share of `loss` never. `control` is the congestion control of who sends there. Gives both addresses, and a command that
 * starts Chromium on the far side.
 */
export async function weakLink(cleanup, { delay, jitter, loss, control }) {
  const id = `hb${process.pid % 100000}`, [left, right] = await Promise.all([bound(), bound()]);
  cleanup.push(() => { left.close(); right.close(); });
  await ip("netns", "add", id);
  cleanup.push(() => ip("netns", "del", id));
  const leftPort = await tun(cleanup, `${id}a`, left), rightPort = await tun(cleanup, `${id}b`, right);
  await ip("link", "set", `${id}b`, "netns", id);
  await ip("-n", id, "addr", "add", `${FAR}/30`, "dev", `${id}b`);
  await ip("-n", id, "link", "set", `${id}b`, "up");
  await ip("-n", id, "link", "set", "lo", "up");
  await ip("addr", "add", `${NEAR}/30`, "dev", `${id}a`);
  await ip("link", "set", `${id}a`, "up");
  await ip("route", "replace", `${FAR}/32`, "dev", `${id}a`, "src", NEAR, "congctl", control);
  const state = { packets: 0, lost: 0, open: true };
  cleanup.push(() => { state.open = false; });
  left.on("message", (packet) => {
    state.packets++;
    if (Math.random() < loss) { state.lost++; return; }
    setTimeout(() => { if (state.open) right.send(packet, rightPort, "127.0.0.1"); }, delay + (Math.random() * 2 - 1) * jitter);
  });
  right.on("message", (packet) => { if (state.open) left.send(packet, leftPort, "127.0.0.1"); });
  const chromium = join(temporary(cleanup), "chromium");
  writeFileSync(chromium, `#!/bin/sh\nexec ip netns exec ${id} ${process.env.CHROMIUM || "/usr/bin/chromium"} "$@"\n`);
  chmodSync(chromium, 0o755);
  return { near: NEAR, far: FAR, namespace: id, chromium, state };
}
