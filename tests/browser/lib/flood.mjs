// Log-ins at a steady pace from one address, and meanwhile a page for the family and the owner's log-in from others.
import { request } from "node:http";
import { sleep } from "./check.mjs";
import { PASSWORD } from "./daemon.mjs";

/** What others must not have to wait longer for, ms: a page at its 95th percentile, the owner's log-in ever. */
export const PAGE_MS = 200, LOG_IN_MS = 3000;

const OWNER = "127.0.0.2", FAMILY = "127.0.0.3";
const PAGE_EVERY = 100, LOG_IN_EVERY = 2000;

/** One request on a connection of its own from this address: status, and ms until its last byte. */
function ask(hearth, from, method, path, body) {
  return new Promise((done, fail) => {
    const began = performance.now();
    const headers = body ? { "content-type": "application/json", "content-length": Buffer.byteLength(body) } : { accept: "text/html" };
    const asked = request({ host: "127.0.0.1", port: hearth.http, localAddress: from, method, path, headers, agent: false, timeout: 20_000 }, (answer) => {
      answer.resume();
      answer.on("end", () => done({ status: answer.statusCode, ms: performance.now() - began }));
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within 20 s")));
    asked.on("error", fail);
    asked.end(body);
  });
}

const logIn = (hearth, from, name, password = PASSWORD) => ask(hearth, from, "POST", "/api/v1/session", JSON.stringify({ name, password }));

/** What floods: each a log-in, by its number. Anna is the owner, Ben a member. */
export const floods = {
  "wrong passwords for the owner": (hearth, from) => logIn(hearth, from, "anna", "not the password"),
  "names that nobody has": (hearth, from, n) => logIn(hearth, from, `nobody${n}`),
  "a member's right password": (hearth, from) => logIn(hearth, from, "ben"),
};

/** As a person does it: again when the box says that it is busy. */
async function ownerLogsIn(hearth) {
  const began = performance.now();
  for (let tries = 1; ; tries++) {
    const { status } = await logIn(hearth, OWNER, "anna");
    const ms = performance.now() - began;
    if (status === 200 || ms > 10_000) return { status, ms, tries };
    await sleep(500);
  }
}

/** Calls `work` every `ms` for `seconds`, without waiting for its end; all that it gave. */
async function every(ms, seconds, work) {
  const running = [], end = performance.now() + seconds * 1000;
  for (let due = performance.now(), n = 0; due < end; due += ms, n++) {
    await sleep(Math.max(0, due - performance.now()));
    running.push(work(n));
  }
  return Promise.all(running);
}

const at = (share, times) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];

/**
 * Floods with `one` from `from`, `rate` a second. Of `/`: its 95th percentile and worst, ms, how often it was asked for and shown;
 * of the owner: the worst, ms, how often they came, were in and had to try again; answers to the flood by status.
 */
export async function flooded(hearth, from, one, { seconds, rate }) {
  const [flood, pages, owner] = await Promise.all([
    every(1000 / rate, seconds, (n) => one(hearth, from, n)),
    every(PAGE_EVERY, seconds, () => ask(hearth, FAMILY, "GET", "/")),
    every(LOG_IN_EVERY, seconds, () => ownerLogsIn(hearth)),
  ]);
  const answers = {};
  for (const { status } of flood) answers[status] = (answers[status] ?? 0) + 1;
  const times = pages.map((page) => page.ms), good = (all) => all.filter((it) => it.status === 200).length;
  return {
    answers, sent: flood.length,
    page: { p95: at(0.95, times), worst: Math.max(...times), asked: pages.length, shown: good(pages) },
    owner: { worst: Math.max(...owner.map((it) => it.ms)), came: owner.length, in: good(owner), again: owner.filter((it) => it.tries > 1).length },
  };
}
