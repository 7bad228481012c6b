// What people do on the pages: first run, logging in.
import { PASSWORD } from "./daemon.mjs";

/** Logs in on the page that the viewer has open at /login. */
export async function login(viewer, name) {
  const { page } = viewer;
  await page.getByLabel(/name/i).first().fill(name);
  await page.getByLabel(/^password/i).first().fill(PASSWORD);
  await Promise.all([page.waitForURL((url) => url.pathname !== "/login", { timeout: 15000 }), page.locator("form button:not([type=button])").first().click()]);
}

/** Makes the owner's account on /setup with the code that the daemon printed. */
export async function claim(viewer, code, name) {
  const { page } = viewer;
  await page.getByLabel(/code/i).first().fill(code);
  await page.getByLabel(/your name/i).first().fill(name);
  await page.getByLabel(/^password/i).first().fill(PASSWORD);
  await page.locator("form button:not([type=button])").first().click();
}

/** The one-time setup code in what the daemon printed. */
export function setupCode(words) {
  return words.match(/\bcode (\w+(?:-\w+)+)/)?.[1];
}
