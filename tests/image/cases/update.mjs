// Updates: what is damaged or not signed is refused; one that a pulled plug cuts short changes nothing; a whole one is started,
// called good, and has everybody's accounts; one whose daemon does not start leaves the box with what it had, and it says so.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, until } from '../../browser/lib/check.mjs';
import { pack, privateKey } from '../../../rootfs/build/update.mjs';
import { Box, copyCard, putOnBoot } from '../lib/box.mjs';

/** No system, but signed it could be one. */
const THIS_FILE = fileURLToPath(import.meta.url);
/** Where what is newer says so. */
const MARK = '/usr/share/hearth/mark';

export async function run({ work, image, firmware, folder, cleanup, say }) {
    const key = privateKey();
    if (!key) return say('not tried: HEARTH_UPDATE_KEY is a public key');
    const kernel = path.join(work, 'kernel.fat');
    const update = (version, changes, by = key) => pack(version, kernel, squash(work, folder, changes), by);
    const newer = update('9.9.9', ['-p', `${MARK.slice(1)} f 644 0 0 echo newer`]);
    const card = path.join(folder, 'card.img');
    copyCard(image, card);
    putOnBoot(card, 'extra.env', 'extra=systemd.debug_shell=hvc0\n');
    const boot = async () => {
        const box = await Box.start({ card, firmware, folder });
        cleanup.push(() => box.kill());
        await box.page(400);
        return box;
    };

    let box = await boot();
    await becomesGood(box, 'a');
    say('slot a is good');
    const added = await box.shell('echo a good password | hearth user add anna --password-stdin --owner --data /data', 120);
    expect(added.code === 0, added.output);
    await refused(box, newer, say);
    await plugPulled(box, newer);

    box = await boot();
    expect(starts(box)[0]?.startsWith('a '), `after a plug was pulled: ${starts(box)}`);
    say(`plug pulled while slot b was written: starts ${starts(box)[0]}`);
    await taken(box, newer, ['b']);
    expect((await box.shell(`cat ${MARK}`)).output.trim() === 'newer', 'the old root runs');
    await becomesGood(box, 'b');
    say(`updated: starts ${starts(box).slice(-1)}, slot b is good`);

    await taken(box, update('9.9.10', ['-p', 'usr/bin/hearth f 755 0 0 echo no program', '-e', 'usr/bin/hearth']), ['a', 'a', 'a', 'b']);
    expect((await box.shell(`cat ${MARK}`)).output.trim() === 'newer', 'the box did not go back to what it ran');
    await becomesGood(box, 'b');
    const page = await (await ask(box, 'GET', '/admin')).text();
    expect(page.includes('The newer system did not come up.'), 'the owner is not told');
    say(`a daemon that does not start: ${starts(box).slice(-4).join(', ')}; told on the page`);
}

/** The root of the build with changes. */
function squash(work, folder, changes) {
    const file = path.join(folder, 'changed.squashfs');
    execFileSync('mksquashfs', [path.join(work, 'root'), file, '-noappend', '-no-progress', '-quiet', '-all-root', '-no-xattrs',
        '-comp', 'zstd', '-Xcompression-level', '1', '-b', '256K', ...changes], { stdio: ['ignore', 'ignore', 'inherit'] });
    return file;
}

/** What the boot script said at each start. */
const starts = (box) => [...box.text.matchAll(/hearth: slot (\w*), tries left: a (\w+), b (\w+)/g)].map((match) => match.slice(1).join(' '));

async function becomesGood(box, slot) {
    await until(`slot ${slot} is good`, 120, async () => {
        const { output } = await box.shell('hearth slot');
        return output.includes(`slot ${slot}\n`) && output.includes(`BOOT_${slot.toUpperCase()}_LEFT 3`) && output.includes('BOOT_TRIAL none');
    }, 2000);
}

/** One request as the owner. */
async function ask(box, method, where, body) {
    const origin = `http://localhost:${box.httpPort}`;
    box.session ??= (await (await fetch(`${origin}/api/v1/session`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'anna', password: 'a good password' }),
    })).json()).session;
    return fetch(origin + where, { method, body, headers: { Authorization: `Bearer ${box.session}`, Accept: 'application/json' } });
}

async function send(box, file) {
    const { url } = await (await ask(box, 'POST', '/api/v1/house/update')).json();
    const reply = await ask(box, 'PUT', url, file);
    return { status: reply.status, body: await reply.text() };
}

async function refused(box, file, say) {
    const changed = (at) => { const copy = Buffer.from(file); copy[at] ^= 1; return copy; };
    const other = generateKeyPairSync('ed25519').privateKey;
    const unsigned = pack('9.9.9', THIS_FILE, THIS_FILE, other);
    for (const [code, bad] of [['damaged', changed(4096 + 100)], ['unsigned', changed(24)], ['unsigned', unsigned], ['not-an-update', file.subarray(5000, 105000)]]) {
        const reply = await send(box, bad);
        expect(reply.status === 422 && reply.body.includes(`"${code}"`), `expected ${code}; got ${reply.status} ${reply.body}`);
        say(`${code}: ${JSON.parse(reply.body).error}`);
    }
    const { output } = await box.shell('hearth slot');
    expect(output.includes('slot a\n') && output.includes('BOOT_ORDER A\n'), output);
}

async function plugPulled(box, file) {
    // Cut off with the box.
    const sent = send(box, file).catch(() => null);
    const written = async () => Number((await box.shell('cat /sys/class/block/vda6/stat')).output.trim().split(/ +/)[6]);
    const before = await written();
    await until('some of slot b', 120, async () => await written() - before > 2 * 2048, 200);
    await box.kill();
    await sent;
}

/** Sends an update that is taken, and waits for the starts that follow it, and the page. */
async function taken(box, file, expected) {
    const before = starts(box).length;
    const reply = await send(box, file);
    expect(reply.status === 200, `refused: ${reply.status} ${reply.body}`);
    box.line?.socket.destroy();
    box.line = undefined;
    box.session = undefined;
    await until(`starts of ${expected}`, 900, () => starts(box).length >= before + expected.length);
    const found = starts(box).slice(before).map((start) => start[0]);
    expect(found.join('') === expected.join(''), `expected starts of ${expected}, got ${found}`);
    await box.page(400);
}
