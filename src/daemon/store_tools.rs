//! `hearth store check|stats|compact|export|import`.

use super::StartError;
use super::command_line::{StoreTool, StoreVerb};
use crate::people::TABLES;
use crate::store::tools;

/// Runs one tool on the store of a data folder and prints what it says.
pub(super) fn run(tool: &StoreTool) -> Result<(), StartError> {
    let dir = tool.data.join("store");
    let said = match &tool.verb {
        StoreVerb::Check => tools::check(&dir, TABLES),
        StoreVerb::Stats => tools::stats(&dir),
        StoreVerb::Compact => tools::compact(&dir, TABLES),
        StoreVerb::Export(file) => tools::export(&dir, file),
        StoreVerb::Import(file) => tools::import(&dir, file, TABLES),
    };
    println!(
        "{}",
        said.map_err(|error| StartError::Cannot(error.to_string()))?
    );
    Ok(())
}
