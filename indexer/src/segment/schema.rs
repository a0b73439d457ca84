//! The fields under which tantivy holds hunks and commits.
//!
//! Each document is a hunk or a commit; hunks have `number`, commits do not. A merge has a commit document and no hunks.
//! A commit whose object cannot be parsed is in the graph and has no document. Terms are 5 bytes
//! ([`crate::fingerprint`]).
//!
//! | field | of | kind | what |
//! |---|---|---|---|
//! | `lines` | hunk | file of its own | terms of the lines, one behind the other (see [`crate::segment::line_postings`]) |
//! | `path` | hunk | indexed bytes | terms of the old and new path |
//! | `hunks_of` | hunk | indexed u64 | ordinal of the commit |
//! | `commit` | both | fast u64 | ordinal of the commit |
//! | `number` | hunk | fast u64 | place of the hunk in its commit, from 0; files sorted by path |
//! | `line_count` | hunk | file of its own | how many terms its lines give, before sampling (see [`crate::segment::line_counts`]) |
//! | `described` | commit | indexed u64 | ordinal of the commit |
//! | `block` | both | file of its own | the record of this document and those behind it (see [`crate::segment::record_blocks`]) |
//! | `message_block` | any | file of its own | messages of commits, whichever (see [`crate::segment::message_blocks`]) |

use std::sync::Arc;

use tantivy::plugin::SegmentPlugin;
use tantivy::schema::{BytesOptions, FAST, Field, NumericOptions, Schema};

use crate::segment::segment_files::{
    LineCountsPlugin, LinesPlugin, MessagesPlugin, RecordsPlugin, SharedDictionaries,
};

/// The schema's fields.
#[derive(Clone, Debug)]
pub struct Fields {
    /// Terms of the lines.
    pub lines: Field,
    /// Terms of the paths.
    pub path: Field,
    /// The commit of a hunk, to find its hunks.
    pub hunks_of: Field,
    /// The commit, to read it off a document.
    pub commit: Field,
    /// The hunk's number in its commit.
    pub number: Field,
    /// How many terms the hunk's lines give, before sampling.
    pub line_count: Field,
    /// The commit that a commit document describes.
    pub described: Field,
    /// A block of stored records.
    pub block: Field,
    /// A block of commit messages.
    pub message_block: Field,
}

/// Name of the fast field with the commit's ordinal.
pub const COMMIT: &str = "commit";
/// Name of the fast field with the hunk's number in its commit.
pub const NUMBER: &str = "number";

/// Builds the schema.
pub fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let ordinals = NumericOptions::default().set_indexed();
    let fields = Fields {
        lines: builder.add_custom_field("lines", "line terms", serde_json::Value::Null),
        path: builder.add_bytes_field("path", BytesOptions::default().set_indexed()),
        hunks_of: builder.add_u64_field("hunks_of", ordinals.clone()),
        commit: builder.add_u64_field(COMMIT, FAST),
        number: builder.add_u64_field(NUMBER, FAST),
        line_count: builder.add_custom_field("line_count", "line count", serde_json::Value::Null),
        described: builder.add_u64_field("described", ordinals),
        block: builder.add_custom_field("block", "record block", serde_json::Value::Null),
        message_block: builder.add_custom_field("message_block", "message block", serde_json::Value::Null),
    };
    (builder.build(), fields)
}

/// What writes the files of our own; new records and messages are compressed with `dictionaries`.
pub fn plugins(fields: &Fields, dictionaries: SharedDictionaries) -> [Arc<dyn SegmentPlugin>; 4] {
    [
        Arc::new(LinesPlugin { terms: fields.lines }),
        Arc::new(LineCountsPlugin { count: fields.line_count }),
        Arc::new(RecordsPlugin { block: fields.block, dictionaries: Arc::clone(&dictionaries) }),
        Arc::new(MessagesPlugin { message_block: fields.message_block, dictionaries }),
    ]
}
