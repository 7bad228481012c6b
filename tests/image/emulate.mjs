// make emulate: boots the image under QEMU until Ctrl-C; says where the page is and how to stream to it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Box, copyCard, putOnBoot } from './lib/box.mjs';
import { built } from './lib/built.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hearth-box-'));
process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
const card = path.join(folder, 'card.img');
copyCard(built.image, card);
putOnBoot(card, 'extra.env', 'extra=systemd.debug_shell=hvc0\n');
const [page, rtmp] = [Number(process.env.HTTP ?? 8080), Number(process.env.RTMP ?? 1935)];
const box = await Box.start({ card, firmware: built.firmware, folder, http: page, rtmp });
process.once('SIGINT', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
console.log(`Booting; the console is in ${box.log} …`);
await box.page(600);
const password = Math.random().toString(36).slice(2, 12);
const made = await box.shell(`echo ${password} | hearth user add anna --password-stdin --owner --data /data`, 120);
const key = made.output.trim().split('\n').at(-1);
console.log(`
  Watch      http://localhost:${page}/@anna       name anna, password ${password}
  Stream to  rtmp://localhost:${rtmp}/live        key ${key}

  ffmpeg -re -f lavfi -i testsrc2=size=640x360:rate=25 -f lavfi -i sine -c:v libx264 -preset veryfast -g 50 -b:v 1500k \\
         -pix_fmt yuv420p -c:a aac -f flv rtmp://localhost:${rtmp}/live/${key}

  A shell in the box:  socat -,raw,echo=0 unix:${box.shellPath}     Ctrl-C here switches it off.
`);
box.line.socket.destroy();
await box.ended;
