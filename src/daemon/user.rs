//! `hearth user add`: through the running daemon, else directly.

use super::StartError;
use super::command_line::AddUser;
use super::control::{NewAccount, ask};
use crate::limits::store::MAX_RECORDS;
use crate::people::{People, TABLES, restore};
use crate::store::Store;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Longest password that is read, bytes.
const PASSWORD_MOST: u64 = 1024;

/// Makes the account and prints its stream key alone.
pub(super) fn add(request: &AddUser) -> Result<(), StartError> {
    let mut password = String::new();
    std::io::stdin()
        .take(PASSWORD_MOST)
        .read_to_string(&mut password)
        .map_err(|error| StartError::Cannot(format!("cannot read the password: {error}")))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    if password.contains('\n') {
        return Err(StartError::Usage("the password must be one line".into()));
    }
    let account = NewAccount {
        name: request.name.clone(),
        password,
        owner: request.owner,
    };
    let key = ask(&request.data, &account).unwrap_or_else(|| directly(&request.data, &account))?;
    println!("{key}");
    Ok(())
}

fn directly(data: &Path, account: &NewAccount) -> Result<String, StartError> {
    let store = Arc::new(open_store(data)?);
    let people = People::open(Arc::clone(&store), data)?;
    let key = account.make(&people).map_err(StartError::Cannot)?;
    store.close()?;
    Ok(key)
}

/// Opens the store of a data folder, making the folder if it is not there.
pub(super) fn open_store(data: &Path) -> Result<Store, StartError> {
    open_store_of(data, MAX_RECORDS)
}

/// The same with room for so many rows.
pub(super) fn open_store_of(data: &Path, rows: usize) -> Result<Store, StartError> {
    std::fs::create_dir_all(data).map_err(|error| {
        StartError::Data(format!(
            "cannot use {} for accounts and keys: {error}",
            data.display()
        ))
    })?;
    if restore::is_between(data) {
        restore::apply(data, rows).map_err(|error| {
            StartError::Data(format!(
                "cannot finish restoring a backup in {}: {error}",
                data.display()
            ))
        })?;
    }
    Ok(Store::open_bounded(&data.join("store"), TABLES, rows)?)
}
