// Encoders: real ffmpeg in the shapes that people's encoders have.
import { Final, until } from "./check.mjs";
import { Program } from "./process.mjs";

/**
 * ffmpeg that publishes a moving test picture and a tone in real time until it is stopped.
 * gop: pictures between keyframes; bframes; audio/video: whether it has them; seconds: its length; file: publish this FLV as it is.
 */
export function publish(cleanup, { port, key, url, gop = 60, fps = 30, bframes = 0, audio = true, video = true, size = "640x360", bitrate = "1200k", seconds, file, loop = false }) {
  const args = ["-hide_banner", "-nostdin", "-loglevel", "info", "-stats_period", "0.2"];
  const length = seconds ? ["-t", String(seconds)] : [];
  if (file) {
    args.push("-re", ...(loop ? ["-stream_loop", "-1"] : []), "-i", file, "-c", "copy", ...length);
  } else {
    if (video) args.push("-re", "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${fps}`);
    if (audio) args.push("-re", "-f", "lavfi", "-i", "sine=frequency=440:beep_factor=2:sample_rate=48000");
    if (video) {
      args.push("-c:v", "libx264", "-preset", "ultrafast", "-profile:v", bframes ? "main" : "baseline", "-pix_fmt", "yuv420p", "-b:v", bitrate, "-maxrate", bitrate, "-bufsize", bitrate,
        "-g", String(gop), "-keyint_min", String(gop), "-sc_threshold", "0", "-bf", String(bframes));
    }
    if (audio) args.push("-c:a", "aac", "-b:a", "96k", "-ac", "2");
    args.push(...length);
  }
  args.push("-f", "flv", url ?? `rtmp://127.0.0.1:${port}/live/${key}`);
  const program = new Program("ffmpeg", args);
  program.frames = () => Number([...program.err.matchAll(/frame=\s*(\d+)/g)].pop()?.[1] ?? 0);
  cleanup.push(() => program.stop("SIGKILL"));
  return program;
}

/** Waits until an encoder is past the dialogue and sending. */
export async function sending(program, seconds = 10) {
  await until("ffmpeg is sending", seconds, () => {
    if (!program.running) throw new Final(`ffmpeg ended: ${program.err.slice(-400)}`);
    // Its line of progress; the name of a test source holds "size=640x360" too.
    return /(frame|size)= *\d+ *(fps|kB|KiB)/.test(program.err);
  }, 20);
  return program;
}

/** The text that the server gave to ffmpeg, and when it was shown. */
export function serverError(program) {
  const at = program.saidAt(/Server error: /);
  return at === undefined ? undefined : { at, text: program.err.match(/Server error: (.*)/)?.[1] ?? "" };
}
