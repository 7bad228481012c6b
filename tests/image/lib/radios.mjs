// Simulated radios in a box: the first is the box's own; two more live in network namespaces, as the house's router and as a phone.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, until } from '../../browser/lib/check.mjs';

const BOOT_PARTITION = 1024 ** 2;
/** In the order in which they are loaded; the box's root has what they depend on. */
const MODULES = ['lib/crypto/libarc4', 'net/mac80211/mac80211', 'drivers/net/wireless/virtual/mac80211_hwsim'];
/** Where the tools are in the box: the boot partition lets nothing be run. */
const TOOLS = '/run/radios';

/** Puts modules and tools on the card's boot partition: the box itself has no use for them. */
export function putRadiosOnBoot(card, work) {
    const put = (from, name) => execFileSync('mcopy', ['-o', '-i', `${card}@@${BOOT_PARTITION}`, from, `::${name}`]);
    const releases = path.join(work, 'parts/kernel/usr/lib/modules');
    const kernel = path.join(releases, fs.readdirSync(releases)[0], 'kernel');
    for (const module of MODULES) {
        const file = `${card}.ko`;
        fs.writeFileSync(file, execFileSync('xz', ['-dc', path.join(kernel, `${module}.ko.xz`)], { maxBuffer: 64 * 1024 ** 2 }));
        put(file, `${path.basename(module)}.ko`);
        fs.rmSync(file);
    }
    put(path.join(work, 'parts/busybox/usr/bin/busybox'), 'busybox');
}

export class Radios {
    /** In a box that has just started. */
    static async start(box) {
        const radios = new Radios();
        radios.box = box;
        await radios.run(`[ -e /boot/firmware/busybox ] || mount -o ro /dev/disk/by-partlabel/hearth-boot /boot/firmware; mkdir -p ${TOOLS}; cp /boot/firmware/busybox ${TOOLS}; for name in ip wget udhcpc udhcpd nslookup grep sed; do ln -sf busybox ${TOOLS}/$name; done; PATH=$PATH:${TOOLS}`);
        // What a phone's DHCP client would do with what it got.
        await radios.run(`printf '%s\\n' '#!/bin/sh' '[ "$1" = bound ] || exit 0' '${TOOLS}/ip addr add $ip/24 dev $interface' '${TOOLS}/ip route add default via $router' 'echo $ip $router $dns' >${TOOLS}/bound; chmod +x ${TOOLS}/bound`);
        await radios.run('modprobe cfg80211; for module in libarc4 mac80211; do insmod /boot/firmware/$module.ko; done; insmod /boot/firmware/mac80211_hwsim.ko radios=3');
        radios.router = await radios.away(1);
        radios.phone = await radios.away(2);
        return radios;
    }

    /** Runs a command in the box; its output. */
    async run(command, seconds = 60) {
        const { output, code } = await this.box.shell(command, seconds);
        expect(code === 0, `${command}: ${output}`);
        return output.trim();
    }

    /** Moves a radio into a network namespace of its own. */
    async away(number) {
        const pid = await this.run('unshare -n sleep 100000 & echo $!');
        await until('a namespace of its own', 20, async () => (await this.box.shell(`[ "$(readlink /proc/${pid}/ns/net)" != "$(readlink /proc/self/ns/net)" ]`)).code === 0, 300);
        await this.run(`phy=$(cat /sys/class/net/wlan${number}/phy80211/name); iw phy $phy set netns ${pid}`);
        return { pid, radio: `wlan${number}`, conf: `${TOOLS}/wlan${number}.conf` };
    }

    /** Runs a command in a radio's namespace. */
    in(place, command, seconds) {
        return this.run(`nsenter -t ${place.pid} -n sh -c '${command}'`, seconds);
    }

    /** The house's router: a network with a passphrase that gives out addresses. */
    async openRouter(name, passphrase) {
        const { router } = this;
        await this.run(`printf 'network={\\n mode=2\\n ssid="${name}"\\n key_mgmt=WPA-PSK\\n proto=RSN\\n pairwise=CCMP\\n psk="${passphrase}"\\n frequency=2412\\n}\\n' >${router.conf}`);
        await this.run(`printf 'start 192.168.77.50\\nend 192.168.77.90\\ninterface ${router.radio}\\nlease_file ${TOOLS}/leases\\npidfile ${TOOLS}/udhcpd.pid\\nopt router 192.168.77.1\\nopt lease 3600\\n' >${TOOLS}/udhcpd.conf; touch ${TOOLS}/leases`);
        await this.in(router, `wpa_supplicant -B -P ${TOOLS}/router.pid -D nl80211 -i ${router.radio} -c ${router.conf}; ip addr add 192.168.77.1/24 dev ${router.radio}; udhcpd ${TOOLS}/udhcpd.conf`);
    }

    async closeRouter() {
        await this.run(`kill $(cat ${TOOLS}/router.pid) $(cat ${TOOLS}/udhcpd.pid); sleep 1; nsenter -t ${this.router.pid} -n ip addr flush dev ${this.router.radio}`);
    }

    /** The phone joins an open network and asks for an address; what it got. */
    async phoneJoins(name) {
        const { phone } = this;
        await this.run(`printf 'network={\\n ssid="${name}"\\n key_mgmt=NONE\\n}\\n' >${phone.conf}; [ ! -e ${TOOLS}/phone.pid ] || kill $(cat ${TOOLS}/phone.pid); sleep 1`);
        await this.in(phone, `ip addr flush dev ${phone.radio}; wpa_supplicant -B -P ${TOOLS}/phone.pid -D nl80211 -i ${phone.radio} -c ${phone.conf}`);
        const got = await this.in(phone, `udhcpc -f -q -n -t 20 -T 2 -i ${phone.radio} -s ${TOOLS}/bound 2>/dev/null`, 120);
        const [address, router, dns] = got.split('\n').at(-1).split(' ');
        return { address, router, dns };
    }

    /** What the phone's browser gets: head and body. */
    async phoneAsks(url, form) {
        const post = form ? `--post-data "${form}" --header "Origin: http://10.73.0.1"` : '';
        const { output } = await this.box.shell(`nsenter -t ${this.phone.pid} -n sh -c 'wget -S -T 10 -O - ${post} "${url}" 2>&1'`, 60);
        return output;
    }
}
