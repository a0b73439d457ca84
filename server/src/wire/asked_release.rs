//! Reads what an `Attribute` call asks: for each release its options, then its files.

use std::sync::Arc;

use bstr::BString;
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::patch::{Problem, bare_hunks_unless};
use hunktrace_proto::v1;
use hunktrace_proto::v1::attribute_request::Part;
use prost::Message;
use tonic::{Status, Streaming};

use crate::attribution::release::ReleaseFile;
use crate::index::live_index::LiveSnapshot;
use crate::index::origin::carriers_of;
use crate::wire::call::CallContext;
use crate::wire::held_bytes::HeldBytes;
use crate::wire::limits::Limits;
use crate::wire::refusal::{cancelled_status, over_limit};
use crate::wire::workers::{Lane, Workers, on_worker};

/// Hexadecimal digits of a commit's id.
const ID_DIGITS: usize = 40;

/// What is asked about a release, but for its files.
pub(crate) struct AskedRelease {
    /// The commits that cannot be an origin.
    pub(crate) excluded: Arc<CommitSet>,
    /// Commits of which the answer says what has superseded them.
    pub(crate) asked_after: CommitSet,
    /// Whether another release follows.
    pub(crate) is_followed: bool,
}

impl AskedRelease {
    /// What some options ask.
    ///
    /// # Errors
    /// INVALID_ARGUMENT where the base or a commit is not indexed; CANCELLED where nobody wants it.
    pub(crate) fn new(
        live: &LiveSnapshot,
        options: &v1::AttributeOptions,
        cancellation: &Cancellation,
    ) -> Result<AskedRelease, Status> {
        let base = live
            .resolve(&options.base)
            .map_err(|error| Status::invalid_argument(format!("base: {error}")))?;
        let mut excluded = live.base_content(base).contained.clone();
        for commit in commits(live, &options.excluded, cancellation)? {
            excluded.insert(commit);
            for carrier in carriers_of(live.snapshot.graph(), commit) {
                excluded.insert(carrier);
            }
        }
        let mut asked_after = CommitSet::default();
        for commit in commits(live, &options.asked_after, cancellation)? {
            asked_after.insert(commit);
        }
        Ok(AskedRelease { excluded: Arc::new(excluded), asked_after, is_followed: options.is_followed })
    }
}

/// The commits with these ids.
fn commits(
    live: &LiveSnapshot,
    ids: &[String],
    cancellation: &Cancellation,
) -> Result<Vec<CommitOrdinal>, Status> {
    let find = |id: &String| {
        cancellation.check().map_err(cancelled_status)?;
        match live.resolve_origin(id) {
            Ok(commit) if id.len() == ID_DIGITS => Ok(commit),
            _ => Err(Status::invalid_argument(format!(
                "'{id}' is no commit of the index; name it by its {ID_DIGITS} digits"
            ))),
        }
    };
    ids.iter().map(find).collect()
}

/// Bytes of diffs that are read at a time, off the threads of the network.
const BYTES_READ_AT_A_TIME: usize = 1 << 20;

/// Bytes that a file takes until its release is answered, beside its paths and its diff.
const FILE_BYTES: usize = 256;

/// Files that are read at a time.
const FILES_READ_AT_A_TIME: usize = 1024;

/// Reads releases from a stream.
pub(crate) struct ReleaseReader {
    requests: Streaming<v1::AttributeRequest>,
    workers: Arc<Workers>,
    context: CallContext,
    limits: Limits,
    cancellation: Cancellation,
}

/// The files of a release, with what they hold of all bytes until it is answered.
pub(crate) struct HeldRelease {
    pub(crate) files: Vec<ReleaseFile>,
    _held: Vec<HeldBytes>,
}

/// The files of a release, as far as they have come.
#[derive(Default)]
struct ArrivedFiles {
    read: Vec<ReleaseFile>,
    unread: Vec<v1::FileDiff>,
    unread_bytes: usize,
    bytes: usize,
    held: Vec<HeldBytes>,
}

impl ReleaseReader {
    /// Reads from the beginning of a stream.
    pub(crate) fn new(
        requests: Streaming<v1::AttributeRequest>,
        workers: Arc<Workers>,
        context: CallContext,
        limits: Limits,
        cancellation: Cancellation,
    ) -> ReleaseReader {
        ReleaseReader { requests, workers, context, limits, cancellation }
    }

    async fn next(&mut self) -> Result<Option<v1::AttributeRequest>, Status> {
        self.context.next(&mut self.requests, self.limits.call_idle).await
    }

    /// The options of the next release; none where the stream ends.
    ///
    /// # Errors
    /// INVALID_ARGUMENT where something else comes.
    pub(crate) async fn next_options(&mut self) -> Result<Option<v1::AttributeOptions>, Status> {
        match self.next().await? {
            None => Ok(None),
            Some(v1::AttributeRequest { part: Some(Part::Options(options)) }) => Ok(Some(options)),
            Some(_) => Err(Status::invalid_argument("a release has to begin with its options")),
        }
    }

    /// The files of the release whose options came last.
    ///
    /// # Errors
    /// INVALID_ARGUMENT where something else comes or a diff cannot be read, RESOURCE_EXHAUSTED over the limits.
    pub(crate) async fn files(&mut self) -> Result<HeldRelease, Status> {
        let mut arrived = ArrivedFiles::default();
        while let Some(request) = self.next().await? {
            let file = match request.part {
                Some(Part::File(file)) => file,
                Some(Part::AsBefore(before)) => {
                    let bytes = before.encoded_len() + FILE_BYTES * before.files.len();
                    arrived.held.push(self.context.take(bytes)?);
                    self.read_hunks(&mut arrived).await?;
                    arrived.add_as_before(before, &self.limits)?;
                    continue;
                }
                Some(Part::End(v1::EndOfRelease {})) => break,
                Some(Part::Options(_)) | None => {
                    return Err(Status::invalid_argument(
                        "after the options only files and the end may follow",
                    ));
                }
            };
            arrived.held.push(self.context.take(file.encoded_len() + FILE_BYTES)?);
            arrived.add(file, &self.limits)?;
            if arrived.unread_bytes >= BYTES_READ_AT_A_TIME || arrived.unread.len() >= FILES_READ_AT_A_TIME {
                self.read_hunks(&mut arrived).await?;
            }
        }
        self.read_hunks(&mut arrived).await?;
        Ok(HeldRelease { files: arrived.read, _held: arrived.held })
    }

    /// Reads the hunks of the files that have come.
    async fn read_hunks(&self, arrived: &mut ArrivedFiles) -> Result<(), Status> {
        if arrived.unread.is_empty() {
            return Ok(());
        }
        let _under_way = self.context.work();
        let turn = self.context.turn_of_stream(&self.workers, Lane::Lookups).await?;
        let (unread, cancellation) = (std::mem::take(&mut arrived.unread), self.cancellation.clone());
        arrived.unread_bytes = 0;
        let read = on_worker(turn, move || {
            unread
                .into_iter()
                .map(|file| release_file(file, &cancellation))
                .collect::<Result<Vec<_>, Status>>()
        });
        arrived.read.extend(read.await?);
        Ok(())
    }
}

impl ArrivedFiles {
    /// Adds a file.
    fn add(&mut self, file: v1::FileDiff, limits: &Limits) -> Result<(), Status> {
        self.bytes += file.hunks.len();
        self.unread_bytes += file.hunks.len();
        if self.bytes > limits.release_bytes {
            let limit = limits.release_bytes;
            let message = format!("the diffs are over the limit of {limit} bytes (release_bytes)");
            return Err(over_limit(message, "release_bytes"));
        }
        self.check_files(1, limits)?;
        self.unread.push(file);
        Ok(())
    }

    /// Adds files that differ as in the release before.
    fn add_as_before(&mut self, before: v1::FilesAsBefore, limits: &Limits) -> Result<(), Status> {
        self.check_files(before.files.len(), limits)?;
        for v1::FilePaths { path, old_path } in before.files {
            self.read.push(ReleaseFile { is_as_before: true, ..file_of_paths(path, old_path)? });
        }
        Ok(())
    }

    fn check_files(&self, more: usize, limits: &Limits) -> Result<(), Status> {
        if self.read.len() + self.unread.len() + more > limits.release_files {
            let message = format!("the files are over the limit of {} (release_files)", limits.release_files);
            return Err(over_limit(message, "release_files"));
        }
        Ok(())
    }
}

/// A file of these paths, of which an empty one is none.
fn file_of_paths(path: Vec<u8>, old_path: Vec<u8>) -> Result<ReleaseFile, Status> {
    let path_of = |path: Vec<u8>| (!path.is_empty()).then(|| BString::from(path));
    let file = ReleaseFile { new_path: path_of(path), old_path: path_of(old_path), ..ReleaseFile::default() };
    if file.new_path.is_none() && file.old_path.is_none() {
        return Err(Status::invalid_argument("a file has neither a path nor an old path"));
    }
    Ok(file)
}

fn release_file(file: v1::FileDiff, cancellation: &Cancellation) -> Result<ReleaseFile, Status> {
    let mut release = file_of_paths(file.path, file.old_path)?;
    if !file.hunks.is_empty() {
        let hunks = bare_hunks_unless(&file.hunks, cancellation);
        cancellation.check().map_err(cancelled_status)?;
        release.hunks = hunks.map_err(|problem| {
            let Problem { line, kind, .. } = problem;
            let (path, remedy) = (release.path(), kind.remedy());
            Status::invalid_argument(format!("{path}: line {line} of the hunks: {kind}; {remedy}"))
        })?;
    }
    Ok(release)
}
