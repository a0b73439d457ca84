//! Who may see the pages.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use hunktrace_server::access::scope::Scope;
use hunktrace_server::access::tokens::{Refused, Tokens};

use super::pages::Pages;
use crate::failure::Failure;

/// What a browser is told to ask its user for.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"hunktrace\", charset=\"UTF-8\"");

/// Lets those in who show a token that may look things up, and everybody where there are no tokens.
pub async fn for_holders(
    State((tokens, pages)): State<(Option<Arc<Tokens>>, Arc<Pages>)>,
    request: Request,
    next: Next,
) -> Response {
    let Some(tokens) = tokens else { return next.run(request).await };
    let shown = request.headers().get(header::AUTHORIZATION);
    let path = request.uri().path().to_owned();
    match tokens.admit(shown.map(HeaderValue::as_bytes), Scope::Lookup).map_err(failure) {
        Ok(holder) => {
            tracing::debug!(token = holder.name, path, "a page is asked for");
            next.run(request).await
        }
        Err(failure) => {
            tracing::info!(path, status = failure.status, "page");
            let mut refusal = pages.failure_page(&failure, &path);
            if failure.status == StatusCode::UNAUTHORIZED {
                refusal.headers_mut().insert(header::WWW_AUTHENTICATE, CHALLENGE);
            }
            refusal
        }
    }
}

/// Why somebody does not see the pages.
fn failure(refused: Refused) -> Failure {
    let unknown = |message: &str| Failure::new(StatusCode::UNAUTHORIZED, message);
    match refused {
        Refused::NoToken => unknown(
            "these pages want a token, as the password of any user or as 'authorization: Bearer TOKEN'",
        ),
        Refused::UnknownToken => unknown("the token is not known here; ask the owner for one"),
        Refused::NoScope(name) => {
            let scope = Scope::Lookup.name();
            let message = format!("the token '{name}' has not the scope '{scope}'; ask the owner for it");
            Failure::new(StatusCode::FORBIDDEN, message)
        }
    }
}
