// What fragmented MP4 itself states: decode times and durations of each fragment's tracks (ISO/IEC 14496-12).
import { expect } from "./check.mjs";

/** The boxes in `data` between two offsets. */
function* boxes(data, from = 0, to = data.length) {
  for (let at = from; at + 8 <= to;) {
    const size = data.readUInt32BE(at);
    expect(size >= 8 && at + size <= to, `a box of ${size} bytes at ${at} does not fit`);
    yield { kind: data.toString("latin1", at + 4, at + 8), from: at + 8, to: at + size };
    at += size;
  }
}

const inside = (data, box, kind) => [...boxes(data, box.from, box.to)].filter((b) => b.kind === kind);

/** Tracks of an init segment: id → { handler, ticks a second }. */
export function tracks(init) {
  const found = new Map();
  const moov = [...boxes(init)].find((b) => b.kind === "moov");
  for (const trak of inside(init, moov, "trak")) {
    const [tkhd] = inside(init, trak, "tkhd"), [mdia] = inside(init, trak, "mdia");
    const [mdhd] = inside(init, mdia, "mdhd"), [hdlr] = inside(init, mdia, "hdlr");
    const wide = (box, narrow, long) => box.from + (init[box.from] === 1 ? long : narrow);
    found.set(init.readUInt32BE(wide(tkhd, 12, 20)), { handler: init.toString("latin1", hdlr.from + 8, hdlr.from + 12), ticks: init.readUInt32BE(wide(mdhd, 12, 20)) });
  }
  return found;
}

/** Sample durations of a `trun`, and whether it gives each its own. */
function durations(data, trun, otherwise) {
  const flags = data.readUInt32BE(trun.from) & 0xffffff, count = data.readUInt32BE(trun.from + 4);
  let at = trun.from + 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
  const step = [0x100, 0x200, 0x400, 0x800].filter((bit) => flags & bit).length * 4;
  const found = [];
  for (let i = 0; i < count; i++, at += step) found.push(flags & 0x100 ? data.readUInt32BE(at) : otherwise);
  return found;
}

/** A segment's fragments: for each track id its base decode time, the sum of its sample durations and the last one's decode time, ticks. */
export function fragments(segment) {
  const found = [];
  for (const moof of [...boxes(segment)].filter((b) => b.kind === "moof")) {
    const runs = new Map();
    for (const traf of inside(segment, moof, "traf")) {
      const [tfhd] = inside(segment, traf, "tfhd"), [tfdt] = inside(segment, traf, "tfdt");
      const flags = segment.readUInt32BE(tfhd.from) & 0xffffff;
      const at = tfhd.from + 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
      const usual = flags & 8 ? segment.readUInt32BE(at) : 0;
      const base = segment[tfdt.from] === 1 ? Number(segment.readBigUInt64BE(tfdt.from + 4)) : segment.readUInt32BE(tfdt.from + 4);
      const each = inside(segment, traf, "trun").flatMap((trun) => durations(segment, trun, usual));
      const lasts = each.reduce((a, b) => a + b, 0);
      runs.set(segment.readUInt32BE(tfhd.from + 4), { base, lasts, lastAt: base + lasts - (each.at(-1) ?? 0), samples: each.length });
    }
    found.push(runs);
  }
  return found;
}

/**
 * Fails if a fragment of `parts` (downloaded segments of one stretch without a discontinuity) starts anywhere but where the one
 * before ended, or a segment's stated duration is not that of its samples. Gives the number of fragments.
 */
export function exact(parts, printed) {
  const known = tracks(parts[0].init);
  const lead = [...known.entries()].sort(([, a], [, b]) => (a.handler < b.handler ? 1 : -1))[0][0]; // "vide" before "soun"
  const ends = new Map();
  let count = 0;
  for (const part of parts) {
    let real = 0;
    for (const runs of fragments(part.body)) {
      count++;
      for (const [id, run] of runs) {
        const end = ends.get(id);
        expect(end === undefined || end === run.base, `segment ${part.sequence}, ${known.get(id).handler}: a fragment starts at ${run.base}, the one before ended at ${end}`);
        ends.set(id, run.base + run.lasts);
      }
      real += (runs.get(lead)?.lasts ?? 0) / known.get(lead).ticks;
    }
    expect(Math.abs(part.duration - real) <= printed, `segment ${part.sequence} states ${part.duration} s, its samples last ${real}`);
  }
  return count;
}
