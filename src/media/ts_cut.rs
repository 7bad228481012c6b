//! Where TS segments are cut: at keyframes, by a rule that depends on the stream alone. (owner: helper B)

/// Decides, fragment by fragment, to which TS segment each belongs.
#[derive(Debug)]
pub struct TsCutter {}

#[allow(clippy::todo)]
impl TsCutter {
    /// The first fragment will be in TS segment 0.
    pub fn new() -> TsCutter {
        todo!()
    }
    /// The number of the TS segment that this fragment belongs to (times in 90 kHz ticks).
    pub fn place(
        &mut self,
        start: u64,
        duration: u32,
        independent: bool,
        discontinuity: bool,
    ) -> u64 {
        let _ = (start, duration, independent, discontinuity);
        todo!()
    }
    /// Fixes the target duration, seconds, if it is not yet: max(2, longest TS segment so far), at most 10.
    pub fn fix_target(&mut self) -> u32 {
        todo!()
    }
}
