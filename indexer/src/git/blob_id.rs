//! The name that git gives a text.

/// The git blob id (SHA-1) of a text.
pub fn blob_id(text: &[u8]) -> [u8; 20] {
    let digest = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, text);
    let mut id = [0; 20];
    if let Ok(digest) = digest {
        id.copy_from_slice(digest.as_slice());
    }
    id
}
