//! From a request to a page.

use std::sync::Arc;
use std::time::Duration;

use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use tokio::time::timeout;
use xxhash_rust::xxh3::xxh3_64;

use super::pages::{PASTED_BYTES, Pages};
use crate::asked::{Asked, recognise};
use crate::failure::Failure;
use crate::making::Made;
use crate::page::{ErasedPage, SCRIPT, html_page, style_sheet};
use crate::place::{Form, Place};
use crate::query::{Query, query_of};
use crate::view::answer::AnswerView;
use crate::view::releases::CommitReleases;

/// Candidates of a text of which it is told which vendor releases have them.
const PLACED_CANDIDATES: usize = 3;

/// Bytes of an address that browsers and what is between take.
const ADDRESS_BYTES: usize = 32 << 10;

/// How long a text may take to come.
const BODY_TIME: Duration = Duration::from_secs(20);

/// Any page.
pub async fn page(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    let Some((place, form)) = Place::read(request.uri().path()) else {
        return pages.failure_page(&Failure::not_found("there is no such page"), request.uri().path());
    };
    let query = Query::read(request.uri().query().unwrap_or_default().as_bytes());
    let form = form.filter(|form| *form != Form::Html).unwrap_or_else(|| wanted_form(request.headers()));
    match answer(&pages, &place, &query, form, request.headers()).await {
        Ok(response) => response,
        Err(failure) if form == Form::Html => pages.failure_page(&failure, request.uri().path()),
        Err(failure) => json_failure(&failure),
    }
}

async fn answer(
    pages: &Pages,
    place: &Place,
    query: &Query,
    form: Form,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    match form {
        Form::Mbox => {
            let mailbox = pages.maker.mailbox(place).await?;
            return Ok(bytes_response("application/mbox", mailbox, headers));
        }
        Form::Atom => {
            let feed = pages.maker.feed(place).await?.text();
            return Ok(bytes_response("application/atom+xml; charset=utf-8", feed.into_bytes(), headers));
        }
        Form::Html | Form::Json => {}
    }
    let made = match place {
        Place::Answer => Made::Page(Box::new(answer_page(pages, query).await?)),
        _ => pages.maker.page(place, query).await?,
    };
    match made {
        Made::Page(page) => page_response(pages, &*page, place, form, headers),
        Made::Elsewhere(other) => {
            let up = "../".repeat(place.depth());
            Ok(Redirect::to(&format!("./{up}{}", other.path(form))).into_response())
        }
    }
}

async fn answer_page(pages: &Pages, query: &Query) -> Result<AnswerView, Failure> {
    let Some(text) = pages.kept.text(&query.0, PASTED_BYTES) else {
        return Err(Failure::not_found(
            "this link has no text, or one that the server keeps no longer; paste the text again",
        ));
    };
    let source = &pages.maker.source;
    let found = source.lookup(text.clone()).await?;
    let link = pages.kept.link(&text);
    let mut view = AnswerView::of(&text, &link, &found).map_err(|error| unwritten(&error))?;
    if source.has_catalogue() {
        let candidates = view.patches.iter_mut().flat_map(|patch| patch.candidates.iter_mut().take(1));
        for candidate in candidates.take(PLACED_CANDIDATES) {
            candidate.releases = releases_of(pages, &candidate.commit.commit).await?;
        }
    }
    Ok(view)
}

/// The vendor releases that have a commit, in words.
async fn releases_of(pages: &Pages, commit: &str) -> Result<Vec<String>, Failure> {
    let history = match pages.maker.source.history(commit).await {
        Ok(history) => history,
        Err(failure) if failure.is_not_found() => {
            return Ok(vec!["No vendor release of the catalogue has it.".to_owned()]);
        }
        Err(failure) => return Err(failure),
    };
    let stretches = history.commits.iter().map(CommitReleases::of).flat_map(|known| known.stretches);
    Ok(stretches.map(|stretch| format!("In {} ({}).", stretch.words(), stretch.status)).collect())
}

/// What was put into a box: leads to the page that answers it.
pub async fn ask(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    match asked_text(request).await {
        Ok(text) => match place_of(&pages, &text) {
            Ok(place) => Redirect::to(&place).into_response(),
            Err(failure) => pages.failure_page(&failure, "/ask"),
        },
        Err(failure) => pages.failure_page(&failure, "/ask"),
    }
}

/// The text of a form, of a query, or a body that is nothing but text.
async fn asked_text(request: Request) -> Result<Vec<u8>, Failure> {
    if request.method() != Method::POST {
        let query = Query::read(request.uri().query().unwrap_or_default().as_bytes());
        return Ok(query.value("text").as_bytes().to_vec());
    }
    let kind = request.headers().get(header::CONTENT_TYPE);
    let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let too_much = || {
        let message =
            format!("no more than {PASTED_BYTES} bytes are looked up here; 'hunktrace lookup' takes more");
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    };
    let coming = timeout(BODY_TIME, request.with_limited_body().into_body().collect());
    let too_slow = |_| Failure::new(StatusCode::REQUEST_TIMEOUT, "the text came too slowly; send it again");
    let body: Bytes = coming.await.map_err(too_slow)?.map_err(|_| too_much())?.to_bytes();
    let text = match is_form {
        // Forms send all lines with CR LF, whatever was pasted.
        true => {
            let form = Query::read(&body);
            let text = form.0.into_iter().find(|(name, _)| name == "text").map(|(_, text)| text);
            text.unwrap_or_default().replace("\r\n", "\n").into_bytes()
        }
        false => body.to_vec(),
    };
    if text.len() > PASTED_BYTES { Err(too_much()) } else { Ok(text) }
}

/// Where a text is answered.
fn place_of(pages: &Pages, text: &[u8]) -> Result<String, Failure> {
    let answered = |place: Place, query: String| {
        let path = place.path(Form::Html);
        if path.len() + query.len() > ADDRESS_BYTES {
            let message = "this is too long for an address; ask for less of it";
            return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        Ok(if query.is_empty() { format!("./{path}") } else { format!("./{path}?{query}") })
    };
    match recognise(&String::from_utf8_lossy(text)) {
        Asked::Nothing => answered(Place::Start, String::new()),
        Asked::Commit(id) => answered(Place::Commit(id), String::new()),
        Asked::History(name) => answered(Place::History, query_of(&[("name", &name)])),
        Asked::Trace(trace) => answered(Place::Compare, query_of(&[("trace", &trace)])),
        Asked::Words(words) => answered(Place::Search, query_of(&[("words", &words)])),
        Asked::Text => answered(Place::Answer, pages.kept.link(text).query),
    }
}

/// Whether a program asks that wants JSON.
fn wanted_form(headers: &HeaderMap) -> Form {
    let accepted =
        headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    let place = |kind: &str| accepted.split(',').position(|part| part.trim().starts_with(kind));
    match (place("application/json"), place("text/html")) {
        (Some(json), html) if html.is_none_or(|html| json < html) => Form::Json,
        _ => Form::Html,
    }
}

fn page_response(
    pages: &Pages,
    page: &dyn ErasedPage,
    place: &Place,
    form: Form,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    Ok(match form {
        Form::Json => {
            let json = page.json().map_err(|error| unwritten(&error))?;
            bytes_response("application/json", json.into_bytes(), headers)
        }
        _ => {
            let html = html_page(page, place, &pages.maker.setting);
            bytes_response("text/html; charset=utf-8", html.into_bytes(), headers)
        }
    })
}

fn unwritten(error: &serde_json::Error) -> Failure {
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the answer cannot be written: {error}"))
}

/// A text, or nothing where the browser has it.
fn bytes_response(kind: &'static str, text: Vec<u8>, headers: &HeaderMap) -> Response {
    let tag = format!("\"{:016x}\"", xxh3_64(&text));
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| {
        known.to_str().is_ok_and(|known| known.split(',').any(|known| known.trim() == tag))
    });
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, kind)], text).into_response(),
    };
    let answer = response.headers_mut();
    if let Ok(tag) = HeaderValue::try_from(tag) {
        answer.insert(header::ETAG, tag);
    }
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer.insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

fn json_failure(failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], json_text(failure)).into_response()
}

fn json_text(failure: &Failure) -> String {
    ErasedPage::json(failure).unwrap_or_default()
}

/// The style sheet.
pub async fn style(headers: HeaderMap) -> Response {
    bytes_response("text/css; charset=utf-8", style_sheet().into_bytes(), &headers)
}

/// The script.
pub async fn script(headers: HeaderMap) -> Response {
    bytes_response("text/javascript; charset=utf-8", SCRIPT.as_bytes().to_vec(), &headers)
}

/// What programs may ask.
pub async fn openapi(headers: HeaderMap) -> Response {
    match crate::openapi::document().to_json() {
        Ok(text) => bytes_response("application/json", text.into_bytes(), &headers),
        Err(error) => json_failure(&unwritten(&error)),
    }
}
