// sbom.mjs VERSION EPOCH: what the image is made of, as SPDX 2.3 JSON: Debian packages by the lock, crates that are linked
// into the daemon, the player library. The same input gives the same bytes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';

const [version, epoch] = process.argv.slice(2);
const lines = (text) => text.split('\n').filter((line) => line && !line.startsWith('#'));

/** One package entry; id from what names it. */
function entry(name, version, purl, more = {}) {
    return {
        SPDXID: `SPDXRef-${createHash('sha256').update(purl).digest('hex').slice(0, 20)}`,
        name, versionInfo: version, downloadLocation: 'NOASSERTION', filesAnalyzed: false,
        licenseConcluded: 'NOASSERTION', licenseDeclared: 'NOASSERTION', copyrightText: 'NOASSERTION',
        externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
        ...more,
    };
}

const debian = lines(fs.readFileSync('rootfs/build/packages.lock', 'utf8')).map((line) => {
    const [name, version, , sum, path] = line.split(' ');
    const where = path.startsWith('pool/updates/') ? 'debian-security' : 'debian';
    return entry(name, version, `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=arm64&distro=trixie`, {
        downloadLocation: `http://deb.debian.org/${where}/${path}`,
        checksums: [{ algorithm: 'SHA256', checksumValue: sum }],
    });
});

const tree = execFileSync('cargo', ['tree', '--locked', '--target', 'aarch64-unknown-linux-gnu', '--edges', 'normal', '--prefix', 'none', '--no-dedupe', '--format', '{p}|{l}'], { encoding: 'utf8' });
const crates = [...new Set(lines(tree))].sort().filter((line) => !line.startsWith('hearth ')).map((line) => {
    const [, name, version, license] = line.match(/^(\S+) v(\S+).*\|(.*)$/);
    return entry(name, version, `pkg:cargo/${name}@${version}`, {
        downloadLocation: `https://static.crates.io/crates/${name}/${name}-${version}.crate`,
        licenseDeclared: license.replaceAll('/', ' OR ') || 'NOASSERTION',
    });
});

const lock = JSON.parse(fs.readFileSync('web/package-lock.json', 'utf8'));
const scripts = Object.entries(lock.packages).filter(([path]) => path).map(([path, found]) => {
    const name = path.replace(/^node_modules\//, '');
    return entry(name, found.version, `pkg:npm/${name}@${found.version}`, { downloadLocation: found.resolved ?? 'NOASSERTION', licenseDeclared: found.license ?? 'NOASSERTION' });
});

const box = entry('hearth', version, `pkg:generic/hearth@${version}`, { licenseDeclared: 'Apache-2.0 OR MIT' });
const packages = [box, ...debian, ...crates, ...scripts];
const digest = createHash('sha256').update(JSON.stringify(packages)).digest('hex');
const document = {
    spdxVersion: 'SPDX-2.3', dataLicense: 'CC0-1.0', SPDXID: 'SPDXRef-DOCUMENT', name: `hearth-${version}-arm64`,
    documentNamespace: `https://hearth.invalid/spdx/hearth-${version}-arm64-${digest.slice(0, 32)}`,
    creationInfo: { created: new Date(epoch * 1000).toISOString().replace('.000', ''), creators: [`Tool: hearth-image-${version}`] },
    packages,
    relationships: [
        { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: box.SPDXID },
        ...packages.slice(1).map((found) => ({ spdxElementId: box.SPDXID, relationshipType: 'CONTAINS', relatedSpdxElement: found.SPDXID })),
    ],
};
process.stdout.write(`${JSON.stringify(document, null, 1)}\n`);
