//! A generated history, and its index.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hunktrace_indexer::run::index_update::{IndexPace, IndexRequest, update_index};

/// Commits of the history.
pub const COMMITS: usize = 1500;
/// The first commits make a file each.
pub const FILES: usize = 60;
const FILE_LINES: usize = 240;

/// Places of a file that a commit changes, far enough apart for a hunk each.
const CHANGES: usize = 3;

const FIRST_DATE: usize = 1_000_000_000;

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    /// A line of source: some are common, most stand in one place.
    fn line(&mut self) -> String {
        match self.below(8) {
            0 => "\t}\n".to_owned(),
            1 => "\n".to_owned(),
            2 => format!("\treturn {};\n", self.below(4)),
            _ => {
                let (target, call, value) = (self.below(400), self.below(3000), self.below(50));
                format!("\tstate_{target} = compute_{call}(context, {value});\n")
            }
        }
    }
}

/// A history as `git fast-import` reads it.
fn history() -> String {
    let mut dice = Dice(7);
    let mut files: Vec<Vec<String>> =
        (0..FILES).map(|_| (0..FILE_LINES).map(|_| dice.line()).collect()).collect();
    let mut stream = String::new();
    for number in 0..COMMITS {
        let file = if number < FILES { number } else { dice.below(FILES) };
        if number >= FILES {
            for change in 0..CHANGES {
                let place = change * FILE_LINES / CHANGES + dice.below(40);
                files[file][place] = dice.line();
                files[file][place + 1] = dice.line();
            }
        }
        let (subject, date) = (format!("part {file}: change {number}"), FIRST_DATE + number);
        let content = files[file].concat();
        // Writing to a string cannot fail.
        let _ = write!(
            stream,
            "commit refs/heads/master\ncommitter Ada Author <ada@example.org> {date} +0000\n\
             data {}\n{subject}\nM 100644 inline drivers/part{}/file{file}.c\ndata {}\n{content}\n",
            subject.len(),
            file % 7,
            content.len()
        );
    }
    stream
}

/// Makes the repository in a folder, and indexes it.
///
/// # Errors
/// Where git or the disk fails.
pub fn small_index(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let (repository, index) = (folder.join("repository"), folder.join("index"));
    let git = || {
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").arg("-C").arg(folder);
        git
    };
    let made = git().args(["init", "--quiet", "--bare", "repository"]).status()?;
    let mut import =
        git().args(["-C", "repository", "fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    import.stdin.take().ok_or("git takes no input")?.write_all(history().as_bytes())?;
    if !made.success() || !import.wait()?.success() {
        return Err("git did not make the repository".into());
    }
    let request = IndexRequest {
        index: index.clone(),
        repositories: vec![repository],
        revisions: Vec::new(),
        pace: IndexPace::usual(1),
    };
    update_index(&request, &())?;
    Ok(index)
}
