//! First run: the one-time code that makes the owner's account.

use super::key_text::{plain, random_text};
use crate::limits::people::{SETUP_CODE_CHARACTERS, SETUP_CODE_TEXT_MAX};
use subtle::ConstantTimeEq as _;

/// A fresh code such as `k7d2-m9xp`; printed at start while there is no owner; a prepared card keeps it in its data folder and on its boot partition.
pub fn code() -> Result<String, getrandom::Error> {
    let text = random_text(SETUP_CODE_CHARACTERS)?;
    let (first, second) = text.split_at(SETUP_CODE_CHARACTERS / 2);
    Ok(format!("{first}-{second}"))
}

/// Compares what somebody typed with the code, in constant time; dashes, blanks and case do not count.
pub fn code_matches(code: &str, typed: &str) -> bool {
    typed.len() <= SETUP_CODE_TEXT_MAX
        && bool::from(plain(code).as_bytes().ct_eq(plain(typed).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_typed_any_way_and_no_other_passes() {
        let code = code().unwrap();
        assert_eq!(code.len(), 9);
        assert!(code_matches(&code, &code));
        assert!(code_matches(
            &code,
            &format!(" {} ", code.replace('-', "").to_uppercase())
        ));
        assert!(!code_matches(&code, ""));
        assert!(!code_matches(&code, &code[1..]));
        assert!(!code_matches(&code, &format!("{code}a")));
        assert!(!code_matches(&code, &"-".repeat(1000)));
    }
}
