// The plug is pulled at twenty random moments (HEARTH_CUTS: another number; HEARTH_SEED: the same moments) of the first start and
// of changes to accounts. What was not flushed is lost or torn. The box starts again, and everything that was acknowledged is there.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, sleep, within } from '../../browser/lib/check.mjs';
import { temporary } from '../../browser/lib/daemon.mjs';
import { Program } from '../../browser/lib/process.mjs';
import { Box, copyCard, dataPartition, freePorts, putOnBoot } from '../lib/box.mjs';
import { Dice, ForgetfulCard } from '../lib/forgetful.mjs';
import { answering, claim, Household, logIn } from '../lib/household.mjs';

const ROUNDS = Number(process.env.HEARTH_CUTS ?? 20);
const SEED = Number(process.env.HEARTH_SEED ?? Date.now() % 1e9);
/** Of them, in the first start: two of five, because there the check is a start, too. */
const isOfSetup = (round) => round % 5 === 1 || round % 5 === 3;
const SETUP_ROUNDS = Array.from({ length: ROUNDS }, (_, i) => i + 1).filter(isOfSetup).length;
/** A round of changes goes on for so long at most, s. */
const LONGEST = 12;
/** Between the primary partition table and the end of the image nothing tells a first start from others. */
const TABLE_BYTES = 1024 ** 2;

export async function run({ work, image, firmware, folder, cleanup, say }) {
    say(`HEARTH_SEED=${SEED}`);
    const bench = new Bench({ work, firmware, folder, cleanup, dice: new Dice(SEED) });
    await bench.prepare(image);
    say(`a first start writes ${bench.setupWrites} times; ready for cuts after ${bench.seconds()} s`);
    let acknowledged = 0;
    for (let round = 1; round <= ROUNDS; round += 1) {
        const words = await (isOfSetup(round) ? bench.cutSetup() : bench.cutChanges());
        acknowledged += words.changes;
        say(`round ${round}: ${words.text}; ${bench.seconds()} s`);
    }
    say(`${ROUNDS} cuts, ${acknowledged} changes acknowledged, none lost`);
    if (ROUNDS > 2) within(acknowledged, ROUNDS, 1e6, 'changes acknowledged');
}

class Bench {
    constructor(parts) { Object.assign(this, parts, { began: Date.now(), setups: 0 }); }

    seconds() { return ((Date.now() - this.began) / 1000).toFixed(0); }

    async start(card, asleep) {
        const box = await Box.start({ card, firmware: this.firmware, folder: this.folder, asleep });
        this.cleanup.push(() => box.kill());
        return box;
    }

    /** Two boxes asleep, from which the rounds go on: one that is about to write to its card for the first time, one that is lived in. */
    async prepare(image) {
        const base = path.join(this.folder, 'base.img');
        copyCard(image, base);
        putOnBoot(base, 'extra.env', 'extra=systemd.debug_shell=hvc0\n');
        const imageBytes = fs.statSync(image).size;
        const card = new ForgetfulCard(base);
        let isFirst = false;
        card.onWrite = (offset) => { isFirst ||= offset < TABLE_BYTES || offset >= imageBytes; };
        const box = await this.start(card);
        await box.until('first write', 300, () => isFirst);
        this.newBox = await this.sleep(box, card, 'new');

        const next = this.newBox.card.copy();
        const livedIn = await this.start(next, this.newBox.memory);
        await livedIn.page(300);
        this.household = await Household.moveIn(livedIn.httpPort);
        this.setupWrites = next.writes;
        await livedIn.shell('systemctl is-system-running --wait; sync', 120);
        this.livedIn = await this.sleep(livedIn, next, 'lived-in');
    }

    async sleep(box, card, name) {
        const memory = path.join(this.folder, `${name}.memory`);
        await box.freeze(memory);
        await box.kill();
        return { memory, card: card.copy() };
    }

    /** A cut at some write of the first start, up to the owner's account; then the box must start, and be owned by them or by nobody. */
    async cutSetup() {
        // Each of these rounds has its own stretch of the writes, so that they reach from the partition table to the owner.
        const stretch = this.setupWrites / SETUP_ROUNDS, card = this.newBox.card.copy();
        const at = 1 + Math.floor(this.setups * stretch) + this.dice.below(stretch);
        this.setups += 1;
        const cut = this.cut(card, at);
        let box = await this.start(card, this.newBox.memory);
        let isOwned = false;
        const claiming = (async () => {
            await box.page(300);
            await claim(box.httpPort);
            isOwned = true;
            await sleep(2000);
        })().catch((error) => { if (!box.hasEnded) throw error; });
        await Promise.race([claiming, cut]);
        const lost = await this.off(box, card);
        await claiming;

        box = await this.start(card);
        await box.page(300);
        const isKnown = await logIn(box.httpPort, 'anna');
        expect(isKnown || !isOwned, 'the owner is gone');
        if (!isKnown) await claim(box.httpPort);
        const failed = (await box.shell('systemctl is-system-running --wait >/dev/null; systemctl --failed --no-legend --no-pager', 120)).output.trim();
        expect(failed === '', `failed units: ${failed}`);
        await box.kill();
        return { changes: Number(isOwned), text: `first start cut at write ${at}, ${isOwned ? 'owned' : 'not yet owned'}; ${lost}` };
    }

    /** A cut at some moment, between writes or in the middle of one; then the card's data must say what was acknowledged. */
    async cutChanges() {
        const card = this.livedIn.card.copy(), household = this.household.copy();
        const box = await this.start(card, this.livedIn.memory);
        const living = household.live(box.httpPort);
        living.catch(() => {});
        const [moment, isTorn] = [this.dice.below(LONGEST * 1000), this.dice.below(2)];
        const changed = () => household.told.changes - this.household.told.changes;
        await Promise.race([living, box.until('first change', 60, changed).then(() => sleep(moment))]);
        if (isTorn) await Promise.race([this.cut(card, card.writes + 1), sleep(5000)]);
        const lost = await this.off(box, card);
        await living;
        await this.inspect(card, household);
        return { changes: changed(), text: `${changed()} changes cut after ${card.writes} writes; ${lost}` };
    }

    /** Settles when the plug is pulled in the middle of the card's write number `at`. */
    cut(card, at) {
        return new Promise((done) => {
            card.onOff = done;
            card.onWrite = () => { if (card.writes === at) card.switchOff(); };
        });
    }

    async off(box, card) {
        card.switchOff();
        await box.kill();
        return card.lose(this.dice);
    }

    /** Mends the data as a start would, lets the box's own daemon read them and asks it. */
    async inspect(card, household) {
        const image = path.join(this.folder, 'cut.img'), data = path.join(this.folder, 'data'), ring = temporary(this.cleanup, '/dev/shm');
        fs.rmSync(data, { recursive: true, force: true });
        fs.mkdirSync(data);
        card.save(image);
        // e2fsck does not find its way back to an offset after it has played the journal.
        const { start, size } = dataPartition(image), file = path.join(this.folder, 'data.img');
        execFileSync('dd', [`if=${image}`, `of=${file}`, 'bs=1M', 'iflag=skip_bytes,count_bytes', `skip=${start}`, `count=${size}`, 'conv=sparse', 'status=none']);
        const mended = spawnSync('e2fsck', ['-f', '-y', file], { encoding: 'utf8' });
        expect(mended.status <= 1, `e2fsck ended with ${mended.status}: ${mended.stdout}`);
        execFileSync('debugfs', ['-R', `rdump / ${data}`, file], { stdio: 'ignore' });
        const hearth = ['-L', '/usr/aarch64-linux-gnu', path.join(this.work, 'root/usr/bin/hearth')];
        const checked = execFileSync('qemu-aarch64', [...hearth, 'store', 'check', '--data', data], { encoding: 'utf8' });
        expect(checked.includes('no damage'), checked);
        const [http, rtmp] = await freePorts(2);
        const daemon = new Program('qemu-aarch64', [...hearth, 'serve', '--http', `127.0.0.1:${http}`, '--rtmp', `127.0.0.1:${rtmp}`, '--data', data, '--ring', ring]);
        this.cleanup.push(() => daemon.stop('SIGKILL'));
        await answering(http, 60).catch((error) => { throw new Error(`${error.message}\n${daemon.all}`); });
        await household.check(http);
        await daemon.stop();
    }
}
