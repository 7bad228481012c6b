// One evening with the box: it starts, nothing is amiss, somebody streams, somebody watches, the card is left alone.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { expect, sleep, until, within } from '../../browser/lib/check.mjs';
import { publish, sending } from '../../browser/lib/encoder.mjs';
import { closeBrowser, Viewer } from '../../browser/lib/viewer.mjs';
import { Box, copyCard, putOnBoot } from '../lib/box.mjs';

/** Seconds of live time over which the card's writes are counted. */
const LIVE_SECONDS = 60;
/** Bytes of a sector in the kernel's figures. */
const SECTOR = 512;
/** A port of the box that nothing should be reached on. */
const CLOSED_PORT = 2049;
/** What may be open for the network: pages and encoders; DHCP's answers and mDNS. */
const OPEN_TCP = [80, 1935];
const OPEN_UDP = [68, 546, 5353];

export async function run({ image, firmware, folder, cleanup, say }) {
    const card = path.join(folder, 'card.img');
    copyCard(image, card);
    putOnBoot(card, 'extra.env', 'extra=systemd.debug_shell=hvc0\n');
    const box = await Box.start({ card, firmware, folder, forward: [CLOSED_PORT] });
    cleanup.push(() => box.kill());
    await start(box, say);
    await nothingIsAmiss(box, say);
    await live(box, folder, cleanup, say);
}

async function start(box, say) {
    await box.onConsole(/Starting kernel/, 120);
    const kernel = box.cpuSeconds();
    await box.page(300);
    const took = box.cpuSeconds() - kernel;
    say(`from kernel to page, first start: ${took.toFixed(0)} CPU seconds, ${((Date.now() - box.began) / 1000).toFixed(0)} s in all`);
    await box.shell('systemctl is-system-running --wait', 120);
    for (const words of ['critical-chain hearth.service', 'blame | head -10']) {
        say((await box.shell(`SYSTEMD_COLORS=0 systemd-analyze --no-pager ${words}`)).output.trim().replaceAll('\n', '\n   '));
    }
    within(took, 1, 60, 'CPU seconds from kernel to page');
}

async function nothingIsAmiss(box, say) {
    const told = async (command) => (await box.shell(command)).output.trim();
    const failed = await told('systemctl --failed --no-legend --no-pager');
    expect(failed === '', `failed units: ${failed}`);
    const rules = await told('nft list ruleset');
    expect(/policy drop/.test(rules) && /dport \{ 80, 1935 \} accept/.test(rules), `no firewall: ${rules}`);
    const answer = await knock(box.forwarded[CLOSED_PORT]);
    expect(answer === 'silence', `port ${CLOSED_PORT} gives ${answer}: the firewall does not drop it`);
    expect((await told('touch /usr/x 2>&1')).includes('Read-only'), 'the root can be written');
    const mounts = (await told('cat /proc/mounts')).split('\n');
    const mounted = (where) => mounts.find((line) => line.split(' ')[1] === where) ?? '';
    expect(/ext4 .*noatime.*commit=600/.test(mounted('/data')), 'no data partition');
    const ring = mounted('/run/hearth');
    expect(/tmpfs .*size=\d+k/.test(ring), `no bound for the ring: ${ring}`);
    const bound = await told('systemctl show -p MemoryMax hearth.service');
    expect(/MemoryMax=\d+$/.test(bound), bound);
    expect(/StatusText=On/.test(await told('systemctl show -p StatusText hearth.service')), 'the daemon does not say that it is on');
    await rightsAndWatchdog(told);
    await listeners(told);
    const memory = await told('cat /proc/meminfo');
    const kib = (name) => Number(memory.match(new RegExp(`${name}: +(\\d+)`))[1]);
    const used = (kib('MemTotal') - kib('MemAvailable')) / 1024;
    say(`idle memory: ${used.toFixed(0)} MiB of ${(kib('MemTotal') / 1024).toFixed(0)}; ${ring}; ${bound}`);
    within(used, 10, 100, 'MiB used when idle');
}

/** The daemon has one right beyond a user's, in its unit and by the kernel's word; what hangs is ended, the box itself included. */
async function rightsAndWatchdog(told) {
    const unit = (await told('systemctl show -p User,AmbientCapabilities,CapabilityBoundingSet,WatchdogUSec hearth.service')).split('\n').sort().join(' ');
    expect(unit === 'AmbientCapabilities=cap_net_bind_service CapabilityBoundingSet=cap_net_bind_service User=hearth WatchdogUSec=30s', `the daemon's unit: ${unit}`);
    const status = await told('cat /proc/$(systemctl show -P MainPID hearth.service)/status');
    // CAP_NET_BIND_SERVICE is the tenth bit.
    const rights = [...status.matchAll(/^Cap(Prm|Eff|Bnd|Amb):\s+0*400$/gm)].length;
    expect(rights === 4 && /^NoNewPrivs:\s+1$/m.test(status) && !/^Uid:.*\b0\b/m.test(status), `the daemon runs with: ${status}`);
    const watchdog = await told('systemctl show -p RuntimeWatchdogUSec');
    expect(watchdog === 'RuntimeWatchdogUSec=14s', `the box's watchdog: ${watchdog}`);
}

/** What a port says to a connection: `silence` where packets are dropped, `an end` where nobody listens, or `words`. */
async function knock(port) {
    const socket = net.connect(port, '127.0.0.1');
    socket.write('?');
    const ending = ['end', 'error', 'close'].map((event) => once(socket, event).then(() => 'an end', () => 'an end'));
    const answer = await Promise.race([sleep(4000).then(() => 'silence'), once(socket, 'data').then(() => 'words', () => 'an end'), ...ending]);
    socket.destroy();
    return answer;
}

/** Only pages, encoders, addresses and names are there for the network. */
async function listeners(told) {
    // In /proc/net, a TCP socket that listens is in state 0A, a UDP socket that anybody may send to in 07.
    const open = async (files, state) => {
        const ports = new Set();
        for (const [, address, port] of (await told(`cat ${files}`)).matchAll(new RegExp(`^ *\\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]+ ${state}`, 'gm'))) {
            if (!address.startsWith('0100007F')) ports.add(parseInt(port, 16));
        }
        return [...ports].sort((a, b) => a - b);
    };
    const tcp = await open('/proc/net/tcp /proc/net/tcp6', '0A');
    expect(String(tcp) === String(OPEN_TCP), `listening on TCP ${tcp}`);
    const udp = await open('/proc/net/udp /proc/net/udp6', '07');
    expect(udp.every((port) => OPEN_UDP.includes(port)), `open on UDP: ${udp}`);
}

async function live(box, folder, cleanup, say) {
    const added = await box.shell('echo a good password | hearth user add anna --password-stdin --owner --data /data', 120);
    expect(added.code === 0, added.output);
    const key = added.output.trim().split('\n').at(-1);
    // Made before, so that encoder and box do not share two processors.
    const film = path.join(folder, 'film.flv');
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '20',
        '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-b:v', '1500k', '-minrate', '1500k', '-maxrate', '1500k', '-bufsize', '1500k', '-nal-hrd', 'cbr', '-g', '50', '-c:a', 'aac', '-f', 'flv', film]);
    const encoder = publish(cleanup, { port: box.rtmpPort, key, file: film, loop: true });
    await sending(encoder, 60);
    await until('the playlist', 60, async () => (await box.get('/live/anna/index.m3u8')).status === 200);
    const before = await sectorsWritten(box);
    const began = Date.now();
    const probe = await ffprobe(`http://localhost:${box.httpPort}/live/anna/index.m3u8`);
    expect(probe.includes('h264') && probe.includes('aac'), `ffprobe found: ${probe}`);
    const viewer = await Viewer.open(cleanup, `http://localhost:${box.httpPort}/@anna`, { mode: 'steady' });
    cleanup.push(closeBrowser);
    const seen = await viewer.playing(90);
    say(`in Chromium ${seen.width}x${seen.height} moves; ${seen.presented} pictures shown so far`);
    await viewer.page.close();
    await sleep(LIVE_SECONDS * 1000 - (Date.now() - began));
    const seconds = (Date.now() - began) / 1000;
    const written = (await sectorsWritten(box) - before) / 2;
    say(`live for ${seconds.toFixed(0)} s; ${written} KiB went to the card`);
    within(written * 60 / seconds, 0, 64, 'KiB written to the card in a minute of live time');
    expect(encoder.running, 'the encoder was cut off');
    const metrics = (await box.get('/metrics')).body;
    say(metrics.split('\n').filter((line) => /resident|ring_bytes|^hearth_(board|card|clock)_/.test(line) && !line.startsWith('#')).join('; '));
    const [, told] = metrics.match(/^hearth_card_written_bytes_total (\d+)$/m) ?? [];
    expect(told, 'nobody says how much is written to the card');
    within(Number(told), before * SECTOR, await sectorsWritten(box, 'vda') * SECTOR, 'bytes written to the card since power-on, as told');
}

/** By default to the data partition; `vda` is the whole card. */
async function sectorsWritten(box, device = 'vda7') {
    return Number((await box.shell(`cat /sys/class/block/${device}/stat`)).output.trim().split(/ +/)[6]);
}

async function ffprobe(url) {
    const program = spawn('ffprobe', ['-v', 'error', '-rw_timeout', '20000000', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', url]);
    let text = '';
    program.stdout.on('data', (data) => { text += data; });
    program.stderr.on('data', (data) => { text += data; });
    await once(program, 'exit');
    return text.trim();
}
