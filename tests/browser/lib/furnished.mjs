// A house that is lived in: people of each role, a described channel with comments, one with a pass-phrase, an invitation.
import { expect } from "./check.mjs";
import { PASSWORD } from "./daemon.mjs";

/** Asks the API as `session`. */
export async function api(hearth, method, path, body, session) {
  const answer = await fetch(hearth.url(`/api/v1${path}`), {
    method, headers: { "content-type": "application/json", ...(session ? { authorization: `Bearer ${session}` } : {}) }, body: body && JSON.stringify(body),
  });
  const said = await answer.json();
  expect(answer.ok, `${method} ${path}: ${answer.status} ${JSON.stringify(said)}`);
  return said;
}

/** Furnishes a house of anna's with ben and cleo in it; sessions by name, and the paths of an invitation and of a new password. */
export async function furnish(hearth) {
  const sessions = {};
  for (const name of ["anna", "ben", "cleo"]) sessions[name] = (await api(hearth, "POST", "/session", { name, password: PASSWORD })).session;
  const as = (name, method, path, body) => api(hearth, method, path, body, sessions[name]);
  await as("anna", "PUT", "/channels/anna", { title: "Evening by the fire", description: "What we cook, and the cat.\nhttp://example.org", tags: ["cooking", "cats"] });
  await as("cleo", "PUT", "/channels/cleo", { title: "Rehearsal", visibility: "phrase", phrase: "open sesame" });
  for (const [name, text] of [["anna", "Welcome!"], ["ben", "It looks warm in there"], ["cleo", "好看"]]) await as(name, "POST", "/channels/anna/comments", { text });
  const { comments } = await as("ben", "GET", "/channels/anna/comments");
  await as("ben", "DELETE", `/channels/anna/comments/${comments.find((c) => c.author === "ben").id}`);
  await as("ben", "PUT", "/channels/anna/follow");
  await as("anna", "PUT", "/channels/anna/mutes/cleo");
  const { people } = await as("anna", "GET", "/people");
  const invitation = (await as("anna", "POST", "/invitations", { label: "Oma", role: "guest" })).path;
  const reset = (await as("anna", "POST", `/people/${people.find((p) => p.name === "ben").id}/reset`)).path;
  return { sessions, invitation, reset };
}

/** Lets a viewer's browser in as `session`. */
export function enter(viewer, hearth, session) {
  return viewer.page.context().addCookies([{ name: "hearth_session", value: session, url: hearth.origin }]);
}
