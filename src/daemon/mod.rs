//! Floor 6, *main*: configuration, budget, start, supervision, shutdown.

mod addresses;
mod command_line;
mod config;
mod control;
mod demo;
mod doctor;
mod memory;
mod ring_folder;
mod run;
mod store_tools;
mod user;

pub use config::Config;

use command_line::{Command, parse};
use std::process::ExitCode;

/// What ends the program early; each text is one sentence for the person at the terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The command line or the configuration file asks for something that is not there.
    #[error("{0}")]
    Usage(String),
    /// A port, folder or file can't be used.
    #[error("{0}")]
    Cannot(String),
    /// The store did not open.
    #[error("{0}")]
    Store(#[from] crate::store::OpenError),
    /// The store opened but did not read or write.
    #[error("{0}")]
    Rows(#[from] crate::store::StoreError),
    /// The ring's folder can't be used.
    #[error("{0}")]
    Ring(#[from] crate::media::storage::StorageError),
}

/// The whole program.
pub fn main() -> ExitCode {
    let outcome = parse(std::env::args_os().skip(1)).and_then(|command| match command {
        Command::Serve(config) => run::run(&config, false),
        Command::Demo(config) => run::run(&config, true),
        Command::Doctor(config) => doctor::print(&config),
        Command::AddUser(add) => user::add(&add),
        Command::Store(tool) => store_tools::run(&tool),
        Command::Help(text) => {
            println!("{text}");
            Ok(())
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hearth: {error}");
            ExitCode::FAILURE
        }
    }
}
