//! Why a page cannot be shown, in words for whoever asked for it.

use http::StatusCode;
use serde::Serialize;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use utoipa::ToSchema;

/// Why a page cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, and what can be done.
    pub message: String,
}

impl Failure {
    /// There is no such page.
    pub fn not_found(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::NOT_FOUND, message)
    }

    /// What was asked for cannot be understood.
    pub fn invalid(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, message)
    }

    /// A failure with this status.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Failure {
        Failure { status: status.as_u16(), message: message.into() }
    }

    /// Whether it says that something is not there.
    pub fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND.as_u16()
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Failure {
        let code = match status.code() {
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
            Code::ResourceExhausted if status.get_details_retry_info().is_some() => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Code::ResourceExhausted => StatusCode::PAYLOAD_TOO_LARGE,
            Code::Unavailable | Code::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
            Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
            Code::FailedPrecondition => StatusCode::CONFLICT,
            Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Failure::new(code, status.message())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_service_are_those_of_pages() {
        let status = |status: Status| Failure::from(status).status;
        assert_eq!(status(Status::not_found("x")), 404);
        assert_eq!(status(Status::invalid_argument("x")), 400);
        assert_eq!(status(Status::resource_exhausted("too many hunks")), 413);
        assert_eq!(status(Status::deadline_exceeded("x")), 504);
        assert_eq!(status(Status::data_loss("x")), 500);
    }
}
