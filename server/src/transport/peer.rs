//! Who is at the other end of a connection.

use std::fmt;
use std::net::SocketAddr;

use sha2::{Digest, Sha256};

/// Who is at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A program at an address of the network.
    Network {
        /// The address.
        address: SocketAddr,
        /// The fingerprint of the certificate that it has shown, if one was asked for.
        certificate: Option<CertificateFingerprint>,
    },
    /// A program of this machine.
    Local {
        /// The user that it runs as, as the kernel says.
        user: u32,
        /// The user's group.
        group: u32,
        /// The process, where the kernel says it.
        process: Option<i32>,
    },
}

/// The SHA-256 of a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CertificateFingerprint([u8; 32]);

/// Bytes of a fingerprint that are shown: enough to tell certificates apart.
const SHOWN_BYTES: usize = 8;

impl CertificateFingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(der: &[u8]) -> CertificateFingerprint {
        CertificateFingerprint(Sha256::digest(der).into())
    }
}

impl fmt::Display for CertificateFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..SHOWN_BYTES].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CertificateFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Network { address, certificate: None } => write!(f, "{address}"),
            Peer::Network { address, certificate: Some(certificate) } => {
                write!(f, "{address} certificate {certificate}")
            }
            Peer::Local { user, process: Some(process), .. } => write!(f, "user {user} process {process}"),
            Peer::Local { user, process: None, .. } => write!(f, "user {user}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_named_for_the_log() {
        let address = "127.0.0.1:9".parse().expect("an address");
        let certificate = Some(CertificateFingerprint::of(b""));
        let named = Peer::Network { address, certificate }.to_string();
        assert_eq!(named, "127.0.0.1:9 certificate e3b0c44298fc1c14");
        assert_eq!(Peer::Network { address, certificate: None }.to_string(), "127.0.0.1:9");
        assert_eq!(Peer::Local { user: 1, group: 2, process: Some(3) }.to_string(), "user 1 process 3");
    }
}
