// A TCP relay between an encoder and the daemon: gives each encoder an address of its own, and can go dark without a FIN.
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
