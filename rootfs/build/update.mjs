// update.mjs public                            the public key that boxes check updates with, as 64 hexadecimal digits
// update.mjs pack VERSION KERNEL ROOT UPDATE   an update file of a kernel slot's and a root slot's bytes, signed
//
// HEARTH_UPDATE_KEY names the Ed25519 key (PEM) of whoever builds; without it ~/.config/hearth/update.key is taken, and made if
// there is none. Keep it: a box takes updates of the key that its image was built with, and of no other. A public key in
// its place makes the same image, and no updates. For the form of the file see src/wire/update_head.rs.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HEAD_BYTES = 4096;
const BLOCK = 4096;

function keyFile() {
    if (process.env.HEARTH_UPDATE_KEY) return process.env.HEARTH_UPDATE_KEY;
    const file = path.join(process.env.XDG_CONFIG_HOME || path.join(os.homedir(), '.config'), 'hearth/update.key');
    if (!fs.existsSync(file)) {
        fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
        const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
        fs.writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
        console.error(`A key to sign updates with was made: ${file}. Keep a copy of it.`);
    }
    return file;
}

/** The private key; null if only the public one is there. */
function privateKey() {
    const pem = fs.readFileSync(keyFile());
    return pem.includes('PRIVATE KEY') ? createPrivateKey(pem) : null;
}

export function publicKey() {
    const { x } = createPublicKey(fs.readFileSync(keyFile())).export({ format: 'jwk' });
    return Buffer.from(x, 'base64url').toString('hex');
}

/** Without what is zero at the end: nobody reads it. */
function trimmed(file) {
    const bytes = fs.readFileSync(file);
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end -= 1;
    return bytes.subarray(0, Math.min(bytes.length, Math.ceil(end / BLOCK) * BLOCK));
}

/** The whole file; signed by `key`. */
export function pack(version, kernelFile, rootFile, key) {
    const parts = [['kernel', trimmed(kernelFile)], ['root', fs.readFileSync(rootFile)]];
    const line = ([name, bytes]) => `${name} ${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}\n`;
    const text = `hearth update 1\nversion ${version}\nboard arm64\n${parts.map(line).join('')}`;
    const head = Buffer.alloc(HEAD_BYTES, '\n');
    head.write(`${text}signature ${sign(null, Buffer.from(text), key).toString('hex')}\n`);
    return Buffer.concat([head, ...parts.map(([, bytes]) => bytes)]);
}

export { privateKey };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [verb, version, kernel, root, update] = process.argv.slice(2);
    if (verb === 'public') {
        console.log(publicKey());
    } else {
        const key = privateKey();
        if (key) fs.writeFileSync(update, pack(version, kernel, root, key));
        else console.log('no update file: HEARTH_UPDATE_KEY is a public key');
    }
}
