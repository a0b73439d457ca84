//! Releases of one vendor on their way to the service and back, one after the other.
//!
//! They go over one stream, so that the service can keep what releases have in common.

use anyhow::{Context, bail};
use bstr::BString;
use hunktrace_indexer::hunk::Hunk;
use hunktrace_proto::v1;
use hunktrace_proto::v1::attribute_request::Part as RequestPart;
use hunktrace_proto::v1::attribute_response::Part;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_server::wire::client_channel::ClientChannel;
use tokio::sync::mpsc::Sender;
use tokio_stream::StreamExt;
use tonic::Streaming;

use super::comparison::ChangedFile;
use super::refusal::refusal;
use super::watcher::{Phase, Watcher};
use crate::answer::from_wire::{AnswerBefore, AnswerReader};
use crate::answer::{Answer, AnsweredFile, AnsweredHunk, LineRun, Side};

/// Files that may be under way to the service.
const FILES_UNDER_WAY: usize = 64;

/// Files that are said to be as before in one message.
const FILES_AS_BEFORE: usize = 512;

/// What is asked about a release, beside its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question<'a> {
    /// What the vendor started from, as a revision that the index knows; what it contains cannot be an origin.
    pub base_revision: &'a str,
    /// Commits that cannot be an origin either, by id.
    pub excluded: Vec<String>,
    /// Commits of which the answer says what has superseded them, by id.
    pub asked_after: Vec<String>,
}

/// A stream of releases; it is opened for the first of them.
#[derive(Debug)]
pub(super) struct ReleaseStream {
    client: HunktraceClient<ClientChannel>,
    open: Option<OpenStream>,
}

#[derive(Debug)]
struct OpenStream {
    requests: Sender<v1::AttributeRequest>,
    responses: Streaming<v1::AttributeResponse>,
    /// The answer about the release before, if the service keeps its files, and the base and the commits that could not be
    /// an origin.
    before: Option<(AnswerBefore, (String, Vec<String>))>,
}

impl ReleaseStream {
    /// A stream to a service.
    pub fn new(client: HunktraceClient<ClientChannel>) -> ReleaseStream {
        ReleaseStream { client, open: None }
    }

    /// Asks where every changed line of the next release comes from; `is_followed` says whether another one comes.
    ///
    /// # Errors
    /// Where the service refuses the release, does not answer to the end, or contradicts itself.
    pub async fn answer(
        &mut self,
        question: &Question<'_>,
        is_followed: bool,
        files: &[ChangedFile],
        watcher: &dyn Watcher,
    ) -> anyhow::Result<Answer> {
        let options = request(RequestPart::Options(v1::AttributeOptions {
            base: question.base_revision.to_owned(),
            is_followed,
            asked_after: question.asked_after.clone(),
            excluded: question.excluded.clone(),
        }));
        let mut stream = match self.open.take() {
            Some(stream) => {
                // A service that stops listening says why in its answer.
                drop(stream.requests.send(options).await);
                stream
            }
            None => OpenStream::open(&mut self.client, options).await?,
        };
        let OpenStream { requests, responses, before } = &mut stream;
        let asked: Vec<&ChangedFile> = files.iter().filter(|file| file.copy_of.is_none()).collect();
        let excluding = (question.base_revision.to_owned(), question.excluded.clone());
        let before = before.take().filter(|(_, other)| *other == excluding).map(|(before, _)| before);
        let send_all = send_files(requests, &asked, before.is_some());
        let reader = AnswerReader::after(before);
        let ((), received) = tokio::try_join!(send_all, receive(responses, reader, &asked, watcher))?;
        let (mut answer, files_are_kept) = received;
        check_files(&asked, &answer.files)?;
        if is_followed {
            stream.before = files_are_kept.then(|| (AnswerBefore::of(&answer), excluding));
            self.open = Some(stream);
        }
        answer.files = with_copies(files, answer.files)?;
        Ok(answer)
    }
}

/// Sends the files of a release. Those that differ as in the release before are named, if the service keeps its files.
async fn send_files(
    requests: &Sender<v1::AttributeRequest>,
    files: &[&ChangedFile],
    are_kept: bool,
) -> anyhow::Result<()> {
    let is_named = |file: &&ChangedFile| are_kept && file.is_as_before;
    for alike in files.chunk_by(|a, b| is_named(a) == is_named(b)) {
        if alike.first().is_some_and(is_named) {
            for some in alike.chunks(FILES_AS_BEFORE) {
                let files = some.iter().map(|file| file_paths(file)).collect();
                let part = RequestPart::AsBefore(v1::FilesAsBefore { files });
                // A service that stops listening says why in its answer.
                if requests.send(request(part)).await.is_err() {
                    return Ok(());
                }
            }
            continue;
        }
        for file in alike {
            if requests.send(request(RequestPart::File(file_diff(file)?))).await.is_err() {
                return Ok(());
            }
        }
    }
    drop(requests.send(request(RequestPart::End(v1::EndOfRelease {}))).await);
    Ok(())
}

impl OpenStream {
    async fn open(
        client: &mut HunktraceClient<ClientChannel>,
        options: v1::AttributeRequest,
    ) -> anyhow::Result<OpenStream> {
        let (requests, sent) = tokio::sync::mpsc::channel(FILES_UNDER_WAY);
        // The service answers when it has read the options.
        requests.send(options).await?;
        let sent = tokio_stream::wrappers::ReceiverStream::new(sent);
        let responses = client.attribute(sent).await.map_err(refusal)?.into_inner();
        Ok(OpenStream { requests, responses, before: None })
    }
}

/// The answers about all files: those about second copies are not asked for.
fn with_copies(files: &[ChangedFile], answered: Vec<AnsweredFile>) -> anyhow::Result<Vec<AnsweredFile>> {
    let mut answered = answered.into_iter();
    let answers = files.iter().filter_map(|file| match file.copy_of {
        Some(_) => Some(unexplained(file)),
        None => answered.next().map(Ok),
    });
    answers.collect()
}

/// A new file of which no line comes from a commit.
fn unexplained(file: &ChangedFile) -> anyhow::Result<AnsweredFile> {
    let hunk = |hunk: &Hunk| AnsweredHunk {
        old_start: hunk.old_start,
        old_lines: hunk.old_lines,
        new_start: hunk.new_start,
        new_lines: hunk.new_lines,
        runs: vec![LineRun { side: Side::New, start: hunk.new_start, lines: hunk.new_lines, origin: None }],
    };
    let hunks = file.hunks.read().with_context(|| unreadable_again(file))?;
    let hunks = hunks.iter().map(hunk).collect();
    Ok(AnsweredFile { path: file.path.clone(), hunks, is_as_before: file.is_as_before })
}

fn request(part: RequestPart) -> v1::AttributeRequest {
    v1::AttributeRequest { part: Some(part) }
}

/// Receives an answer about some files, which its summary ends; says as well whether the service keeps the files.
async fn receive(
    responses: &mut Streaming<v1::AttributeResponse>,
    mut reader: AnswerReader,
    asked: &[&ChangedFile],
    watcher: &dyn Watcher,
) -> anyhow::Result<(Answer, bool)> {
    while let Some(response) = responses.next().await {
        match response.map_err(refusal)?.part {
            Some(Part::Progress(progress)) => {
                watcher.advanced(phase(progress.phase()), progress.done, progress.total);
            }
            Some(Part::File(file)) => reader.add_file(file)?,
            Some(Part::AsBefore(before)) => {
                for _ in 0..before.files {
                    let file =
                        asked.get(reader.files()).context("the service answers more than was asked")?;
                    reader.add_as_before(&file.path)?;
                }
            }
            Some(Part::Commit(commit)) => reader.add_commit(commit)?,
            Some(Part::Superseded(commit)) => reader.add_superseded(commit),
            Some(Part::Summary(summary)) => return Ok((reader.finish()?, summary.files_are_kept)),
            None => {}
        }
    }
    bail!("the service ended before its answer did; try again")
}

fn phase(phase: v1::AttributePhase) -> Phase {
    match phase {
        v1::AttributePhase::GatheringCandidates => Phase::GatheringCandidates,
        v1::AttributePhase::WeighingCommits => Phase::WeighingCommits,
        v1::AttributePhase::Unspecified => Phase::TakingApart,
    }
}

/// Checks that the answer is about the files that were sent.
fn check_files(sent: &[&ChangedFile], answered: &[AnsweredFile]) -> anyhow::Result<()> {
    if answered.len() != sent.len() {
        bail!("the service answered {} of {} files; try again", answered.len(), sent.len());
    }
    let is_other = |(sent, answered): &(&&ChangedFile, &AnsweredFile)| {
        sent.path != answered.path || sent.hunks.len() != answered.hunks.len()
    };
    match sent.iter().zip(answered).find(is_other) {
        Some((sent, _)) => {
            bail!("{}: the service answered something else than was asked; try again", sent.path)
        }
        None => Ok(()),
    }
}

fn file_diff(file: &ChangedFile) -> anyhow::Result<v1::FileDiff> {
    let hunks = file.hunks.text().with_context(|| unreadable_again(file))?;
    let v1::FilePaths { path, old_path } = file_paths(file);
    Ok(v1::FileDiff { path, old_path, hunks })
}

fn file_paths(file: &ChangedFile) -> v1::FilePaths {
    let path = |is_there: bool, path: &BString| if is_there { path.to_vec() } else { Vec::new() };
    let old_path = file.moved_from.as_ref().unwrap_or(&file.path);
    v1::FilePaths { path: path(file.in_vendor, &file.path), old_path: path(file.in_base, old_path) }
}

fn unreadable_again(file: &ChangedFile) -> String {
    format!("{}: its hunks cannot be read again", file.path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::hunk_spool::{HunkSpool, SpooledHunks};
    use bstr::ByteSlice;

    fn sent(path: &str, hunks: usize) -> ChangedFile {
        ChangedFile { path: path.into(), hunks: SpooledHunks::counted(hunks), ..Default::default() }
    }

    fn answered(path: &str, hunks: usize) -> AnsweredFile {
        AnsweredFile { path: path.into(), hunks: vec![AnsweredHunk::default(); hunks], is_as_before: false }
    }

    #[test]
    fn answer_is_about_the_files_that_were_asked_about() {
        let (a, b) = (sent("a.c", 2), sent("b.c", 0));
        let files = [&a, &b];
        assert!(check_files(&files, &[answered("a.c", 2), answered("b.c", 0)]).is_ok());

        let refusal = |answered: &[AnsweredFile]| check_files(&files, answered).unwrap_err().to_string();
        assert_eq!(refusal(&[answered("a.c", 2)]), "the service answered 1 of 2 files; try again");
        let other = "b.c: the service answered something else than was asked; try again";
        assert_eq!(refusal(&[answered("a.c", 2), answered("c.c", 0)]), other);
        assert_eq!(refusal(&[answered("a.c", 2), answered("b.c", 1)]), other);
    }

    #[test]
    fn files_of_a_second_copy_of_the_tree_are_answered_without_being_asked_about() {
        let hunk = Hunk { new_start: 1, new_lines: 3, body: "+a\n+b\n+c\n".into(), ..Hunk::default() };
        let spool = HunkSpool::create(&std::env::temp_dir()).expect("a spool");
        let copy = ChangedFile {
            copy_of: Some("a.c".into()),
            hunks: spool.add(&[hunk]).expect("hunks"),
            in_vendor: true,
            ..sent("x/a.c", 0)
        };
        let answers = with_copies(
            &[sent("a.c", 2), copy, sent("z.c", 1)],
            vec![answered("a.c", 2), answered("z.c", 1)],
        )
        .expect("answers");

        assert_eq!((&answers[0], &answers[2]), (&answered("a.c", 2), &answered("z.c", 1)));
        let run = LineRun { side: Side::New, start: 1, lines: 3, origin: None };
        assert_eq!((answers[1].path.as_bstr(), &answers[1].hunks[0].runs), ("x/a.c".into(), &vec![run]));
    }

    #[test]
    fn moved_files_are_sent_under_both_paths_and_new_ones_under_one() {
        let moved =
            ChangedFile { moved_from: Some("a.c".into()), in_base: true, in_vendor: true, ..sent("b.c", 0) };
        let diff = file_diff(&moved).expect("a diff");
        assert_eq!((diff.old_path.as_slice(), diff.path.as_slice()), (b"a.c".as_slice(), b"b.c".as_slice()));
        let new = ChangedFile { in_vendor: true, ..sent("new.c", 0) };
        let diff = file_diff(&new).expect("a diff");
        assert_eq!((diff.old_path.as_slice(), diff.path.as_slice()), (b"".as_slice(), b"new.c".as_slice()));
    }
}
