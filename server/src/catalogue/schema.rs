//! What is in the file, and how older files become newer ones.
//!
//! Texts are UTF-8; a path with other bytes is a BLOB. Ids of commits are 40 hexadecimal digits. `docs/catalogue.md`
//! explains the tables to people who read them with other programs; the views `commits_in_releases`, `runs_in_releases`
//! and `changelog_entries` need no knowledge of the numbers.

use rusqlite::{Connection, Transaction};

use super::commit_order::place_all_commits;
use super::error::CatalogueError;
use super::form_changes::add_all_form_changes;

/// Tells a catalogue from other SQLite files: `hunk`.
pub(super) const APPLICATION_ID: i64 = 0x6875_6e6b;

/// Each step makes the next format out of the one before; the first begins with an empty file. A step that was published
/// is never changed, but for this: what fills the table of format 5 is left to format 6, which has more rows of it.
const MIGRATIONS: [Step; 6] = [
    Step { tables: FORMAT_1, then: None },
    Step { tables: FORMAT_2, then: Some(place_all_commits) },
    Step { tables: FORMAT_3, then: None },
    Step { tables: FORMAT_4, then: None },
    Step { tables: FORMAT_5, then: None },
    Step { tables: "", then: Some(add_all_form_changes) },
];

/// What makes a format out of the one before.
struct Step {
    tables: &'static str,
    /// What cannot be said in SQL.
    then: Option<Then>,
}

type Then = fn(&Transaction<'_>) -> Result<(), CatalogueError>;

/// The format that this program writes.
pub const FORMAT: i64 = MIGRATIONS.len() as i64;

const FORMAT_1: &str = r#"
CREATE TABLE vendor (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- A release. `place` counts from 1 in the vendor's order; `released_on` is YYYY-MM-DD.
CREATE TABLE release (
    id INTEGER PRIMARY KEY,
    vendor INTEGER NOT NULL REFERENCES vendor,
    name TEXT NOT NULL,
    place INTEGER NOT NULL,
    version_release TEXT,
    released_on TEXT,
    base_name TEXT NOT NULL,
    base_revision TEXT NOT NULL,
    source TEXT NOT NULL,
    checksum TEXT NOT NULL,
    index_digest TEXT NOT NULL,
    index_generation INTEGER NOT NULL,
    program TEXT NOT NULL,
    lines INTEGER NOT NULL DEFAULT 0,
    explained_lines INTEGER NOT NULL DEFAULT 0,
    notes TEXT NOT NULL,
    UNIQUE (vendor, name),
    UNIQUE (vendor, place)
);

CREATE TABLE path (id INTEGER PRIMARY KEY, path NOT NULL UNIQUE);
CREATE TABLE function (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- A file's text, named by its git blob id. `data` is a zstd frame; where `previous` is given, that text is its dictionary.
CREATE TABLE content (
    id INTEGER PRIMARY KEY,
    blob BLOB NOT NULL UNIQUE,
    bytes INTEGER NOT NULL,
    previous INTEGER REFERENCES content,
    depth INTEGER NOT NULL,
    data BLOB NOT NULL
);

-- How a file differs from the base, and whose each changed line is. Releases with the same difference share it.
CREATE TABLE difference (
    id INTEGER PRIMARY KEY,
    path INTEGER NOT NULL REFERENCES path,
    moved_from INTEGER REFERENCES path,
    base_content INTEGER REFERENCES content,
    vendor_content INTEGER REFERENCES content,
    notes TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE
);
CREATE INDEX difference_path ON difference (path);
CREATE TABLE release_file (
    release INTEGER NOT NULL REFERENCES release,
    difference INTEGER NOT NULL REFERENCES difference,
    PRIMARY KEY (release, difference)
) WITHOUT ROWID;
CREATE INDEX file_release ON release_file (difference);

-- Neighbouring changed lines of one side, one origin and one function. side: 0 removed from the base, 1 added by the
-- vendor. `permille`: how sure the origin is. No commit: the vendor's own. `defines`: the function's first line is among them.
CREATE TABLE match_kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE run (
    difference INTEGER NOT NULL REFERENCES difference,
    number INTEGER NOT NULL,
    side INTEGER NOT NULL,
    start INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    "commit" INTEGER REFERENCES upstream_commit,
    permille INTEGER,
    match_kind INTEGER REFERENCES match_kind,
    function INTEGER REFERENCES function,
    defines INTEGER NOT NULL,
    PRIMARY KEY (difference, number)
) WITHOUT ROWID;
-- The differences in which a commit, or a function, has lines.
CREATE TABLE commit_difference (
    "commit" INTEGER NOT NULL REFERENCES upstream_commit, difference INTEGER NOT NULL REFERENCES difference,
    PRIMARY KEY ("commit", difference)
) WITHOUT ROWID;
CREATE TABLE function_difference (
    function INTEGER NOT NULL REFERENCES function, difference INTEGER NOT NULL REFERENCES difference,
    PRIMARY KEY (function, difference)
) WITHOUT ROWID;

-- A commit that some release has beyond its base. `fixes`, `cc_stable`, `syzbot`, `reverts` are read from its message.
CREATE TABLE upstream_commit (
    id INTEGER PRIMARY KEY,
    sha TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    author TEXT NOT NULL,
    author_date TEXT NOT NULL,
    first_release TEXT,
    subsystem TEXT,
    purpose TEXT NOT NULL,
    cc_stable INTEGER NOT NULL,
    syzbot INTEGER NOT NULL
);
CREATE INDEX commit_subject ON upstream_commit (subject);
CREATE TABLE carrier (sha TEXT NOT NULL, "commit" INTEGER NOT NULL REFERENCES upstream_commit, PRIMARY KEY (sha, "commit")) WITHOUT ROWID;
CREATE TABLE commit_names (
    "commit" INTEGER NOT NULL REFERENCES upstream_commit, relation TEXT NOT NULL, named TEXT NOT NULL,
    PRIMARY KEY ("commit", relation, named)
) WITHOUT ROWID;
CREATE INDEX named_by ON commit_names (named);
CREATE TABLE commit_link ("commit" INTEGER NOT NULL REFERENCES upstream_commit, url TEXT NOT NULL, PRIMARY KEY ("commit", url)) WITHOUT ROWID;

-- How much of a commit a release has.
CREATE TABLE commit_state (
    id INTEGER PRIMARY KEY,
    "commit" INTEGER NOT NULL REFERENCES upstream_commit,
    status TEXT NOT NULL,
    permille INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    hunks INTEGER NOT NULL,
    missing TEXT NOT NULL,
    match_kind INTEGER NOT NULL REFERENCES match_kind,
    superseded_by TEXT
);
CREATE TABLE release_commit (
    release INTEGER NOT NULL REFERENCES release,
    state INTEGER NOT NULL REFERENCES commit_state,
    place INTEGER NOT NULL,
    PRIMARY KEY (release, state)
) WITHOUT ROWID;
CREATE INDEX state_release ON release_commit (state);
CREATE INDEX state_commit ON commit_state ("commit");

-- The vendor's changelog of a release, in its order.
CREATE TABLE changelog_entry (
    id INTEGER PRIMARY KEY,
    release INTEGER NOT NULL REFERENCES release,
    number INTEGER NOT NULL,
    version_release TEXT,
    text TEXT NOT NULL,
    subject TEXT NOT NULL,
    UNIQUE (release, number)
);
CREATE TABLE changelog_cve (entry INTEGER NOT NULL REFERENCES changelog_entry, cve TEXT NOT NULL, PRIMARY KEY (entry, cve)) WITHOUT ROWID;
CREATE INDEX cve_entry ON changelog_cve (cve);
CREATE TABLE changelog_commit (
    entry INTEGER NOT NULL REFERENCES changelog_entry, "commit" INTEGER NOT NULL REFERENCES upstream_commit, how TEXT NOT NULL,
    PRIMARY KEY (entry, "commit")
) WITHOUT ROWID;
CREATE INDEX commit_entry ON changelog_commit ("commit");

CREATE VIEW commits_in_releases AS
    SELECT vendor.name AS vendor, release.name AS release, release.place AS place, upstream_commit.sha AS sha, upstream_commit.subject AS subject,
        commit_state.status AS status, commit_state.permille / 1000.0 AS confidence, commit_state.lines AS lines, commit_state.hunks AS hunks,
        commit_state.missing AS missing
    FROM release_commit JOIN release ON release.id = release_commit.release JOIN vendor ON vendor.id = release.vendor
    JOIN commit_state ON commit_state.id = release_commit.state JOIN upstream_commit ON upstream_commit.id = commit_state."commit";
CREATE VIEW runs_in_releases AS
    SELECT vendor.name AS vendor, release.name AS release, path.path AS path, CASE run.side WHEN 0 THEN 'old' ELSE 'new' END AS side,
        run.start AS start, run.lines AS lines, function.name AS function, upstream_commit.sha AS sha, run.permille / 1000.0 AS confidence,
        match_kind.name AS "match"
    FROM release_file JOIN release ON release.id = release_file.release JOIN vendor ON vendor.id = release.vendor
    JOIN difference ON difference.id = release_file.difference JOIN path ON path.id = difference.path
    JOIN run ON run.difference = difference.id LEFT JOIN upstream_commit ON upstream_commit.id = run."commit"
    LEFT JOIN function ON function.id = run.function LEFT JOIN match_kind ON match_kind.id = run.match_kind;
CREATE VIEW changelog_entries AS
    SELECT vendor.name AS vendor, release.name AS release, changelog_entry.number AS number, changelog_entry.text AS text,
        upstream_commit.sha AS sha, changelog_commit.how AS how
    FROM changelog_entry JOIN release ON release.id = changelog_entry.release JOIN vendor ON vendor.id = release.vendor
    LEFT JOIN changelog_commit ON changelog_commit.entry = changelog_entry.id
    LEFT JOIN upstream_commit ON upstream_commit.id = changelog_commit."commit";
"#;

/// Releases in a row share nearly everything, so what one has is said by the stretches of releases that have it.
const FORMAT_2: &str = r#"
-- The releases of a vendor that have a difference: from the place `first` on, up to the one before `until`. Without `until`
-- the newest release has it.
CREATE TABLE file_span (
    difference INTEGER NOT NULL REFERENCES difference,
    vendor INTEGER NOT NULL REFERENCES vendor,
    first INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (difference, vendor, first)
) WITHOUT ROWID;
INSERT INTO file_span (difference, vendor, first, until)
    SELECT difference, vendor, min(place), nullif(max(place), (SELECT max(place) FROM release AS other WHERE other.vendor = stretch.vendor)) + 1
    FROM (SELECT file.difference AS difference, release.vendor AS vendor, release.place AS place,
            release.place - row_number() OVER (PARTITION BY file.difference, release.vendor ORDER BY release.place) AS stretch
        FROM release_file AS file JOIN release ON release.id = file.release) AS stretch
    GROUP BY difference, vendor, stretch;

-- The same for how much of a commit a release has.
CREATE TABLE state_span (
    state INTEGER NOT NULL REFERENCES commit_state,
    vendor INTEGER NOT NULL REFERENCES vendor,
    first INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (state, vendor, first)
) WITHOUT ROWID;
INSERT INTO state_span (state, vendor, first, until)
    SELECT state, vendor, min(place), nullif(max(place), (SELECT max(place) FROM release AS other WHERE other.vendor = stretch.vendor)) + 1
    FROM (SELECT has.state AS state, release.vendor AS vendor, release.place AS place,
            release.place - row_number() OVER (PARTITION BY has.state, release.vendor ORDER BY release.place) AS stretch
        FROM release_commit AS has JOIN release ON release.id = has.release) AS stretch
    GROUP BY state, vendor, stretch;

-- Into which object a source is built, and the options without which it is not, the innermost first, with spaces between.
CREATE TABLE build_place (difference INTEGER PRIMARY KEY REFERENCES difference, object TEXT NOT NULL, options TEXT NOT NULL);

-- Where a commit stands in upstream's order, as far as the releases tell it.
ALTER TABLE upstream_commit ADD COLUMN place REAL NOT NULL DEFAULT 0;
CREATE TEMPORARY TABLE listed_commit AS
    SELECT release.id AS release, commit_state."commit" AS "commit", has.place AS place
    FROM release_commit AS has JOIN release ON release.id = has.release JOIN commit_state ON commit_state.id = has.state;

DROP TABLE release_file;
DROP TABLE release_commit;
CREATE VIEW release_file AS
    SELECT release.id AS release, span.difference AS difference FROM file_span AS span
    JOIN release ON release.vendor = span.vendor AND release.place >= span.first AND (span.until IS NULL OR release.place < span.until);
CREATE VIEW release_commit AS
    SELECT release.id AS release, span.state AS state, upstream_commit.place AS place FROM state_span AS span
    JOIN release ON release.vendor = span.vendor AND release.place >= span.first AND (span.until IS NULL OR release.place < span.until)
    JOIN commit_state ON commit_state.id = span.state JOIN upstream_commit ON upstream_commit.id = commit_state."commit";
"#;

/// Fixes that no release has are told beside those that one has.
const FORMAT_3: &str = r#"
-- Commits of the index that repair a commit or take it back, the oldest first, as the index knew them that was used last.
-- relation: fixes or reverts.
CREATE TABLE later_commit (
    "commit" INTEGER NOT NULL REFERENCES upstream_commit,
    number INTEGER NOT NULL,
    relation TEXT NOT NULL,
    sha TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_release TEXT,
    PRIMARY KEY ("commit", number)
) WITHOUT ROWID;
"#;

/// Most of a catalogue is runs: they are found by side and place, and need no number.
const FORMAT_4: &str = r#"
CREATE TABLE run_by_place (
    difference INTEGER NOT NULL REFERENCES difference,
    side INTEGER NOT NULL,
    start INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    "commit" INTEGER REFERENCES upstream_commit,
    permille INTEGER,
    match_kind INTEGER REFERENCES match_kind,
    function INTEGER REFERENCES function,
    defines INTEGER NOT NULL,
    PRIMARY KEY (difference, side, start)
) WITHOUT ROWID;
INSERT INTO run_by_place SELECT difference, side, start, lines, "commit", permille, match_kind, function, defines FROM run
    ORDER BY difference, side, start;
DROP VIEW runs_in_releases;
DROP TABLE run;
ALTER TABLE run_by_place RENAME TO run;
CREATE VIEW runs_in_releases AS
    SELECT vendor.name AS vendor, release.name AS release, path.path AS path, CASE run.side WHEN 0 THEN 'old' ELSE 'new' END AS side,
        run.start AS start, run.lines AS lines, function.name AS function, upstream_commit.sha AS sha, run.permille / 1000.0 AS confidence,
        match_kind.name AS "match"
    FROM release_file JOIN release ON release.id = release_file.release JOIN vendor ON vendor.id = release.vendor
    JOIN difference ON difference.id = release_file.difference JOIN path ON path.id = difference.path
    JOIN run ON run.difference = difference.id LEFT JOIN upstream_commit ON upstream_commit.id = run."commit"
    LEFT JOIN function ON function.id = run.function LEFT JOIN match_kind ON match_kind.id = run.match_kind;
"#;

/// Comparisons of releases read most of their answer from here.
const FORMAT_5: &str = r#"
-- What differs between two forms of a file, `before` of an earlier release and `after` of a later one. `lines` has four numbers for
-- each owner and function, as protocol buffers write them: upstream_commit or 0, function or 0, added lines, removed lines.
CREATE TABLE form_change (
    after INTEGER NOT NULL REFERENCES difference,
    before INTEGER NOT NULL REFERENCES difference,
    lines BLOB NOT NULL,
    PRIMARY KEY (after, before)
) WITHOUT ROWID;
"#;

/// The format of a file; 0 of an empty one.
pub(super) fn format_of(connection: &Connection) -> Result<i64, CatalogueError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings a file to the format that this program writes, in one step.
pub(super) fn migrate(transaction: &Transaction<'_>, from: i64) -> Result<(), CatalogueError> {
    let done = usize::try_from(from).unwrap_or_default();
    for Step { tables, then } in &MIGRATIONS[done..] {
        transaction.execute_batch(tables)?;
        if let Some(then) = then {
            then(transaction)?;
        }
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A catalogue of the first format: three releases, of which the second one lacks a file and a commit.
    fn first_format() -> Connection {
        let connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch(FORMAT_1).expect("tables");
        connection
            .execute_batch(
                "INSERT INTO vendor VALUES (1, 'v'); INSERT INTO path VALUES (1, 'a.c'), (2, 'b.c'); INSERT INTO match_kind VALUES (1, 'exact');
                 INSERT INTO difference VALUES (1, 1, NULL, NULL, NULL, '', x'01'), (2, 2, NULL, NULL, NULL, '', x'02');
                 INSERT INTO release SELECT value, 1, 'r' || value, value, NULL, NULL, 'b', 'b', 's', 'c', 'i', 1, 'p', 0, 0, ''
                    FROM (SELECT 1 AS value UNION SELECT 2 UNION SELECT 3);
                 INSERT INTO release_file VALUES (1, 1), (2, 1), (3, 1), (1, 2), (3, 2);
                 INSERT INTO upstream_commit VALUES (1, 'aa', '', '', '', NULL, NULL, 'fix', 0, 0), (2, 'bb', '', '', '', NULL, NULL, 'fix', 0, 0),
                    (3, 'cc', '', '', '', NULL, NULL, 'fix', 0, 0);
                 INSERT INTO commit_state SELECT id, id, 'complete', 900, 1, 1, '', 1, NULL FROM upstream_commit;
                 INSERT INTO run VALUES (1, 1, 1, 7, 2, 1, 900, 1, NULL, 0), (1, 2, 0, 9, 1, NULL, NULL, NULL, NULL, 0), (2, 1, 1, 1, 3, 2, 800, 1, NULL, 1);
                 INSERT INTO release_commit VALUES (1, 1, 0), (1, 2, 1), (2, 2, 0), (3, 3, 0), (3, 1, 1), (3, 2, 2);",
            )
            .expect("rows");
        connection
    }

    fn listed(connection: &Connection, sql: &str) -> Vec<(i64, i64)> {
        let mut statement = connection.prepare(sql).expect("a question");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        rows.collect::<Result<_, _>>().expect("rows")
    }

    #[test]
    fn older_catalogues_answer_the_same_after_the_migration() {
        let mut connection = first_format();
        let questions = [
            "SELECT release, difference FROM release_file ORDER BY 1, 2",
            "SELECT release, state FROM release_commit ORDER BY release, place",
            "SELECT difference, start * 1000 + lines * 100 + ifnull(\"commit\", 9) FROM run ORDER BY 1, 2",
            "SELECT start, lines FROM runs_in_releases ORDER BY release, path, side, start",
        ];
        let before = questions.map(|question| listed(&connection, question));
        let transaction = connection.transaction().expect("a transaction");

        migrate(&transaction, 1).expect("migrated");
        transaction.commit().expect("stored");

        assert_eq!(questions.map(|question| listed(&connection, question)), before);
        let spans =
            listed(&connection, "SELECT first, ifnull(until, 0) FROM file_span ORDER BY difference, first");
        assert_eq!(spans, [(1, 0), (1, 2), (3, 0)]);
        assert_eq!(format_of(&connection).expect("a format"), FORMAT);
    }
}
