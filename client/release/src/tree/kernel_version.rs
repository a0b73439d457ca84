//! Which kernel version a tree says it is.

use std::fmt;

use bstr::{BStr, ByteSlice};

use super::entry::Mode;
use super::error::Error;
use super::source_tree::Tree;

/// A kernel version as the top Makefile states it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KernelVersion {
    /// `VERSION`: the 4 of 4.18.
    pub version: u32,
    /// `PATCHLEVEL`: the 18 of 4.18.
    pub patchlevel: u32,
    /// `SUBLEVEL`: the 3 of 4.18.3, the 32 of 2.6.32.
    pub sublevel: u32,
    /// `EXTRAVERSION`: `-rc4`, the `.33` of 2.6.32.33, or what the vendor put there.
    pub extraversion: String,
    /// `NAME`: the version's nickname.
    pub name: String,
}

impl KernelVersion {
    /// The tags of upstream releases that this version may be based on, the most specific first.
    ///
    /// Each of them that exists is a release that the version contains. A release candidate names only itself: the
    /// release of its name came later.
    pub fn tag_candidates(&self) -> Vec<String> {
        let release = self.release();
        let mut tags = Vec::new();
        if let Some(candidate) = number_after(&self.extraversion, "-rc") {
            tags.push(format!("v{}-rc{candidate}", self.release_and_sublevel()));
            if !self.has_stable_sublevel() {
                return tags;
            }
        } else if self.has_stable_sublevel() {
            tags.push(format!("v{}", self.release_and_sublevel()));
        } else if let Some(stable) = number_after(&self.extraversion, ".").filter(|stable| *stable > 0) {
            tags.push(format!("v{release}.{stable}"));
        }
        tags.push(format!("v{release}"));
        tags
    }

    /// What mainline released: two numbers since 3.0, three before.
    fn release(&self) -> String {
        if self.version < 3 {
            return format!("{}.{}.{}", self.version, self.patchlevel, self.sublevel);
        }
        format!("{}.{}", self.version, self.patchlevel)
    }

    fn release_and_sublevel(&self) -> String {
        if self.has_stable_sublevel() {
            format!("{}.{}", self.release(), self.sublevel)
        } else {
            self.release()
        }
    }

    /// Whether the sublevel counts stable releases, as it does since 3.0, and is one.
    fn has_stable_sublevel(&self) -> bool {
        self.version >= 3 && self.sublevel > 0
    }
}

impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}{}", self.version, self.patchlevel, self.sublevel, self.extraversion)
    }
}

/// The number behind a prefix; the text may go on behind the number.
fn number_after(text: &str, prefix: &str) -> Option<u32> {
    let rest = text.strip_prefix(prefix)?;
    let end = rest.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Reads the kernel version from a tree's top Makefile.
///
/// # Errors
///
/// If there is no top Makefile, if it cannot be read, or if it does not state a version as kernels do.
pub fn kernel_version(tree: &Tree) -> Result<KernelVersion, Error> {
    const MAKEFILE: &str = "Makefile";
    let invalid = |problem: String| Error::NoVersion { tree: tree.source.to_string(), problem };
    if let Some(entry) = tree.entries.get(BStr::new(MAKEFILE))
        && !matches!(entry.mode(), Mode::Regular | Mode::Executable)
    {
        return Err(invalid("is no regular file".into()));
    }
    parse_makefile(&tree.read(MAKEFILE.into())?).map_err(invalid)
}

/// Reads the version from a Makefile's text; the error says what is wrong with it.
fn parse_makefile(makefile: &[u8]) -> Result<KernelVersion, String> {
    let number = |key: &str| {
        let value = value_of(makefile, key).ok_or_else(|| format!("does not set {key}"))?;
        value.parse().map_err(|_| format!("sets {key} to {value:?}, which is no number"))
    };
    Ok(KernelVersion {
        version: number("VERSION")?,
        patchlevel: number("PATCHLEVEL")?,
        // Left empty where there is none, as in some trees of 3.x.
        sublevel: if value_of(makefile, "SUBLEVEL").is_none_or(|value| value.is_empty()) {
            0
        } else {
            number("SUBLEVEL")?
        },
        extraversion: value_of(makefile, "EXTRAVERSION").unwrap_or_default(),
        name: value_of(makefile, "NAME").unwrap_or_default(),
    })
}

/// The value of the first assignment to a variable, without a comment.
fn value_of(makefile: &[u8], key: &str) -> Option<String> {
    makefile.lines().find_map(|line| {
        let rest = line.strip_prefix(key.as_bytes())?.trim_start();
        let rest = rest.strip_prefix(b":").unwrap_or(rest).strip_prefix(b"=")?;
        let value = rest.split_str("#").next().unwrap_or(rest);
        Some(value.trim().to_str_lossy().into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(version: &str) -> KernelVersion {
        let names = ["VERSION", "PATCHLEVEL", "SUBLEVEL", "EXTRAVERSION"];
        let makefile: String =
            names.iter().zip(version.split(' ')).map(|(name, value)| format!("{name} = {value}\n")).collect();
        parse_makefile(makefile.as_bytes()).expect("parses")
    }

    #[test]
    fn tags_go_from_the_most_specific_to_the_release() {
        let cases: [(&str, &[&str]); 12] = [
            ("4 18 0", &["v4.18"]),
            ("4 18 0 -80.el8", &["v4.18"]),
            ("5 10 3", &["v5.10.3", "v5.10"]),
            ("5 10 3 -rc1", &["v5.10.3-rc1", "v5.10"]),
            ("4 18 0 -rc4", &["v4.18-rc4"]),
            ("4 18 0 -rc4-next", &["v4.18-rc4"]),
            ("2 6 32", &["v2.6.32"]),
            ("2 6 32 .33", &["v2.6.32.33", "v2.6.32"]),
            ("2 6 32 .33-rt31", &["v2.6.32.33", "v2.6.32"]),
            ("2 6 32 -rc8", &["v2.6.32-rc8"]),
            ("2 6 32 .0", &["v2.6.32"]),
            ("3 0 0", &["v3.0"]),
        ];
        for (version, tags) in cases {
            assert_eq!(parse(version).tag_candidates(), tags, "{version}");
        }
    }

    #[test]
    fn a_makefile_is_read_with_its_comments_and_later_assignments() {
        let makefile =
            b"# SPDX-License-Identifier: GPL-2.0\r\nVERSION = 4\r\nPATCHLEVEL=18\nSUBLEVEL := 0 # none\n\
            EXTRAVERSION =\nNAME = Merciless Moray\nVERSION = 9\nKERNELVERSION = $(VERSION)\n";
        let version = parse_makefile(makefile).expect("parses");
        assert_eq!(version.to_string(), "4.18.0");
        assert_eq!(version.name, "Merciless Moray");
    }

    #[test]
    fn a_makefile_without_a_version_says_what_is_missing() {
        assert_eq!(parse_makefile(b"all:\n"), Err("does not set VERSION".into()));
        let error = parse_makefile(b"VERSION = 4\nPATCHLEVEL = $(X)\n").expect_err("is refused");
        assert_eq!(error, "sets PATCHLEVEL to \"$(X)\", which is no number");
    }

    proptest! {
        #[test]
        fn arbitrary_values_never_panic(values in proptest::collection::vec("[ -~]{0,12}", 4)) {
            let names = ["VERSION", "PATCHLEVEL", "SUBLEVEL", "EXTRAVERSION"];
            let makefile: String = names.iter().zip(&values).map(|(name, value)| format!("{name} = {value}\n")).collect();
            let _ = parse_makefile(makefile.as_bytes()).map(|version| version.tag_candidates());
        }
    }
}
