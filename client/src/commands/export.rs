//! `hunktrace export`: the hunks of an index for other engines, and the bare index that answers with their help.

use std::io::{BufWriter, ErrorKind, IsTerminal, Write};

use anyhow::{Context, bail};
use hunktrace_indexer::fingerprint::{LineHasher, TermNumber};
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::export::ExportedHunk;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_indexer::run::bare_index::write_bare_index;
use hunktrace_proto::v1;
use prost::Message;

use crate::cli::ExportArgs;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::OutputClosed;

/// A message ends with the commit that makes its records this large; a commit that is larger has one of its own.
const MESSAGE_BYTES: usize = 8 << 20;

/// A message has no more commits than this.
const MESSAGE_COMMITS: usize = 65_536;

/// Runs the command.
///
/// # Errors
/// If the index cannot be read, the bare index cannot be written, or standard output is a terminal.
pub fn run(args: &ExportArgs) -> anyhow::Result<Outcome> {
    let stdout = std::io::stdout();
    if stdout.is_terminal() {
        bail!("hunks are exported as binary data; send standard output to a file or a program");
    }
    let snapshot = Snapshot::open(&args.index)?;
    write_bare_index(&snapshot, &args.bare)?;
    let mut out = BufWriter::new(stdout.lock());
    let (graph, mut hasher) = (snapshot.graph(), LineHasher::default());
    let mut batch = Batch::default();
    for commit in CommitOrdinal::first(graph.len()) {
        batch.commits.push(commit_message(&snapshot, commit)?);
        snapshot.exported_hunks(commit, &mut hasher)?.iter().try_for_each(|hunk| batch.add(hunk))?;
        if batch.records.len() >= MESSAGE_BYTES || batch.commits.len() >= MESSAGE_COMMITS {
            write_message(&mut out, &std::mem::take(&mut batch).into_message())?;
        }
    }
    write_message(&mut out, &batch.into_message())?;
    out.flush().map_err(writing)?;
    Ok(Outcome::Done)
}

fn commit_message(snapshot: &Snapshot, commit: CommitOrdinal) -> Result<v1::ExportedCommit, IndexError> {
    let graph = snapshot.graph();
    Ok(v1::ExportedCommit {
        commit: graph.id(commit).to_string(),
        committed_at: graph.committed_at(commit),
        subject: snapshot.commit_subject(commit)?.unwrap_or_default(),
        first_release: graph.first_release(commit).unwrap_or_default().to_owned(),
        hunks: graph.hunk_count(commit),
        ordinal: commit.0,
    })
}

/// Neighbouring commits and the columns of their hunks.
#[derive(Default)]
struct Batch {
    commits: Vec<v1::ExportedCommit>,
    hunks: Vec<u64>,
    line_counts: Vec<u32>,
    terms: Lists,
    paths: Lists,
    record_ends: Vec<i32>,
    records: Vec<u8>,
}

/// Lists of terms, one behind the other, and where each ends.
#[derive(Default)]
struct Lists {
    ends: Vec<i32>,
    terms: Vec<u64>,
}

impl Lists {
    fn add(&mut self, terms: &[TermNumber]) -> anyhow::Result<()> {
        self.terms.extend(terms.iter().map(|term| term.0));
        self.ends.push(offset(self.terms.len())?);
        Ok(())
    }
}

impl Batch {
    fn add(&mut self, hunk: &ExportedHunk) -> anyhow::Result<()> {
        self.hunks.push(hunk.hunk.0);
        self.line_counts.push(hunk.line_count);
        self.terms.add(&hunk.terms)?;
        self.paths.add(&hunk.paths)?;
        self.records.extend_from_slice(&hunk.record);
        self.record_ends.push(offset(self.records.len())?);
        Ok(())
    }

    fn into_message(self) -> v1::ExportedCommits {
        let wide = |numbers: &[u64]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        v1::ExportedCommits {
            commits: self.commits,
            hunks: wide(&self.hunks),
            line_counts: self.line_counts.iter().flat_map(|count| count.to_le_bytes()).collect(),
            term_offsets: offsets(&self.terms.ends),
            terms: wide(&self.terms.terms),
            path_offsets: offsets(&self.paths.ends),
            paths: wide(&self.paths.terms),
            record_offsets: offsets(&self.record_ends),
            records: self.records,
        }
    }
}

/// An offset of an Arrow array.
fn offset(place: usize) -> anyhow::Result<i32> {
    i32::try_from(place).context("a commit is over the limit of 2 GiB for one that is exported")
}

fn offsets(ends: &[i32]) -> Vec<u8> {
    std::iter::once(&0).chain(ends).flat_map(|end| end.to_le_bytes()).collect()
}

fn write_message(out: &mut impl Write, message: &v1::ExportedCommits) -> anyhow::Result<()> {
    let bytes = message.encode_to_vec();
    let length =
        u32::try_from(bytes.len()).context("a commit is over the limit of 4 GiB for one that is exported")?;
    out.write_all(&length.to_le_bytes()).and_then(|()| out.write_all(&bytes)).map_err(writing)
}

fn writing(error: std::io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::BrokenPipe => OutputClosed.into(),
        _ => anyhow::Error::new(error).context("standard output"),
    }
}
