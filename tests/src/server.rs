//! A server that runs as long as a test needs it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command};

use crate::workplace::Workplace;

/// A `hunktrace serve` on a free port, killed when it is dropped.
pub struct Server {
    process: Child,
    url: String,
    /// Kept open, so that the server's output has somewhere to go.
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Serves an index, and waits until it answers.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn start(workplace: &Workplace, index: &str) -> Server {
        Server::spawn(workplace.command(&["serve", "--index", index, "--listen", "127.0.0.1:0"]))
    }

    /// Runs a command that serves on a free port, and waits until it answers.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn spawn(mut command: Command) -> Server {
        command.stdout(std::process::Stdio::piped());
        let mut process = command.stderr(std::process::Stdio::inherit()).spawn().expect("the server starts");
        let mut output = BufReader::new(process.stdout.take().expect("the server's output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("the server's first line");
        let url = line.trim_end().strip_prefix("listening on ");
        let url = url.unwrap_or_else(|| panic!("no address: '{line}'")).to_owned();
        Server { process, url, _output: output }
    }

    /// Where it listens, as in `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has noticed.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
