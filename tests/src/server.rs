//! A server that runs as long as a test needs it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::workplace::Workplace;

/// A `hunktrace serve` on a free port, killed when it is dropped.
pub struct Server {
    process: Child,
    url: String,
    /// Where its metrics are, once it was asked for.
    metrics: Mutex<Option<String>>,
    log: PathBuf,
    /// Kept open, so that the server's output has somewhere to go.
    output: Mutex<BufReader<ChildStdout>>,
}

/// How long a server may take for anything; far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

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
        Server::spawn_saying(command, Stdio::inherit(), PathBuf::new())
    }

    /// Serves an index on a free port with these flags as well, logging to a file of the workplace.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn start_with(workplace: &Workplace, index: &str, flags: &[&str], log: &str) -> Server {
        Server::start_at(workplace, index, "127.0.0.1:0", flags, log)
    }

    /// The same at an address.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn start_at(workplace: &Workplace, index: &str, address: &str, flags: &[&str], log: &str) -> Server {
        let serve = ["serve", "--index", index, "--listen", address];
        Server::spawn_logging(workplace.command(&[&serve, flags].concat()), workplace, log)
    }

    /// Runs a command that serves, logging to a file of the workplace, and waits until it answers.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn spawn_logging(command: Command, workplace: &Workplace, log: &str) -> Server {
        let path = workplace.path(log);
        let file = File::create(&path).expect("the log");
        Server::spawn_saying(command, file.into(), path)
    }

    /// Serves an index, logging what `filter` asks for to a file of the workplace, and waits until it answers.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn start_logging(workplace: &Workplace, index: &str, filter: &str, log: &str) -> Server {
        let mut command = workplace.command(&["serve", "--index", index, "--listen", "127.0.0.1:0"]);
        command.env("HUNKTRACE_LOG", filter);
        Server::spawn_logging(command, workplace, log)
    }

    fn spawn_saying(mut command: Command, stderr: Stdio, log: PathBuf) -> Server {
        command.stdout(Stdio::piped()).stderr(stderr);
        let mut process = command.spawn().expect("the server starts");
        let mut output = BufReader::new(process.stdout.take().expect("the server's output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("the server's first line");
        let url = line.trim_end().strip_prefix("listening on ");
        let url = url.unwrap_or_else(|| panic!("no address: '{line}'")).to_owned();
        Server { process, url, metrics: Mutex::default(), log, output: Mutex::new(output) }
    }

    /// What it has logged so far.
    ///
    /// # Panics
    /// Where it logs to no file.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the log")
    }

    /// Waits until it has logged something.
    ///
    /// # Panics
    /// Where it does not.
    pub fn wait_for_log(&self, words: &str) {
        let started = Instant::now();
        while !self.log().contains(words) {
            assert!(started.elapsed() < PATIENCE, "'{words}' is not logged: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The page of its metrics, which its second line names.
    ///
    /// # Panics
    /// Where there is none.
    pub fn metrics(&self) -> String {
        let mut known = self.metrics.lock().expect("no panic");
        let url = known.get_or_insert_with(|| {
            let mut line = String::new();
            self.output.lock().expect("no panic").read_line(&mut line).expect("the second line");
            let url = line.trim_end().strip_prefix("metrics on http://");
            url.unwrap_or_else(|| panic!("no address of metrics: '{line}'")).to_owned()
        });
        let (address, path) = url.split_once('/').expect("a path");
        let mut connection = TcpStream::connect(address).expect("a connection to the metrics");
        let request = format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).expect("the request is taken");
        let mut page = String::new();
        connection.read_to_string(&mut page).expect("the page");
        page
    }

    /// Where its pages are, as in `127.0.0.1:40123`; its next line names them.
    ///
    /// # Panics
    /// Where it says nothing of pages.
    pub fn pages(&self) -> String {
        let mut line = String::new();
        self.output.lock().expect("no panic").read_line(&mut line).expect("another line");
        let url = line.trim_end().strip_prefix("pages on http://").and_then(|url| url.strip_suffix('/'));
        url.unwrap_or_else(|| panic!("no address of pages: '{line}'")).to_owned()
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// Where that is not possible.
    pub fn signal(&self, signal: i32) {
        let process = i32::try_from(self.process.id()).expect("the number of a process");
        let process = rustix::process::Pid::from_raw(process).expect("a process");
        let signal = rustix::process::Signal::from_named_raw(signal).expect("a signal");
        rustix::process::kill_process(process, signal).expect("the signal is sent");
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// Where it does not end.
    pub fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("its state") {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
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
