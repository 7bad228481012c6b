// The boot script alone: which slot it takes, how it counts tries, what a spoilt copy of its memory does. No kernel runs.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect } from '../../browser/lib/check.mjs';
import { Box, copyCard } from '../lib/box.mjs';

const MIB = 1024 ** 2;
const COPIES = [49 * MIB, 49 * MIB + 64 * 1024];
const KERNEL_A = 50 * MIB;
/** A new card as the build makes it: two copies, the second one newer. */
const SHIPPED = { BOOT_ORDER: 'A', BOOT_A_LEFT: 3, BOOT_B_LEFT: 0, BOOT_TRIAL: 'none' };

export async function run({ image, firmware, folder, cleanup, say }) {
    const started = async (name, change, count) => {
        const card = path.join(folder, `${name}.img`);
        copyCard(image, card);
        change?.(card);
        const box = await Box.start({ card, firmware, folder });
        cleanup.push(() => box.kill());
        const lines = () => [...box.text.matchAll(/hearth: slot (\w*), tries left: a (\w+), b (\w+)/g)].map((m) => m.slice(1).join(' '));
        await box.until(`${count} starts`, 120, () => lines().length >= count);
        await box.kill();
        say(`${name}: ${lines().slice(0, count).join(', ')}; ${((Date.now() - box.began) / 1000).toFixed(0)} s`);
        return { lines: lines().slice(0, count), card };
    };
    const expectLines = (found, wanted) => expect(found.join(', ') === wanted.join(', '), `expected ${wanted.join(', ')}; got ${found.join(', ')}`);

    const fresh = await started('a new card', null, 1);
    expectLines(fresh.lines, ['a 2 0']);
    // The older copy was written, the other one is as it was.
    expect(read(fresh.card, 0).BOOT_WRITES === '3' && read(fresh.card, 1).BOOT_WRITES === '2', 'the wrong copy was written');

    const empty = await started('b first but empty', (card) => write(card, 1, { ...SHIPPED, BOOT_ORDER: 'B A', BOOT_B_LEFT: 3, BOOT_TRIAL: 'B', BOOT_WRITES: 'a' }), 4);
    expectLines(empty.lines, ['b 3 2', 'b 3 1', 'b 3 0', 'a 2 0']);
    expect(read(empty.card, 1).BOOT_WRITES === 'e' && read(empty.card, 1).BOOT_TRIAL === 'B', 'the count of writes or the trial was lost');

    const known = { ...SHIPPED, BOOT_ORDER: 'A B', BOOT_A_LEFT: 2, BOOT_B_LEFT: 1 };
    const second = await started('first copy spoilt', (card) => { write(card, 1, { ...known, BOOT_WRITES: 1 }); spoil(card, 0); }, 1);
    expectLines(second.lines, ['a 1 1']);
    const first = await started('second copy spoilt', (card) => { write(card, 0, { ...known, BOOT_WRITES: 1 }); spoil(card, 1); }, 1);
    expectLines(first.lines, ['a 1 1']);

    const none = await started('both copies spoilt', (card) => { spoil(card, 0); spoil(card, 1); }, 1);
    expectLines(none.lines, ['a 2 3']);
    expect(read(none.card, 1).BOOT_WRITES === '1', 'nothing valid was written in place of spoilt copies');

    // Neither slot has a kernel: it goes on trying, and does not end with nothing left to try.
    const bare = await started('no kernel anywhere', (card) => put(card, Buffer.alloc(MIB), KERNEL_A), 5);
    expectLines(bare.lines, ['a 2 0', 'a 1 0', 'a 0 0', ' 3 3', 'a 2 3']);
}

function put(card, bytes, at) {
    const file = fs.openSync(card, 'r+');
    fs.writeSync(file, bytes, 0, bytes.length, at);
    fs.closeSync(file);
}

const spoil = (card, copy) => put(card, Buffer.alloc(100, 0xa5), COPIES[copy] + 10);

/** Writes one copy, as U-Boot's own tool makes it. */
function write(card, copy, variables) {
    const text = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`).join('');
    put(card, execFileSync('mkenvimage', ['-s', '0x4000', '-o', '-', '-'], { input: text }), COPIES[copy]);
}

/** The variables of one copy. */
function read(card, copy) {
    const bytes = Buffer.alloc(16 * 1024);
    const file = fs.openSync(card, 'r');
    fs.readSync(file, bytes, 0, bytes.length, COPIES[copy]);
    fs.closeSync(file);
    const text = bytes.subarray(4).toString('latin1');
    return Object.fromEntries(text.slice(0, text.indexOf('\0\0')).split('\0').map((line) => line.split('=')));
}
