// ffprobe's view of what the daemon serves.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytes } from "./playlist.mjs";
import { expect } from "./check.mjs";
import { run } from "./process.mjs";

/** Packets and streams of a URL or file; `complaints` are ffprobe's warnings. At most `seconds` of media are read. */
export async function probe(input, { seconds, args = [] } = {}) {
  const limit = seconds ? ["-read_intervals", `%+${seconds}`] : [];
  const result = await run("ffprobe", ["-v", "warning", ...args, ...limit, "-of", "json", "-show_streams",
    "-show_entries", "packet=stream_index,pts,dts,duration,flags", "-i", input], { seconds: 40 });
  expect(result.code === 0, `ffprobe ${input} ended with ${result.code}: ${result.err}`);
  const { streams = [], packets = [] } = JSON.parse(result.out);
  const track = (type) => {
    const stream = streams.find((s) => s.codec_type === type);
    if (!stream) return undefined;
    const [num, den] = stream.time_base.split("/").map(Number);
    return { stream, ticks: den / num, packets: packets.filter((p) => p.stream_index === stream.index && p.dts !== undefined) };
  };
  return { video: track("video"), audio: track("audio"), complaints: result.err.trim() };
}

/** First decode time of a track in seconds. */
export const starts = (track) => track.packets[0].dts / track.ticks;

/** Fails unless decode times rise strictly and no presentation time lies before its decode time. */
export function inOrder(track, what) {
  for (let i = 0; i < track.packets.length; i++) {
    const { pts, dts } = track.packets[i];
    expect(pts >= dts, `${what}: packet ${i} is shown (${pts}) before it is decoded (${dts})`);
    expect(i === 0 || dts > track.packets[i - 1].dts, `${what}: decode time ${dts} of packet ${i} does not rise`);
  }
}

/** Loads a list's segments (gaps have no bytes) and gives each as a file of its own (behind its init segment), and all in one. */
export async function download(list, dir, suffix) {
  const inits = new Map();
  const parts = [];
  for (const segment of list.segments.filter((it) => !it.gap)) {
    if (segment.map && !inits.has(segment.map)) inits.set(segment.map, await bytes(segment.map));
    const init = segment.map ? inits.get(segment.map) : Buffer.alloc(0);
    const body = await bytes(segment.uri);
    const file = join(dir, `${segment.sequence}.${suffix}`);
    writeFileSync(file, Buffer.concat([init, body]));
    parts.push({ ...segment, file, body, init });
  }
  const all = join(dir, `all.${suffix}`);
  writeFileSync(all, Buffer.concat([parts[0].init, ...parts.map((p) => p.body)]));
  return { parts, all };
}

