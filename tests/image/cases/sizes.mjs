// What is fetched and flashed stays small. The download's own size: same-bytes.
import fs from 'node:fs';
import { within } from '../../browser/lib/check.mjs';

/** Bytes of the root file system; of the card, what is not zeros. */
const ROOT_MOST = 45e6;
const CARD_MOST = 75e6;

export async function run({ squashfs, image, say }) {
    const root = fs.statSync(squashfs).size;
    const filled = fs.statSync(image).blocks * 512;
    say(`root ${(root / 1e6).toFixed(1)} MB, card ${(filled / 1e6).toFixed(1)} MB that are not zeros`);
    within(root, 5e6, ROOT_MOST, 'bytes of the root file system');
    within(filled, 20e6, CARD_MOST, 'bytes of the card that are not zeros');
}
