//! One timer a connection, re-armed only when it fires early.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// The deadline passed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expired;

/// The moment that whatever the connection waits for must have happened by.
#[derive(Debug)]
pub(super) struct Deadline {
    sleep: Pin<Box<Sleep>>,
    due: Instant,
}

impl Deadline {
    /// Expires after `wait` unless set anew.
    pub(super) fn new(wait: Duration) -> Deadline {
        let due = Instant::now() + wait;
        Deadline {
            sleep: Box::pin(tokio::time::sleep_until(due)),
            due,
        }
    }

    /// Expires after `wait`. Moving a deadline back costs nothing until the timer fires.
    pub(super) fn set(&mut self, wait: Duration) {
        self.due = Instant::now() + wait;
        if self.due < self.sleep.deadline() {
            self.sleep.as_mut().reset(self.due);
        }
    }

    /// Ready when the deadline has passed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.sleep.as_mut().poll(cx).is_ready() {
            if Instant::now() >= self.due {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(self.due);
        }
        Poll::Pending
    }

    /// What `step` comes to, if it comes to it within `wait`.
    pub(super) async fn within<T>(
        &mut self,
        wait: Duration,
        mut step: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Result<T, Expired> {
        self.set(wait);
        poll_fn(|cx| match step(cx) {
            Poll::Ready(value) => Poll::Ready(Ok(value)),
            Poll::Pending => self.poll(cx).map(|()| Err(Expired)),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(test);
    }

    #[test]
    fn a_deadline_that_was_moved_back_does_not_expire_early() {
        run(async {
            let mut deadline = Deadline::new(Duration::from_millis(5));
            let start = Instant::now();
            let pending = deadline.within::<()>(Duration::from_millis(40), |_| Poll::Pending);
            assert_eq!(pending.await, Err(Expired));
            assert!(start.elapsed() >= Duration::from_millis(40));
        });
    }

    #[test]
    fn a_deadline_that_was_moved_forward_expires_in_time() {
        run(async {
            let mut deadline = Deadline::new(Duration::from_secs(60));
            let pending = deadline.within::<()>(Duration::from_millis(5), |_| Poll::Pending);
            assert_eq!(pending.await, Err(Expired));
        });
    }
}
