//! A patch that a package carries.

/// A patch that a package's spec file applies to the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackagePatch {
    /// Its name in the package; of one in an archive its path there.
    pub name: String,
    /// Its text, unpacked.
    pub text: Vec<u8>,
}
