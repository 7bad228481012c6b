//! The log: to standard error, as ever, and its last lines in memory for the owner's page.

use crate::limits::ui::{LOG_LINE_BYTES, LOG_LINES};
use log::{Log, Metadata, Record};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The last lines, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct RecentLog {
    lines: Arc<Mutex<VecDeque<String>>>,
}

struct Both {
    shown: env_logger::Logger,
    kept: RecentLog,
}

impl RecentLog {
    /// Takes over the process's log; `RUST_LOG` says what is logged.
    pub(super) fn install() -> RecentLog {
        let kept = RecentLog::default();
        let filter = env_logger::Env::default().default_filter_or("info");
        let shown = env_logger::Builder::from_env(filter)
            .format_target(false)
            .build();
        log::set_max_level(shown.filter());
        let both = Both {
            shown,
            kept: kept.clone(),
        };
        if log::set_boxed_logger(Box::new(both)).is_err() {
            log::debug!("there is a log already");
        }
        kept
    }

    /// What was logged last.
    pub(super) fn lines(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    fn keep(&self, mut line: String) {
        if line.len() > LOG_LINE_BYTES {
            let end = (0..=LOG_LINE_BYTES)
                .rev()
                .find(|at| line.is_char_boundary(*at));
            line.truncate(end.unwrap_or(0));
        }
        let mut lines = self.lock();
        if lines.len() >= LOG_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Both {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.shown.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.shown.matches(record) {
            self.kept
                .keep(format!("{} {}", record.level(), record.args()));
            self.shown.log(record);
        }
    }

    fn flush(&self) {
        self.shown.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_characters_and_the_oldest_leave() {
        let log = RecentLog::default();
        for number in 0..LOG_LINES + 3 {
            log.keep(format!("{number}"));
        }
        log.keep("猫".repeat(LOG_LINE_BYTES));
        let lines = log.lines();
        assert_eq!((lines.len(), lines[0].as_str()), (LOG_LINES, "4"));
        let last = lines.last().unwrap();
        assert!(last.len() <= LOG_LINE_BYTES && last.ends_with('猫'));
    }
}
