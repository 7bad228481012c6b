//! `hearth store check|stats|compact|export|import`.

use super::StartError;
use super::command_line::StoreTool;

/// Runs one tool on the store of a data folder.
pub(super) fn run(tool: &StoreTool) -> Result<(), StartError> {
    let _ = tool;
    Ok(())
}
