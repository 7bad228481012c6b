//! QR codes as inline SVG.

use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;

/// A code's dark modules, with the quiet zone that scanners want.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Qr {
    /// Side of the drawing, modules.
    pub(super) side: i32,
    /// A stroke of width 1 for each run of dark modules.
    pub(super) path: String,
}

/// Modules of white around the code (ISO/IEC 18004 §6.3.8).
const QUIET: i32 = 4;

impl Qr {
    /// None for a text longer than a QR code holds.
    pub(super) fn of(text: &str) -> Option<Qr> {
        // A screen is not scratched: no spare modules for repair, so that each is as large as can be.
        let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            let mut x = 0;
            while x < code.size() {
                let run = (x..code.size())
                    .take_while(|x| code.get_module(*x, y))
                    .count();
                let run = i32::try_from(run).unwrap_or(0);
                if run > 0 {
                    // Writing to a string does not fail.
                    let _ = write!(path, "M{} {}.5h{run}", x + QUIET, y + QUIET);
                }
                x += run + 1;
            }
        }
        Some(Qr {
            side: code.size() + 2 * QUIET,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_finders_are_where_scanners_look() {
        let qr = Qr::of("rtmp://192.168.1.23/live/abc").unwrap();
        let right = qr.side - QUIET - 7;
        assert!(qr.path.starts_with("M4 4.5h7"));
        assert!(qr.path.contains(&format!("M{right} 4.5h7")));
        assert!(qr.path.contains(&format!("M4 {}.5h7", qr.side - QUIET - 1)));
        assert_eq!(Qr::of(&"x".repeat(8_000)), None);
    }
}
