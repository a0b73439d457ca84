//! Who else has a commit: the vendors that an index knows or that are named, in which form, the nearest first.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use hunktrace_proto::v1;
use hunktrace_proto::v1::catalogue_client::CatalogueClient;
use hunktrace_server::neighbours::carrier::Carrier;
use hunktrace_server::neighbours::catalogued::{carriers, newest_stretches};
use hunktrace_server::neighbours::error::NeighbourError;
use hunktrace_server::neighbours::kind::NeighbourKind;
use hunktrace_server::neighbours::known_neighbours::carriers_at;
use hunktrace_server::neighbours::looked_up_series::{IndexState, LookedUpSeries, kept_series};
use hunktrace_server::neighbours::recorded::Records;
use hunktrace_server::wire::client_channel::ClientChannel;
use hunktrace_server::wire::neighbour_view::{neighbour_message, release_facts, stretch_of};
use serde_json::{Value, json};
use tonic::Code;

use crate::cli::ShowArgs;
use crate::commands::catalogue_record::or_null;
use crate::commands::lookup::confidence_text::percent;
use crate::commands::series_lookup::{SeriesQuestion, current_state, look_up_series};
use crate::source::neighbour_list::whole_path;
use crate::source::server::{Client, connect_channel};
use crate::source::service::{ServiceLocation, refusal};
use crate::terminal::message::say;
use crate::terminal::screen_text::{counted, printable};

/// A neighbour that was named.
enum Named {
    /// One that is read when it is asked.
    Path(PathBuf),
    /// A series that was looked up for this.
    Series(Records),
}

impl Named {
    fn carriers(&self, ids: &[&str]) -> Result<Vec<Carrier>, NeighbourError> {
        match self {
            Named::Path(path) => carriers_at(path, ids),
            Named::Series(records) => Ok(records.with(ids)?.into_iter().collect()),
        }
    }
}

/// Whom to ask for commits.
pub struct Neighbours {
    /// Those that were named.
    named: Vec<Named>,
    /// The catalogue of a server.
    served: Option<CatalogueClient<ClientChannel>>,
    /// The base that is asked about, by which nearness is told.
    base: Option<String>,
    /// What was said to be wrong with neighbours of the index.
    problems: Vec<String>,
    /// Whether some neighbour could not be asked; what is wrong was said.
    pub has_problems: bool,
}

impl Neighbours {
    /// The neighbours that are named, and those of the server's catalogue. The patches of a series are looked up.
    ///
    /// # Errors
    /// Where one that is named cannot be used.
    pub async fn of(
        args: &ShowArgs,
        service: &ServiceLocation,
        client: &mut Client,
    ) -> anyhow::Result<Neighbours> {
        let (mut named, mut has_problems) = (Vec::new(), false);
        for path in &args.neighbours {
            if NeighbourKind::of(path)? != NeighbourKind::Patches {
                named.push(Named::Path(path.clone()));
                continue;
            }
            let answer = look_up_series(client, series_question(path, service)?).await?;
            has_problems |= answer.has_problems;
            let LookedUpSeries { path, files, .. } = answer.series;
            named.push(Named::Series(Records::of_looked_up(&path, files)));
        }
        let served = match service {
            ServiceLocation::Embedded(_) => None,
            ServiceLocation::Server(url, access) => {
                Some(CatalogueClient::new(connect_channel(url, access).await?.channel))
            }
        };
        let base = args.base.as_ref().map(|base| base.to_string_lossy().into_owned());
        Ok(Neighbours { named, served, base, problems: Vec::new(), has_problems })
    }

    fn warn(&mut self, error: impl Display) {
        say(format_args!("{error:#}"));
        self.has_problems = true;
    }

    /// Whether any was named.
    pub fn are_named(&self) -> bool {
        !self.named.is_empty()
    }

    /// How each neighbour has a commit, which may carry others: those that the index knows, those that were named, and the vendors of
    /// the server's catalogue. One that cannot be asked is warned of once.
    ///
    /// Those that have all of it come first, then those whose base is nearer to the one that is asked about, then those that still
    /// have it, then those that have most lines of it.
    pub async fn that_have(&mut self, commit: &v1::GetCommitResponse) -> Vec<v1::Neighbour> {
        let ids: Vec<&str> =
            [&commit.commit].into_iter().chain(&commit.origins).map(String::as_str).collect();
        let mut all = commit.neighbours.clone();
        for problem in &commit.neighbour_problems {
            if !self.problems.contains(problem) {
                self.problems.push(problem.clone());
                self.warn(problem);
            }
        }
        for neighbour in std::mem::take(&mut self.named) {
            match neighbour.carriers(&ids) {
                Ok(found) => {
                    add_new(&mut all, found.into_iter().map(neighbour_message));
                    self.named.push(neighbour);
                }
                Err(error) => self.warn(error),
            }
        }
        if let Some(client) = &mut self.served {
            match in_catalogue(client, &commit.commit).await {
                Ok(found) => add_new(&mut all, found.into_iter()),
                Err(error) => {
                    self.served = None;
                    self.warn(error);
                }
            }
        }
        sort_nearest_first(&mut all, self.base.as_deref());
        all
    }
}

/// How a series is looked up for once; what the index keeps of it is not looked up again.
fn series_question(path: &Path, service: &ServiceLocation) -> anyhow::Result<SeriesQuestion> {
    let path = whole_path(path)?;
    let (mut before, mut index) = (None, IndexState::default());
    if let ServiceLocation::Embedded(folder) = service {
        before = kept_series(folder, &path).ok().flatten();
        index = current_state(folder)?;
    }
    Ok(SeriesQuestion { path, before, index, is_quiet: false })
}

/// Adds neighbours that were not told yet: one may be named, known to the index and served.
fn add_new(all: &mut Vec<v1::Neighbour>, found: impl Iterator<Item = v1::Neighbour>) {
    for neighbour in found {
        if !all.contains(&neighbour) {
            all.push(neighbour);
        }
    }
}

/// How the vendors of a server's catalogue have a commit in the newest of their releases that do; nobody where it has no catalogue.
async fn in_catalogue(
    client: &mut CatalogueClient<ClientChannel>,
    commit: &str,
) -> anyhow::Result<Vec<v1::Neighbour>> {
    let history = match client.history(v1::HistoryRequest { name: commit.to_owned() }).await {
        Ok(answer) => answer.into_inner(),
        Err(status) if has_none(status.code()) => return Ok(Vec::new()),
        Err(status) => return Err(refusal(&status)),
    };
    let stretches = history.commits.into_iter().flat_map(|commit| commit.stretches);
    let newest = newest_stretches(stretches.map(stretch_of));
    if newest.is_empty() {
        return Ok(Vec::new());
    }
    let releases = client.list_releases(v1::ListReleasesRequest {}).await;
    let releases = releases.map_err(|status| refusal(&status))?.into_inner().releases;
    let releases: Vec<_> = releases.into_iter().map(release_facts).collect();
    Ok(carriers(newest, &releases).into_iter().map(neighbour_message).collect())
}

/// Whether a service has no such commit, or no catalogue for who asks.
fn has_none(code: Code) -> bool {
    matches!(code, Code::NotFound | Code::Unimplemented | Code::PermissionDenied | Code::Unauthenticated)
}

fn sort_nearest_first(all: &mut [v1::Neighbour], base: Option<&str>) {
    let form = |neighbour: &v1::Neighbour| match neighbour.status.as_str() {
        "complete" | "exact" | "changes" | "normalized" => 0,
        "partial" | "fuzzy" => 1,
        _ => 2,
    };
    let distance = |neighbour: &v1::Neighbour| base.and_then(|base| distance(base, &neighbour.base));
    all.sort_by(|a, b| {
        // What is not known comes last.
        let is_further = distance(a).is_none().cmp(&distance(b).is_none());
        let further = is_further.then_with(|| distance(a).cmp(&distance(b)));
        let order = form(a).cmp(&form(b)).then(further).then(b.is_newest.cmp(&a.is_newest));
        order.then(b.lines.cmp(&a.lines)).then_with(|| (&a.vendor, &a.release).cmp(&(&b.vendor, &b.release)))
    });
}

/// How far two releases of upstream are from each other: how much each number of their versions differs, the first ones first.
/// None where either name has no version, such as that of a commit.
fn distance(one: &str, other: &str) -> Option<[u64; 3]> {
    let (one, other) = (version(one)?, version(other)?);
    Some([0, 1, 2].map(|place| one[place].abs_diff(other[place])))
}

/// The version in a name such as `v4.18`, `linux.git:v4.18.1` or `/src/linux-2.6.32.tar.xz`.
fn version(name: &str) -> Option<[u64; 3]> {
    let last = name.rsplit(['/', ':']).next()?;
    let start = last.find(|letter: char| letter.is_ascii_digit())?;
    let end = last[start..].find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let digits = &last[start..end.map_or(last.len(), |end| start + end)];
    let mut numbers = digits.split('.').map_while(|number| number.parse().ok());
    // One number may be anything, as the beginning of a commit's id.
    let (first, second) = (numbers.next()?, numbers.next()?);
    Some([first, second, numbers.next().unwrap_or_default()])
}

/// A neighbour that has the commit, in a line.
pub fn neighbour_text(neighbour: &v1::Neighbour) -> String {
    let v1::Neighbour { vendor, release, date, base, status, confidence, lines, missing, .. } = neighbour;
    let known = [
        Some("the newest").filter(|_| neighbour.is_newest).map(str::to_owned),
        Some(date).filter(|date| !date.is_empty()).cloned(),
        Some(base).filter(|base| !base.is_empty()).map(|base| format!("on {base}")),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    let who = format!("{vendor} {release}");
    let lines = if *lines == 0 && neighbour.kind == "series" {
        String::new()
    } else {
        format!(", {}", counted(*lines, "line"))
    };
    let missing = match missing.len() as u64 {
        0 => String::new(),
        missing => format!(", lacks {}", counted(missing, "hunk")),
    };
    let confidence = percent(*confidence);
    printable(&format!("{}{known}: {status}, {}{lines}{missing}", who.trim_end(), confidence.trim()))
}

/// The same as a record.
pub fn neighbour_record(neighbour: &v1::Neighbour) -> Value {
    json!({
        "kind": neighbour.kind,
        "vendor": neighbour.vendor,
        "release": or_null(&neighbour.release),
        "date": or_null(&neighbour.date),
        "base": or_null(&neighbour.base),
        "is_newest": neighbour.is_newest,
        "since": or_null(&neighbour.since),
        "status": neighbour.status,
        "confidence": neighbour.confidence,
        "lines": neighbour.lines,
        "hunks": neighbour.hunks,
        "missing": neighbour.missing,
        "superseded_by": or_null(&neighbour.superseded_by),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbour(vendor: &str, status: &str, is_newest: bool, lines: u64, base: &str) -> v1::Neighbour {
        v1::Neighbour {
            kind: "catalogue".to_owned(),
            vendor: vendor.to_owned(),
            status: status.to_owned(),
            is_newest,
            lines,
            base: base.to_owned(),
            ..v1::Neighbour::default()
        }
    }

    #[test]
    fn vendors_that_have_all_of_it_come_first_then_those_of_a_near_base() {
        let all = [
            neighbour("a", "implied", true, 0, "v4.18"),
            neighbour("b", "partial", true, 9, "v4.18"),
            neighbour("c", "complete", false, 9, "v5.14"),
            neighbour("d", "exact", true, 3, ""),
            neighbour("e", "complete", true, 9, "git:v4.19.1"),
        ];
        let order = |base: Option<&str>| {
            let mut all = all.clone();
            sort_nearest_first(&mut all, base);
            all.iter().map(|neighbour| neighbour.vendor.as_str()).collect::<String>()
        };
        assert_eq!(order(None), "edcba");
        assert_eq!(order(Some("v4.18")), "ecdba");
        assert_eq!(order(Some("/src/linux-5.14.tar.xz")), "cedba");
    }

    #[test]
    fn versions_are_found_in_names_of_trees() {
        assert_eq!(version("linux.git:v4.18"), Some([4, 18, 0]));
        assert_eq!(version("/v1/linux-2.6.32.tar.xz"), Some([2, 6, 32]));
        assert_eq!(version("upstream:3f2a10"), None);
        assert_eq!(version(""), None);
        assert_eq!(distance("v4.18", "v4.20.3"), Some([0, 2, 3]));
    }

    #[test]
    fn line_says_how_much_is_there_and_what_is_missing() {
        let partial = v1::Neighbour {
            release: "k-2".to_owned(),
            confidence: 0.99,
            missing: vec!["a.c:1 left out".to_owned()],
            ..neighbour("centos", "partial", true, 1, "v4.18")
        };
        let line = "centos k-2 (the newest, on v4.18): partial, 99 %, 1 line, lacks 1 hunk";
        assert_eq!(neighbour_text(&partial), line);
        let series = v1::Neighbour {
            kind: "series".to_owned(),
            release: "0001.patch".to_owned(),
            confidence: 0.99,
            ..neighbour("suse", "exact", false, 0, "")
        };
        assert_eq!(neighbour_text(&series), "suse 0001.patch: exact, 99 %");
    }
}
