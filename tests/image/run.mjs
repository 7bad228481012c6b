// Tests of the image: node tests/image/run.mjs [CASE…]. Without names the quick ones; HEARTH_LONG=1 adds the long ones.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inTime } from '../browser/lib/check.mjs';
import { built } from './lib/built.mjs';

/** Seconds for a case of those that belong to every change, for a long one, and for each step of tidying up. */
const QUICK_LIMIT = 600, LONG_LIMIT = 3600, TIDY_LIMIT = 20;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hearth-image-'));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

// sfdisk, e2fsck and debugfs are not on everybody's path.
process.env.PATH += ':/usr/sbin:/sbin';

const cases = fs.readdirSync(new URL('cases', import.meta.url)).map((file) => path.basename(file, '.mjs')).sort();
const quick = ['sizes', 'boards', 'slots', 'evening'].filter((name) => cases.includes(name));
const long = cases.filter((name) => !quick.includes(name));
const names = process.argv.length > 2 ? process.argv.slice(2) : [...quick, ...(process.env.HEARTH_LONG ? long : [])];
let passed = 0, failed = 0;
for (const name of names) {
    const began = performance.now();
    const own = path.join(folder, name);
    fs.mkdirSync(own);
    const cleanup = [];
    try {
        const { run } = await import(`./cases/${name}.mjs`);
        const bench = { ...built, folder: own, cleanup, say: (words) => console.log(`   ${words}`) };
        await inTime(quick.includes(name) ? QUICK_LIMIT : LONG_LIMIT, () => run(bench));
        console.log(`ok      ${name}  ${((performance.now() - began) / 1000).toFixed(0)} s`);
        passed += 1;
    } catch (error) {
        console.log(`FAILED  ${name}: ${error.stack}`);
        const log = path.join(own, 'console.log');
        if (fs.existsSync(log)) console.log(fs.readFileSync(log, 'latin1').split('\n').slice(-30).join('\n'));
        failed += 1;
    } finally {
        for (const step of cleanup.reverse()) await inTime(TIDY_LIMIT, step).catch((error) => console.log(`   tidying up: ${error.message}`));
    }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
