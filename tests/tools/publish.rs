//! An encoder with faults to order: publishes an FLV file through RTMP in real time, the way a bad camera, a phone in
//! a pocket or a weak network would.
//!
//! `publish URL FILE [--drop-run K --drop-every N] [--audio-late MS] [--audio-gone FROM:TO] [--video-gone FROM:TO]
//! [--stall FROM:TO] [--offset MS] [--jump AT:BY] [--audio-jump AT:BY] [--mute] [--seconds S]`; times are seconds of the stream, offsets ms.
//! Prints `publishing` once the server has said yes, or the server's refusal on standard error.

use hearth::wire::flv::{FlvFile, FlvTag, FlvTagKind};
use hearth::wire::rtmp::Publisher;
use hearth::wire::rtmp::client::PublisherState;
use std::collections::VecDeque;
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

#[derive(Default)]
struct Faults {
    drop_run: u64,
    drop_every: u64,
    audio_late_ms: u64,
    audio_gone: Option<(u64, u64)>,
    video_gone: Option<(u64, u64)>,
    stall: Option<(u64, u64)>,
    offset_ms: u32,
    jump: Option<(u64, i64)>,
    audio_jump: Option<(u64, i64)>,
    mute: bool,
    seconds: Option<u64>,
}

/// A tag of the endless loop over the file.
struct Sending<'a> {
    /// When it leaves, ms after the start.
    due: u64,
    timestamp: u32,
    tag: FlvTag<'a>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("publish: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("URL missing")?;
    let file = std::fs::read(arguments.next().ok_or("FILE missing")?)?;
    let faults = Faults::read(arguments)?;
    let rest = url.strip_prefix("rtmp://").ok_or("not an rtmp URL")?;
    let (host, path) = rest.split_once('/').ok_or("no path")?;
    let (app, key) = path.split_once('/').unwrap_or((path, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    let mut publisher = Publisher::new(host, app, key);
    connect(&mut stream, &mut publisher)?;
    println!("publishing");
    stream.set_nonblocking(true)?;
    send_all(&mut stream, &mut publisher, &file, &faults)?;
    publisher.finish();
    exchange(&mut stream, &mut publisher)
}

fn send_all(
    stream: &mut TcpStream,
    publisher: &mut Publisher,
    file: &[u8],
    faults: &Faults,
) -> Result<(), Box<dyn Error>> {
    let length = FlvFile::tags(file)?
        .map(|tag| u64::from(tag.timestamp))
        .max()
        .unwrap_or(0)
        + 33;
    let (mut late, mut frames) = (VecDeque::new(), 0);
    let start = Instant::now();
    for lap in 0.. {
        for tag in FlvFile::tags(file)? {
            let at = lap * length + u64::from(tag.timestamp);
            if faults.seconds.is_some_and(|seconds| at >= seconds * 1000) {
                return Ok(());
            }
            let setup = tag.timestamp == 0
                && (tag.kind == FlvTagKind::Script || tag.body.get(1) == Some(&0));
            if (setup && lap > 0) || (!setup && faults.lost(&tag, at, &mut frames)) {
                continue;
            }
            let sending = Sending {
                due: faults.due(&tag, at),
                timestamp: faults.timestamp(&tag, at),
                tag,
            };
            if sending.due > at && !setup {
                late.push_back(sending);
                continue;
            }
            while late
                .front()
                .is_some_and(|front: &Sending<'_>| front.due <= at)
            {
                if let Some(front) = late.pop_front() {
                    send(stream, publisher, start, &front)?;
                }
            }
            send(stream, publisher, start, &sending)?;
        }
    }
    Ok(())
}

fn send(
    stream: &mut TcpStream,
    publisher: &mut Publisher,
    start: Instant,
    sending: &Sending<'_>,
) -> Result<(), Box<dyn Error>> {
    sleep((start + Duration::from_millis(sending.due)).saturating_duration_since(Instant::now()));
    match sending.tag.kind {
        FlvTagKind::Script => publisher.write_metadata(sending.tag.body),
        FlvTagKind::Other(_) => {}
        FlvTagKind::Audio => publisher.write_audio(sending.timestamp, sending.tag.body),
        FlvTagKind::Video => publisher.write_video(sending.timestamp, sending.tag.body),
    }
    exchange(stream, publisher)
}

fn connect(stream: &mut TcpStream, publisher: &mut Publisher) -> Result<(), Box<dyn Error>> {
    let mut buffer = [0; 4096];
    while *publisher.state() == PublisherState::Connecting {
        stream.write_all(publisher.output())?;
        publisher.output().clear();
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err("the server closed".into());
        }
        publisher.feed(&buffer[..read])?;
    }
    still_welcome(publisher)
}

fn still_welcome(publisher: &Publisher) -> Result<(), Box<dyn Error>> {
    match publisher.state() {
        PublisherState::Refused { code, description } => {
            Err(format!("{code}: {description}").into())
        }
        _ => Ok(()),
    }
}

fn exchange(stream: &mut TcpStream, publisher: &mut Publisher) -> Result<(), Box<dyn Error>> {
    while !publisher.output().is_empty() {
        match stream.write(publisher.output()) {
            Ok(written) => {
                let _ = publisher.output().split_to(written);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(Duration::from_millis(1)),
            Err(error) => return Err(error.into()),
        }
    }
    let mut buffer = [0; 4096];
    match stream.read(&mut buffer) {
        Ok(0) => Err("the server closed".into()),
        Ok(read) => {
            publisher.feed(&buffer[..read])?;
            still_welcome(publisher)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Faults {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Faults, Box<dyn Error>> {
        let mut faults = Faults::default();
        while let Some(option) = arguments.next() {
            if option == "--mute" {
                faults.mute = true;
                continue;
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{option} needs a value"))?;
            match option.as_str() {
                "--drop-run" => faults.drop_run = value.parse()?,
                "--drop-every" => faults.drop_every = value.parse()?,
                "--audio-late" => faults.audio_late_ms = value.parse()?,
                "--audio-gone" => faults.audio_gone = Some(span(&value)?),
                "--video-gone" => faults.video_gone = Some(span(&value)?),
                "--stall" => faults.stall = Some(span(&value)?),
                "--offset" => faults.offset_ms = value.parse()?,
                "--jump" => faults.jump = Some(jump(&value)?),
                "--audio-jump" => faults.audio_jump = Some(jump(&value)?),
                "--seconds" => faults.seconds = Some(value.parse()?),
                other => return Err(format!("unknown option {other}").into()),
            }
        }
        Ok(faults)
    }

    /// Never sent: dropped by the encoder, or a track that is silent. Keyframes are kept, as encoders keep them.
    fn lost(&self, tag: &FlvTag<'_>, at: u64, frames: &mut u64) -> bool {
        let within =
            |span: Option<(u64, u64)>| span.is_some_and(|(from, to)| (from..to).contains(&at));
        match tag.kind {
            FlvTagKind::Audio => self.mute || within(self.audio_gone),
            FlvTagKind::Video => {
                *frames += 1;
                let key = tag.body.first().is_some_and(|first| first >> 4 == 1);
                let dropped = self.drop_every > 0
                    && *frames % self.drop_every >= self.drop_every - self.drop_run;
                within(self.video_gone) || (dropped && !key)
            }
            FlvTagKind::Script | FlvTagKind::Other(_) => false,
        }
    }

    fn due(&self, tag: &FlvTag<'_>, at: u64) -> u64 {
        let late = if tag.kind == FlvTagKind::Audio {
            self.audio_late_ms
        } else {
            0
        };
        match self.stall {
            Some((from, to)) if (from..to).contains(&(at + late)) => to,
            _ => at + late,
        }
    }

    fn timestamp(&self, tag: &FlvTag<'_>, at: u64) -> u32 {
        let mut time = at as u32;
        let jumps = [
            self.jump,
            self.audio_jump.filter(|_| tag.kind == FlvTagKind::Audio),
        ];
        for (from, by) in jumps.into_iter().flatten() {
            if at >= from {
                time = time.wrapping_add(by as u32);
            }
        }
        time.wrapping_add(self.offset_ms)
    }
}

fn span(text: &str) -> Result<(u64, u64), Box<dyn Error>> {
    let (from, to) = text.split_once(':').ok_or("expected FROM:TO")?;
    Ok((from.parse::<u64>()? * 1000, to.parse::<u64>()? * 1000))
}

fn jump(text: &str) -> Result<(u64, i64), Box<dyn Error>> {
    let (at, by) = text.split_once(':').ok_or("expected AT:BY")?;
    Ok((at.parse::<u64>()? * 1000, by.parse()?))
}
