//! Questions that take a server long: to see how it stops working on them.

use hunktrace_proto::v1::attribute_request::Part;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_proto::v1::{AttributeOptions, AttributeRequest, FileDiff, LookupRequest};
use tokio_stream::StreamExt;
use tonic::Status;

/// Lines of a hunk or file that is long by itself.
const MANY_LINES: usize = 600_000;

/// A question.
#[derive(Clone, Debug)]
pub struct LongQuestion {
    name: &'static str,
    asked: Asked,
}

#[derive(Clone, Debug)]
enum Asked {
    Lookup(Vec<u8>),
    Release(Vec<AttributeRequest>),
}

/// Questions made of patches: about all their hunks, about a hunk and a file that are long by themselves, and about all
/// files.
pub fn long_questions(patches: &[Vec<u8>], base: &str) -> Vec<LongQuestion> {
    let files: Vec<FileDiff> = patches.iter().flat_map(|patch| file_diffs(patch)).collect();
    let lines: Vec<&[u8]> = files
        .iter()
        .flat_map(|file| file.hunks.split_inclusive(|byte| *byte == b'\n'))
        .filter(|line| line.starts_with(b"+"))
        .collect();
    let many: Vec<&[u8]> = lines.iter().copied().cycle().take(MANY_LINES).collect();
    let hunk = [format!("@@ -1,0 +1,{} @@\n", many.len()).as_bytes(), &many.concat()].concat();
    let path = files.first().map(|file| file.path.clone()).unwrap_or_default();
    let long = FileDiff { path: path.clone(), old_path: path.clone(), hunks: hunk.clone() };
    let name = String::from_utf8_lossy(&path).into_owned();
    let one_hunk = [format!("--- a/{name}\n+++ b/{name}\n").as_bytes(), &hunk].concat();
    vec![
        LongQuestion { name: "a lookup of all hunks", asked: Asked::Lookup(patches.concat()) },
        LongQuestion { name: "a lookup of one long hunk", asked: Asked::Lookup(one_hunk) },
        LongQuestion { name: "a release of one long file", asked: Asked::Release(release(base, vec![long])) },
        LongQuestion { name: "a release of all files", asked: Asked::Release(release(base, files)) },
    ]
}

fn release(base: &str, files: Vec<FileDiff>) -> Vec<AttributeRequest> {
    let options = AttributeOptions { base: base.to_owned(), ..AttributeOptions::default() };
    let parts = std::iter::once(Part::Options(options)).chain(files.into_iter().map(Part::File));
    parts.map(|part| AttributeRequest { part: Some(part) }).collect()
}

/// The files of a patch in git's form, with their hunks.
fn file_diffs(patch: &[u8]) -> Vec<FileDiff> {
    let mut files: Vec<FileDiff> = Vec::new();
    let mut path: Option<Vec<u8>> = None;
    let mut is_in_hunk = false;
    for line in patch.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"diff --git ") {
            is_in_hunk = false;
        } else if let Some(name) = line.strip_prefix(b"+++ b/").filter(|_| !is_in_hunk) {
            path = Some(name.trim_ascii_end().to_vec());
        } else if line.starts_with(b"@@ ") {
            is_in_hunk = true;
            if let Some(path) = path.take() {
                files.push(FileDiff { old_path: path.clone(), path, hunks: Vec::new() });
            }
        }
        if is_in_hunk && let Some(file) = files.last_mut() {
            file.hunks.extend_from_slice(line);
        }
    }
    files
}

impl LongQuestion {
    /// What is asked.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Asks a server, and waits for the end of its answer.
    ///
    /// # Errors
    /// Where it does not answer.
    pub async fn ask(self, url: String) -> Result<(), Status> {
        let connected = HunktraceClient::connect(url).await;
        let connected = connected.map_err(|error| Status::unavailable(error.to_string()))?;
        let mut client = connected.max_decoding_message_size(usize::MAX);
        match self.asked {
            Asked::Lookup(text) => {
                client.lookup(LookupRequest { text, ..LookupRequest::default() }).await?;
            }
            Asked::Release(requests) => {
                let mut answers = client.attribute(tokio_stream::iter(requests)).await?.into_inner();
                while answers.next().await.transpose()?.is_some() {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_patch_have_their_hunks() {
        let patch = b"From: A\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+++ b/z\n@@ -9 +9 @@\n-c\n+d\n\
                      diff --git a/y b/y\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-e\n+f\n";
        let files = file_diffs(patch);
        let told: Vec<(&[u8], &[u8])> = files.iter().map(|file| (&file.path[..], &file.hunks[..])).collect();
        let first = b"@@ -1 +1 @@\n-a\n+++ b/z\n@@ -9 +9 @@\n-c\n+d\n";
        assert_eq!(told, [(&b"x"[..], &first[..]), (&b"y"[..], &b"@@ -1 +1 @@\n-e\n+f\n"[..])]);
    }
}
