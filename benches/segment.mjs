// One hot segment of 1 MiB, the same bytes from Hearth and from Debian's nginx (sendfile on) out of the same tmpfs: requests per
// CPU second of the server. Server on core 0, wrk on core 1, the two in turn.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, sleep, until } from "../tests/browser/lib/check.mjs";
import { Hearth, freePort, temporary } from "../tests/browser/lib/daemon.mjs";
import { bytes, ready } from "../tests/browser/lib/playlist.mjs";
import { Program, run } from "../tests/browser/lib/process.mjs";
import { play, Publisher, tagsOf } from "../tests/browser/lib/rtmp.mjs";
import { bench, median } from "./table.mjs";

const ROUNDS = 3, SECONDS = 5, TARGET = 0.9;
const HERTZ = 100;
// Debian ships its nginx.conf with sendfile and tcp_nopush on; without the cork is shown beside it.
const DEBIANS = "nginx as Debian sets it up";

/** CPU seconds that a process has used. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / HERTZ;
}

async function load(pid, url) {
  const before = cpu(pid);
  const wrk = await run("taskset", ["-c", "1", "wrk", "-t1", "-c50", `-d${SECONDS}s`, url]);
  const used = cpu(pid) - before;
  const requests = Number(wrk.out.match(/(\d+) requests in/)?.[1] ?? 0);
  expect(wrk.code === 0 && requests > 0, `wrk: ${wrk.all}`);
  expect(!/Non-2xx|Socket errors/.test(wrk.out), `wrk met errors: ${wrk.out}`);
  return { requests, used, perCpu: requests / used, perSecond: requests / SECONDS };
}

/** nginx as one pinned process over `dir`. */
async function nginx(cleanup, dir, nopush) {
  const port = await freePort(), conf = join(dir, `nginx-${port}.conf`);
  writeFileSync(conf, `daemon off; master_process off; worker_processes 1; pid ${dir}/${port}.pid; error_log ${dir}/${port}.log;
events { worker_connections 1024; }
http { sendfile on; tcp_nopush ${nopush ? "on" : "off"}; access_log off; keepalive_requests 1000000000; types { video/mp4 m4s; }
  client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  server { listen 127.0.0.1:${port}; root ${dir}; } }`);
  const binary = existsSync("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
  const program = new Program("taskset", ["-c", "0", binary, "-c", conf, "-p", dir]);
  cleanup.push(() => program.stop("SIGTERM"));
  const url = `http://127.0.0.1:${port}/segment.m4s`;
  await until("nginx answers", 5, async () => (await fetch(url, { method: "HEAD" })).status === 200);
  return { pid: program.pid, url };
}

/** A stream whose segments of 2 s weigh about 1 MiB. */
async function heavy(dir) {
  const file = join(dir, "heavy.flv");
  const made = await run("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30,noise=alls=30:allf=t", "-f", "lavfi", "-i", "sine=sample_rate=48000",
    "-t", "8", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-b:v", "4080k", "-maxrate", "4080k", "-bufsize", "2040k", "-g", "60", "-keyint_min", "60", "-sc_threshold", "0",
    "-c:a", "aac", "-b:a", "96k", "-f", "flv", file]);
  expect(made.code === 0, `ffmpeg: ${made.err}`);
  return file;
}

await bench("One hot segment against nginx", async (cleanup) => {
  const scratch = temporary(cleanup), dir = temporary(cleanup, "/dev/shm");
  mkdirSync(dir, { recursive: true });
  const hearth = await Hearth.prepare(cleanup);
  const key = await hearth.addUser("anna", { owner: true });
  await hearth.start();
  const { pid } = hearth.program;
  const pinned = await run("taskset", ["-a", "-p", "-c", "0", String(pid)]);
  expect(pinned.code === 0, `taskset: ${pinned.err}`);
  const publisher = await Publisher.open({ port: hearth.rtmp, key });
  const playing = play(publisher, tagsOf(await heavy(scratch)), { round: 8000 });
  const list = await ready(hearth.url("/live/anna/media.m3u8"), 3, 15);
  // An encoder that vanishes leaves the list as it is for the grace of a minute: nothing but requests to be done.
  await playing.stop();
  publisher.socket.resetAndDestroy();
  await sleep(500);
  const mebi = 1 << 20;
  const bodies = await Promise.all(list.segments.map(async (s) => ({ url: s.uri, body: await bytes(s.uri) })));
  const { url, body } = bodies.sort((a, b) => Math.abs(a.body.length - mebi) - Math.abs(b.body.length - mebi))[0];
  const file = join(scratch, "segment.m4s");
  writeFileSync(file, body);
  copyFileSync(file, join(dir, "segment.m4s"));

  const servers = { hearth: { pid, url }, [DEBIANS]: await nginx(cleanup, dir, true), "nginx without tcp_nopush": await nginx(cleanup, dir, false) };
  const results = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, server] of Object.entries(servers)) results[name].push(await load(server.pid, server.url));
  }
  const rate = (name) => median(results[name].map((r) => r.perCpu));
  const rows = Object.keys(servers).map((name) => ({
    what: name, measured: `${rate(name).toFixed(0)} requests per CPU s (${(1e6 / rate(name)).toFixed(0)} µs each), ${median(results[name].map((r) => r.perSecond)).toFixed(0)}/s`,
  }));
  const control = readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").trim();
  const ratio = rate("hearth") / rate(DEBIANS);
  rows.push({ what: `hearth over ${DEBIANS}`, target: `≥ ${TARGET}`, measured: ratio.toFixed(2), ok: ratio >= TARGET });
  rows.push({ what: "segment, congestion control", measured: `${(body.length / mebi).toFixed(2)} MiB, ${control}` });
  return rows;
});
