// A viewer: headless Chromium on a page of the daemon, and what its player does.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { expect, sleep, until, within } from "./check.mjs";
import { root } from "./daemon.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
let launched;

/** The one browser of a run. */
async function shared() {
  const browser = await (launched ??= chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS }));
  if (browser.isConnected()) return browser;
  launched = undefined;
  return shared();
}

export async function closeBrowser() {
  await (await launched)?.close();
  launched = undefined;
}

// Runs in the page before its own scripts: notes what the player meets.
function instrument() {
  const notes = { presented: 0, events: [], violations: [], loaded: performance.timeOrigin, firstFrame: undefined };
  globalThis.__notes = notes;
  document.addEventListener("securitypolicyviolation", (e) => notes.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
  const known = new WeakSet();
  const adopt = (video) => {
    if (known.has(video)) return;
    known.add(video);
    for (const name of ["waiting", "stalled", "error", "ended", "playing", "pause"]) {
      video.addEventListener(name, () => notes.events.push({ name, at: performance.now(), time: video.currentTime }));
    }
    const count = (now) => {
      notes.firstFrame ??= now;
      notes.presented++;
      video.requestVideoFrameCallback(count);
    };
    video.requestVideoFrameCallback(count);
  };
  new MutationObserver(() => document.querySelectorAll("video").forEach(adopt)).observe(document, { childList: true, subtree: true });
}

/** One page; `problems` collects console errors, script errors, refused policies and requests that the page should not make. */
export class Viewer {
  /** `beside`: a viewer whose browser this one shares, connections and all, as another tab. */
  static async open(cleanup, url, { mobile = false, viewport = { width: 1280, height: 800 }, colorScheme = "dark", go = true, mode, beside } = {}) {
    const context = beside?.page.context() ?? await (await shared()).newContext({ viewport, colorScheme, isMobile: mobile });
    if (!beside) cleanup.push(() => context.close());
    const viewer = new Viewer();
    viewer.page = await context.newPage();
    viewer.problems = [];
    viewer.foreign = [];
    viewer.requests = [];
    const own = new URL(url).host;
    viewer.page.on("console", (m) => { if (m.type() === "error") viewer.problems.push(`console: ${m.text()} ${m.location().url ?? ""}`); });
    viewer.page.on("pageerror", (e) => viewer.problems.push(`script: ${e.message}`));
    viewer.page.on("request", (r) => {
      viewer.requests.push(r.url());
      const { protocol, host } = new URL(r.url());
      if (protocol.startsWith("http") && host !== own) viewer.foreign.push(r.url());
    });
    await viewer.page.addInitScript(instrument);
    // As if chosen in the player's menu: "instant" or "steady". The instant stream keeps so little in hand that a test machine busy
    // with encoder and browser may stall it; tests that allow no stall ask for "steady".
    if (mode) await viewer.page.addInitScript((it) => localStorage.setItem("hearth-mode", it), mode);
    if (go) await viewer.page.goto(url, { waitUntil: "domcontentloaded" });
    return viewer;
  }

  /** The player's state now. */
  state() {
    return this.page.evaluate(() => {
      const notes = globalThis.__notes, video = document.querySelector("video");
      if (!video) return { there: false, ...notes };
      const quality = video.getVideoPlaybackQuality();
      const buffered = [...Array(video.buffered.length).keys()].map((i) => [video.buffered.start(i), video.buffered.end(i)]);
      return {
        there: true, now: performance.now(), time: video.currentTime, paused: video.paused, muted: video.muted, ready: video.readyState,
        decoded: quality.totalVideoFrames, dropped: quality.droppedVideoFrames, buffered, width: video.videoWidth, height: video.videoHeight,
        error: video.error && `${video.error.code} ${video.error.message}`, rate: video.playbackRate, audioBytes: video.webkitAudioDecodedByteCount, ...notes,
      };
    });
  }

  /** Waits until pictures move. */
  async playing(seconds = 15) {
    return until("the page plays", seconds, async () => {
      const a = await this.state();
      await sleep(400);
      const b = await this.state();
      return a.there && b.presented > a.presented + 2 && b.time > a.time && b;
    }, 50).catch(async (error) => { throw new Error(`${error.message}; state ${JSON.stringify(await this.state().catch(() => "?"))}; ${this.problems.join("; ")}`); });
  }

  /**
   * Watches for `seconds` and fails unless time and decoded frames go on as they should: `fps` frames a second and one second
   * a second within 5 %, no stall, no error, one buffered range.
   */
  async steady(seconds, { fps = 30, tolerance = 0.05, video = true } = {}) {
    const a = await this.state();
    await sleep(seconds * 1000);
    const b = await this.state();
    const wall = (b.now - a.now) / 1000;
    within((b.time - a.time) / wall, 1 - tolerance, 1 + tolerance, "seconds played a second");
    if (video) within((b.decoded - a.decoded) / wall / fps, 1 - tolerance, 1 + tolerance, "share of pictures decoded");
    const stalls = b.events.slice(a.events.length).filter((e) => ["waiting", "error", "ended", "pause"].includes(e.name));
    expect(stalls.length === 0, `the player stalled: ${JSON.stringify(stalls)}`);
    expect(b.buffered.length === 1, `buffered ranges: ${JSON.stringify(b.buffered)}`);
    expect(!b.error, `media error ${b.error}`);
    return { ...b, wall, playedIn: b.time - a.time, decodedIn: b.decoded - a.decoded, droppedIn: b.dropped - a.dropped };
  }

  /** Fails if the page met an error, a refused policy or another host. */
  async clean(allowed = /^$/) {
    const problems = [...this.problems.filter((p) => !allowed.test(p)), ...(await this.state()).violations.map((v) => `policy: ${v}`), ...this.foreign.map((u) => `foreign: ${u}`)];
    expect(problems.length === 0, problems.join("\n"));
  }

  async screenshot(name) {
    mkdirSync(join(root, "artefacts"), { recursive: true });
    await this.page.screenshot({ path: join(root, "artefacts", `${name}.png`) });
  }

  text() { return this.page.evaluate(() => document.body.innerText); }
}
