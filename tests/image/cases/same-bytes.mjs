// The same sources make the same card, bit for bit, wherever they lie and whatever was built before; in time, and small to fetch.
import { execFileSync, execSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect, within } from '../../browser/lib/check.mjs';

/** Of what is made on the way, too: that says where a difference comes from. */
const MADE = ['root/usr/bin/hearth', 'kernel/initramfs.zst', 'kernel/Image.gz', 'boot.fat', 'kernel.fat', 'root.squashfs'];
/** What people download, bytes. */
const DOWNLOAD_MOST = 68e6;
/** Of `make image` with packages and crates fetched and compiled, s. */
const WARM_MOST = 300;

export async function run({ root, folder, version, say }) {
    const xz = `hearth-${version}-arm64.img.xz`, bill = `hearth-${version}-arm64.spdx.json`;
    const elsewhere = path.join(folder, 'elsewhere');
    const epoch = process.env.SOURCE_DATE_EPOCH ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim();
    const cache = path.resolve(root, process.env.IMAGE_CACHE ?? 'target/image-cache');
    const build = (sources, name) => {
        const [work, out, began] = [path.join(folder, name), path.join(folder, `${name}-out`), Date.now()];
        const env = { ...process.env, WORK: work, IMAGE_CACHE: cache, SOURCE_DATE_EPOCH: epoch, FAST: '' };
        execFileSync('rootfs/build/image.sh', [out], { cwd: sources, env, stdio: ['ignore', 'ignore', 'inherit'] });
        const digest = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');
        const digests = Object.fromEntries([...MADE.map((file) => [file, digest(path.join(work, file))]), ...[bill, xz].map((file) => [file, digest(path.join(out, file))])]);
        const size = fs.statSync(path.join(out, xz)).size;
        for (const each of [work, out]) fs.rmSync(each, { recursive: true });
        return { digests, size, seconds: (Date.now() - began) / 1000 };
    };
    const here = build(root, 'here');
    say(`${xz}: ${(here.size / 1e6).toFixed(1)} MB in ${here.seconds.toFixed(0)} s`);
    // What git knows, and the player library, which git does not keep.
    fs.mkdirSync(elsewhere);
    execSync(`(git ls-files -z --cached --others --exclude-standard; find web/vendor -type f -print0) | tar -c --null -T - | tar -x -C "${elsewhere}"; chmod -R go= "${elsewhere}"`, { cwd: root });
    const there = build(elsewhere, 'there');
    for (const [file, digest] of Object.entries(here.digests)) expect(digest === there.digests[file], `${file} differs`);
    say(`built again elsewhere, from nothing: ${there.seconds.toFixed(0)} s, the same ${here.digests[xz]}`);
    within(here.size, 20e6, DOWNLOAD_MOST, `bytes of ${xz}`);
    within(here.seconds, 1, WARM_MOST, 'seconds of a build from a warm cache');
}
