// Debian's nginx-rtmp with 2 s fragments and a page with hls.js as it comes: what Hearth is measured beside.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, until } from "../tests/browser/lib/check.mjs";
import { freePort, root, temporary } from "../tests/browser/lib/daemon.mjs";
import { Program } from "../tests/browser/lib/process.mjs";

const MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so";
const PAGE = `<!doctype html><meta charset="utf-8"><title>nginx-rtmp</title><body><script src="hls.min.js"></script><script>
const video = document.createElement("video");
video.muted = true;
document.body.append(video);
const hls = new Hls();
hls.loadSource("hls/anna.m3u8");
hls.attachMedia(video);
hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
</script>`;

export const available = () => existsSync(MODULE);

/** Started on free ports: where to publish to, the page's address, its playlist. */
export async function nginxRtmp(cleanup) {
  const dir = temporary(cleanup, "/dev/shm"), http = await freePort(), rtmp = await freePort(), conf = join(dir, "nginx.conf");
  mkdirSync(join(dir, "www/hls"), { recursive: true });
  copyFileSync(process.env.HEARTH_HLS_JS ?? join(root, "web/vendor/hls.min.js"), join(dir, "www/hls.min.js"));
  writeFileSync(join(dir, "www/index.html"), PAGE);
  writeFileSync(conf, `load_module ${MODULE}; daemon off; master_process off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/log;
events { worker_connections 256; }
rtmp { server { listen 127.0.0.1:${rtmp}; application live { live on; hls on; hls_path ${dir}/www/hls; hls_fragment 2s; } } }
http { sendfile on; tcp_nopush on; access_log off; types { text/html html; text/javascript js; application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
  client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  server { listen 127.0.0.1:${http}; root ${dir}/www; location /hls/ { add_header Cache-Control no-cache; } } }
`);
  const program = new Program("nginx", ["-c", conf, "-p", dir]);
  cleanup.push(() => program.stop("SIGTERM"));
  const page = `http://127.0.0.1:${http}/index.html`;
  await until("nginx answers", 5, async () => (await fetch(page)).ok, 50).catch((error) => { throw new Error(`${error.message}: ${program.all}`); });
  expect(program.running, `nginx ended: ${program.all}`);
  return { publish: `rtmp://127.0.0.1:${rtmp}/live/anna`, page, list: `http://127.0.0.1:${http}/hls/anna.m3u8` };
}
