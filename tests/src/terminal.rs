//! The program in a terminal: what a user sees, as text and as pictures that a reviewer can read.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use anstyle::RgbColor;
use anstyle_svg::{Term, WIN10_CONSOLE};
use nix::pty::{Winsize, openpty};

/// Set to write snapshots anew rather than compare them.
const UPDATE: &str = "HUNKTRACE_UPDATE_SNAPSHOTS";

/// Rows of a terminal in tests.
const ROWS: u16 = 50;

/// What a run shows on a terminal.
pub struct Screen {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What standard output got, with its escape sequences, and lines that end as elsewhere.
    pub shown: String,
    /// What standard error got, which is no terminal.
    pub stderr: String,
}

impl Screen {
    /// Runs a command to its end with a terminal of so many columns as standard output; it has no pager.
    ///
    /// # Panics
    /// Where there is no terminal to be had, or the command cannot be started.
    pub fn of(mut command: Command, columns: u16) -> Screen {
        let size = Winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).expect("a terminal");
        command.env("TERM", "xterm-256color");
        if !command.get_envs().any(|(name, _)| name == "HUNKTRACE_PAGER") {
            command.env("HUNKTRACE_PAGER", "cat");
        }
        let mut child = command.stdout(Stdio::from(pty.slave)).spawn().expect("the program starts");
        // The command keeps the terminal's other end open, and reading would not end.
        drop(command);
        let mut stderr = child.stderr.take();
        let (shown, said) = std::thread::scope(|scope| {
            let said = scope.spawn(move || {
                let mut said = String::new();
                if let Some(stderr) = &mut stderr {
                    stderr.read_to_string(&mut said).expect("what the program says");
                }
                said
            });
            (read_all(File::from(pty.master)), said.join().expect("what the program says"))
        });
        let code = child.wait().expect("the program's end").code();
        Screen { code, shown: shown.replace("\r\n", "\n"), stderr: said }
    }

    /// What is shown without colours and links.
    pub fn plain(&self) -> String {
        marked(&self.shown, |_| String::new())
    }

    /// What is shown, with its colours as marks: `⟨yellow⟩…⟨/⟩`.
    pub fn with_marks(&self) -> String {
        marked(&self.shown, |codes| {
            let names: Vec<&str> = codes.iter().map(|code| name_of(code)).collect();
            format!("⟨{}⟩", names.join(" "))
        })
    }
}

/// Reads what a terminal shows until nobody writes to it any more, which Linux reports as an error.
fn read_all(mut terminal: File) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = terminal.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn name_of(code: &str) -> &str {
    match code {
        "" | "0" => "/",
        "1" => "bold",
        "2" => "faint",
        "4" => "underlined",
        "31" => "red",
        "32" => "green",
        "33" => "yellow",
        "36" => "cyan",
        other => other,
    }
}

/// The text with `mark` in place of the escape sequences that set styles; links are left out.
fn marked(text: &str, mark: impl Fn(&[&str]) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut codes: Vec<&str> = Vec::new();
    while !rest.is_empty() {
        if let Some((code, after)) = rest.strip_prefix("\x1b[").and_then(|rest| rest.split_once('m')) {
            codes.push(code);
            rest = after;
            continue;
        }
        if !codes.is_empty() {
            out += &mark(&std::mem::take(&mut codes));
        }
        if let Some((_, after)) = rest.strip_prefix("\x1b]8;").and_then(|rest| rest.split_once("\x1b\\")) {
            rest = after;
            continue;
        }
        let next = rest.chars().next().map_or(1, char::len_utf8);
        let (character, after) = rest.split_at(next);
        out += character;
        rest = after;
    }
    if !codes.is_empty() {
        out += &mark(&codes);
    }
    out
}

/// Compares a text with the one that is kept under a name in a folder of snapshots.
///
/// # Panics
/// Where they differ. `HUNKTRACE_UPDATE_SNAPSHOTS=1` writes the snapshot instead.
#[track_caller]
pub fn assert_snapshot(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    if std::env::var_os(UPDATE).is_some() {
        std::fs::create_dir_all(folder).expect("a folder for snapshots");
        std::fs::write(&path, text).expect("a snapshot");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{} is not what is shown any more; look at it, and run the test with {UPDATE}=1 if it is right\n{text}",
        path.display()
    );
}

/// Compares pictures of a text on a dark and on a light terminal with those that are kept.
///
/// # Panics
/// As [`assert_snapshot`].
#[track_caller]
pub fn assert_pictures(folder: &Path, name: &str, shown: &str) {
    let (black, white) = (RgbColor(0, 0, 0).into(), RgbColor(255, 255, 255).into());
    for (theme, foreground, background) in [("dark", white, black), ("light", black, white)] {
        let term = Term::new().palette(WIN10_CONSOLE).fg_color(foreground).bg_color(background);
        assert_snapshot(folder, &format!("{name}-{theme}.svg"), &term.render_svg(shown));
    }
}
