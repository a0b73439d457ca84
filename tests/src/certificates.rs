//! Certificates for tests: an authority, and what it has signed.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::workplace::Workplace;

/// An authority whose certificate is in a workplace.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The file of its certificate.
    pub certificate: PathBuf,
}

/// The files of a certificate and its key.
pub struct Signed {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// A new authority, with its certificate in `NAME.pem`.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn new(place: &Workplace, name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let file = format!("{name}.pem");
        place.write(&file, params.self_signed(&key).expect("a certificate").pem());
        Authority { issuer: Issuer::new(params, key), certificate: place.path(&file) }
    }

    /// A certificate for this machine, in `NAME.pem` and `NAME.key`.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn sign(&self, place: &Workplace, name: &str) -> Signed {
        let names = ["localhost", "127.0.0.1"].map(str::to_owned).to_vec();
        let params = CertificateParams::new(names).expect("names");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let files = [format!("{name}.pem"), format!("{name}.key")];
        place.write(&files[0], certificate.pem());
        place.write(&files[1], key.serialize_pem());
        let [certificate, key] = files.map(|file| place.path(&file));
        Signed { certificate, key }
    }
}
