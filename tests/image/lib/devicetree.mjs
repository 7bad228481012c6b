// A board's device tree as its blob says it (Devicetree Specification 0.4, chapter 5): nodes, and whom each one needs.
const BEGIN = 1, END = 2, PROPERTY = 3, NOTHING = 4, LAST = 9;

/** Properties that name suppliers, and how many cells follow each name: a number, or the supplier's property that says so. */
const SUPPLIERS = [
    [/-supply$/, 0], [/^pinctrl-\d+$/, 0], [/^(phy-handle|usb-phy|mmc-pwrseq|firmware)$/, 0],
    [/^(assigned-)?clocks$/, '#clock-cells'], [/^resets$/, '#reset-cells'], [/(^|-)gpios?$/, '#gpio-cells'],
    [/^interrupts-extended$/, '#interrupt-cells'], [/^msi-parent$/, '#msi-cells'], [/^phys$/, '#phy-cells'],
    [/^power-domains$/, '#power-domain-cells'], [/^mboxes$/, '#mbox-cells'], [/^iommus$/, '#iommu-cells'],
    [/^dmas$/, '#dma-cells'], [/^thermal-sensors$/, '#thermal-sensor-cells'],
];

export class DeviceTree {
    /** @param {Buffer} blob a .dtb */
    constructor(blob) {
        if (blob.readUInt32BE(0) !== 0xd00dfeed) throw new Error('not a device tree');
        const strings = blob.readUInt32BE(12);
        const text = (at) => blob.toString('latin1', at, blob.indexOf(0, at));
        this.nodes = [];
        this.byHandle = new Map();
        let at = blob.readUInt32BE(8), node = null;
        for (;;) {
            const token = blob.readUInt32BE(at);
            at += 4;
            if (token === BEGIN) {
                const name = text(at);
                at = (at + name.length + 4) & ~3;
                const child = { name, parent: node, path: node ? `${node.path}/${name}` : '', properties: new Map(), children: [] };
                node?.children.push(child);
                this.nodes.push(child);
                node = child;
            } else if (token === END) {
                node = node.parent;
            } else if (token === PROPERTY) {
                const [length, name] = [blob.readUInt32BE(at), text(strings + blob.readUInt32BE(at + 4))];
                const value = blob.subarray(at + 8, at + 8 + length);
                node.properties.set(name, value);
                if (name === 'phandle') this.byHandle.set(value.readUInt32BE(0), node);
                at = (at + 8 + length + 3) & ~3;
            } else if (token === LAST) {
                return;
            } else if (token !== NOTHING) {
                throw new Error(`token ${token} in a device tree`);
            }
        }
    }

    /** The nodes that this one needs before it works, of its own and of its parts' properties, with the name of the property. */
    suppliers(node) {
        const found = [];
        for (const [name, value] of node.properties) {
            const [, cells] = SUPPLIERS.find(([pattern]) => pattern.test(name)) ?? [];
            if (cells === undefined || value.length % 4) continue;
            for (let at = 0; at < value.length;) {
                const handle = value.readUInt32BE(at);
                const supplier = this.byHandle.get(handle);
                at += 4;
                // 0 stands for a supplier left out.
                if (!handle) continue;
                if (!supplier) throw new Error(`${node.path}: ${name} names nobody`);
                found.push([name, supplier]);
                at += 4 * (typeof cells === 'number' ? cells : number(supplier, cells) ?? 0);
            }
        }
        if (node.properties.has('interrupts')) found.push(['interrupts', this.#interruptParent(node)]);
        // What has no driver of its own is a part of its parent: LEDs, pin states, network PHYs.
        for (const child of node.children) if (!compatible(child).length && isEnabled(child)) found.push(...this.suppliers(child));
        return found;
    }

    #interruptParent(node) {
        for (let above = node; above; above = above.parent) {
            const named = number(above, 'interrupt-parent');
            if (named !== undefined) return this.byHandle.get(named);
            if (above !== node && above.properties.has('#interrupt-cells')) return above;
        }
        throw new Error(`${node.path}: nobody takes its interrupts`);
    }
}

/** @returns {string[]} what a driver knows it by, the nearest first */
export function compatible(node) {
    return texts(node, 'compatible');
}

export function texts(node, property) {
    const value = node.properties.get(property);
    return value ? value.toString('latin1').split('\0').filter(Boolean) : [];
}

function number(node, property) {
    return node.properties.get(property)?.readUInt32BE(0);
}

/** Neither it nor anything that it is in is switched off. */
export function isEnabled(node) {
    for (let above = node; above; above = above.parent) {
        const status = texts(above, 'status')[0] ?? 'okay';
        if (status !== 'okay' && status !== 'ok') return false;
    }
    return true;
}

/** The nearest of a node and what it is in that has a driver of its own; undefined for the root. */
export function device(node) {
    for (let above = node; above?.parent; above = above.parent) if (compatible(above).length) return above;
    return undefined;
}
