//! What the fuzz targets do with their inputs. `fuzz/` runs them under libFuzzer; the test `fuzz` runs them over the kept
//! inputs and mutations of these.
//!
//! A target gets any bytes. It may find them wrong; it must not panic, hang, or take memory out of proportion.

mod mutation;
mod small_index;

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, Relation};
use hunktrace_indexer::patch::{PlainText, bare_hunks, loose_lines, parse, parse_plain, sections};
use hunktrace_indexer::segment::untrusted;
use hunktrace_proto::v1::LookupRequest;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_release::tree::{Limits, Options, Tree};
use hunktrace_server::wire::client_channel::ClientChannel;
use hunktrace_server::wire::embedded;
use prost::Message;
use tantivy::directory::OwnedBytes;
use tokio::runtime::Runtime;

use crate::source_rpm::source_rpm;

pub use mutation::Mutator;
pub use small_index::{SmallIndex, small_index};

/// A target: its name, which is that of its folder of inputs, and what it does.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name.
    pub name: &'static str,
    /// What is done with an input.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 8] = [
    Target { name: "patch", run: patch },
    Target { name: "mail", run: mail },
    Target { name: "tar", run: tar },
    Target { name: "cpio", run: cpio },
    Target { name: "rpm", run: rpm },
    Target { name: "segment", run: segment },
    Target { name: "graph", run: graph },
    Target { name: "request", run: request },
];

/// The folder of a target's kept inputs.
pub fn corpus(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target)
}

/// A diff, read in every way in which diffs are read.
pub fn patch(input: &[u8]) {
    let text = parse(input);
    for file in text.patches.iter().flat_map(|patch| &patch.files) {
        std::hint::black_box(file.hunks.len());
    }
    std::hint::black_box(text.problems.iter().map(ToString::to_string).collect::<Vec<_>>());
    std::hint::black_box(parse_plain(input));
    std::hint::black_box(loose_lines(input));
    std::hint::black_box(bare_hunks(input).is_ok());
}

/// A mail, a mailbox or a log: dressed, in sections, and what the sections hold.
pub fn mail(input: &[u8]) {
    let plain = PlainText::of(input);
    for section in sections(plain.text()) {
        std::hint::black_box(parse(&plain.text()[section.span]));
    }
}

/// An archive as a vendor's tree.
pub fn tar(input: &[u8]) {
    open_tree(input);
}

/// The payload of a source package.
pub fn cpio(input: &[u8]) {
    let mut package = source_rpm(&[]);
    // The payload of a package without files is the trailer alone.
    let trailer = package.windows(6).rposition(|bytes| bytes == b"070701").unwrap_or(package.len());
    package.truncate(trailer);
    package.extend_from_slice(input);
    open_tree(&package);
}

/// A source package.
pub fn rpm(input: &[u8]) {
    open_tree(input);
}

fn open_tree(archive: &[u8]) {
    let Ok(file) = tempfile::NamedTempFile::new() else { return };
    if fs::write(file.path(), archive).is_err() {
        return;
    }
    let limits = Limits {
        max_files: 1000,
        max_file_bytes: 1 << 20,
        max_total_bytes: 4 << 20,
        max_header_bytes: 1 << 20,
        ..Limits::default()
    };
    if let Ok(tree) = Tree::open(file.path(), &Options { limits, ..Options::default() }) {
        for path in tree.entries.keys() {
            std::hint::black_box(tree.read(path.as_ref()).map(|content| content.len()).ok());
        }
    }
}

/// A file of a segment: the first byte says which.
pub fn segment(input: &[u8]) {
    let Some((kind, file)) = input.split_first() else { return };
    let read = match kind % 3 {
        0 => untrusted::read_lines,
        1 => untrusted::read_records,
        _ => untrusted::read_messages,
    };
    std::hint::black_box(read(file.to_vec()).ok());
}

/// The graph of an index.
pub fn graph(input: &[u8]) {
    let Ok(graph) = CommitGraph::open(&OwnedBytes::new(input.to_vec())) else { return };
    if graph.verify().is_err() {
        return;
    }
    for commit in CommitOrdinal::first(graph.len()) {
        std::hint::black_box((
            graph.same_patch(commit),
            graph.first_release(commit),
            graph.absent_origin(commit),
        ));
        for relation in Relation::ALL {
            std::hint::black_box((graph.related(relation, commit), graph.relating(relation, commit)));
        }
        std::hint::black_box(graph.ancestors(commit));
    }
    std::hint::black_box((graph.names().ok(), graph.refs().ok(), graph.unindexed().ok()));
}

/// A request as it comes over the wire, answered from a small index.
pub fn request(input: &[u8]) {
    static SERVICE: OnceLock<Mutex<(Runtime, HunktraceClient<ClientChannel>, SmallIndex)>> = OnceLock::new();
    let Ok(request) = LookupRequest::decode(input) else { return };
    let service = SERVICE.get_or_init(|| {
        let index = small_index();
        let runtime = Runtime::new().expect("threads");
        let client = runtime.block_on(embedded::connect(&index.path())).expect("the small index");
        Mutex::new((runtime, client, index))
    });
    let mut service = service.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (runtime, client, _) = &mut *service;
    if let Err(status) = runtime.block_on(client.lookup(request)) {
        assert_ne!(status.code(), tonic::Code::Internal, "{status:?}");
        assert_ne!(status.code(), tonic::Code::Unknown, "{status:?}");
    }
}
