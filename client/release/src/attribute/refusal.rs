//! Why the service refuses something.

use anyhow::anyhow;

/// The refusal in the service's own words.
pub(crate) fn refusal(status: tonic::Status) -> anyhow::Error {
    anyhow!("{}", status.message())
}
