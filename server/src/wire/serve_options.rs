//! What to serve, where, and to whom.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use http::HeaderValue;
use hunktrace_indexer::index::folder::IndexError;

use crate::access::tokens::{Tokens, TokensError};
use crate::index::live_index::LiveIndex;
use crate::transport::accept::LocalUsers;
use crate::transport::address::ListenAddress;
use crate::transport::tls::{Tls, TlsError, TlsFiles};
use crate::wire::heavy_threads::HeavyThreads;
use crate::wire::limits::Limits;
use crate::wire::metrics::Metrics;
use crate::wire::served_index::ServedIndex;
use crate::wire::service::HunktraceService;
use crate::wire::workers::Workers;

/// Why the service cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The index cannot be opened.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {error}; choose another address with --{flag}")]
    Listen {
        /// The address.
        address: ListenAddress,
        /// What the system says.
        error: std::io::Error,
        /// The flag that names it.
        flag: &'static str,
    },
    /// Strangers could ask, and read what is asked.
    #[error(
        "{address} can be reached from other machines, and {lack}; give {remedy}, or --insecure if something in front of \
         the server takes care of it"
    )]
    Exposed {
        /// The address.
        address: SocketAddr,
        /// What is missing.
        lack: &'static str,
        /// How to have it.
        remedy: &'static str,
    },
    /// Encryption cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The tokens cannot be used.
    #[error(transparent)]
    Tokens(#[from] TokensError),
    /// There is nowhere to listen.
    #[error("there is no address to listen on; give one with --listen")]
    Nowhere,
    /// An origin is no header.
    #[error("'{0}' is no origin; write SCHEME://HOST[:PORT], or * for all")]
    Origin(String),
    /// The transport failed.
    #[error("the transport failed: {0}")]
    Transport(String),
}

/// What to serve, where, and to whom.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The folder of the index.
    pub index: PathBuf,
    /// The catalogue of releases, if questions about those are answered as well.
    pub catalogue: Option<PathBuf>,
    /// The addresses to listen on.
    pub listen: Vec<ListenAddress>,
    /// The addresses of pages for browsers, of which there are none by default.
    pub pages: Vec<ListenAddress>,
    /// Whether pages are for everybody, although the service wants tokens.
    pub has_public_pages: bool,
    /// Whether other machines may ask without encryption and without saying who they are.
    pub is_insecure: bool,
    /// How connections of the network are encrypted; not at all by default.
    pub tls: Option<TlsFiles>,
    /// The file of tokens that requests need, if they need one.
    pub tokens: Option<PathBuf>,
    /// Who may connect to Unix domain sockets.
    pub local_users: LocalUsers,
    /// The address of the metrics, which are for nobody by default.
    pub metrics: Option<ListenAddress>,
    /// Whether clients may ask which services, methods and messages there are.
    pub has_reflection: bool,
    /// Whether browsers may ask, in the form of gRPC-Web.
    pub has_grpc_web: bool,
    /// From which pages browsers may ask; `*` stands for all.
    pub cors_origins: Vec<String>,
    /// What requests may ask for, and take.
    pub limits: Limits,
}

impl ServeOptions {
    /// Serves an index at addresses, with everything else as usual.
    pub fn new(index: PathBuf, listen: Vec<ListenAddress>) -> ServeOptions {
        ServeOptions {
            index,
            catalogue: None,
            listen,
            pages: Vec::new(),
            has_public_pages: false,
            is_insecure: false,
            tls: None,
            tokens: None,
            local_users: LocalUsers::default(),
            metrics: None,
            has_reflection: true,
            has_grpc_web: false,
            cors_origins: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// Reads what the options name, and checks that they go together. What takes long will be done on threads for that.
    ///
    /// # Errors
    /// Where something cannot be read, or strangers could ask.
    pub async fn prepare(self, heavy: &HeavyThreads) -> Result<Prepared, ServeError> {
        if self.listen.is_empty() {
            return Err(ServeError::Nowhere);
        }
        let tls = self.tls.clone().map(Tls::new).transpose()?.map(Arc::new);
        let tokens = self.tokens.as_deref().map(Tokens::load).transpose()?.map(Arc::new);
        if !self.is_insecure {
            let service = self.listen.iter().map(|address| (address, "listen", tokens.is_some()));
            let is_asked = tokens.is_some() && !self.has_public_pages;
            let pages = self.pages.iter().map(|address| (address, "http", is_asked));
            for (address, flag, has_tokens) in service.chain(pages) {
                let resolved = address.resolve().await;
                let failed = |error| ServeError::Listen { address: address.clone(), error, flag };
                let exposed =
                    resolved.map_err(failed)?.into_iter().find(|address| !address.ip().is_loopback());
                if let Some(address) = exposed {
                    check_exposed(address, tls.as_deref(), has_tokens)?;
                }
            }
        }
        let named = self.cors_origins.iter().filter(|origin| *origin != "*");
        named.map(|origin| origin_header(origin)).collect::<Result<Vec<_>, _>>()?;
        let index = Arc::new(LiveIndex::open(&self.index)?);
        let workers = Arc::new(Workers::new(&self.limits).on(heavy.handle()));
        let metrics = Arc::new(Metrics::default());
        let served = ServedIndex::new(Arc::clone(&index), self.limits, Arc::clone(&metrics)).for_strangers();
        let service = HunktraceService::new(served, Arc::clone(&workers));
        Ok(Prepared { options: self, index, tls, tokens, metrics, workers, service })
    }
}

/// An origin as browsers write it.
///
/// # Errors
/// Where it is none.
pub(crate) fn origin_header(origin: &str) -> Result<HeaderValue, ServeError> {
    let is_origin = origin.contains("://") && !origin.ends_with('/');
    let header = HeaderValue::try_from(origin).ok().filter(|_| is_origin);
    header.ok_or_else(|| ServeError::Origin(origin.to_owned()))
}

/// Refuses an address that other machines can reach without encryption, or without saying who they are.
fn check_exposed(address: SocketAddr, tls: Option<&Tls>, has_tokens: bool) -> Result<(), ServeError> {
    let Some(tls) = tls else {
        return Err(ServeError::Exposed {
            address,
            lack: "nothing is encrypted",
            remedy: "--tls-certificate and --tls-key",
        });
    };
    if !has_tokens && !tls.asks_for_certificates() {
        return Err(ServeError::Exposed {
            address,
            lack: "nobody has to say who asks",
            remedy: "--tokens or --tls-client-ca",
        });
    }
    Ok(())
}

/// A service that is ready to run.
pub struct Prepared {
    pub(crate) options: ServeOptions,
    pub(crate) index: Arc<LiveIndex>,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) tokens: Option<Arc<Tokens>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) workers: Arc<Workers>,
    pub(crate) service: HunktraceService,
}

impl Prepared {
    /// What reads the files of encryption and tokens again while the service runs.
    pub fn reloader(&self) -> Reloader {
        Reloader { tls: self.tls.clone(), tokens: self.tokens.clone() }
    }
}

/// Reads files again while the service runs.
pub struct Reloader {
    tls: Option<Arc<Tls>>,
    tokens: Option<Arc<Tokens>>,
}

impl Reloader {
    /// Reads all files; what cannot be used any more stays as it was, and is told.
    pub fn reload(&self) -> Vec<ServeError> {
        let tls = self.tls.as_ref().and_then(|tls| tls.reload().err()).map(ServeError::from);
        let tokens = self.tokens.as_ref().and_then(|tokens| tokens.reload().err()).map(ServeError::from);
        tls.into_iter().chain(tokens).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn address() -> SocketAddr {
        "192.0.2.1:7300".parse().expect("an address")
    }

    #[test]
    fn address_of_other_machines_needs_encryption_first() {
        let refusal = check_exposed(address(), None, true).expect_err("nothing is encrypted").to_string();
        assert!(refusal.starts_with("192.0.2.1:7300 can be reached from other machines"), "{refusal}");
        assert!(refusal.contains("--tls-certificate") && refusal.contains("--insecure"), "{refusal}");
    }

    #[tokio::test]
    async fn loopback_needs_nothing_and_an_index_has_to_be_there() {
        let heavy = HeavyThreads::start().expect("threads");
        let folder = tempfile::tempdir().expect("a folder");
        let listen = vec!["127.0.0.1:0".parse().expect("an address")];
        let outcome = ServeOptions::new(folder.path().join("none"), listen).prepare(&heavy).await;
        assert!(matches!(outcome, Err(ServeError::Index(IndexError::Absent(_)))));
        let outcome = ServeOptions::new(folder.path().join("none"), Vec::new()).prepare(&heavy).await;
        assert!(matches!(outcome, Err(ServeError::Nowhere)));
        heavy.end(Duration::ZERO);
    }

    #[tokio::test]
    async fn all_addresses_are_no_loopback() {
        let heavy = HeavyThreads::start().expect("threads");
        let listen = vec!["0.0.0.0:0".parse().expect("an address")];
        let outcome = ServeOptions::new("none".into(), listen).prepare(&heavy).await;
        assert!(matches!(outcome, Err(ServeError::Exposed { .. })));
        heavy.end(Duration::ZERO);
    }
}
