//! Who else has a commit, as the contract says it.

use std::path::Path;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_proto::v1;
use prost::Message;
use tonic::Status;

use crate::catalogue::commit_history::Stretch;
use crate::neighbours::carrier::Carrier;
use crate::neighbours::catalogued::ReleaseFacts;
use crate::neighbours::known_neighbours::AskedIndex;
use crate::wire::refusal::{cancelled_status, check_answer};
use crate::wire::served_index::ServedSnapshot;
use crate::wire::shown_paths::ShownPaths;

/// How a neighbour has a commit.
pub fn neighbour_message(carrier: Carrier) -> v1::Neighbour {
    v1::Neighbour {
        kind: carrier.kind.to_owned(),
        vendor: carrier.vendor,
        release: carrier.release,
        date: carrier.date,
        base: carrier.base,
        is_newest: carrier.is_newest,
        since: carrier.since,
        status: carrier.status,
        confidence: carrier.confidence,
        lines: carrier.lines,
        hunks: carrier.hunks,
        missing: carrier.missing,
        superseded_by: carrier.superseded_by,
    }
}

/// What a service says of neighbouring releases that have a commit in the same way.
pub fn stretch_of(stretch: v1::Stretch) -> Stretch {
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    Stretch {
        vendor: stretch.vendor,
        first: stretch.first,
        released_on: said(stretch.released_on),
        last: stretch.last,
        is_newest: stretch.is_newest,
        gone_with: said(stretch.gone_with),
        status: stretch.status,
        confidence: stretch.confidence,
        lines: stretch.lines,
        hunks: stretch.hunks,
        missing: stretch.missing,
        superseded_by: said(stretch.superseded_by),
    }
}

/// What a service says of a release, as far as neighbours say it.
pub fn release_facts(release: v1::CataloguedRelease) -> ReleaseFacts {
    ReleaseFacts {
        vendor: release.vendor,
        name: release.name,
        date: release.released_on,
        base: release.base_name,
    }
}

/// Adds to what is known of a commit who else has it, of the neighbours that the index knows.
///
/// # Errors
/// Where nobody wants it any more, or it is over the limit of an answer.
pub(crate) fn add_neighbours(
    served: &ServedSnapshot,
    view: &mut v1::GetCommitResponse,
    cancellation: &Cancellation,
) -> Result<(), Status> {
    let ids: Vec<&str> = [&view.commit].into_iter().chain(&view.origins).map(String::as_str).collect();
    let snapshot = &served.live.snapshot;
    let index = AskedIndex { folder: snapshot.folder().path(), state: snapshot.generation().into() };
    let found = served.neighbours.of_index(index, &ids, cancellation).map_err(cancelled_status)?;
    for problem in &found.problems {
        tracing::debug!(%problem, "a neighbour cannot be asked");
    }
    let told = |carrier| named(neighbour_message(carrier), &served.paths);
    view.neighbours = found.carriers.into_iter().map(told).collect();
    let problems = found.problems.iter();
    view.neighbour_problems = problems
        .map(|problem| problem.told_of(&served.paths.shown(&problem.path().to_string_lossy())))
        .collect();
    view.knows_neighbours = found.are_known;
    check_answer(view.encoded_len(), &served.limits, "ask for the commit without its neighbours")
}

/// A neighbour as who asks may see it: a base and a patch may be called by the paths that they were read from.
fn named(neighbour: v1::Neighbour, paths: &ShownPaths) -> v1::Neighbour {
    let shown = |name: String| if Path::new(&name).is_absolute() { paths.shown(&name) } else { name };
    v1::Neighbour { base: shown(neighbour.base), release: shown(neighbour.release), ..neighbour }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_do_not_see_where_bases_and_patches_lie() {
        let neighbour = |base: &str, release: &str| v1::Neighbour {
            base: base.to_owned(),
            release: release.to_owned(),
            ..v1::Neighbour::default()
        };
        let strangers = ShownPaths::by_name(Path::new("/srv/main.index"));
        let read = neighbour("/srv/secret/linux-4.18.tar.xz", "/srv/secret/0001.patch");
        assert_eq!(named(read.clone(), &strangers), neighbour("linux-4.18.tar.xz", "0001.patch"));
        assert_eq!(named(read.clone(), &ShownPaths::default()), read);
        let named_so = neighbour("linux.git:v4.18", "patches.suse/0001.patch");
        assert_eq!(named(named_so.clone(), &strangers), named_so);
    }
}
