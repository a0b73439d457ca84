//! From which release to which each commit is there.

use super::error::CatalogueError;
use super::store::Catalogue;

/// A commit, and the releases of a vendor that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitSpan {
    /// The commit's id.
    pub sha: String,
    /// Its subject.
    pub subject: String,
    /// The vendor.
    pub vendor: String,
    /// The first release that has it.
    pub first: String,
    /// The last one.
    pub last: String,
    /// Whether that is the vendor's newest.
    pub is_in_newest: bool,
    /// How many releases have it.
    pub releases: u64,
}

impl Catalogue {
    /// All commits, by vendor, first release and upstream's order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn commit_spans(&self) -> Result<Vec<CommitSpan>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "WITH span AS ( \
                SELECT state.\"commit\" AS id, release.vendor AS vendor, min(release.place) AS first, max(release.place) AS last, \
                    count(*) AS releases, min(has.place) AS place \
                FROM release_commit AS has JOIN commit_state AS state ON state.id = has.state JOIN release ON release.id = has.release \
                GROUP BY state.\"commit\", release.vendor) \
             SELECT upstream_commit.sha, upstream_commit.subject, vendor.name, first.name, last.name, \
                span.last = (SELECT max(place) FROM release WHERE release.vendor = span.vendor), span.releases \
             FROM span JOIN upstream_commit ON upstream_commit.id = span.id JOIN vendor ON vendor.id = span.vendor \
             JOIN release AS first ON first.vendor = span.vendor AND first.place = span.first \
             JOIN release AS last ON last.vendor = span.vendor AND last.place = span.last \
             ORDER BY vendor.name, span.first, span.place, upstream_commit.sha",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(CommitSpan {
                sha: row.get(0)?,
                subject: row.get(1)?,
                vendor: row.get(2)?,
                first: row.get(3)?,
                last: row.get(4)?,
                is_in_newest: row.get(5)?,
                releases: row.get::<_, i64>(6)?.unsigned_abs(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
