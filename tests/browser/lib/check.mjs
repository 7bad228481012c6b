// Waiting for things and saying what was expected.

/** What a check that did not hold throws. */
export class Unmet extends Error {}

/** A test that this machine can't run throws this; it counts as skipped and says why. */
export class Skipped extends Error {}

/** Fails with `words` unless `fact` holds. */
export function expect(fact, words) {
  if (!fact) throw new Unmet(words);
}

/** Fails unless `value` lies in [low, high]. */
export function within(value, low, high, what) {
  expect(value >= low && value <= high, `${what}: ${value}, expected ${low} to ${high}`);
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** What `work` gives; fails after `seconds`, and leaves it to itself. */
export async function inTime(seconds, work) {
  let timer;
  const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Unmet(`not done after ${seconds} s`)), seconds * 1000); });
  try {
    return await Promise.race([Promise.resolve().then(work), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What `until` passes on at once: waiting longer can't help. */
export class Final extends Error {}

/** Asks `probe` until it gives something true, and gives that; fails after `seconds`. What it throws counts as not yet, but for Final. */
export async function until(what, seconds, probe, every = 100) {
  const end = performance.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = undefined;
    } catch (error) {
      if (error instanceof Final) throw error;
      last = error;
    }
    if (performance.now() > end) throw new Unmet(`not within ${seconds} s: ${what}${last ? ` (${last.message})` : ""}`);
    await sleep(every);
  }
}
