//! The way to a server: over the network, encrypted or not, or over a Unix domain socket.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_server::wire::client_channel::ClientChannel;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity, Uri};

use crate::cli::ServerAccess;

/// A client of the service.
pub type Client = HunktraceClient<ClientChannel>;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a server that works on something is asked for a sign of life, and how long it may take to give it.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// What a server's address may be.
enum ServerAddress {
    /// A socket of this machine.
    Socket(PathBuf),
    /// A URL whose host is this machine, or another one; encrypted or not.
    Url { url: String, is_encrypted: bool, is_here: bool },
}

impl ServerAddress {
    fn read(address: &str) -> anyhow::Result<ServerAddress> {
        let invalid = || {
            anyhow!(
                "{address}: is no URL of a server; write it as http://HOST:PORT, https://HOST:PORT or unix:PATH"
            )
        };
        if let Some(path) = address.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(invalid()) } else { Ok(ServerAddress::Socket(path.into())) };
        }
        let url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let parsed: Uri = url.parse().map_err(|_| invalid())?;
        let host = parsed.host().filter(|host| !host.is_empty()).ok_or_else(invalid)?;
        let plain_host = host.trim_start_matches('[').trim_end_matches(']');
        let is_here =
            plain_host == "localhost" || plain_host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        match parsed.scheme_str() {
            Some("http") => Ok(ServerAddress::Url { url, is_encrypted: false, is_here }),
            Some("https") => Ok(ServerAddress::Url { url, is_encrypted: true, is_here }),
            _ => Err(invalid()),
        }
    }
}

/// Connects to a server.
///
/// # Errors
/// If the address, a file or the token cannot be used, or no server answers there.
pub async fn connect_server(address: &str, access: &ServerAccess) -> anyhow::Result<Client> {
    let Connected { channel, is_far } = connect_channel(address, access).await?;
    let client = HunktraceClient::new(channel);
    // On this machine compression takes more time than it saves.
    Ok(match is_far {
        true => {
            client.accept_compressed(CompressionEncoding::Zstd).accept_compressed(CompressionEncoding::Gzip)
        }
        false => client,
    })
}

/// A connection to a server.
pub struct Connected {
    /// The connection.
    pub channel: ClientChannel,
    /// Whether the server is on another machine.
    pub is_far: bool,
}

/// Connects to a server, whatever is to be asked.
///
/// # Errors
/// If the address, a file or the token cannot be used, or no server answers there.
pub async fn connect_channel(address: &str, access: &ServerAccess) -> anyhow::Result<Connected> {
    let token = access.server_token_file.as_deref().map(read_token).transpose()?;
    let (channel, is_far) = match ServerAddress::read(address)? {
        ServerAddress::Socket(path) => (connect_socket(address, path).await?, false),
        ServerAddress::Url { is_encrypted: false, is_here: false, .. } if token.is_some() => {
            bail!("{address}: the token would be sent in the clear; ask the server by https://");
        }
        ServerAddress::Url { url, is_encrypted, is_here } => {
            (connect_url(address, url, is_encrypted, access).await?, !is_here)
        }
    };
    let mut channel = ClientChannel::new(channel).with_deadline(Duration::from_secs(access.server_timeout));
    if let (Some(token), Some(path)) = (token, &access.server_token_file) {
        channel = channel.with_token(&token).with_context(|| path.display().to_string())?;
    }
    Ok(Connected { channel, is_far })
}

fn read_token(path: &Path) -> anyhow::Result<String> {
    let token = std::fs::read_to_string(path);
    let token = token.with_context(|| format!("{}: the token cannot be read", path.display()))?;
    match token.trim() {
        "" => bail!("{}: holds no token", path.display()),
        token => Ok(token.to_owned()),
    }
}

fn configured(endpoint: Endpoint) -> Endpoint {
    endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
}

async fn connect_socket(address: &str, path: PathBuf) -> anyhow::Result<Channel> {
    // The URL is never used: the socket is where it is.
    let endpoint = configured(Endpoint::from_static("http://localhost"));
    let connect = tower::service_fn(move |_: Uri| {
        let path = path.clone();
        async move { Ok::<_, io::Error>(TokioIo::new(UnixStream::connect(path).await?)) }
    });
    endpoint.connect_with_connector(connect).await.map_err(|error| no_answer(address, &error))
}

async fn connect_url(
    address: &str,
    url: String,
    is_encrypted: bool,
    access: &ServerAccess,
) -> anyhow::Result<Channel> {
    let invalid = || anyhow!("{address}: is no URL of a server; write it as http://HOST:PORT");
    let mut endpoint = configured(Endpoint::from_shared(url).map_err(|_| invalid())?);
    if is_encrypted {
        let tls = encryption(access)?;
        endpoint = endpoint
            .tls_config(tls)
            .map_err(|error| anyhow!("{address}: the certificates cannot be used: {}", root_cause(&error)))?;
    } else if access.server_ca.is_some() || access.server_certificate.is_some() {
        bail!("{address}: certificates are for encrypted connections; ask the server by https://");
    }
    endpoint.connect().await.map_err(|error| no_answer(address, &error))
}

fn encryption(access: &ServerAccess) -> anyhow::Result<ClientTlsConfig> {
    let read =
        |path: &Path| std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()));
    let mut tls = ClientTlsConfig::new();
    tls = match &access.server_ca {
        Some(path) => tls.ca_certificate(Certificate::from_pem(read(path)?)),
        None => tls.with_native_roots(),
    };
    if let (Some(certificate), Some(key)) = (&access.server_certificate, &access.server_key) {
        tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?));
    }
    Ok(tls)
}

/// Why a server does not answer, and what to do about it.
fn no_answer(address: &str, error: &dyn std::error::Error) -> anyhow::Error {
    let reason = root_cause(error);
    let remedy = if reason.contains("UnknownIssuer") || reason.contains("invalid peer certificate") {
        "give the authority of its certificate with --server-ca"
    } else if reason.contains("CertificateRequired") || reason.contains("certificate required") {
        "show a certificate with --server-certificate and --server-key"
    } else {
        "start one with 'hunktrace serve --index DIR'"
    };
    anyhow!("{address}: no server answers: {reason}; {remedy}")
}

/// The innermost of an error's causes, which is the one that says what happened.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn failure(address: &str, access: &ServerAccess) -> String {
        let connected = connect_server(address, access).await;
        connected.err().map(|error| format!("{error:#}")).unwrap_or_default()
    }

    #[tokio::test]
    async fn server_that_is_not_there_is_named_with_the_remedy() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("an address").to_string();
        drop(socket);
        for address in [address.as_str(), "unix:/nowhere/h.sock"] {
            let error = failure(address, &ServerAccess::default()).await;
            assert!(error.starts_with(&format!("{address}: no server answers: ")), "{error}");
            assert!(error.ends_with("'hunktrace serve --index DIR'"), "{error}");
        }
    }

    #[tokio::test]
    async fn what_is_no_url_is_refused() {
        for address in ["http://", "ftp://x:1", "unix:", ""] {
            let error = failure(address, &ServerAccess::default()).await;
            assert!(error.contains("is no URL of a server"), "{address}: {error}");
        }
    }

    #[tokio::test]
    async fn token_is_not_sent_in_the_clear() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let access =
            ServerAccess { server_token_file: Some(file.path().to_owned()), ..ServerAccess::default() };
        assert!(failure("http://192.0.2.1:1", &access).await.ends_with("holds no token"));
        std::fs::write(file.path(), "token\n").expect("its text");
        assert!(failure("http://192.0.2.1:1", &access).await.contains("would be sent in the clear"));
    }

    #[tokio::test]
    async fn certificates_are_for_encrypted_connections() {
        let access = ServerAccess { server_ca: Some("ca.pem".into()), ..ServerAccess::default() };
        assert!(failure("http://127.0.0.1:1", &access).await.contains("https://"));
        assert!(failure("https://127.0.0.1:1", &access).await.contains("ca.pem: cannot be read"));
    }
}
