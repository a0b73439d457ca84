//! The files of a client's trees, asked for while an answer is worked out.

use std::sync::Arc;
use std::time::Instant;

use bstr::BString;
use hunktrace_proto::v1;
use prost::Message;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout_at;
use tonic::{Status, Streaming};

use crate::check::tree_file::{SeenFile, TreeFile, TreeFiles, Unread};
use crate::transport::connection_state::CallWork;
use crate::wire::answer_stream::{QueuedAnswer, patience_with_turn, send_patiently};
use crate::wire::call::CallContext;
use crate::wire::held_bytes::HeldBytes;
use crate::wire::limits::Limits;
use crate::wire::refusal::over_limit;

/// A call in which the server asks for files.
pub(crate) trait FileCall {
    /// What the client sends.
    type Request: Message + 'static;
    /// What the server sends.
    type Response: Send + 'static;

    /// The answer that asks for files.
    fn wanted(files: v1::WantedFiles) -> Self::Response;

    /// The files of a request; none where it is something else.
    fn files(request: Self::Request) -> Option<v1::TreeFiles>;
}

/// The client's trees. Reading waits for the network, so it is done on a thread of its own.
pub(crate) struct ClientTree<C: FileCall> {
    requests: Streaming<C::Request>,
    answers: mpsc::Sender<QueuedAnswer<C::Response>>,
    runtime: Handle,
    context: CallContext,
    /// Given up while the client is waited for.
    under_way: Option<CallWork>,
    limits: Limits,
    /// What the files hold until they are let go.
    held: Vec<HeldBytes>,
    /// Until when files are waited for.
    deadline: Instant,
    bytes: usize,
    files: usize,
    /// Why the client's files could not be had, to be told as it is.
    refusal: Option<Status>,
}

impl<C: FileCall> ClientTree<C> {
    /// The trees at the other end of a call.
    pub(crate) fn new(
        requests: Streaming<C::Request>,
        answers: mpsc::Sender<QueuedAnswer<C::Response>>,
        context: CallContext,
        limits: Limits,
    ) -> ClientTree<C> {
        ClientTree {
            requests,
            answers,
            runtime: Handle::current(),
            under_way: None,
            context,
            limits,
            held: Vec::new(),
            deadline: Instant::now() + limits.release_time,
            bytes: 0,
            files: 0,
            refusal: None,
        }
    }

    /// Why the client's files could not be had.
    pub(crate) fn take_refusal(&mut self) -> Option<Status> {
        self.refusal.take()
    }

    /// Notes that the call is worked on from now on.
    pub(crate) fn begin_work(&mut self) {
        self.under_way = Some(self.context.work());
    }

    /// Asks for files, of which each is translated as it comes. While the client is waited for, nothing is worked on.
    fn receive<F>(
        &mut self,
        paths: &[BString],
        names_only: bool,
        file: fn(&mut Self, v1::TreeFile) -> Result<F, Status>,
    ) -> Result<Vec<F>, Status> {
        self.under_way = None;
        let files = self.receive_from_client(paths, names_only, file);
        self.begin_work();
        files
    }

    fn receive_from_client<F>(
        &mut self,
        paths: &[BString],
        names_only: bool,
        file: fn(&mut Self, v1::TreeFile) -> Result<F, Status>,
    ) -> Result<Vec<F>, Status> {
        let files = self.files + paths.len();
        let limit = self.limits.release_files;
        if files > limit {
            let message = format!(
                "more files matter than the limit of {limit} (release_files); ask after fewer commits"
            );
            return Err(over_limit(message, "release_files"));
        }
        if !names_only {
            self.files = files;
        }
        let paths: Vec<Vec<u8>> = paths.iter().map(|path| path.to_vec()).collect();
        let wanted = v1::WantedFiles { paths: paths.clone(), names_only };
        let patience = patience_with_turn(&self.limits);
        send_patiently(&self.answers, C::wanted(wanted), patience)?;
        let mut files = Vec::with_capacity(paths.len());
        loop {
            let next = self.context.next(&mut self.requests, patience);
            let next = timeout_at(self.deadline.into(), next);
            let request = self.runtime.block_on(next).map_err(|_| {
                Status::deadline_exceeded("the files did not come in time (release_time); ask again")
            })??;
            if let Some(request) = &request {
                self.held.push(self.context.take(request.encoded_len())?);
            }
            let Some(sent) = request.and_then(C::files) else {
                return Err(Status::invalid_argument("files were asked for, and something else was sent"));
            };
            for sent in sent.files {
                if paths.get(files.len()) != Some(&sent.path) {
                    let path = BString::from(sent.path);
                    return Err(Status::invalid_argument(format!(
                        "{path}: this file was not asked for here"
                    )));
                }
                files.push(file(self, sent)?);
            }
            if !sent.is_continued {
                break;
            }
        }
        match files.len() == paths.len() {
            true => Ok(files),
            false => Err(Status::invalid_argument(format!(
                "{} files were asked for, and {} were sent",
                paths.len(),
                files.len()
            ))),
        }
    }

    fn file(&mut self, file: v1::TreeFile) -> Result<TreeFile, Status> {
        self.bytes += file.vendor.as_ref().map_or(0, Vec::len) + file.base.as_ref().map_or(0, Vec::len);
        let limit = self.limits.release_bytes;
        if self.bytes > limit {
            let message = format!(
                "the files are over the limit of {limit} bytes (release_bytes); ask after fewer commits"
            );
            return Err(over_limit(message, "release_bytes"));
        }
        let is_built = is_built(&file);
        let vendor: Option<Arc<[u8]>> = file.vendor.map(Arc::from);
        let base = match file.is_unchanged {
            true => vendor.clone(),
            false => file.base.map(Arc::from),
        };
        Ok(TreeFile { path: file.path.into(), base, vendor, is_built })
    }
}

fn is_built(file: &v1::TreeFile) -> Option<bool> {
    match file.built() {
        v1::Built::Unspecified => None,
        v1::Built::Yes => Some(true),
        v1::Built::No => Some(false),
    }
}

impl<C: FileCall> TreeFiles for ClientTree<C> {
    fn read(&mut self, paths: &[BString]) -> Result<Vec<TreeFile>, Unread> {
        let files = self.receive(paths, false, ClientTree::file);
        files.map_err(|status| self.unread(status))
    }

    fn look(&mut self, paths: &[BString]) -> Result<Vec<SeenFile>, Unread> {
        let seen = |_: &mut ClientTree<C>, file: v1::TreeFile| {
            Ok(SeenFile {
                is_there: file.vendor.is_some(),
                is_elsewhere: file.is_elsewhere,
                is_built: is_built(&file),
            })
        };
        let files = self.receive(paths, true, seen);
        files.map_err(|status| self.unread(status))
    }

    fn let_go(&mut self) {
        self.held.clear();
    }
}

impl<C: FileCall> ClientTree<C> {
    /// Keeps why files cannot be had, to be told as it is.
    fn unread(&mut self, status: Status) -> Unread {
        let reason = Unread(status.message().to_owned());
        self.refusal = Some(status);
        reason
    }
}
