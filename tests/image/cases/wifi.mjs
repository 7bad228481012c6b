// Wi-Fi without a keyboard, with simulated radios: no cable and no known network, so the box opens its own; a phone joins it, is led to the page,
// mistypes, types it right; the box joins, comes back after a start, falls back when the router goes, and leaves all that for a cable.
import fs from 'node:fs';
import path from 'node:path';
import { expect } from '../../browser/lib/check.mjs';
import { Box, copyCard, putOnBoot } from '../lib/box.mjs';
import { Radios, putRadiosOnBoot } from '../lib/radios.mjs';

const [HOME, PASSPHRASE] = ['Home & Garden', 'correct horse battery'];
const HEX = Buffer.from(HOME).toString('hex');
const PAGE = 'http://10.73.0.1/wifi';

export async function run({ image, work, firmware, folder, cleanup, say }) {
    const card = path.join(folder, 'card.img');
    copyCard(image, card);
    putOnBoot(card, 'extra.env', 'extra=systemd.debug_shell=hvc0\n');
    putRadiosOnBoot(card, work);
    let box = await boot({ card, firmware, folder, cleanup });
    let radios = await Radios.start(box);
    await radios.openRouter(HOME, PASSPHRASE);
    const ap = await guest(radios, say);
    await mistypes(radios, ap, say);
    await joins(radios, say);
    await routerGoes(radios, ap, say);
    await box.kill();

    box = await boot({ card, firmware, folder, cleanup });
    // As on a board: router and radio are there when the box looks for them.
    await box.shell('systemctl stop hearth-wifi');
    radios = await Radios.start(box);
    await radios.openRouter(HOME, PASSPHRASE);
    await radios.run('systemctl start hearth-wifi');
    await radios.run(`until [ -n "$(${address})" ]; do sleep 1; done`, 180);
    say(`joined by itself after a start: ${await radios.run(address)}`);
    await cable(box, radios, say);
    const failed = await radios.run('systemctl --failed --no-legend --no-pager');
    expect(failed === '', `failed units: ${failed}`);
}

/** Without a cable from the beginning. */
async function boot({ card, firmware, folder, cleanup }) {
    const box = await Box.start({ card, firmware, folder });
    cleanup.push(() => box.kill());
    await box.until('QEMU', 20, () => fs.existsSync(box.monitorPath));
    await box.monitor('set_link net off');
    await box.shell('until systemctl is-active --quiet hearth-wifi.service; do sleep 1; done', 300);
    return box;
}

/** The box's address in the house. */
const address = "ip -4 addr show dev wlan0 | sed -n 's/.*inet \\(192.168.77[0-9.]*\\).*/\\1/p'";
/** Waits until the radio's log says so. */
const told = (radios, words, seconds = 120) => radios.run(`until journalctl -u hearth-wifi -b --no-pager | grep -q '\\[INFO \\] ${words}'; do sleep 1; done`, seconds);

/** The access point, a phone on it, names and pages that lead to one place. */
async function guest(radios, say) {
    await told(radios, 'AccessPoint');
    const ap = await radios.run("journalctl -u hearth-wifi -b --no-pager -o cat | sed -n 's/.*AccessPoint \\(Hearth-[0-9A-F]*\\).*/\\1/p' | tail -1");
    const got = await radios.phoneJoins(ap);
    say(`${ap}: the phone is ${JSON.stringify(got)}`);
    expect(/^10\.73\.0\.\d+$/.test(got.address) && got.router === '10.73.0.1' && got.dns === '10.73.0.1', 'no address for guests');
    const names = await radios.in(radios.phone, 'nslookup captive.apple.com 10.73.0.1');
    expect(/Address.*10\.73\.0\.1\b/.test(names.split('captive.apple.com').at(-1)), `names: ${names}`);
    for (const probe of ['connectivitycheck.gstatic.com/generate_204', 'captive.apple.com/hotspot-detect.html', 'www.msftconnecttest.com/connecttest.txt']) {
        const [host, file] = probe.split('/');
        const reply = await radios.phoneAsks(`http://10.73.0.1/${file}" --header "Host: ${host}`);
        expect(/302 Found/.test(reply) && reply.includes(`Location: ${PAGE}`), `${probe}: ${reply.slice(0, 500)}`);
    }
    const page = await radios.phoneAsks(PAGE);
    expect(page.includes('Home &#38; Garden') && page.includes(HEX), `the network is not listed: ${page}`);
    return ap;
}

async function mistypes(radios, ap, say) {
    await radios.phoneAsks(PAGE, `deed=join&network=${HEX}&passphrase=wrong+horse+battery`);
    const said = await radios.phoneAsks(PAGE);
    expect(/tries Home &#38; Garden/.test(said), `the page does not say what happens: ${said}`);
    await told(radios, 'AccessPoint .*Passphrase');
    await radios.phoneJoins(ap);
    const page = await radios.phoneAsks(PAGE);
    expect(page.includes('the passphrase is wrong'), `the page does not say why: ${page}`);
    say('a wrong passphrase leads back, with the reason');
}

async function joins(radios, say) {
    await radios.phoneAsks(PAGE, `deed=join&network=${HEX}&passphrase=${PASSPHRASE.replaceAll(' ', '+')}`);
    await radios.run(`until [ -n "$(${address})" ]; do sleep 1; done`, 120);
    await told(radios, 'Joined Home');
    const at = await radios.run(address);
    const health = await radios.in(radios.router, `wget -q -T 10 -O - http://${at}/healthz`);
    expect(health === 'ok', `no page in the house: ${health}`);
    say(`joined as ${at}`);
    const kept = await radios.run('ls -ln /data/wifi /data/wifi/networks.json');
    expect(/-rw-------\s+1 0\s/.test(kept), `not for root alone: ${kept}`);
    const closed = await radios.run('nft list set inet hearth access_point');
    expect(!closed.includes('wlan0'), `the firewall is open: ${closed}`);
    await radios.run('sync');
}

async function routerGoes(radios, ap, say) {
    await radios.closeRouter();
    await told(radios, 'AccessPoint .*Lost\\|AccessPoint .*NotFound', 240);
    await radios.phoneJoins(ap);
    const page = await radios.phoneAsks(PAGE);
    expect(/went away|is not in reach/.test(page), `the page does not say that the router is gone: ${page}`);
    say('the router went, the access point is back');
}

/** The radio stays in its network, and a cable works beside it. Once the router is gone too, the cable is enough. */
async function cable(box, radios, say) {
    await box.monitor('set_link net on');
    await box.page(120);
    expect((await radios.run(address)) !== '', 'a cable ends Wi-Fi');
    await radios.closeRouter();
    await told(radios, 'Resting', 240);
    expect((await box.get('/healthz')).status === 200, 'no page over the cable');
    const open = await radios.run('nft list set inet hearth access_point');
    expect(!open.includes('wlan0'), 'an access point beside a cable');
    say('a cable works beside Wi-Fi and instead of it');
}
