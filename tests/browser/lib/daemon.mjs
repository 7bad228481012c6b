// A hearth of one's own: free ports, private folders, accounts by the command line.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, Final, until } from "./check.mjs";
import { Program, run } from "./process.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The daemon under test. */
export function binary() {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
  const found = [process.env.HEARTH_BIN, join(target, "release/hearth"), join(target, "debug/hearth")].find((path) => path && existsSync(path));
  expect(found, "no hearth binary: run `cargo build --release` first, or set HEARTH_BIN");
  return found;
}

/** A TCP port that nobody uses now. */
export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export const PASSWORD = "the quick ember jumps";

/** A daemon with its ports and folders; it may be started, ended and started again on the same ones. */
export class Hearth {
  constructor(options) {
    Object.assign(this, { memory: undefined, command: "serve", extra: [], keys: {}, log: "", ...options });
  }

  /** Ports and folders, not yet running. `cleanup` collects what must be undone. */
  static async prepare(cleanup, options = {}) {
    const hearth = new Hearth(options);
    hearth.http ??= await freePort();
    hearth.rtmp ??= await freePort();
    hearth.data ??= temporary(cleanup, tmpdir());
    hearth.ring ??= temporary(cleanup, "/dev/shm");
    cleanup.push(() => hearth.stop());
    return hearth;
  }

  get origin() { return `http://127.0.0.1:${this.http}`; }

  url(path) { return this.origin + path; }

  /** Options of `serve` and `demo`. */
  args() {
    return [this.command, "--http", `127.0.0.1:${this.http}`, "--rtmp", `127.0.0.1:${this.rtmp}`, "--data", this.data, "--ring", this.ring,
      ...(this.memory ? ["--memory", this.memory] : []), ...this.extra];
  }

  /** Makes an account; its key is in `keys[name]`. Works beside a running daemon and without one. */
  async addUser(name, { owner = false } = {}) {
    const added = await run(binary(), ["user", "add", name, "--password-stdin", ...(owner ? ["--owner"] : []), "--data", this.data], { input: PASSWORD + "\n" });
    expect(added.code === 0, `hearth user add ${name} ended with ${added.code}: ${added.err}`);
    this.keys[name] = added.out.trim();
    expect(/^[a-z2-9-]{26,40}$/.test(this.keys[name]), `hearth user add printed ${JSON.stringify(added.out)}, expected a stream key alone`);
    return this.keys[name];
  }

  /** Starts it and waits until it answers. */
  async start() {
    this.program = new Program(binary(), this.args(), { env: { RUST_LOG: process.env.RUST_LOG ?? "info", RUST_BACKTRACE: "1" } });
    await until("hearth answers", 15, async () => {
      if (!this.program.running) throw new Final(`it ended with ${this.program.code}`);
      return (await fetch(this.url("/healthz"))).status < 500;
    }, 20).catch((error) => { throw new Error(`${error.message}\n${this.program.all}`); });
    return this;
  }

  /** Everything it said, over all its lives. */
  words() { return this.log + (this.program?.all ?? ""); }

  /** Ends it as a person would; the code and the time it took, ms. */
  async stop(signal = "SIGTERM") {
    if (!this.program) return undefined;
    const began = performance.now();
    await this.program.stop(signal, 10000);
    const { code } = this.program;
    this.log += this.program.all;
    this.program = undefined;
    return { code, ms: performance.now() - began };
  }

  /** Power cut, as far as a process can feel one. */
  async crash() {
    this.program.kill("SIGKILL");
    await this.program.ended;
    this.log += this.program.all;
    this.program = undefined;
  }
}

/** A folder that goes away with the test. */
export function temporary(cleanup, under = tmpdir()) {
  const dir = mkdtempSync(join(under, "hearth-test-"));
  cleanup.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
