// Child processes whose words are kept and whose end can be awaited.
import { spawn } from "node:child_process";
import { sleep, until } from "./check.mjs";

/** A started program: `out`, `err` and `all` hold what it said, each line of stderr with its time in `lines`. */
export class Program {
  constructor(command, args, { env = {}, input } = {}) {
    this.title = [command.split("/").pop(), ...args].join(" ");
    this.out = "";
    this.err = "";
    this.all = "";
    this.lines = [];
    this.began = performance.now();
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
    // A program that ends without reading its input says why itself.
    this.child.stdin?.on("error", () => {});
    this.child.stdin?.end(input);
    this.child.stdout.on("data", (data) => { this.out += data; this.all += data; });
    this.child.stderr.on("data", (data) => {
      this.err += data;
      this.all += data;
      this.lines.push({ at: performance.now(), text: String(data) });
      // A publisher that reports progress for minutes does not fill the test's memory.
      if (this.err.length > 1 << 20) this.err = this.err.slice(-(1 << 19));
      if (this.all.length > 1 << 20) this.all = this.all.slice(-(1 << 19));
      if (this.lines.length > 5000) this.lines.splice(0, 2500);
    });
    this.code = undefined;
    this.signal = undefined;
    this.ended = new Promise((done) => {
      this.child.on("error", (error) => { this.err += error.message; this.code ??= 127; done(this); });
      const over = (code, signal) => { this.code = signal ? null : code; this.signal = signal; done(this); };
      this.child.on("close", over);
      // Its last words come before "close", unless somebody else holds its pipes.
      this.child.on("exit", (code, signal) => setTimeout(over, 500, code, signal));
    });
  }

  get pid() { return this.child.pid; }
  get running() { return this.code === undefined; }

  /** Sends a signal; nothing if it has ended. */
  kill(signal) {
    if (this.running) this.child.kill(signal);
  }

  /** Waits for its end; fails after `seconds`. */
  async end(seconds) {
    await until(`end of ${this.title.slice(0, 80)}`, seconds, () => !this.running, 20);
    return this;
  }

  /** When stderr first said something like `pattern` (performance.now()), or undefined. */
  saidAt(pattern) {
    return this.lines.find((line) => pattern.test(line.text))?.at;
  }

  /** Ends it: politely, then not. */
  async stop(signal = "SIGTERM", patience = 3000) {
    if (!this.running) return;
    this.child.kill("SIGCONT");
    this.child.kill(signal);
    await Promise.race([this.ended, sleep(patience)]);
    if (this.running) {
      this.child.kill("SIGKILL");
      await this.ended;
    }
  }
}

/** Runs a program to its end. */
export async function run(command, args, options = {}) {
  const program = new Program(command, args, options);
  const timer = setTimeout(() => program.kill("SIGKILL"), (options.seconds ?? 60) * 1000);
  await program.ended;
  clearTimeout(timer);
  return program;
}
