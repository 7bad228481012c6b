//! Floor 6, *main*: configuration, budget, start, supervision, shutdown.

mod addresses;
mod anew;
mod card;
mod command_line;
mod config;
mod console;
mod control;
mod demo;
mod doctor;
mod led;
mod listening;
mod memory;
mod notify;
mod recent_log;
mod rescue;
mod ring_folder;
mod run;
mod slot;
mod state;
mod store_tools;
mod user;
mod watchdog;
mod wifi;

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
    /// The data folder can't be used.
    #[error("{0}")]
    Data(String),
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

impl StartError {
    /// Whether the data folder is what can't be used, and not a mistake in what was asked for.
    fn is_about_data(&self) -> bool {
        matches!(
            self,
            StartError::Data(_) | StartError::Store(_) | StartError::Rows(_)
        )
    }
}

/// The whole program.
pub fn main() -> ExitCode {
    let outcome = parse(std::env::args_os().skip(1)).and_then(|command| match command {
        Command::Serve(config) => run::run(&config, false),
        Command::Demo(config) => run::run(&config, true),
        Command::Doctor(config) => doctor::print(&config),
        Command::Limits(config) => doctor::print_limits(&config),
        Command::AddUser(add) => user::add(&add),
        Command::Card(request) => card::run(&request),
        Command::Console(request) => console::run(&request),
        Command::Wifi(request) => wifi::run(&request),
        Command::Slot(request) => slot::run(&request),
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
