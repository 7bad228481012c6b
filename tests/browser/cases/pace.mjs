// Pace's numbers, by a clock of our own: where the target begins, what a stall does to it, and how it comes back.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { expect, within } from "../lib/check.mjs";
import { root } from "../lib/daemon.mjs";

const STEP = 10, FRAGMENT = 100, TICK = 100;    // ms
const script = (name) => readFileSync(join(root, `web/js/${name}.js`), "utf8");

/** What the instant stream asks of Pace. */
function limitsOfInstant() {
  let limits;
  const window = { MediaSource: function () {}, HearthPace: function (_, asked) { limits = asked; throw new Error("seen"); } };
  runInContext(script("instant"), createContext({ window }));
  try { new window.HearthInstant({}, "", {}); } catch (error) { expect(error.message === "seen", error.stack); }
  return limits;
}

/** A picture that plays what is appended, a fragment every 100 ms, and the Pace that steers it. */
function stage() {
  let now = 0, end = 0, tick;
  const listeners = {}, said = { stalls: 0 }, window = {};
  const video = {
    currentTime: 0, playbackRate: 1, paused: false, seeking: false,
    buffered: { get length() { return end ? 1 : 0; }, start: () => 0, end: () => end },
    addEventListener: (name, heard) => { listeners[name] = heard; }, removeEventListener: () => {},
  };
  runInContext(script("pace"), createContext({ window, performance: { now: () => now }, setInterval: (it) => { tick = it; return 1; }, clearInterval: () => {} }));
  const limits = limitsOfInstant(), pace = new window.HearthPace(video, limits, { stalled: () => { said.stalls++; } });
  let isDry = false;
  /** Lets so many seconds pass, with or without fragments. */
  const pass = (seconds, isSending = true) => {
    for (const until = now + seconds * 1000; now < until;) {
      now += STEP;
      const more = Math.min(end - video.currentTime, video.playbackRate * STEP / 1000);
      video.currentTime += Math.max(0, more);
      if (end - video.currentTime < 1e-9 && video.playbackRate) { if (!isDry) listeners.waiting(); isDry = true; } else isDry = false;
      if (isSending && now % FRAGMENT === 0) { end += FRAGMENT / 1000; pace.grown(); }
      if (now % TICK === 0) tick();
    }
  };
  const append = (seconds) => { end += seconds; pace.grown(); };
  /** The publisher's line goes dark until the picture stands, and what was held up comes at once. */
  const stall = () => {
    const ahead = end - video.currentTime, before = now;
    pass(ahead + 0.5, false);
    append((now - before) / 1000);
    pass(3);
  };
  pass(1);
  video.currentTime = end - pace.target();
  pace.begin();
  return { limits, video, pace, said, pass, stall, append };
}

const about = (value, wanted, what) => within(value, wanted * 0.99, wanted * 1.01, what);

export default {
  async "the instant picture begins a fragment and a wait behind, and a quiet minute changes nothing"() {
    const { pace, video, limits, pass } = stage();
    within(limits.least, 0.2, 0.25, "s behind at first");
    expect(pace.target() === limits.least, `the target is ${pace.target()} s`);
    pass(60);
    expect(pace.target() === limits.least, `after a minute the target is ${pace.target()} s`);
    within(pace.depth(), limits.least - limits.slack - 0.05, limits.least + limits.slack + 0.05, "s in hand");
    within(video.playbackRate, 0.96, 1.04, "rate");
  },

  async "each stall doubles the target, to two seconds and no further, and then it is said"() {
    const { pace, said, stall, pass } = stage();
    let wanted = pace.target();
    pass(2);
    for (const n of [1, 2, 3, 4, 5]) {
      stall();
      wanted = Math.min(2, wanted * 2);
      within(pace.target(), wanted * 0.98, wanted, `s after ${n} stalls`);
      expect(said.stalls === 0 || wanted === 2, `after ${n} stalls it is given up`);
    }
    expect(said.stalls > 0, "stalls with the most in hand are not told");
  },

  async "without a stall the target creeps back, a tenth a minute, to where it began"() {
    const { pace, limits, stall, pass } = stage();
    pass(2);
    for (let n = 0; n < 5; n++) stall();
    const first = pace.target();
    within(first, 1.9, 2, "s after five stalls");
    pass(60);
    about(pace.target(), first * 0.9, "s after a minute");
    pass(540);
    about(pace.target(), first * 0.9 ** 10, "s after ten minutes");
    pass(1500);
    expect(pace.target() === limits.least, `after half an hour the target is ${pace.target()} s`);
  },

  async "a wait while the picture begins, and one that the publisher made, leave the target alone"() {
    const early = stage();
    early.pass(0.6, false);
    expect(early.pace.isHolding() && early.pace.target() === early.limits.least, `a wait at the beginning: ${early.pace.target()} s`);
    const late = stage();
    late.pass(5);
    late.pass(1, false);
    expect(late.pace.isHolding() && late.pace.target() > late.limits.least, "a stall is not seen");
    late.pace.forgive();
    expect(late.pace.target() === late.limits.least, `a stall that was the publisher's: ${late.pace.target()} s`);
  },

  async "a target that has to be longer is so at once, and never shorter than that"() {
    const { pace, limits, pass } = stage();
    pace.least(0.757);
    expect(pace.target() === 0.757, `the target is ${pace.target()} s`);
    pass(120);
    expect(pace.target() === 0.757, `later the target is ${pace.target()} s`);
    pace.least(0.1);
    pass(1500);
    expect(pace.target() === limits.least, `when it may be shorter again the target is ${pace.target()} s`);
  },

  async "a picture that is a little late plays a little faster, one that is far behind jumps"() {
    const { pace, video, append, pass } = stage();
    pass(5);
    append(0.4);
    pass(1);
    within(video.playbackRate, 1.04, 1.1, "rate with 0.4 s too much in hand");
    pass(20);
    within(video.playbackRate, 0.96, 1.04, "rate when it has caught up");
    const before = video.currentTime;
    append(3);
    expect(video.currentTime > before + 2.5, `it went on by ${video.currentTime - before} s`);
    within(pace.ahead(), pace.target() - 0.01, pace.target() + 0.01, "s in hand after the jump");
  },
};
