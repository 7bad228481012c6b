// A daemon that does nothing any more, and has not ended, is ended by its supervisor and started anew: the page is back by itself.
import path from 'node:path';
import { expect } from '../../browser/lib/check.mjs';
import { Box, copyCard, putOnBoot } from '../lib/box.mjs';

/** Seconds without a sign of life (WatchdogSec of the unit), and what ending and starting may take beyond. */
const WATCHDOG = 30, ANEW = 60;

export async function run({ image, firmware, folder, cleanup, say }) {
    const card = path.join(folder, 'card.img');
    copyCard(image, card);
    putOnBoot(card, 'extra.env', 'extra=systemd.debug_shell=hvc0\n');
    const box = await Box.start({ card, firmware, folder });
    cleanup.push(() => box.kill());
    await box.page(300);
    const shown = async (what) => (await box.shell(`systemctl show -P ${what} hearth.service`)).output.trim();
    const [hung, restarts] = [await shown('MainPID'), await shown('NRestarts')];
    expect(Number(hung) > 1 && restarts === '0', `the daemon is ${hung} after ${restarts} restarts`);
    const began = Date.now();
    await box.shell(`kill -STOP ${hung}`);
    expect(!await box.get('/', { seconds: 5 }).catch(() => null), 'a daemon that was stopped answers');
    await box.until('another daemon', WATCHDOG + ANEW, async () => !['0', hung].includes(await shown('MainPID')));
    await box.page(ANEW);
    say(`the page is back ${((Date.now() - began) / 1000).toFixed(0)} s after the daemon hung`);
    expect(await shown('NRestarts') === '1' && await shown('ActiveState') === 'active', 'it was not the supervisor');
    const told = (await box.shell('journalctl -b -u hearth.service --no-pager -o cat')).output;
    expect(/Watchdog timeout/.test(told), `the log does not say why: ${told}`);
}
