//! Long output in a pager, as git shows it.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::Context;

use crate::terminal::interrupt::Ignored;
use crate::terminal::message::{hold_messages, release_messages, say};

/// The pager where nothing else is said.
const USUAL_PAGER: &str = "less";

/// Characters that only a shell understands.
const SHELL_CHARACTERS: &str = "|&;<>()$`\\\"' \t\n*?[#~=%";

/// What a shell returns where there is no such program.
const NOT_FOUND: i32 = 127;

/// The pager that the user wants: `HUNKTRACE_PAGER`, `PAGER`, or `less`; none where that is `cat` or nothing.
pub fn wanted_pager() -> Option<OsString> {
    chosen(|name| std::env::var_os(name))
}

fn chosen(variable: impl Fn(&str) -> Option<OsString>) -> Option<OsString> {
    // A terminal without any abilities is an editor's window, which scrolls by itself.
    if variable("TERM").is_none_or(|term| term == "dumb") {
        return None;
    }
    let pager = variable("HUNKTRACE_PAGER").or_else(|| variable("PAGER"));
    let pager = pager.unwrap_or_else(|| USUAL_PAGER.into());
    Some(pager).filter(|pager| !pager.is_empty() && pager != "cat")
}

/// A pager that runs. Signals are left to it, and messages wait for its end.
pub struct Pager {
    name: OsString,
    child: Child,
    input: Option<ChildStdin>,
    _ignored: Ignored,
}

impl Pager {
    /// Starts a pager; none if there is no such program.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(name: &OsString) -> anyhow::Result<Option<Pager>> {
        let needs_shell = name.to_string_lossy().contains(|c| SHELL_CHARACTERS.contains(c));
        let mut command = if needs_shell { Command::new("sh") } else { Command::new(name) };
        if needs_shell {
            command.arg("-c").arg(name);
        }
        // What git says to its pagers: colours as they are, no cleared screen, and an end where all is on one.
        for (variable, value) in [("LESS", "FRX"), ("LV", "-c")] {
            if std::env::var_os(variable).is_none() {
                command.env(variable, value);
            }
        }
        let ignored = Ignored::begin()?;
        match command.stdin(Stdio::piped()).spawn() {
            Ok(mut child) => {
                let input = child.stdin.take();
                hold_messages();
                Ok(Some(Pager { name: name.clone(), child, input, _ignored: ignored }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let name = name.display();
                Err(error).with_context(|| format!("{name}: cannot be started as pager; give --no-pager"))
            }
        }
    }

    /// Hands it a text.
    ///
    /// # Errors
    /// Where it has been left, or does not read.
    pub fn write(&mut self, text: &str) -> std::io::Result<()> {
        match &mut self.input {
            Some(input) => input.write_all(text.as_bytes()),
            None => Ok(()),
        }
    }
}

impl Drop for Pager {
    /// Waits until the user has left it.
    fn drop(&mut self) {
        drop(self.input.take());
        let status = self.child.wait();
        release_messages();
        if status.is_ok_and(|status| status.code() == Some(NOT_FOUND)) {
            let name = self.name.display();
            say(format_args!("{name}: there is no such pager; set HUNKTRACE_PAGER, or give --no-pager"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen_of(variables: &[(&str, &str)]) -> Option<String> {
        let found = |name: &str| {
            let value = variables.iter().chain(&[("TERM", "xterm")]).find(|(variable, _)| *variable == name);
            value.map(|(_, value)| OsString::from(value))
        };
        chosen(found).map(|pager| pager.to_string_lossy().into_owned())
    }

    #[test]
    fn own_variable_comes_first_and_less_last() {
        assert_eq!(chosen_of(&[("PAGER", "more"), ("HUNKTRACE_PAGER", "most")]).as_deref(), Some("most"));
        assert_eq!(chosen_of(&[("PAGER", "more")]).as_deref(), Some("more"));
        assert_eq!(chosen_of(&[]).as_deref(), Some("less"));
    }

    #[test]
    fn cat_and_nothing_are_no_pagers() {
        for none in ["cat", ""] {
            assert_eq!(chosen_of(&[("PAGER", "less"), ("HUNKTRACE_PAGER", none)]), None);
        }
        assert_eq!(chosen_of(&[("TERM", "dumb")]), None);
    }
}
