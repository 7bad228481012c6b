// The automatic way of playing over a bad network: 80 ± 40 ms late, one packet in a hundred lost. SECONDS (180); CONTROL is the
// congestion control of connections that ask for none (cubic, what a Pi's kernel takes unless told otherwise).
import { publishClock, quantile, shown } from "../tests/browser/lib/clock.mjs";
import { Hearth } from "../tests/browser/lib/daemon.mjs";
import { sending } from "../tests/browser/lib/encoder.mjs";
import { ready } from "../tests/browser/lib/playlist.mjs";
import { weak } from "../tests/browser/lib/proxy.mjs";
import { run } from "../tests/browser/lib/process.mjs";
import { bench } from "./table.mjs";
import { ms, open, row } from "./ways.mjs";
import { impossible, weakLink } from "./weak-link.mjs";

const SECONDS = Number(process.env.SECONDS ?? 180), SETTLE = 5, CONTROL = process.env.CONTROL ?? "cubic";
const BAD = { delay: 80, jitter: 40, loss: 0.01 }, LATEST = 1000, STALLS_A_MINUTE = 1;

/** Where a viewer behind the bad network finds the daemon, what the network is, and its counts. */
async function network(cleanup, hearth) {
  const reason = await impossible();
  if (reason) {
    const relay = await weak(cleanup, hearth.http, BAD);
    return { origin: `http://127.0.0.1:${relay.port}`, is: `a relay of TCP that only models losses, as a network of one's own is not possible: ${reason}`, state: relay.state };
  }
  const link = await weakLink(cleanup, { ...BAD, control: CONTROL });
  process.env.CHROMIUM = link.chromium;
  hearth.extra = ["--http", `${link.near}:${hearth.http}`];
  return { origin: `http://${link.near}:${hearth.http}`, is: "packets through tun devices", control: () => controlOf(link.far), state: link.state };
}

/** The congestion control of the connection that carried most. */
async function controlOf(peer) {
  const { out } = await run("ss", ["-tinH", "state", "established", "dst", peer]);
  const all = [...out.matchAll(/^\s+(\w+) wscale.* bytes_sent:(\d+)/gm)].sort((a, b) => b[2] - a[2]);
  return all[0]?.[1];
}

await bench(`Bad network, ${SECONDS} s: 80 ± 40 ms, 1 % lost`, async (cleanup) => {
  const hearth = await Hearth.prepare(cleanup);
  const key = await hearth.addUser("anna", { owner: true });
  const bad = await network(cleanup, hearth);
  await hearth.start();
  await sending(publishClock(cleanup, { port: hearth.rtmp, key }));
  await ready(hearth.url("/live/anna/media.m3u8"), 3, 15);
  const viewer = await open(cleanup, `${bad.origin}/@anna`);
  await viewer.playing(30);
  const { firstFrame } = await viewer.state();
  await viewer.page.waitForTimeout(SETTLE * 1000);
  const seen = await shown(viewer, SECONDS);
  const control = await bad.control?.(), way = await viewer.page.evaluate(() => document.querySelector("[data-player]").dataset.way);
  return [
    row("glass to glass, median", quantile(seen.ages, 0.5), LATEST),
    { what: "95th percentile", measured: ms(quantile(seen.ages, 0.95)) },
    row("stalls a minute", seen.stalls * 60 / SECONDS, STALLS_A_MINUTE, (value) => value.toFixed(1)),
    { what: "pictures read; longest time between two", measured: `${seen.ages.length} of ${SECONDS * 30}; ${ms(seen.gap)}` },
    { what: "page opened → picture; plays at the end by", measured: `${ms(firstFrame)}; ${way}` },
    { what: "packets lost", measured: `${bad.state.lost} of ${bad.state.packets}`, note: `The network: ${bad.is}${control ? `; the stream's congestion control is ${control}` : ""}.` },
  ];
});
