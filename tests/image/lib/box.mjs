// A box under QEMU: a copy of the card, one machine, a shell on its second console that only tests open.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How much longer than it should a wait may take where the machine is busy with other things. */
const PATIENCE = 4;
/** Bytes of the card that tests use: data partition included. */
const CARD_BYTES = 1024 ** 3;
const BOOT_PARTITION = 1024 ** 2;

/** Free ports of this machine, all different. */
export async function freePorts(count) {
    const servers = await Promise.all(Array.from({ length: count }, async () => {
        const server = net.createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        return server;
    }));
    const ports = servers.map((server) => server.address().port);
    await Promise.all(servers.map((server) => once(server.close(), 'close')));
    return ports;
}

/** A writable copy of an image, grown as a card would be. */
export function copyCard(image, to) {
    execFileSync('cp', ['--sparse=always', '--reflink=auto', image, to]);
    fs.truncateSync(to, CARD_BYTES);
}

/** Puts a file on the card's boot partition. */
export function putOnBoot(card, name, text) {
    const file = `${card}.${name}`;
    fs.writeFileSync(file, text);
    execFileSync('mcopy', ['-o', '-i', `${card}@@${BOOT_PARTITION}`, file, `::${name}`]);
    fs.rmSync(file);
}

/** Where the data partition of a card lies, bytes. */
export function dataPartition(card) {
    const table = execFileSync('sfdisk', ['-J', card], { encoding: 'utf8' });
    const found = JSON.parse(table).partitiontable.partitions.find((partition) => partition.name === 'hearth-data');
    return { start: found.start * 512, size: found.size * 512 };
}

/** One HTTP request to a port of this machine, on a connection of its own; `json` is sent as such. */
export function request(port, method, where, { headers = {}, body, json, seconds = 15 } = {}) {
    const sent = json === undefined ? body : JSON.stringify(json);
    const kind = json === undefined ? {} : { 'Content-Type': 'application/json' };
    return new Promise((resolve, reject) => {
        const length = method === 'GET' ? {} : { 'Content-Length': Buffer.byteLength(sent ?? '') };
        const asked = http.request({ host: '127.0.0.1', port, method, path: where, agent: false, timeout: seconds * 1000, headers: { Host: 'localhost', ...kind, ...length, ...headers } }, (reply) => {
            const chunks = [];
            reply.on('data', (chunk) => chunks.push(chunk));
            reply.on('end', () => resolve({ status: reply.statusCode, headers: reply.headers, body: Buffer.concat(chunks).toString() }));
            reply.on('error', reject);
        });
        asked.on('timeout', () => asked.destroy(new Error('no answer')));
        asked.on('error', reject);
        asked.end(sent);
    });
}

export class Box {
    /**
     * card: its image (a plug that is pulled takes nothing from it), or a ForgetfulCard; firmware: U-Boot; folder for sockets and
     * logs; forward: more ports of the box that are reached from here, by `box.forwarded`; asleep: what `freeze` has left.
     */
    static async start({ card, firmware, folder, http: page, rtmp, forward = [], asleep, memory = 512 }) {
        const box = new Box();
        const ports = await freePorts(2 + forward.length);
        box.httpPort = page ?? ports[0];
        box.rtmpPort = rtmp ?? ports[1];
        box.forwarded = Object.fromEntries(forward.map((port, i) => [port, ports[2 + i]]));
        box.folder = folder;
        box.log = path.join(folder, 'console.log');
        box.text = '';
        box.shellPath = path.join(folder, 'shell.sock');
        box.monitorPath = path.join(folder, 'monitor.sock');
        for (const file of [box.shellPath, box.monitorPath]) fs.rmSync(file, { force: true });
        const log = fs.createWriteStream(box.log);
        const isForgetful = typeof card !== 'string';
        const file = isForgetful ? await card.serve(path.join(folder, 'card.sock')) : card;
        const reached = [[box.httpPort, 80], [box.rtmpPort, 1935], ...forward.map((port) => [box.forwarded[port], port])];
        box.began = Date.now();
        box.qemu = spawn('qemu-system-aarch64', [
            '-M', 'virt', '-cpu', 'cortex-a72', '-smp', '2', '-m', String(memory), '-accel', 'tcg,thread=multi',
            '-nographic', '-nodefaults', '-bios', firmware, '-serial', 'stdio',
            '-drive', `if=none,id=card,file=${file},format=raw,cache=${isForgetful ? 'writeback' : 'unsafe'}`, '-device', 'virtio-blk-pci,drive=card',
            '-netdev', `user,id=net,${reached.map(([here, there]) => `hostfwd=tcp:127.0.0.1:${here}-:${there}`)}`,
            '-device', 'virtio-net-pci,netdev=net,romfile=', '-device', 'virtio-rng-pci',
            '-device', 'virtio-serial-pci', '-chardev', `socket,id=shell,path=${box.shellPath},server=on,wait=off`,
            '-device', 'virtconsole,chardev=shell', '-monitor', `unix:${box.monitorPath},server=on,wait=off`,
            ...(asleep ? ['-incoming', `exec:cat ${asleep}`] : []),
        ], { stdio: ['ignore', 'pipe', 'pipe'] });
        const note = (data) => { box.text += data.toString('latin1'); log.write(data); };
        box.qemu.stdout.on('data', note);
        box.qemu.stderr.on('data', note);
        box.ended = once(box.qemu, 'exit');
        const killed = () => box.qemu.kill('SIGKILL');
        process.once('exit', killed);
        box.qemu.once('exit', () => {
            process.off('exit', killed);
            if (isForgetful) card.close();
        });
        if (asleep) {
            await box.until('what was asleep', 120, async () => !(await box.monitor('info status')).includes('inmigrate'));
            await box.monitor('cont');
        }
        return box;
    }

    /** CPU seconds that QEMU has used: what a loaded machine does not stretch. */
    cpuSeconds() {
        if (this.hasEnded) return Infinity;
        const fields = fs.readFileSync(`/proc/${this.qemu.pid}/stat`, 'latin1').split(') ')[1].split(' ');
        return (Number(fields[11]) + Number(fields[12])) / 100;
    }

    get hasEnded() { return this.qemu.exitCode !== null || this.qemu.signalCode !== null; }

    /** Waits for `test`; fails after `seconds`, on a machine that gives QEMU little of its processors not before it had a third of them. */
    async until(what, seconds, test) {
        const began = Date.now(), cpu = this.cpuSeconds();
        const isOver = () => {
            const waited = (Date.now() - began) / 1000;
            return waited > seconds && (waited > seconds * PATIENCE || this.cpuSeconds() - cpu > seconds / 3);
        };
        while (!isOver()) {
            if (this.hasEnded) throw new Error(`QEMU ended while waiting for ${what}; see ${this.log}`);
            const found = await test();
            if (found) return found;
            await sleep(100);
        }
        throw new Error(`no ${what} within ${seconds} s; see ${this.log}`);
    }

    /** Waits for a line on the console. */
    onConsole(pattern, seconds) {
        return this.until(String(pattern), seconds, () => this.text.match(pattern));
    }

    /** Waits until the page answers; before the first account it leads to the set-up. */
    page(seconds) {
        return this.until('page', seconds, () => this.get('/').then((reply) => reply.status < 400 && reply, () => null));
    }

    /** One request to the box. */
    request(method, where, options) { return request(this.httpPort, method, where, options); }

    get(where, options) { return this.request('GET', where, options); }

    /** Runs a command in the box; its output. Needs systemd.debug_shell=hvc0 in extra.env. */
    async shell(command, seconds = 60) {
        this.line ??= await this.openShell();
        const mark = `END${Math.random().toString(36).slice(2)}`;
        const from = this.line.text.length;
        this.line.socket.write(`${command}\necho ${mark.slice(0, 3)}''${mark.slice(3)}=$?\n`);
        const match = await this.until(`answer to ${command}`, seconds, () => this.line.text.slice(from).match(new RegExp(`([^]*)${mark}=(\\d+)`)));
        return { output: match[1].replaceAll('\r', ''), code: Number(match[2]) };
    }

    async openShell() {
        await this.until('QEMU', 20, () => fs.existsSync(this.shellPath));
        const line = { text: '', socket: net.connect(this.shellPath) };
        line.socket.on('data', (data) => { line.text += data.toString(); });
        await once(line.socket, 'connect');
        await this.until('shell', 120, async () => {
            line.socket.write('echo rea""dy\n');
            await sleep(500);
            return line.text.includes('ready');
        });
        // Whatever was asked and echoed before has been answered then.
        line.socket.write('stty -echo; PS1= PS2=; echo sil""ent\n');
        await this.until('quiet shell', 60, () => line.text.includes('silent\r\n'));
        return line;
    }

    /** A command of QEMU's monitor. */
    async monitor(command, seconds = 120) {
        await this.until('QEMU', 20, () => fs.existsSync(this.monitorPath));
        const socket = net.connect(this.monitorPath);
        let text = '';
        socket.on('data', (data) => { text += data; });
        await this.until('monitor', 10, () => text.includes('(qemu)'));
        const from = text.length;
        socket.write(`${command}\n`);
        await this.until(`answer to ${command}`, seconds, () => text.slice(from).includes('(qemu)'));
        socket.destroy();
        return text.slice(from);
    }

    /** Stops the box and leaves its memory in `file`; the card has kept everything. It can only be killed then. */
    async freeze(file) {
        await this.monitor('stop');
        await this.monitor(`migrate "exec:cat > ${file}"`);
        await this.until('its memory', 120, async () => (await this.monitor('info migrate')).includes('completed'));
    }

    /** Pulls the plug. */
    async kill() {
        this.line?.socket.destroy();
        if (!this.hasEnded) this.qemu.kill('SIGKILL');
        await this.ended;
    }
}
