// Every board finds its card, watchdog, cable, radio, USB and lights: what their device trees name, and whom those need in turn
// (power, clocks, pins, interrupts, buses), is in the kernel or in the modules that are there when it is wanted.
import { execFileSync, execSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { expect } from '../../browser/lib/check.mjs';
import { compatible, device, DeviceTree, isEnabled } from '../lib/devicetree.mjs';

/** Where the boot partition and slot A's kernel begin, bytes. */
const BOOT_PARTITION = 1024 ** 2, KERNEL_PARTITION = 50 * 1024 ** 2;

/** The trees that must be on the card, one at least for each board of the README. */
const BOARDS = ['bcm2711-rpi-4-b', 'bcm2711-rpi-400', 'bcm2711-rpi-cm4-io', 'bcm2712-d-rpi-5-b', 'bcm2712-rpi-5-b', 'bcm2712d0-rpi-5-b', 'bcm2837-rpi-3-a-plus',
    'bcm2837-rpi-3-b', 'bcm2837-rpi-3-b-plus', 'bcm2837-rpi-zero-2-w'];
/** What a board is asked for, by its node's name. The card and the watchdog are wanted before the root is there. */
const WANTED = [
    ['card', (node) => /^mmc@/.test(node.name) && !node.properties.has('non-removable'), 'initramfs'],
    ['watchdog', (node) => /^watchdog@/.test(node.name), 'initramfs'],
    ['radio', (node) => /^wifi@/.test(node.name), 'root'],
    ['cable', (node) => /^ethernet@/.test(node.name), 'root'],
    ['USB', (node) => /^usb@/.test(node.name), 'root'],
    ['PCIe', (node) => /^pcie@/.test(node.name), 'root'],
    ['lights', (node) => node.name === 'leds', 'root'],
    ['heat', (node) => node.name === 'thermal-zones', 'root'],
];
/** Drivers that make a device, which no tree names; that one's alias. */
const MADE_BY = { 'brcm,bcm2835-pm-wdt': 'platform:bcm2835-wdt', 'snps,dwc3': 'platform:xhci-hcd' };
/** What the radio says of itself on its bus (the 43430; its driver knows the others too). */
const RADIO = ['brcm,bcm4329-fmac', 'sdio:c*v02D0dA9A6'];

export async function run({ image, work, squashfs, folder, say }) {
    const parts = unpacked({ image, work, squashfs, folder });
    const files = fs.readdirSync(folder).filter((file) => file.endsWith('.dtb')).sort();
    for (const board of BOARDS) expect(files.includes(`${board}.dtb`), `the card has no device tree for ${board}`);
    const d0 = new DeviceTree(fs.readFileSync(path.join(folder, 'bcm2712d0-rpi-5-b.dtb')));
    expect(d0.nodes.some((node) => compatible(node).includes('brcm,bcm2712d0-pinctrl')), 'the tree for the second stepping of the Pi 5 is that of the first');
    const missing = [];
    for (const file of files) {
        const tree = new DeviceTree(fs.readFileSync(path.join(folder, file)));
        const has = [];
        for (const [what, isIt, where] of WANTED) {
            const nodes = tree.nodes.filter((node) => isIt(node) && isEnabled(node));
            if (nodes.length) has.push(what);
            for (const node of nodes) missing.push(...lacking(tree, node, parts, where).map((words) => `${path.basename(file, '.dtb')}, ${what}: ${words}`));
        }
        say(`${path.basename(file, '.dtb')}: ${has.join(', ')}`);
        expect(has.includes('card') && has.includes('watchdog'), `${file} names no card or no watchdog`);
    }
    expect(!missing.length, `boards wait for ever:\n${missing.join('\n')}`);
}

/** What the node, and all that it needs, finds no driver for in `where`. */
function lacking(tree, first, parts, where) {
    const missing = [], seen = new Set(), queue = [[first, '']];
    while (queue.length) {
        const [part, why] = queue.shift();
        const node = part === first ? first : device(part);
        if (!node || seen.has(node)) continue;
        seen.add(node);
        if (!isEnabled(node)) {
            missing.push(`${node.path}${why} is switched off`);
            continue;
        }
        const found = driver(node, parts, where);
        if (found) missing.push(`${node.path}${why}: ${found}`);
        // Buses come first, then whom the device and its bus need.
        const above = node.parent && device(node.parent);
        if (above) queue.push([above, `, which ${node.name} is in`]);
        for (const [name, supplier] of tree.suppliers(node)) {
            // A controller of clocks goes without those of its inputs that nobody feeds.
            if (name !== 'clocks' || !node.properties.has('#clock-cells') || isEnabled(supplier)) queue.push([supplier, `, as ${name} of ${node.name}`]);
        }
    }
    return missing;
}

/** Undefined if the node's driver is there; else what is missing. The nearest name that any driver knows decides. */
function driver(node, { known, builtIn, kernel, packed }, where) {
    const names = compatible(node);
    if (!names.length || isHub(node)) return undefined;
    const made = names.map((name) => MADE_BY[name]).find(Boolean);
    if (made && !builtIn.has(made) && ![...known.get(made) ?? []].some((module) => packed[where].has(module))) return `the driver for ${made} is not in the ${where}`;
    for (const name of names) {
        const alias = aliasOf(name);
        if (builtIn.has(alias)) return undefined;
        const modules = known.get(alias);
        if (modules) return [...modules].some((module) => packed[where].has(module)) ? undefined : `${[...modules].join(' or ')} is not in the ${where}`;
        // Interrupt controllers, clocks and timers of the first minute have no alias: their names stand in the kernel.
        if (kernel.includes(`${name}\0`)) return undefined;
    }
    return `no driver knows ${names.join(' or ')}`;
}

/** Hubs are USB's own. */
function isHub(node) {
    const onUsb = (node) => compatible(node).some((name) => /^usb[0-9a-f]+,/.test(name));
    return onUsb(node) && node.children.some(onUsb);
}

/** What says itself what it is, on PCI, USB and SDIO, goes by that; everything else by the tree's name. */
function aliasOf(name) {
    if (name === RADIO[0]) return RADIO[1];
    const [, bus, vendor, product] = name.match(/^(pci|usb)([0-9a-f]+),([0-9a-f]+)$/) ?? [];
    const wide = (digits) => digits.toUpperCase().padStart(bus === 'pci' ? 8 : 4, '0');
    return bus ? `${bus}:v${wide(vendor)}${bus === 'pci' ? 'd' : 'p'}${wide(product)}` : name;
}

/** Of the card: its trees, into `folder`; its kernel; and which drivers there are and where. */
function unpacked({ image, work, squashfs, folder }) {
    const out = (...words) => execFileSync(words[0], words.slice(1), { maxBuffer: 1 << 28 });
    out('mcopy', '-n', '-i', `${image}@@${BOOT_PARTITION}`, '::*.dtb', folder);
    out('mcopy', '-n', '-i', `${image}@@${KERNEL_PARTITION}`, '::Image.gz', '::initramfs.zst', folder);
    const early = path.join(folder, 'initramfs'), root = path.join(folder, 'root');
    fs.mkdirSync(early);
    execSync('zstd -dcq ../initramfs.zst | cpio -idm --quiet', { cwd: early });
    out('unsquashfs', '-q', '-n', '-no-xattrs', '-d', root, squashfs, 'usr/lib/modules');
    const whole = path.join(work, 'parts/kernel/usr/lib/modules');
    const [release] = fs.readdirSync(whole);
    const lines = (...file) => fs.readFileSync(path.join(...file), 'latin1').split(/[\n\0]/);
    const known = new Map();
    for (const line of lines(whole, release, 'modules.alias')) {
        const [word, alias, module] = line.split(' ');
        const name = word === 'alias' && nameIn(alias);
        if (name) known.set(name, (known.get(name) ?? new Set()).add(short(module)));
    }
    const builtIn = new Set();
    for (const line of lines(whole, release, 'modules.builtin.modinfo')) {
        const [, alias] = line.match(/^[^.]+\.alias=(.*)/) ?? [];
        const name = alias && nameIn(alias);
        if (name) builtIn.add(name);
    }
    const dependencies = (folder) => lines(folder, release, 'modules.dep').filter(Boolean).map((line) => line.split(/:? /).map(short));
    // Nobody looks for devices in the initramfs: what it does not name, and no named module needs, stays out of the kernel.
    const named = new Set(lines(early, 'modules').map(short));
    const loaded = dependencies(path.join(early, 'lib/modules')).filter(([module]) => named.has(module)).flat();
    const packed = { initramfs: new Set(loaded), root: new Set(dependencies(path.join(root, 'usr/lib/modules')).flat()) };
    return { known, builtIn, packed, kernel: zlib.gunzipSync(fs.readFileSync(path.join(folder, 'Image.gz'))) };
}

function nameIn(alias) {
    const tree = alias.match(/^of:N.*?T.*?C(.+?)(C\*)?$/);
    if (tree) return tree[1];
    const self = alias.match(/^(pci:v[0-9A-F]{8}d[0-9A-F]{8}|usb:v[0-9A-F]{4}p[0-9A-F]{4}|sdio:c\*v[0-9A-F]{4}d[0-9A-F]{4})/);
    return self ? self[0] : alias.startsWith('platform:') && alias;
}

function short(module) {
    return path.basename(module).replace(/\.ko.*/, '').replaceAll('-', '_').replace(/:$/, '');
}
