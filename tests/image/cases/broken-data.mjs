// A data partition or a partition table that is damaged: what can be mended is mended at start; what can't is told on the page.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, until } from '../../browser/lib/check.mjs';
import { Box, copyCard, dataPartition, putOnBoot } from '../lib/box.mjs';

/** Where the entries of the first partition table lie, bytes. */
const TABLE = 1024;

export async function run({ image, firmware, folder, cleanup, say }) {
    const card = path.join(folder, 'card.img');
    copyCard(image, card);
    putOnBoot(card, 'extra.env', 'extra=systemd.debug_shell=hvc0\n');
    const boot = async () => {
        const box = await Box.start({ card, firmware, folder });
        cleanup.push(() => box.kill());
        return box;
    };
    let box = await boot();
    await box.page(300);
    expect((await box.shell('echo a good password | hearth user add anna --password-stdin --owner --data /data; sync', 120)).code === 0, 'no account');
    await box.kill();

    const { start, size } = dataPartition(card);
    // Free counts that are wrong and a super block in need of a check: what e2fsck mends.
    execFileSync('debugfs', ['-w', '-R', 'ssv free_blocks_count 7', `${card}?offset=${start}`], { stdio: 'ignore' });
    execFileSync('debugfs', ['-w', '-R', 'ssv state 2', `${card}?offset=${start}`], { stdio: 'ignore' });
    // The first partition table half written, as when the plug is pulled while the data partition is entered; the second is whole then.
    overwrite(card, TABLE, Buffer.alloc(100, 0xa5));
    box = await boot();
    await box.page(300);
    expect((await box.get('/@anna')).status === 200, 'the account is gone after a repair');
    say('mended');
    await box.kill();

    // Nothing left to mend: every super block and the tables behind them are noise.
    overwrite(card, start, Buffer.alloc(size, 0xa5));
    box = await boot();
    const reply = await until('a page that says so', 300, () => box.get('/').then((reply) => reply.status === 503 && reply));
    expect(reply.body.includes("can't read its card") && reply.body.includes('/data'), reply.body);
    const screen = (await box.shell('hearth console --once --data /data --ring /run/hearth')).output;
    expect(screen.includes("! Hearth can't read its card") && screen.includes('http://10.0.2.15/'), `the screen: ${screen}`);
    const failed = (await box.shell('systemctl --failed --no-legend --no-pager --plain')).output.trim().split('\n');
    // What is broken is broken; nothing of Hearth's is.
    expect(failed.every((unit) => !unit.startsWith('hearth')), `failed units: ${failed}`);
    say('told');
}

function overwrite(card, offset, data) {
    const file = fs.openSync(card, 'r+');
    fs.writeSync(file, data, 0, data.length, offset);
    fs.closeSync(file);
}
