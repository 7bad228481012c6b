// A small RTMP publisher that says exactly what it is told, when it is told: for dialogues that are timed and for streams
// that are late, gappy or torn in ways that ffmpeg would mend.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { sleep } from "./check.mjs";

const CHUNK = 60000;

const number = (value) => { const b = Buffer.alloc(9); b.writeDoubleBE(value, 1); return b; };
const string = (text) => { const body = Buffer.from(text); const head = Buffer.from([2, 0, 0]); head.writeUInt16BE(body.length, 1); return Buffer.concat([head, body]); };
const nothing = Buffer.from([5]);
const object = (fields) => Buffer.concat([Buffer.from([3]), ...Object.entries(fields).flatMap(([name, value]) => [string(name).subarray(1), typeof value === "number" ? number(value) : string(value)]), Buffer.from([0, 0, 9])]);

/** Strings in an AMF0 body: enough to read a status. */
function strings(body) {
  const found = [];
  for (let at = 0; at + 3 <= body.length; at++) {
    if (body[at] !== 2) continue;
    const length = body.readUInt16BE(at + 1);
    if (at + 3 + length <= body.length) { found.push(body.toString("utf8", at + 3, at + 3 + length)); at += 2 + length; }
  }
  return found;
}

export class Publisher {
  /** Connects and publishes `key`; `dialogueMs` is the time from the first byte sent to Publish.Start. Throws the server's text if refused. */
  static async open({ port, key, app = "live", localAddress }) {
    const publisher = new Publisher();
    publisher.socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true });
    publisher.input = Buffer.alloc(0);
    publisher.readers = [];
    publisher.chunks = new Map();
    publisher.chunkSize = 128;
    publisher.statuses = [];
    publisher.socket.on("error", (error) => { publisher.failure = error; publisher.wake(); });
    publisher.socket.on("close", () => { publisher.closed = true; publisher.wake(); });
    publisher.socket.on("data", (data) => { publisher.input = Buffer.concat([publisher.input, data]); publisher.wake(); });
    await new Promise((done, fail) => { publisher.socket.once("connect", done); publisher.socket.once("error", fail); });
    const began = performance.now();
    await publisher.handshake();
    publisher.send(2, 1, 0, 0, Buffer.from([0, 0, CHUNK >> 8, CHUNK & 255]));
    publisher.command(0, "connect", 1, object({ app, type: "nonprivate", flashVer: "FMLE/3.0", tcUrl: `rtmp://127.0.0.1:${port}/${app}` }));
    await publisher.result(1);
    publisher.command(0, "releaseStream", 2, Buffer.concat([nothing, string(key)]));
    publisher.command(0, "FCPublish", 3, Buffer.concat([nothing, string(key)]));
    publisher.command(0, "createStream", 4, nothing);
    await publisher.result(4);
    publisher.command(1, "publish", 5, Buffer.concat([nothing, string(key), string("live")]));
    const status = await publisher.status();
    publisher.dialogueMs = performance.now() - began;
    if (!status.includes("NetStream.Publish.Start")) throw new Error(status.join(" "));
    publisher.listen();
    return publisher;
  }

  wake() { for (const reader of this.readers.splice(0)) reader(); }

  async take(length) {
    while (this.input.length < length) {
      if (this.closed || this.failure) throw new Error(`the server closed: ${this.failure?.message ?? "end of stream"}`);
      await new Promise((done) => this.readers.push(done));
    }
    const taken = this.input.subarray(0, length);
    this.input = this.input.subarray(length);
    return taken;
  }

  async handshake() {
    const hello = Buffer.alloc(1537, 7);
    hello[0] = 3;
    hello.fill(0, 1, 9);
    this.socket.write(hello);
    const answer = await this.take(1537);
    this.socket.write(answer.subarray(1));
    await this.take(1536);
  }

  /** One message, in chunks of our size; absolute time in each first header. */
  send(channel, type, stream, time, body) {
    const extended = time >= 0xffffff;
    const head = Buffer.alloc(12);
    head[0] = channel;
    head.writeUIntBE(extended ? 0xffffff : time, 1, 3);
    head.writeUIntBE(body.length, 4, 3);
    head[7] = type;
    head.writeUInt32LE(stream, 8);
    const stamp = Buffer.alloc(extended ? 4 : 0);
    if (extended) stamp.writeUInt32BE(time >>> 0);
    const parts = [head, stamp];
    const size = type === 1 ? 128 : CHUNK;
    for (let at = 0; at < body.length; at += size) {
      if (at > 0) parts.push(Buffer.from([0xc0 | channel]), stamp);
      parts.push(body.subarray(at, at + size));
    }
    return this.socket.write(Buffer.concat(parts));
  }

  command(stream, name, id, rest) { this.send(3, 20, stream, 0, Buffer.concat([string(name), number(id), rest])); }

  /** The next message of the server. */
  async message() {
    for (;;) {
      const first = (await this.take(1))[0];
      const format = first >> 6, channel = first & 63;
      const state = this.chunks.get(channel) ?? { body: [] , have: 0 };
      this.chunks.set(channel, state);
      const head = await this.take([11, 7, 3, 0][format]);
      if (format < 3) state.time = head.readUIntBE(0, 3);
      if (format < 2) { state.length = head.readUIntBE(3, 3); state.type = head[6]; }
      if (state.time === 0xffffff) await this.take(4);
      const piece = Buffer.from(await this.take(Math.min(this.chunkSize, state.length - state.have)));
      state.body.push(piece);
      state.have += piece.length;
      if (state.have < state.length) continue;
      const body = Buffer.concat(state.body);
      Object.assign(state, { body: [], have: 0 });
      if (state.type === 1) this.chunkSize = body.readUInt32BE(0);
      else return { type: state.type, body };
    }
  }

  async result(id) {
    for (;;) {
      const { type, body } = await this.message();
      if (type !== 20) continue;
      const words = strings(body);
      if (words[0] === "_result" && body.readDoubleBE(1 + 2 + 7 + 1) === id) return words;
      if (words[0] === "_error") throw new Error(words.join(" "));
    }
  }

  async status() {
    for (;;) {
      const { type, body } = await this.message();
      const words = type === 20 ? strings(body) : [];
      if (words[0] === "onStatus") return words;
    }
  }

  /** Keeps reading, so that the server is never blocked and its statuses are known. */
  async listen() {
    try {
      for (;;) this.statuses.push(await this.status());
    } catch {
      this.closed = true;
    }
  }

  tag(tag, time = tag.time) {
    const type = tag.type;
    this.send(type === 9 ? 6 : type === 8 ? 4 : 5, type, 1, time, type === 18 ? Buffer.concat([string("@setDataFrame"), tag.body]) : tag.body);
  }

  /** A polite end. */
  finish() {
    this.command(1, "FCUnpublish", 6, nothing);
    this.command(0, "deleteStream", 7, Buffer.concat([nothing, number(1)]));
    this.socket.end();
  }

  destroy() { this.socket.destroy(); }
}

/** The tags of an FLV file: type (8 sound, 9 picture, 18 script), time in ms, body; `header` marks codec configurations, `key` keyframes. */
export function tagsOf(file) {
  const data = readFileSync(file);
  const tags = [];
  for (let at = data.readUInt32BE(5) + 4; at + 11 <= data.length;) {
    const type = data[at] & 31, length = data.readUIntBE(at + 1, 3);
    const body = data.subarray(at + 11, at + 11 + length);
    const time = data.readUIntBE(at + 4, 3) + data[at + 7] * 0x1000000;
    tags.push({ type, time, body, header: (type === 9 || type === 8) && body[1] === 0, key: type === 9 && body[0] >> 4 === 1 });
    at += 11 + length + 4;
  }
  return tags;
}

/**
 * Publishes tags in real time, round and round (`round` ms a loop), until `stop()`. `plan(tag, at)` may return undefined to
 * leave a tag out, or how many ms later it is to be sent than its time says; `at` is its time in the whole stream.
 */
export function play(publisher, tags, { round, plan = () => 0, from = 0 }) {
  const headers = tags.filter((tag) => tag.header || tag.type === 18), media = tags.filter((tag) => !tag.header && tag.type !== 18);
  headers.forEach((tag) => publisher.tag(tag, from));
  let on = true;
  const began = performance.now(), queue = [];
  let next = 0, loop = 0;
  const playing = (async () => {
    while (on && !publisher.closed) {
      const now = performance.now() - began;
      // Half a second ahead is enough to sort late ones in.
      while (media[next].time + loop * round < now + 500) {
        const at = media[next].time + loop * round, later = plan(media[next], at);
        if (later !== undefined) queue.push({ due: at + later, at, tag: media[next] });
        if (++next === media.length) [next, loop] = [0, loop + 1];
      }
      queue.sort((a, b) => a.due - b.due);
      while (queue.length && queue[0].due <= now) {
        const { tag, at } = queue.shift();
        publisher.tag(tag, from + at);
      }
      await sleep(5);
    }
  })();
  return { stop: async () => { on = false; await playing; } };
}
