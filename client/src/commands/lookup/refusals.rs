//! What a service could not answer.

use crate::terminal::message::say;
use crate::terminal::screen_text::counted;

/// Tells what a service could not answer. A wrong flag is the same for each patch, and is said once.
#[derive(Debug, Default)]
pub struct Refusals {
    /// What was said last, and how often in a row.
    last: Option<(String, u64)>,
}

impl Refusals {
    /// Tells why a patch was not answered.
    pub fn tell(&mut self, name: &str, message: &str) {
        match &mut self.last {
            Some((last, times)) if last == message => *times += 1,
            _ => {
                self.tell_repetitions();
                say(format_args!("{name}: {message}"));
                self.last = Some((message.to_owned(), 1));
            }
        }
    }

    /// Tells how often the last one was repeated; returns whether there was one.
    pub fn tell_repetitions(&mut self) -> bool {
        let Some((message, times)) = self.last.take() else { return false };
        if times > 1 {
            say(format_args!("{} more, for other patches: {message}", counted(times - 1, "time")));
        }
        true
    }
}

/// That a patch is longer than a service accepts.
pub fn too_long(name: &str, bytes: u64, limit: u64) -> String {
    format!("{name}: has {bytes} bytes, over the service's limit of {limit}; split it")
}
