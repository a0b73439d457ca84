//! A server that runs as long as a test needs it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

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
    pub fn spawn(command: Command) -> Server {
        Server::spawn_saying(command, Stdio::inherit())
    }

    /// Serves an index, logging what `filter` asks for to a file of the workplace, and waits until it answers.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn start_logging(workplace: &Workplace, index: &str, filter: &str, log: &str) -> Server {
        let mut command = workplace.command(&["serve", "--index", index, "--listen", "127.0.0.1:0"]);
        command.env("HUNKTRACE_LOG", filter);
        let log = File::create(workplace.path(log)).expect("the log");
        Server::spawn_saying(command, log.into())
    }

    fn spawn_saying(mut command: Command, stderr: Stdio) -> Server {
        command.stdout(Stdio::piped()).stderr(stderr);
        let mut process = command.spawn().expect("the server starts");
        let mut output = BufReader::new(process.stdout.take().expect("the server's output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("the server's first line");
        let url = line.trim_end().strip_prefix("listening on ");
        let url = url.unwrap_or_else(|| panic!("no address: '{line}'")).to_owned();
        Server { process, url, _output: output }
    }

    /// The number of its process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
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
