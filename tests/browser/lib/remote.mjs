// A TV's remote control: keys, what has the focus, and whether one sees it.
import { expect, sleep } from "./check.mjs";

export const SIZES = { 720: { width: 1280, height: 720 }, 1080: { width: 1920, height: 1080 } };

/** What has the focus, and why it could not be seen; undefined where nothing has it. */
export function focus(viewer) {
  return viewer.page.evaluate(() => {
    const at = document.activeElement;
    if (!at || at === document.body) return undefined;
    const box = (at.closest(".menu label") ?? at).getBoundingClientRect(), wrong = [];
    const { innerWidth: w, innerHeight: h } = window;
    if (box.left < w * 0.05 - 16 || box.right > w * 0.95 + 16 || box.top < h * 0.05 - 16 || box.bottom > h * 0.95 + 16) wrong.push(`outside the safe area: ${Math.round(box.left)},${Math.round(box.top)} to ${Math.round(box.right)},${Math.round(box.bottom)}`);
    for (let it = at; it; it = it.parentElement) if (getComputedStyle(it).opacity === "0") wrong.push(`inside of ${it.className}, which is transparent`);
    const top = document.elementFromPoint(Math.max(0, Math.min(w - 1, box.left + box.width / 2)), Math.max(0, Math.min(h - 1, box.top + box.height / 2)));
    if (!top || !(at.contains(top) || top.contains(at) || at.closest("label")?.contains(top))) wrong.push(`under ${top?.className}`);
    return { name: at.dataset.name, act: at.dataset.act, kind: at.className || at.name, text: at.textContent.trim(), label: at.getAttribute("aria-label"), wrong: wrong.join("; ") };
  });
}

/** Presses a key; what has the focus then is seen. */
export async function press(viewer, key, times = 1) {
  let at;
  for (let i = 0; i < times; i++) {
    await viewer.page.keyboard.press(key);
    await sleep(400);
    at = await focus(viewer);
    expect(!at?.wrong, `after ${key} the focus on ${at?.kind} "${at?.text}" is ${at?.wrong}`);
  }
  return at;
}

/** The player's overlay is shown. */
export function overlay(viewer) {
  return viewer.page.evaluate(() => !document.querySelector("[data-player]").classList.contains("idle"));
}

/** Fails if the page stands anywhere but at its top, or is wider than the screen. */
export async function unscrolled(viewer) {
  const at = await viewer.page.evaluate(() => [scrollX, scrollY, document.documentElement.scrollWidth - innerWidth]);
  expect(at[0] === 0 && at[1] === 0 && at[2] <= 0, `the page scrolls: ${at}`);
}
