// TCP relays before the daemon. Between an encoder and it: gives each encoder an address of its own, and can go dark without a
// FIN. Between a viewer and it: a weak radio.
import { connect, createServer } from "node:net";

/** Relays 127.0.0.1:`port` to `target`, coming from `from` (127.0.0.x). */
export async function relay(cleanup, target, from = "127.0.0.1") {
  const pairs = new Set();
  const state = { dark: false, connectedAt: undefined };
  const server = createServer((near) => {
    state.connectedAt = performance.now();
    const far = connect({ host: "127.0.0.1", port: target, localAddress: from, noDelay: true });
    near.setNoDelay(true);
    const pair = [near, far];
    pairs.add(pair);
    const forward = (a, b) => {
      a.on("data", (data) => { if (!state.dark) b.write(data); });
      a.on("end", () => { if (!state.dark) b.end(); });
      a.on("error", () => { if (!state.dark) b.destroy(); });
      a.on("close", () => { if (!state.dark) { b.end(); pairs.delete(pair); } });
    };
    forward(near, far);
    forward(far, near);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => { for (const pair of pairs) for (const socket of pair) socket.destroy(); server.close(); };
  cleanup.push(close);
  return {
    port: server.address().port,
    /** When the last encoder connected. */
    get connectedAt() { return state.connectedAt; },
    /** From now on nothing passes either way, and neither side learns of it: a pulled cable. */
    goDark() { state.dark = true; },
    /** Passes again; what was lost meanwhile is lost. */
    comeBack() { state.dark = false; },
    /** Resets both sides. */
    cut() { for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy(); pairs.clear(); },
  };
}

const SEGMENT = 1448, TIMEOUT_MS = 200, TIMEOUTS = 0.1;

/**
 * Relays 127.0.0.1:`port` to `target` as a weak radio would towards the viewer: each piece of a network packet's size arrives
 * `delay` ± `jitter` ms later, and never before one that was sent earlier, as TCP hands bytes on in order. A lost one (a share of
 * `loss`) holds up all behind it until it has come again: after another round trip, or after a retransmission timeout, once in
 * ten. Not modelled: what the congestion control of a real sender does to its rate.
 */
export async function weak(cleanup, target, { delay = 80, jitter = 40, loss = 0.01 } = {}) {
  const pairs = new Set();
  const late = () => delay + (Math.random() * 2 - 1) * jitter;
  const again = () => late() + (Math.random() < TIMEOUTS ? TIMEOUT_MS : 0);
  const state = { lost: 0, packets: 0 };
  const server = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port: target, noDelay: true }), pair = [near, far];
    near.setNoDelay(true);
    pairs.add(pair);
    let last = 0;
    /** When what was sent now is there. */
    const arrival = (length) => {
      for (let left = length; left > 0; left -= SEGMENT) {
        const gone = Math.random() < loss;
        state.packets++;
        if (gone) state.lost++;
        last = Math.max(last, performance.now() + late() + (gone ? again() : 0));
      }
      return last - performance.now();
    };
    const close = () => { near.destroy(); far.destroy(); pairs.delete(pair); };
    far.on("data", (data) => setTimeout(() => near.write(data), arrival(data.length)));
    far.on("end", () => setTimeout(() => near.end(), arrival(1)));
    near.on("data", (data) => far.write(data));
    near.on("end", () => far.end());
    for (const socket of pair) socket.on("error", close);
    near.on("close", close);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const cut = () => { for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy(); pairs.clear(); };
  cleanup.push(() => { cut(); server.close(); });
  return { port: server.address().port, state, /** Resets every connection. */ cut };
}
