//! A client's way to a service: it shows its token, has a deadline for every call that has one answer, and asks again where
//! the service says when.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::time::{sleep, timeout};
use tonic::body::Body;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use tower::{BoxError, Service, ServiceExt};

use crate::wire::methods::UNARY;

/// How often a request is sent at most. All that a client may ask for only reads, so asking again is safe.
const MOST_ATTEMPTS: usize = 5;

/// A service that says it is busy for longer than this is not waited for.
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// A connection to a service, with what every call over it says. Copies share it.
#[derive(Clone, Debug)]
pub struct ClientChannel {
    channel: Channel,
    authorization: Option<HeaderValue>,
    deadline: Option<Duration>,
}

/// A token that cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token has characters that no token has; give one line of visible ASCII characters")]
pub struct UnsendableToken;

impl ClientChannel {
    /// A connection that says nothing of who asks, and has no deadline.
    pub fn new(channel: Channel) -> ClientChannel {
        ClientChannel { channel, authorization: None, deadline: None }
    }

    /// The same with a token.
    ///
    /// # Errors
    /// Where the token cannot be sent.
    pub fn with_token(self, token: &str) -> Result<ClientChannel, UnsendableToken> {
        let mut shown = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| UnsendableToken)?;
        shown.set_sensitive(true);
        Ok(ClientChannel { authorization: Some(shown), ..self })
    }

    /// The same with a time within which calls with one answer have to be answered.
    pub fn with_deadline(self, deadline: Duration) -> ClientChannel {
        ClientChannel { deadline: Some(deadline), ..self }
    }
}

type Answer = Response<Body>;

impl Service<Request<Body>> for ClientChannel {
    type Response = Answer;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.channel.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        // The one that is ready is used; its copy waits for the next call.
        let next = self.channel.clone();
        let mut channel = std::mem::replace(&mut self.channel, next);
        let method = request.uri().path().rsplit('/').next().unwrap_or_default();
        if !UNARY.contains(&method) {
            return Box::pin(async move { Ok(channel.call(request).await?) });
        }
        let Some(deadline) = self.deadline else { return Box::pin(ask(channel, request)) };
        if let Ok(value) = HeaderValue::try_from(format!("{}m", deadline.as_millis().min(99_999_999))) {
            request.headers_mut().insert("grpc-timeout", value);
        }
        Box::pin(async move {
            timeout(deadline, ask(channel, request)).await.unwrap_or_else(|_| {
                let message =
                    "the server took too long; ask for less at once, or give it longer with --server-timeout";
                Ok(Status::deadline_exceeded(message).into_http())
            })
        })
    }
}

/// Asks, and asks again when the service says that it may answer then.
async fn ask(mut channel: Channel, request: Request<Body>) -> Result<Answer, BoxError> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut attempts = 1;
    loop {
        let request = Request::from_parts(head.clone(), Body::new(Full::new(body.clone())));
        let answer = channel.ready().await?.call(request).await?;
        match retry_delay(&answer).filter(|_| attempts < MOST_ATTEMPTS) {
            Some(delay) => sleep(delay).await,
            None => return Ok(answer),
        }
        attempts += 1;
    }
}

/// When to ask again; none where the answer is one, or a refusal for good.
fn retry_delay(answer: &Answer) -> Option<Duration> {
    let status = Status::from_header_map(answer.headers())?;
    let is_busy = matches!(status.code(), Code::ResourceExhausted | Code::Unavailable);
    let delay = status.get_details_retry_info()?.retry_delay?;
    (is_busy && delay <= LONGEST_DELAY).then_some(delay)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::refusal::{over_limit, too_busy};

    #[test]
    fn busy_service_is_asked_again_and_a_refusal_is_taken() {
        let delay = |status: Status| retry_delay(&status.into_http());
        assert_eq!(delay(too_busy("calls", 1, "calls")), Some(Duration::from_secs(1)));
        assert_eq!(delay(over_limit("too much".to_owned(), "hunks")), None);
        assert_eq!(delay(Status::unavailable("gone")), None);
        assert_eq!(retry_delay(&Response::new(Body::empty())), None);
    }

    #[tokio::test]
    async fn token_is_not_shown_in_messages() {
        let channel = || ClientChannel::new(Channel::from_static("http://127.0.0.1:9").connect_lazy());
        let with_token = channel().with_token("secret").expect("a token");
        assert!(!format!("{with_token:?}").contains("secret"));
        assert_eq!(channel().with_token("a\nb").err(), Some(UnsendableToken));
    }
}
