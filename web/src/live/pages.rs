//! What the pages are made from.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use crate::failure::Failure;
use crate::making::Maker;
use crate::page::html_page_at;
use crate::permalink::KeptTexts;
use crate::place::Place;

/// Bytes of what may be pasted.
pub const PASTED_BYTES: usize = 4 << 20;

/// Folders of an address above which its links need not lead anywhere: each repeats them.
const MOST_FOLDERS: usize = 64;

/// What the pages are made from.
pub struct Pages {
    /// What makes them.
    pub maker: Maker,
    /// Texts that are too long for links.
    pub kept: KeptTexts,
}

impl Pages {
    /// A failure as a page for people, at any address.
    pub fn failure_page(&self, failure: &Failure, path: &str) -> Response {
        let depth = path.strip_prefix('/').unwrap_or(path).matches('/').count().min(MOST_FOLDERS);
        let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let html = html_page_at(failure, &Place::Nowhere, depth, &self.maker.setting);
        (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
    }
}
