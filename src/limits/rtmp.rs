//! Bounds of RTMP connections.

/// Bytes a caller hands to one `feed`: the size of a socket read. It bounds how many events one call can make.
pub const MAX_FEED: usize = 64 * 1024;

/// Chunk streams of one connection. Real encoders use four to six; one more than this ends the connection.
pub const MAX_CHUNK_STREAMS: usize = 64;

/// Largest chunk size that is kept: no message is longer, so a larger one means the same and is cut to this.
pub const MAX_CHUNK_SIZE: u32 = 0xFF_FFFF;

/// A video message. A key frame of 4K at 50 Mb/s passes 2 MiB; a longer message ends the connection.
pub const MAX_VIDEO_MESSAGE: usize = 3 * 1024 * 1024;

/// An audio message. An AAC frame of 8 channels is at most 6 KiB; a longer message ends the connection.
pub const MAX_AUDIO_MESSAGE: usize = 64 * 1024;

/// A command or data message. `onMetaData` is under 2 KiB in practice; a longer message ends the connection.
pub const MAX_COMMAND_MESSAGE: usize = 64 * 1024;

/// A protocol control message: all defined ones are under 16 bytes; a longer message ends the connection.
pub const MAX_CONTROL_MESSAGE: usize = 256;

/// Memory of all unfinished messages of one connection; passing it ends the connection.
pub const MAX_PARTIAL_BYTES: usize = 3584 * 1024;

/// What an unfinished message gets before its second chunk: most frames fit, so they are copied once.
pub const FIRST_RESERVE: usize = 16 * 1024;

/// Events that wait in a connection. One feed of the shortest sensible messages makes half as many; more ends it.
pub const MAX_EVENTS: usize = 8192;

/// Events for which an idle connection keeps room.
pub const KEPT_EVENTS: usize = 64;

/// Media bytes kept for an encoder that sends before its `publish` was answered; what goes beyond is dropped and counted.
pub const MAX_HELD_BYTES: usize = 512 * 1024;

/// Media bytes that wait for a caller to poll them; what goes beyond is dropped and counted.
pub const MAX_QUEUED_BYTES: usize = MAX_VIDEO_MESSAGE + MAX_HELD_BYTES;

/// Answers that wait to be sent. A peer that asks and does not read is closed here.
pub const MAX_OUTPUT_BYTES: usize = 64 * 1024;

/// Bytes between two acknowledgements, whatever larger window a peer names: some hardware encoders stall without.
pub const ACK_WINDOW: u32 = 2_500_000;

/// Least bytes between two acknowledgements: a peer that names a smaller window gets this one.
pub const MIN_ACK_WINDOW: u32 = 4096;

/// Chunk size of the server's answers.
pub const SERVER_CHUNK_SIZE: u32 = 4096;

/// Chunk size of the publishing client.
pub const CLIENT_CHUNK_SIZE: u32 = 65_536;

/// Nested AMF0 objects and arrays; deeper values are refused.
pub const MAX_AMF_DEPTH: usize = 16;

/// Object properties of one message; more are refused.
pub const MAX_AMF_PROPERTIES: usize = 1000;

/// Array elements of one message (old FLV files carry key-frame tables); more are refused.
pub const MAX_AMF_ELEMENTS: usize = 4096;

/// Characters kept of an app, key or channel name; a real one is far shorter, so a cut one matches nothing.
pub const MAX_NAME: usize = 256;

/// Characters kept of an encoder's own name.
pub const MAX_AGENT: usize = 64;

/// Characters of a code or description that a server gave.
pub const MAX_STATUS_TEXT: usize = 512;

/// NAL units of one access unit: 4K pictures have tens of slices; an access unit with more is dropped.
pub const MAX_NAL_UNITS: usize = 1024;

/// Parameter sets of one kind in a configuration (the record's own count has 5 bits); more are refused.
pub const MAX_PARAMETER_SETS: usize = 32;

/// Bytes of all parameter sets of a configuration: real ones are under 200 each. A record with more is refused, and a set in band that
/// would make it more is passed over.
pub const MAX_PARAMETER_SETS_BYTES: usize = 4096;

/// Bytes of an AudioSpecificConfig: with a program config element and its longest comment some 350. A longer one is refused.
pub const MAX_AUDIO_CONFIG: usize = 512;

/// Parameter sets of one access unit that are looked at; what follows them is passed over.
pub const MAX_IN_BAND_SETS: usize = 64;

/// Memory of unfinished messages of a connection whose media are not wanted (yet); passing it ends the connection. Its
/// commands need a fraction.
pub const MAX_STRANGER_BYTES: usize = 256 * 1024;
