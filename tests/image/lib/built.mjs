// What rootfs/build/image.sh has made.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const version = fs.readFileSync(path.join(root, 'Cargo.toml'), 'utf8').match(/^version = "(.*)"/m)[1];
const work = process.env.WORK ?? path.join(root, 'target/image');

export const built = {
    root,
    work,
    version,
    image: path.join(work, `hearth-${version}-arm64.img`),
    firmware: path.join(work, 'u-boot-qemu.bin'),
    squashfs: path.join(work, 'root.squashfs'),
};
