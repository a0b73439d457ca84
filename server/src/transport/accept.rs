//! Accepting connections: at all addresses, no more than may be open, and on when there are no descriptors left for a while.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::transport::address::ListenAddress;
use crate::transport::connection::{ByteStream, Connection};
use crate::transport::connection_state::{ConnectionState, ConnectionTimes};
use crate::transport::peer::{CertificateFingerprint, Peer};
use crate::transport::tls::{Tls, handshake_failure};

/// Connections that are ready and wait to be served.
const WAITING_CONNECTIONS: usize = 16;

/// How long accepting pauses where the system has no descriptor or memory for another connection.
const PAUSE: Duration = Duration::from_millis(500);

/// How connections are accepted.
#[derive(Clone)]
pub struct AcceptOptions {
    /// Connections that may be open at a time.
    pub connections: usize,
    /// When connections end by themselves.
    pub times: ConnectionTimes,
    /// How connections of the network are encrypted.
    pub tls: Option<Arc<Tls>>,
    /// Who may connect to a Unix domain socket.
    pub local_users: LocalUsers,
}

/// Users of this machine who may connect: the server's own, root, and these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalUsers {
    /// Users, by number.
    pub users: Vec<u32>,
    /// Groups, by number.
    pub groups: Vec<u32>,
}

impl LocalUsers {
    /// Whether a user may connect to a server of the user `own`.
    fn admit(&self, user: u32, group: u32, own: u32) -> bool {
        user == 0 || user == own || self.users.contains(&user) || self.groups.contains(&group)
    }
}

/// A socket that listens.
pub enum Listener {
    /// At an address of the network.
    Tcp(TcpListener),
    /// At a path, which goes with it.
    Unix(UnixListener, SocketFile),
}

/// The file of a Unix domain socket, removed with the listener.
pub struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // It may be gone already; a server that starts later removes what is left.
        drop(fs::remove_file(&self.0));
    }
}

impl Listener {
    /// Listens at an address.
    ///
    /// # Errors
    /// Where that is not possible.
    pub async fn bind(address: &ListenAddress) -> io::Result<Vec<Listener>> {
        if let Some(path) = address.socket() {
            remove_stale(path).await?;
            let listener = UnixListener::bind(path)?;
            return Ok(vec![Listener::Unix(listener, SocketFile(path.to_owned()))]);
        }
        let (mut listeners, mut failure) = (Vec::new(), None);
        for address in address.resolve().await? {
            match TcpListener::bind(address).await {
                Ok(listener) => listeners.push(Listener::Tcp(listener)),
                // A machine may have a name for an address family that it has not.
                Err(error) => {
                    tracing::debug!(%address, %error, "cannot listen");
                    failure = Some(error);
                }
            }
        }
        match failure {
            Some(error) if listeners.is_empty() => Err(error),
            _ => Ok(listeners),
        }
    }

    /// The address that it has at last.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn address(&self) -> io::Result<BoundAddress> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().map(BoundAddress::Tcp),
            Listener::Unix(_, file) => Ok(BoundAddress::Unix(file.0.clone())),
        }
    }

    async fn accept(&self) -> io::Result<Accepted> {
        Ok(match self {
            Listener::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                Accepted::Tcp(stream, address)
            }
            Listener::Unix(listener, _) => Accepted::Unix(listener.accept().await?.0),
        })
    }
}

/// An address that is listened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoundAddress {
    /// Of the network.
    Tcp(SocketAddr),
    /// The path of a socket.
    Unix(PathBuf),
}

/// Removes a socket that a server has left behind, and nothing else.
async fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"))
        }
        Ok(_) => match UnixStream::connect(path).await {
            Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "another server listens there")),
            Err(_) => fs::remove_file(path),
        },
    }
}

enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

/// The connections of all listeners, until `stop` is cancelled, and the places that are left for more; they are closed with
/// `close`.
pub fn connections(
    listeners: Vec<Listener>,
    options: AcceptOptions,
    stop: &CancellationToken,
    close: &CancellationToken,
) -> (Receiver<io::Result<Connection>>, Arc<Semaphore>) {
    let (sender, connections) = mpsc::channel(WAITING_CONNECTIONS);
    let places = Arc::new(Semaphore::new(options.connections.max(1)));
    for listener in listeners {
        let accepting = Accepting {
            options: options.clone(),
            places: Arc::clone(&places),
            stop: stop.clone(),
            close: close.clone(),
            sender: sender.clone(),
        };
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = accepting.accept_all(&listener) => {}
            }
        });
    }
    (connections, places)
}

/// What connections of one listener are accepted with.
#[derive(Clone)]
struct Accepting {
    options: AcceptOptions,
    places: Arc<Semaphore>,
    stop: CancellationToken,
    close: CancellationToken,
    sender: Sender<io::Result<Connection>>,
}

impl Accepting {
    async fn accept_all(self, listener: &Listener) {
        loop {
            let accepted = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) if is_of_one_connection(&error) => {
                    tracing::debug!(%error, "a connection ended before it was accepted");
                    continue;
                }
                Err(error) => {
                    tracing::error!(%error, "cannot accept connections; accepting pauses");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
                tracing::warn!(limit = self.options.connections, "too many connections; one is refused");
                continue;
            };
            let accepting = self.clone();
            tokio::spawn(async move { accepting.open(accepted, place).await });
        }
    }

    /// Encrypts a connection where it has to be, and passes it on.
    async fn open(self, accepted: Accepted, place: OwnedSemaphorePermit) {
        let handshake = self.options.times.handshake;
        let opened = tokio::select! {
            () = self.stop.cancelled() => return,
            opened = timeout(handshake, self.opened(accepted)) => opened,
        };
        match opened {
            Ok(Ok((stream, peer))) => {
                let state = Arc::new(ConnectionState::new(peer, self.options.times, &self.stop, &self.close));
                // Where nobody serves any more the connection ends with this.
                drop(self.sender.send(Ok(Connection::new(stream, state, place))).await);
            }
            Ok(Err(refusal)) => tracing::info!("connection refused: {refusal}"),
            Err(_) => tracing::info!("connection closed: its handshake took too long"),
        }
    }

    async fn opened(&self, accepted: Accepted) -> Result<(Box<dyn ByteStream>, Peer), String> {
        match accepted {
            Accepted::Unix(stream) => {
                let peer =
                    stream.peer_cred().map_err(|error| format!("who connects is not known: {error}"))?;
                let (user, group) = (peer.uid(), peer.gid());
                if !self.options.local_users.admit(user, group, rustix::process::geteuid().as_raw()) {
                    return Err(format!("user {user} may not connect to the socket (--unix-user)"));
                }
                Ok((Box::new(stream), Peer::Local { user, group, process: peer.pid() }))
            }
            Accepted::Tcp(stream, address) => {
                // Without this every answer would wait for the acknowledgement of its first half.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "cannot send at once");
                }
                let Some(tls) = &self.options.tls else {
                    return Ok((Box::new(stream), Peer::Network { address, certificate: None }));
                };
                let accepted = tls.acceptor().accept(stream).await;
                let stream = accepted.map_err(|error| format!("{address}: {}", handshake_failure(&error)))?;
                let shown = stream.get_ref().1.peer_certificates().and_then(|shown| shown.first());
                let certificate = shown.map(|shown| CertificateFingerprint::of(shown));
                Ok((Box::new(stream), Peer::Network { address, certificate }))
            }
        }
    }
}

/// Whether an error of accepting says nothing of the next connection.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_admitted_by_number_or_group() {
        let users = LocalUsers { users: vec![7], groups: vec![30] };
        assert!(
            [(0, 0), (1000, 1), (7, 1), (9, 30)].iter().all(|(user, group)| users.admit(*user, *group, 1000))
        );
        assert!(!users.admit(9, 1, 1000));
        assert!(!LocalUsers::default().admit(7, 30, 1000));
    }

    #[tokio::test]
    async fn socket_that_is_left_behind_is_replaced_and_a_file_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("h.sock");
        let address = ListenAddress::Unix(path.clone());
        drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
        let listeners = Listener::bind(&address).await.expect("the stale socket is replaced");
        let in_use = Listener::bind(&address).await.err().map(|error| error.kind());
        assert_eq!(in_use, Some(io::ErrorKind::AddrInUse));
        drop(listeners);
        assert!(!path.exists());
        fs::write(&path, "dear").expect("a file");
        assert!(Listener::bind(&address).await.is_err());
        assert_eq!(fs::read_to_string(&path).expect("the file"), "dear");
    }
}
