//! The fields under which tantivy holds hunks and commits.
//!
//! | field | of | kind | what |
//! |---|---|---|---|
//! | `line` | hunk | indexed | terms of the changed lines |
//! | `path` | hunk | indexed | terms of the old and new path |
//! | `hunks_of` | hunk | indexed | ordinal of the commit |
//! | `commit` | both | fast | ordinal of the commit |
//! | `number` | hunk | fast | place of the hunk in its commit, from 0 |
//! | `lines` | hunk | fast | how many terms its lines give, before sampling |
//! | `described` | commit | indexed | ordinal of the commit |
//! | `record` | both | stored | the stored hunk, or the commit record as JSON |

use tantivy::schema::{BytesOptions, FAST, Field, INDEXED, STORED, Schema};

/// The schema's fields.
#[derive(Clone, Debug)]
pub struct Fields {
    /// Terms of the changed lines.
    pub line: Field,
    /// Terms of the paths.
    pub path: Field,
    /// The commit of a hunk, to find its hunks.
    pub hunks_of: Field,
    /// The commit, to read it off a document.
    pub commit: Field,
    /// The hunk's number in its commit.
    pub number: Field,
    /// How many terms the hunk's lines give, before sampling.
    pub lines: Field,
    /// The commit that a commit document describes.
    pub described: Field,
    /// What is stored.
    pub record: Field,
}

/// Name of the fast field with the commit's ordinal.
pub const COMMIT: &str = "commit";
/// Name of the fast field with the hunk's number in its commit.
pub const NUMBER: &str = "number";
/// Name of the fast field with the number of a hunk's terms.
pub const LINES: &str = "lines";

/// Builds the schema.
pub fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let terms = BytesOptions::default().set_indexed();
    let fields = Fields {
        line: builder.add_bytes_field("line", terms.clone()),
        path: builder.add_bytes_field("path", terms),
        hunks_of: builder.add_u64_field("hunks_of", INDEXED),
        commit: builder.add_u64_field(COMMIT, FAST),
        number: builder.add_u64_field(NUMBER, FAST),
        lines: builder.add_u64_field(LINES, FAST),
        described: builder.add_u64_field("described", INDEXED),
        record: builder.add_bytes_field("record", STORED),
    };
    (builder.build(), fields)
}
