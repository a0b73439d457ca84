//! Addresses to listen on: a host and a port, or the path of a Unix domain socket.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tokio::net::lookup_host;

/// In front of the path of a Unix domain socket.
const UNIX_PREFIX: &str = "unix:";

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// At a host's addresses, as in `127.0.0.1:7300`, `[::1]:7300` or `localhost:7300`; port 0 takes a free one.
    Tcp(String),
    /// At the path of a Unix domain socket, as in `unix:/run/hunktrace.sock`.
    Unix(PathBuf),
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no address; write HOST:PORT, as in localhost:7300, or unix:PATH")]
pub struct NoAddress(String);

impl FromStr for ListenAddress {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<ListenAddress, NoAddress> {
        if let Some(path) = text.strip_prefix(UNIX_PREFIX) {
            return match path.is_empty() {
                true => Err(NoAddress(text.to_owned())),
                false => Ok(ListenAddress::Unix(path.into())),
            };
        }
        let is_host = |host: &str| {
            let is_plain = !host.is_empty() && !host.contains([':', '/', '[', ']']);
            is_plain || host.strip_prefix('[').is_some_and(|host| host.ends_with(']'))
        };
        match text.rsplit_once(':') {
            Some((host, port)) if is_host(host) && port.parse::<u16>().is_ok() => {
                Ok(ListenAddress::Tcp(text.to_owned()))
            }
            _ => Err(NoAddress(text.to_owned())),
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddress::Tcp(address) => f.write_str(address),
            ListenAddress::Unix(path) => write!(f, "{UNIX_PREFIX}{}", path.display()),
        }
    }
}

impl ListenAddress {
    /// The addresses of its host, each once; none of a Unix domain socket.
    ///
    /// # Errors
    /// Where the host has no address.
    pub async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let ListenAddress::Tcp(address) = self else { return Ok(Vec::new()) };
        let mut addresses: Vec<SocketAddr> = lookup_host(address).await?.collect();
        addresses.sort_by_key(SocketAddr::is_ipv6);
        addresses.dedup();
        match addresses.is_empty() {
            true => Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address")),
            false => Ok(addresses),
        }
    }

    /// The path of its socket, if it is one.
    pub fn socket(&self) -> Option<&Path> {
        match self {
            ListenAddress::Tcp(_) => None,
            ListenAddress::Unix(path) => Some(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_ports_and_sockets_are_addresses() {
        for text in ["127.0.0.1:7300", "[::1]:0", "localhost:7300", "unix:/run/h.sock", "unix:h.sock"] {
            assert_eq!(text.parse::<ListenAddress>().map(|address| address.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "localhost", ":7300", "::1:7300", "host:port", "host:70000", "unix:", "http://x:1"] {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn name_of_this_machine_is_resolved() {
        let address: ListenAddress = "localhost:7300".parse().expect("an address");
        let found = address.resolve().await.expect("addresses");
        assert!(
            found.iter().all(|address| address.ip().is_loopback() && address.port() == 7300),
            "{found:?}"
        );
    }
}
