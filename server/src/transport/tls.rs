//! Encryption: the server's certificate and key, and the authorities that clients' certificates have to come from.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{Error as RustlsError, RootCertStore, ServerConfig};

/// The files that encryption needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate and those that lead from it to its authority, in PEM.
    pub certificate: PathBuf,
    /// The key of the certificate, in PEM.
    pub key: PathBuf,
    /// The authorities of clients' certificates, in PEM. Where it is given, a client has to show one.
    pub client_ca: Option<PathBuf>,
}

/// Why encryption cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {error}; give a file in PEM that the server's user may read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: PemError,
    },
    /// A file holds nothing of what it is for.
    #[error("{}: holds no {what} in PEM", path.display())]
    Nothing {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The certificates and the key do not go together.
    #[error("{}: {error}; give the certificate and the key that belong together", path.display())]
    Unusable {
        /// The file of the certificate.
        path: PathBuf,
        /// What is wrong.
        error: RustlsError,
    },
    /// The authorities cannot be used.
    #[error("{}: {message}", path.display())]
    Authorities {
        /// Their file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl TlsFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// Where one cannot be read, or they do not go together.
    pub fn load(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let certificates = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| TlsError::File { path: self.key.clone(), error })?;
        let unusable = |error| TlsError::Unusable { path: self.certificate.clone(), error };
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let refused = |message: String| TlsError::Authorities { path: path.clone(), message };
                let mut roots = RootCertStore::empty();
                for authority in self::certificates(path)? {
                    roots.add(authority).map_err(|error| refused(error.to_string()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| refused(error.to_string()))?)
            }
        };
        let mut config = builder.with_single_cert(certificates, key).map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// The certificates in a file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| TlsError::File { path: path.to_owned(), error })?;
    match certificates.is_empty() {
        true => Err(TlsError::Nothing { path: path.to_owned(), what: "certificate" }),
        false => Ok(certificates),
    }
}

/// Encryption that can be set up anew while the service runs.
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Encryption as the files say.
    ///
    /// # Errors
    /// Where they cannot be used.
    pub fn new(files: TlsFiles) -> Result<Tls, TlsError> {
        let current = RwLock::new(files.load()?);
        Ok(Tls { files, current })
    }

    /// Reads the files again, for connections from now on.
    ///
    /// # Errors
    /// Where they cannot be used; what was read before stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let next = self.files.load()?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// Whether clients have to show a certificate.
    pub fn asks_for_certificates(&self) -> bool {
        self.files.client_ca.is_some()
    }

    /// Encrypts connections.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// A failed handshake as the log tells it.
pub fn handshake_failure(error: &io::Error) -> String {
    format!("no encrypted connection: {error}")
}
