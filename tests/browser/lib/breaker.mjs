// An HTTP relay between a page and the daemon that can break what passes: refuse it, say that it is full, hang, cut it off, spoil its bytes, slow it.
import { createServer, request } from "node:http";

const TICK = 20, PIECE = 1460;    // ms; bytes that one connection sends before it is another's turn

/** Serves 127.0.0.1:`port`, told from `target`. `fault(path)` gives what happens to a request: "refuse", "full" (503, to be asked again
 * in two seconds), "hang", "spoil", "stop" (what is under way stands still, new ones hang) or nothing. `speed` is in bytes a second for everything together. */
export async function breaker(cleanup, target) {
  const state = { fault: () => undefined, speed: Infinity, asked: [] };
  // What waits for its turn on a slow line: a piece of each in turn.
  const line = [];
  const pace = setInterval(() => {
    let most = state.speed * TICK / 1000;
    while (line.length && most > 0) {
      const first = line.shift(), piece = first.data.subarray(0, Math.min(most, PIECE));
      first.to.write(piece);
      most -= piece.length;
      first.data = first.data.subarray(piece.length);
      if (first.data.length) line.push(first); else first.done();
    }
  }, TICK);
  cleanup.push(() => clearInterval(pace));
  const forward = (from, to, path) => {
    let held = false, over = false;
    const end = () => { if (!["stop", "hang"].includes(state.fault(path))) to.end(); };
    from.on("data", (data) => {
      const fault = state.fault(path);
      if (fault === "stop" || fault === "hang") return;
      if (fault === "spoil") data = spoiled(data);
      if (state.speed === Infinity && !held) { to.write(data); return; }
      from.pause();
      held = true;
      line.push({ to, data, done: () => { held = false; from.resume(); if (over) end(); } });
    });
    from.on("end", () => { over = true; if (!held) end(); });
    from.on("error", () => to.destroy());
  };
  const server = createServer((asked, answer) => {
    const path = asked.url;
    state.asked.push(path);
    const fault = state.fault(path);
    if (fault === "refuse") { answer.writeHead(500).end(); return; }
    if (fault === "full") { answer.writeHead(503, { "retry-after": "2" }).end(); return; }
    if (fault === "hang" || fault === "stop") return;
    const on = request({ host: "127.0.0.1", port: target, path, method: asked.method, headers: { ...asked.headers, host: `127.0.0.1:${target}` } }, (reply) => {
      answer.writeHead(reply.statusCode, reply.headers);
      forward(reply, answer, path);
    });
    on.on("error", () => answer.destroy());
    answer.on("close", () => on.destroy());
    asked.pipe(on);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  cleanup.push(() => { server.closeAllConnections(); server.close(); });
  return Object.assign(state, { port: server.address().port, url: (path) => `http://127.0.0.1:${server.address().port}${path}` });
}

/** The same length, but its second half is nothing that can be decoded: zeros, since a count of samples may be among it, and a player
 * that believes in billions of them stands for minutes. */
function spoiled(data) {
  const copy = Buffer.from(data);
  return copy.fill(0, copy.length >> 1);
}
