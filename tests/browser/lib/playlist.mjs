// Playlists as a player reads them, and a watch over what they must never do.
import { expect, sleep, until, Unmet } from "./check.mjs";

/** A media playlist's facts. */
export function parse(text, url) {
  const lines = text.split(/\r?\n/);
  expect(lines[0] === "#EXTM3U", `a playlist starts with #EXTM3U, this one with ${JSON.stringify(lines[0])}`);
  const number = (tag) => { const line = lines.find((l) => l.startsWith(`#${tag}:`)); return line && Number(line.slice(tag.length + 2)); };
  const list = {
    text, target: number("EXT-X-TARGETDURATION"), sequence: number("EXT-X-MEDIA-SEQUENCE") ?? 0,
    discontinuitySequence: number("EXT-X-DISCONTINUITY-SEQUENCE") ?? 0, ended: lines.includes("#EXT-X-ENDLIST"),
    independent: lines.includes("#EXT-X-INDEPENDENT-SEGMENTS"), segments: [], parts: [],
    blocking: /#EXT-X-SERVER-CONTROL:.*CAN-BLOCK-RELOAD=YES/.test(text),
  };
  let part = 0;
  let next = {}, map;
  for (const line of lines) {
    if (line.startsWith("#EXT-X-MAP:")) map = new URL(line.match(/URI="([^"]*)"/)[1], url).href;
    else if (line === "#EXT-X-DISCONTINUITY") next.discontinuity = true;
    else if (line === "#EXT-X-GAP") next.gap = true;
    else if (line.startsWith("#EXT-X-PROGRAM-DATE-TIME:")) next.date = Date.parse(line.slice(25));
    else if (line.startsWith("#EXTINF:")) next.duration = Number(line.slice(8).split(",")[0]);
    else if (line.startsWith("#EXT-X-PART:")) {
      const attribute = (name) => line.match(new RegExp(`[:,]${name}=(?:"([^"]*)"|([^,]*))`))?.slice(1).find(Boolean);
      list.parts.push({ map, uri: new URL(attribute("URI"), url).href, duration: Number(attribute("DURATION")), independent: attribute("INDEPENDENT") === "YES",
        sequence: list.sequence + list.segments.length, part: part++ });
    } else if (line && !line.startsWith("#")) {
      list.segments.push({ ...next, map, uri: new URL(line, url).href, sequence: list.sequence + list.segments.length });
      next = {};
      part = 0;
    }
  }
  list.next = list.sequence + list.segments.length;
  list.segments = list.segments.filter((segment) => !segment.gap);
  return list;
}

/** Reads a playlist once; undefined unless it is there. */
export async function read(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10000) });
  if (answer.status !== 200) { await answer.arrayBuffer(); return undefined; }
  return parse(await answer.text(), url);
}

/** The query that waits for the part after the last one of a list. */
export function following(list) {
  const last = list.parts.at(-1), segment = list.sequence + list.segments.length;
  return `_HLS_msn=${segment}&_HLS_part=${last?.sequence === segment ? last.part + 1 : 0}`;
}

/** Waits for a playlist with at least `segments`, gaps not counted. */
export function ready(url, segments = 1, seconds = 15) {
  return until(`${segments} segments in ${url}`, seconds, async () => {
    const list = await read(url);
    return list && list.segments.filter((segment) => !segment.gap).length >= segments && list;
  }, 50);
}

export async function bytes(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10000) });
  expect(answer.status === 200, `${url} answered ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/**
 * Reads a playlist four times a second until `stop()`, and remembers the first thing that must never happen: a media or
 * discontinuity sequence that goes back, a segment that changes its name, length or discontinuity, another target duration.
 */
export function watch(url) {
  const seen = new Map();
  const watching = { wrong: undefined, last: undefined, readings: 0, refused: 0, seen };
  let on = true;
  const check = (list) => {
    const { last } = watching;
    if (last) {
      expect(list.sequence >= last.sequence, `MEDIA-SEQUENCE went from ${last.sequence} back to ${list.sequence}`);
      expect(list.discontinuitySequence >= last.discontinuitySequence, `DISCONTINUITY-SEQUENCE went back to ${list.discontinuitySequence}`);
      expect(list.target === last.target, `TARGETDURATION changed from ${last.target} to ${list.target}`);
    }
    for (const segment of list.segments) {
      const is = `${segment.uri} ${segment.duration} ${segment.discontinuity ?? false}`;
      const was = seen.get(segment.sequence);
      expect(was === undefined || was === is, `segment ${segment.sequence} was ${was} and is ${is}`);
      seen.set(segment.sequence, is);
    }
    watching.last = list;
    watching.readings++;
  };
  const running = (async () => {
    while (on) {
      try {
        const list = await read(url);
        if (list) check(list); else watching.refused++;
      } catch (error) {
        if (error instanceof Unmet) watching.wrong ??= error;
      }
      await sleep(250);
    }
  })();
  watching.stop = async () => {
    on = false;
    await running;
    if (watching.wrong) throw watching.wrong;
    return watching;
  };
  return watching;
}
