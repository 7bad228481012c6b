// Asks the API of a real daemon all that its description allows, and much that it does not (schemathesis), and fails for a 5xx, an
// answer that does not fit its schema, a status or content type that is not described. Closes with "N passed, N failed".
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Hearth, PASSWORD, root } from "../browser/lib/daemon.mjs";

const TOOL = process.env.SCHEMATHESIS ?? join(root, "target/api-venv/bin/st");
const CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
const cleanup = [];
let passed = 0, failed = 0;

async function logIn(hearth, name) {
  const answer = await fetch(hearth.url("/api/v1/session"), {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name, password: PASSWORD }),
  });
  if (answer.status !== 200) throw new Error(`logging in: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).session;
}

/** One run; `seconds` bounds it. */
async function ask(hearth, what, seconds, session, words) {
  const began = performance.now();
  const auth = session ? ["--header", `Authorization: Bearer ${session}`] : [];
  const tool = spawn(TOOL, [
    "--config-file", join(root, "tests/api/schemathesis.toml"), "run", join(root, "web/api/openapi.json"), "--url", hearth.origin,
    "--checks", CHECKS, "--no-color", "--warnings", "off", "--no-shrink", "--continue-on-failure", "--suppress-health-check", "all",
    "--request-timeout", "20", "--max-time", String(seconds), ...auth, ...words,
  ], { cwd: join(root, "target"), env: { ...process.env, TERM: "dumb", COLUMNS: "160" } });
  let said = "";
  for (const pipe of [tool.stdout, tool.stderr]) pipe.on("data", (text) => { said += text; });
  // Its own bound is kept between cases; this one is for a tool that hangs.
  const late = ["SIGINT", "SIGKILL"].map((signal, i) => setTimeout(() => tool.kill(signal), (seconds + 30 + 10 * i) * 1000));
  const code = await new Promise((done) => tool.on("close", (code, signal) => done(code ?? signal)));
  late.forEach(clearTimeout);
  const took = ((performance.now() - began) / 1000).toFixed(1);
  const count = said.match(/(\d+) generated/)?.[0] ?? "";
  if (code === 0) {
    passed++;
    console.log(`ok      ${what} (${took} s)${count ? `: ${count}` : ""}`);
  } else {
    failed++;
    console.log(`FAILED  ${what} (${took} s): ended with ${code}\n${said}`);
  }
}

try {
  const hearth = await Hearth.prepare(cleanup);
  for (const [i, name] of ["anna", "ben", "gus"].entries()) await hearth.addUser(name, { owner: i === 0 });
  await hearth.start();
  // What ends the session that asks, or may, is asked last.
  const ends = "sign-out$|/people/|/me/password$";
  // Before so many wrong passwords that the box wants a pause.
  const owner = await logIn(hearth, "anna"), again = await logIn(hearth, "anna");
  await ask(hearth, "everything as the owner", 40, owner, ["--phases", "coverage,fuzzing", "--max-examples", "8", "--exclude-path-regex", ends]);
  const still = await fetch(hearth.url("/api/v1/me"), { headers: { authorization: `Bearer ${owner}` } });
  if (still.status !== 200) throw new Error(`the session did not last: ${still.status}`);
  await ask(hearth, "people as the owner", 15, again, ["--phases", "fuzzing", "--max-examples", "8", "--include-path-regex", ends]);
  await ask(hearth, "everything without a session", 15, undefined, ["--phases", "examples"]);
  if (!hearth.program.running) throw new Error("the daemon has ended");
  const panic = hearth.words().match(/.*panicked[^]{0,400}/);
  if (panic) throw new Error(panic[0]);
} catch (error) {
  failed++;
  console.log(`FAILED  ${error.stack ?? error}`);
} finally {
  for (const undo of cleanup.reverse()) await Promise.resolve().then(undo);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
