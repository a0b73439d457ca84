//! What an RPM package holds, and which of its members is the kernel's tarball.

use bstr::{BStr, BString, ByteSlice};

use super::error::Error;

/// What a package's header says.
#[derive(Debug, Default)]
pub(super) struct PackageHeader {
    /// Name, version and release.
    pub identity: Option<String>,
    /// The version of rpm that built it.
    pub rpm_version: Option<String>,
}

/// The files of a package.
#[derive(Default)]
pub(super) struct Contents {
    pub header: PackageHeader,
    /// Base names and sizes in bytes.
    pub members: Vec<(BString, u64)>,
    /// Spec files: names and texts.
    pub specs: Vec<(BString, Vec<u8>)>,
}

impl Contents {
    /// Which member is the kernel's tarball.
    ///
    /// # Errors
    /// Where none is, or several may be.
    pub fn kernel_tarball(&self, archive: &str) -> Result<BString, Error> {
        let ranked =
            || self.members.iter().filter_map(|(name, _)| Some((Likeness::of(name.as_bstr())?, name)));
        let Some(best) = ranked().map(|(likeness, _)| likeness).max() else {
            let members = self.members.len() as u64;
            return Err(Error::NoKernelTarball { archive: archive.into(), members });
        };
        let found: Vec<&BString> =
            ranked().filter(|(likeness, _)| *likeness == best).map(|(_, name)| name).collect();
        match found[..] {
            [name] => Ok(name.clone()),
            _ => Err(Error::SeveralKernelTarballs {
                archive: archive.into(),
                found: found.iter().map(ToString::to_string).collect(),
            }),
        }
    }
}

/// How likely a member is the kernel tarball by its name, the least likely first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// `linux-next.tar.xz`: some word follows.
    Word,
    /// `linux-4.18.0-80.el8.tar.xz` or `kernel.tar.gz`: a version or nothing follows.
    Version,
}

impl Likeness {
    fn of(name: &BStr) -> Option<Likeness> {
        const TARBALLS: [&str; 6] = [".tar", ".tgz", ".txz", ".tbz", ".tbz2", ".tzst"];
        // Lists of the symbols that the vendor keeps stable, and blobs for devices.
        const OTHERS: [&str; 2] = ["abi", "firmware"];
        let rest = name.strip_prefix(b"linux").or_else(|| name.strip_prefix(b"kernel"))?;
        let is_tarball =
            rest.contains_str(".tar.") || TARBALLS.iter().any(|ending| rest.ends_with_str(ending));
        if !is_tarball || OTHERS.iter().any(|other| rest.contains_str(other)) {
            return None;
        }
        match rest {
            [b'.', ..] | [b'-' | b'_', b'0'..=b'9', ..] => Some(Likeness::Version),
            [b'-', ..] => Some(Likeness::Word),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_likelier_than_a_word_and_lists_of_symbols_are_none() {
        let of = |name: &str| Likeness::of(name.into());
        assert_eq!(of("linux-5.14.0-70.el9.tar.xz"), Some(Likeness::Version));
        assert_eq!(of("kernel-2.6.32.tar.bz2"), Some(Likeness::Version));
        assert_eq!(of("kernel.tar.gz"), Some(Likeness::Version));
        assert_eq!(of("linux-5.14.tar"), Some(Likeness::Version));
        assert_eq!(of("linux-next-20240101.tar.xz"), Some(Likeness::Word));
        for other in [
            "kernel-abi-stablelists-4.18.tar.bz2",
            "linux-firmware-1.tar",
            "kernel.spec",
            "linuxrc.tar",
            "xlinux-1.tar",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
