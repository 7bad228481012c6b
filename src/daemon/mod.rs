//! Floor 6, *main*: configuration, budget, start, supervision, shutdown. (owner: integrator)
use std::process::ExitCode;

/// The whole program.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
