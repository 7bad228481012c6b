// A card that forgets at a power cut what was not flushed, served to QEMU by the NBD protocol over a Unix socket.
//
// A plug that is pulled takes more than QEMU's end does: writes that the guest did not flush are lost, some of them or all,
// in any order, and the last may be torn. What a flush has answered is kept.
// Protocol: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md, fixed newstyle, simple replies.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';

const BLOCK = 4096;
const SECTOR = 512;
const ZEROES = Buffer.alloc(BLOCK);

/** How a cut may take what was not flushed. */
const LOSSES = {
    'all of it lost': () => [],
    'lost from some write on, that one torn': (writes, dice) => {
        const kept = writes.slice(0, dice.below(writes.length + 1));
        return [...kept, ...writes.slice(kept.length, kept.length + 1).map((write) => torn(write, dice))];
    },
    'any lost, any torn': (writes, dice) => writes.filter(() => dice.below(2)).map((write) => (dice.below(4) ? write : torn(write, dice))),
};

function torn({ offset, length, data }, dice) {
    const left = dice.below(length / SECTOR) * SECTOR;
    return { offset, length: left, data: data?.subarray(0, left) };
}

/** The same numbers for the same seed. */
export class Dice {
    constructor(seed) { this.state = BigInt(seed); }

    below(limit) {
        this.state = BigInt.asUintN(64, this.state * 6364136223846793005n + 1442695040888963407n);
        return Number((this.state >> 33n) % BigInt(Math.max(1, Math.floor(limit))));
    }

    pick(list) { return list[this.below(list.length)]; }
}

export class ForgetfulCard {
    /** A card with what `file` holds; the file is not changed. */
    constructor(file) {
        this.file = file;
        this.size = fs.statSync(file).size;
        /** Blocks that differ from the file, by number: as after a cut that loses everything, and as the guest reads them. */
        this.kept = new Map();
        this.seen = new Map();
        this.forgettable = [];
        Object.assign(this, { writes: 0, flushes: 0, isOff: false, onWrite: () => {} });
    }

    /** Another card with what this one has kept. */
    copy() {
        const card = new ForgetfulCard(this.file);
        card.kept = new Map(this.kept);
        card.seen = new Map(this.kept);
        return card;
    }

    read(offset, length) {
        const out = Buffer.alloc(length);
        this.source ??= fs.openSync(this.file, 'r');
        fs.readSync(this.source, out, 0, length, offset);
        for (let number = Math.floor(offset / BLOCK); number * BLOCK < offset + length; number += 1) {
            const block = this.seen.get(number);
            if (!block) continue;
            const from = Math.max(offset, number * BLOCK), to = Math.min(offset + length, (number + 1) * BLOCK);
            block.copy(out, from - offset, from - number * BLOCK, to - number * BLOCK);
        }
        return out;
    }

    /** Without `data`, zeroes. */
    write(offset, length, data) {
        this.writes += 1;
        this.forgettable.push({ offset, length, data });
        this.put({ offset, length, data });
        this.onWrite(offset);
    }

    put({ offset, length, data }) {
        for (let at = 0; at < length;) {
            const number = Math.floor((offset + at) / BLOCK), from = offset + at - number * BLOCK;
            const part = Math.min(BLOCK - from, length - at);
            // Blocks are never changed in place: copies of this card share them.
            const isWhole = part === BLOCK;
            const block = isWhole && !data ? ZEROES : isWhole ? Buffer.allocUnsafeSlow(BLOCK) : this.read(number * BLOCK, BLOCK);
            if (data) data.copy(block, from, at, at + part);
            else if (!isWhole) block.fill(0, from, from + part);
            this.seen.set(number, block);
            at += part;
        }
    }

    flush() {
        this.flushes += 1;
        for (const { offset, length } of this.forgettable) {
            for (let number = Math.floor(offset / BLOCK); number * BLOCK < offset + length; number += 1) this.kept.set(number, this.seen.get(number));
        }
        this.forgettable = [];
    }

    /** Pulls the plug: from now on nothing is answered. */
    switchOff() {
        this.isOff = true;
        this.onOff?.();
    }

    /** What the cut took; afterwards the card can be used again. Says it in words. */
    lose(dice) {
        const how = dice.pick(Object.keys(LOSSES));
        const writes = this.forgettable, left = LOSSES[how](writes, dice);
        this.seen = new Map(this.kept);
        for (const write of left) this.put(write);
        this.kept = new Map(this.seen);
        this.forgettable = [];
        this.isOff = false;
        return writes.length ? `${writes.length} writes not flushed, ${how}` : 'nothing unflushed';
    }

    /** Writes the card out as an image. */
    save(file) {
        execFileSync('cp', ['--sparse=always', '--reflink=auto', this.file, file]);
        const out = fs.openSync(file, 'r+');
        for (const [number, block] of this.kept) fs.writeSync(out, block, 0, BLOCK, number * BLOCK);
        fs.closeSync(out);
    }

    /** Lets QEMU use it: what belongs behind `file=` of its -drive. */
    async serve(socket) {
        fs.rmSync(socket, { force: true });
        this.server = net.createServer((connection) => new Connection(this, connection)).listen(socket);
        await new Promise((done, fail) => this.server.once('listening', done).once('error', fail));
        return `nbd:unix:${socket}`;
    }

    close() {
        this.server?.close();
        if (this.source !== undefined) fs.closeSync(this.source);
        this.source = undefined;
    }
}

const IHAVEOPT = 0x49484156454f5054n;
const OPTION_REPLY = 0x3e889045565a9n;
const OPTION = { abort: 2, info: 6, go: 7 };
const REPLY = { ack: 1, info: 3, unsupported: 0x80000001 };
const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;
const COMMAND = { read: 0, write: 1, disconnect: 2, flush: 3, zeroes: 6 };
/** Has flags; takes flushes and zeroes. */
const EXPORT_FLAGS = 1 | 4 | 64;
const EINVAL = 22;

/** One client: greeting, options, then requests, each answered in its turn. */
class Connection {
    constructor(card, socket) {
        Object.assign(this, { card, socket, chunks: [], length: 0, step: 'greeting' });
        const greeting = Buffer.alloc(18);
        greeting.write('NBDMAGICIHAVEOPT', 'latin1');
        greeting.writeUInt16BE(3, 16);
        socket.write(greeting);
        socket.on('error', () => {});
        socket.on('data', (data) => {
            this.chunks.push(data);
            this.length += data.length;
            while (!card.isOff && this[this.step]());
        });
    }

    /** The next `length` bytes, or undefined while they are not there. */
    peek(length) {
        if (this.length < length) return undefined;
        if (this.chunks[0].length < length) this.chunks = [Buffer.concat(this.chunks)];
        return this.chunks[0].subarray(0, length);
    }

    take(length) {
        const data = this.peek(length);
        if (!data) return undefined;
        this.chunks[0] = this.chunks[0].subarray(length);
        if (this.chunks[0].length === 0) this.chunks.shift();
        this.length -= length;
        return data;
    }

    greeting() {
        if (!this.take(4)) return false;
        this.step = 'option';
        return true;
    }

    option() {
        const head = this.peek(16);
        if (!head) return false;
        if (head.readBigUInt64BE(0) !== IHAVEOPT) return this.hangUp();
        const option = head.readUInt32BE(8), length = head.readUInt32BE(12);
        if (!this.take(16 + length)) return false;
        if (option === OPTION.abort) return this.hangUp();
        if (option !== OPTION.go && option !== OPTION.info) return this.optionReply(option, REPLY.unsupported);
        const described = Buffer.alloc(12);
        described.writeBigUInt64BE(BigInt(this.card.size), 2);
        described.writeUInt16BE(EXPORT_FLAGS, 10);
        this.optionReply(option, REPLY.info, described);
        this.optionReply(option, REPLY.ack);
        if (option === OPTION.go) this.step = 'request';
        return true;
    }

    optionReply(option, type, data = Buffer.alloc(0)) {
        const head = Buffer.alloc(20);
        head.writeBigUInt64BE(OPTION_REPLY, 0);
        head.writeUInt32BE(option, 8);
        head.writeUInt32BE(type, 12);
        head.writeUInt32BE(data.length, 16);
        this.socket.write(Buffer.concat([head, data]));
        return true;
    }

    request() {
        const head = this.peek(28);
        if (!head) return false;
        const [command, cookie, offset, length] = [head.readUInt16BE(6), head.subarray(8, 16), Number(head.readBigUInt64BE(16)), head.readUInt32BE(24)];
        if (head.readUInt32BE(0) !== REQUEST_MAGIC || command === COMMAND.disconnect) return this.hangUp();
        if (!this.peek(28 + (command === COMMAND.write ? length : 0))) return false;
        const reply = Buffer.alloc(16);
        reply.writeUInt32BE(REPLY_MAGIC, 0);
        cookie.copy(reply, 8);
        this.take(28);
        let data;
        if (command === COMMAND.read) data = this.card.read(offset, length);
        else if (command === COMMAND.write) this.card.write(offset, length, Buffer.from(this.take(length)));
        else if (command === COMMAND.zeroes) this.card.write(offset, length);
        else if (command === COMMAND.flush) this.card.flush();
        else reply.writeUInt32BE(EINVAL, 4);
        // The plug may have been pulled in the middle of this write.
        if (this.card.isOff) return false;
        this.socket.write(data ? Buffer.concat([reply, data]) : reply);
        return true;
    }

    hangUp() {
        this.socket.destroy();
        return false;
    }
}
