//! The `hearth` command: everything it does lives in the library.

fn main() -> std::process::ExitCode {
    hearth::daemon::main()
}
