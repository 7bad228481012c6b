// A card that was prepared on another computer: full of mistakes it stops nothing and says so on page and screen; filled in
// well it makes the box somebody's, takes the passwords along and forgets them.
import { execFileSync } from 'node:child_process';
import { expect, until } from '../../browser/lib/check.mjs';
import { Box, copyCard, putOnBoot } from '../lib/box.mjs';
import path from 'node:path';

/** Where the boot partition begins, bytes. */
const BOOT_PARTITION = 1024 ** 2;

const MISTAKES = `host = "Our Living Room"
memroy = "64M"
setup = "code"
reach = everybody
wifi.name = "Home"
wifi.password = "short"
wifi.country = "Germany"
joining = "everyone"
time_zone = "Berlin"
http = ["192.168.1.50:80"]
rtmp = ["[::]:80"]
data = "/nowhere"
ring = "/data"
memory = "1G"
[owner
name = "Anna"
`;

const PASSWORDS = { wifi: 'correct horse', owner: 'battery staple' };

const FILLED_IN = `# Ours
host = "living-room"
wifi.name = "Café 5"
wifi.password = "${PASSWORDS.wifi}" # as on the router
wifi.country = "DE"
owner.name = "Anna"
owner.password = '${PASSWORDS.owner}'
joining = "open"
time_zone = "+05:30"
memory = "96M"
setup = "code"
`;

export async function run({ image, firmware, folder, cleanup, say }) {
    const card = path.join(folder, 'card.img');
    copyCard(image, card);
    putOnBoot(card, 'extra.env', 'extra=systemd.debug_shell=hvc0\n');
    const boot = async () => {
        const box = await Box.start({ card, firmware, folder });
        cleanup.push(() => box.kill());
        await box.page(300);
        return box;
    };
    putOnBoot(card, 'hearth.toml', MISTAKES);
    let box = await boot();
    await mistakesAreTold(box);
    await theCodeIsAsked(box, card);
    await nothingFailed(box);
    expect(onBoot(card, 'hearth.toml') === MISTAKES, 'a card full of mistakes was changed');
    say('mistakes are told, the code is asked for');
    // The card is taken out and corrected.
    await box.kill();
    putOnBoot(card, 'hearth.toml', FILLED_IN);
    box = await boot();
    await theOwnerIsMade(box, card);
    await settingsAreUsed(box);
    say('a prepared card is used and blanked');
    await box.shell('systemctl stop hearth; systemctl restart hearth-card; systemctl start hearth', 120);
    await box.page(60);
    await settingsAreUsed(box);
    await nothingFailed(box);
    say('and kept at the next start');
}

async function mistakesAreTold(box) {
    const page = (await box.get('/setup')).body;
    const mistakes = [[1, 'Our Living Room'], [2, 'memroy'], [4, 'read'], [6, 'wifi.password'], [8, 'joining'], [9, 'time_zone'], [10, 'http'], [11, 'rtmp'], [12, 'data'], [13, 'ring'], [14, 'memory'], [15, 'read']];
    for (const [line, word] of mistakes) expect(new RegExp(`hearth\\.toml, line ${line}: [^\\n<]*${word}`).test(page), `the page does not tell of line ${line}: ${page}`);
    const words = await told(box, 'hearth console --once --data /data');
    for (const part of ['http://hearth.local/', 'http://10.0.2.15/', '█', 'Nobody owns this box yet', '! hearth.toml, line 1: ', 'more on the page']) expect(words.includes(part), `the screen says: ${words}`);
    // What is really on it, by the kernel's word.
    const screen = await until('state on the screen', 30, async () => {
        const glyphs = await told(box, 'tr -c " -~" "#" </dev/vcs1 | fold -w 80');
        return glyphs.includes('Nobody owns this box yet') && glyphs;
    });
    expect(screen.includes('! hearth.toml, line 1: ') && screen.includes('more on the page'), screen);
}

/** By a code that stands on the card and on the screen; after five wrong ones nobody gets in for a minute. */
async function theCodeIsAsked(box, card) {
    const note = onBoot(card, 'hearth-setup.txt');
    const code = note.match(/Set-up code: (\S+)/)?.[1];
    expect(code && note.includes('http://hearth.local/setup'), `the note: ${note}`);
    expect((await told(box, 'hearth console --once --data /data')).includes(code), 'the screen shows another code');
    expect((await box.get('/setup')).body.includes('name="code"'), 'the page asks for no code');
    const claim = (code) => send(box, '/setup', { code, name: 'Eve', password: 'let me in, please' });
    for (let turn = 0; turn < 5; turn += 1) expect((await claim('aaaa-aaaa')).status === 403, 'a wrong code is taken');
    const sixth = await claim(code);
    expect(sixth.status === 429, `after five wrong codes: ${sixth.status}`);
}

async function theOwnerIsMade(box, card) {
    const reply = await send(box, '/login', { name: 'anna', password: PASSWORDS.owner });
    expect(reply.status === 303 && reply.headers['set-cookie'], `the owner can't log in: ${reply.status}`);
    const blank = (password) => '""'.padEnd(password.length + 2);
    const blanked = FILLED_IN.replace(`"${PASSWORDS.wifi}"`, blank(PASSWORDS.wifi)).replace(`'${PASSWORDS.owner}'`, blank(PASSWORDS.owner));
    const file = onBoot(card, 'hearth.toml');
    expect(file === blanked, `on the card: ${file}`);
    expect(onBoot(card, 'hearth-setup.txt') === undefined, 'the note of the set-up is still there');
    expect(/ \/boot\/firmware vfat ro,/.test(await told(box, 'cat /proc/mounts')), 'the boot partition can be written');
}

async function settingsAreUsed(box) {
    expect(await told(box, 'cat /proc/sys/kernel/hostname') === 'living-room', 'another host name');
    expect((await box.get('/login', { headers: { Host: 'living-room.local' } })).status === 200, 'the name is refused');
    const screen = await told(box, 'hearth console --once --data /data');
    expect(screen.includes('http://living-room.local/') && !screen.includes('!'), screen);
    const wifi = await told(box, 'cat /run/hearth-card/wpa_supplicant.conf; stat -c %a /run/hearth-card/wpa_supplicant.conf');
    for (const part of ['country=DE', 'ssid=436166c3a92035', `psk="${PASSWORDS.wifi}"`, '600']) expect(wifi.includes(part), `Wi-Fi: ${wifi}`);
    const kept = await told(box, 'stat -c "%u %a" /data/wifi /data/wifi/card.json; ls /data/wifi.json 2>&1');
    expect(/^0 700\n0 600\n.*No such file/.test(kept), `the passphrase is kept so: ${kept}`);
    expect((await told(box, 'systemctl show -p MemoryMax hearth.service')) === `MemoryMax=${(96 << 20) * 9 / 8}`, 'another memory');
    const session = (await box.request('POST', '/api/v1/session', { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name: 'anna', password: PASSWORDS.owner }) })).body;
    const house = (await box.get('/api/v1/house', { headers: { Authorization: `Bearer ${JSON.parse(session).session}` } })).body;
    expect(/"joining": ?"open"/.test(house) && /330/.test(house), `the house: ${house}`);
}

async function nothingFailed(box) {
    await box.shell('systemctl is-system-running --wait', 120);
    const failed = await told(box, 'systemctl --failed --no-legend --no-pager');
    expect(failed === '', `failed units: ${failed}`);
    const state = await told(box, 'systemctl is-active hearth-card hearth-console');
    expect(state === 'active\nactive', state);
}

async function told(box, command) { return (await box.shell(command)).output.trim(); }

/** A form, as the page sends it. */
function send(box, where, fields) {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: 'http://localhost' };
    return box.request('POST', where, { headers, body: new URLSearchParams(fields).toString() });
}

/** A file of the card's boot partition; undefined if it is not there. */
function onBoot(card, name) {
    try {
        return execFileSync('mtype', ['-i', `${card}@@${BOOT_PARTITION}`, `::${name}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
        return undefined;
    }
}
