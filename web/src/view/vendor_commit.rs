//! The vendor's form of a commit, beside upstream's.

use std::collections::HashMap;

use hunktrace_indexer::hunk::Hunk;
use hunktrace_indexer::patch;
use hunktrace_proto::v1;
use hunktrace_release::candidate_hunk::path;
use hunktrace_release::line_alignment::lines_of;
use serde::Serialize;
use utoipa::ToSchema;

use super::diff::{DiffRow, HunkView, side_by_side};
use super::named::{NamedCommit, text_of};
use super::releases::ReleaseRow;

/// Hunks that a page shows; the patch has them all.
pub const SHOWN_HUNKS: usize = 40;

/// The vendor's form of a commit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VendorCommitView {
    /// The commit.
    pub commit: NamedCommit,
    /// `Name <address>`.
    pub author: String,
    /// When it was written: RFC 3339.
    pub author_date: String,
    /// The release that brought it.
    pub release: ReleaseRow,
    /// What the patch applies to.
    pub applies_to: String,
    /// The files that it changes.
    pub files: Vec<ExtractedFileView>,
    /// The commits of the same update that it needs first.
    pub needs: Vec<NeededView>,
    /// How the vendor's form differs from upstream's.
    pub differences: Vec<String>,
    /// How many hunks it has.
    pub hunk_count: usize,
    /// The hunks that the page shows.
    pub hunks: Vec<PairView>,
    /// The patch.
    pub patch: String,
}

/// A hunk of the vendor's, and upstream's.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PairView {
    /// The vendor's hunk.
    pub vendor: HunkView,
    /// Upstream's hunk that it has most in common with.
    pub upstream: Option<HunkView>,
    /// Both beside each other.
    pub rows: Vec<DiffRow>,
}

/// A file of the vendor's patch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExtractedFileView {
    /// Its path.
    pub file: String,
    /// The functions that it changes.
    pub functions: Vec<String>,
    /// What makes it hard to patch live.
    pub live_patch: Vec<String>,
    /// Added lines.
    pub added: u64,
    /// Removed lines.
    pub removed: u64,
}

/// A commit that is needed first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NeededView {
    /// The commit.
    pub commit: NamedCommit,
    /// Why.
    pub why: String,
}

impl VendorCommitView {
    /// What the catalogue says, beside upstream's hunks where the index has them.
    pub fn of(answer: &v1::ExtractResponse, upstream: &[v1::CandidateHunk]) -> VendorCommitView {
        let commit = answer.commit.clone().unwrap_or_default();
        let document = patch::parse(&answer.patch);
        let files = document.patches.iter().flat_map(|patch| &patch.files);
        let hunks: Vec<(String, &Hunk)> = files
            .flat_map(|file| {
                let name = file.new_path.as_ref().or(file.old_path.as_ref());
                let name = name.map(|name| text_of(name)).unwrap_or_default();
                file.hunks.iter().map(move |hunk| (name.clone(), &hunk.hunk))
            })
            .collect();
        VendorCommitView {
            commit: NamedCommit::catalogued(&commit),
            author: commit.author,
            author_date: commit.author_date,
            release: ReleaseRow::of(&answer.release.clone().unwrap_or_default()),
            applies_to: answer.applies_to.clone(),
            files: answer.files.iter().map(file_view).collect(),
            needs: answer.needs.iter().map(needed_view).collect(),
            differences: answer.differences.clone(),
            hunk_count: hunks.len(),
            hunks: hunks.iter().take(SHOWN_HUNKS).map(|(file, hunk)| pair(file, hunk, upstream)).collect(),
            patch: text_of(&answer.patch),
        }
    }
}

fn file_view(file: &v1::ExtractedFile) -> ExtractedFileView {
    ExtractedFileView {
        file: text_of(&file.path),
        functions: file.functions.clone(),
        live_patch: file.live_flags.clone(),
        added: file.added,
        removed: file.removed,
    }
}

fn needed_view(need: &v1::NeededCommit) -> NeededView {
    let commit = need.commit.clone().unwrap_or_default();
    NeededView { commit: NamedCommit::catalogued(&commit), why: need.why.clone() }
}

fn pair(file: &str, vendor: &Hunk, upstream: &[v1::CandidateHunk]) -> PairView {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let alike = upstream.iter().filter(|hunk| name(path(hunk)) == name(file));
    let best =
        alike.map(|hunk| (common_lines(&vendor.body, &hunk.body), hunk)).max_by_key(|(lines, _)| *lines);
    let upstream = best.filter(|(lines, _)| *lines > 0).map(|(_, hunk)| hunk);
    PairView {
        vendor: HunkView::of_patch(file.to_owned(), vendor),
        upstream: upstream.map(HunkView::of),
        rows: upstream.map(|hunk| side_by_side(&vendor.body, &hunk.body)).unwrap_or_default(),
    }
}

/// How many changed lines two hunks have in common, white space aside.
fn common_lines(a: &[u8], b: &[u8]) -> usize {
    let mut known: HashMap<(hunktrace_indexer::hunk::Sign, String), usize> = HashMap::new();
    let changed = |body: &[u8]| {
        let lines = lines_of(body).into_iter().filter(|line| line.sign.is_change());
        lines.map(|line| (line.sign, line.text.split_whitespace().collect::<String>())).collect::<Vec<_>>()
    };
    for line in changed(a) {
        *known.entry(line).or_default() += 1;
    }
    let mut common = 0;
    for line in changed(b) {
        if let Some(left) = known.get_mut(&line).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream(file: &str, body: &str) -> v1::CandidateHunk {
        v1::CandidateHunk { new_path: file.into(), body: body.into(), ..v1::CandidateHunk::default() }
    }

    #[test]
    fn hunks_stand_beside_those_that_they_come_from() {
        let patch = "--- a/net/a.c\n+++ b/net/a.c\n@@ -1,2 +1,3 @@\n one\n+two(x);\n three\n@@ -9 +10 @@\n-old\n+new\n";
        let answer = v1::ExtractResponse { patch: patch.into(), ..v1::ExtractResponse::default() };
        let hunks = [
            upstream("net/a.c", "-old\n+newer\n"),
            upstream("net/a.c", "+two(x);\n"),
            upstream("b.c", "+two(x);\n"),
        ];
        let view = VendorCommitView::of(&answer, &hunks);
        let beside: Vec<Option<u32>> = view
            .hunks
            .iter()
            .map(|pair| pair.upstream.as_ref().map(|hunk| hunk.lines.len() as u32))
            .collect();
        assert_eq!(beside, [Some(1), Some(2)]);
        assert_eq!(view.hunk_count, 2);
    }
}
