//! Reading the kernel tree that an RPM package carries: a tarball, and patches that its spec file applies.
//!
//! Which member is the tarball, and which patches are applied, shows only when all members and the spec file are known. So
//! the package is read once to list it and once for each of the two.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use bstr::{BString, ByteSlice};
use hunktrace_indexer::git::base_name::base_name;

use super::cpio::Cpio;
use super::error::Error;
use super::gauge::{Gauge, Gauged};
use super::options::Options;
use super::package_contents::{Contents, PackageHeader};
use super::package_patch::PackagePatch;
use super::package_patches::{PackageFiles, Patching, Plan};
use super::rpm::{self, Opened};
use super::tarball::{self, Tarball};

/// The kernel of a package.
#[derive(Debug)]
pub(super) struct Kernel {
    /// Name, version and release of the package, where its header has them.
    pub identity: Option<String>,
    /// The tarball's name in the package.
    pub member: BString,
    /// What the tarball holds, with the patches applied.
    pub tarball: Tarball,
    /// The patches that were applied, in order.
    pub patches: Vec<PackagePatch>,
}

/// Reads the kernel tarball of a package.
pub(super) fn read(path: &Path, options: &Options) -> Result<Kernel, Error> {
    let package = Package { path, archive: path.display().to_string(), options };
    let contents = package.list()?;
    let chosen = contents.kernel_tarball(&package.archive)?;
    let plan = Plan::of(&package.archive, &contents)?;
    let mut tarball = package.read_tarball(&chosen)?;
    let mut patches = Vec::new();
    if let Some(plan) = plan {
        let files = package.read_files(&plan)?;
        let patching = Patching { archive: &package.archive, options, plan: &plan, files: &files };
        let patched = patching.run(tarball.entries)?;
        tarball.entries = patched.entries;
        tarball.notes.extend(patched.notes);
        patches = patched.patches;
    }
    Ok(Kernel { identity: contents.header.identity, member: chosen, tarball, patches })
}

/// Reads the patches that the spec file of a package applies, in order.
pub(super) fn read_patches(path: &Path, options: &Options) -> Result<Vec<PackagePatch>, Error> {
    let package = Package { path, archive: path.display().to_string(), options };
    let contents = package.list()?;
    let Some(plan) = Plan::of(&package.archive, &contents)? else { return Ok(Vec::new()) };
    let files = package.read_files(&plan)?;
    let patching = Patching { archive: &package.archive, options, plan: &plan, files: &files };
    Ok(patching.patches()?.into_iter().map(|(patch, _)| patch).collect())
}

/// A package on disk.
struct Package<'a> {
    path: &'a Path,
    archive: String,
    options: &'a Options,
}

impl Package<'_> {
    /// Reads the whole package once: the members' names, and the spec files.
    ///
    /// The tarball is read in a second pass, because which member it is shows only when all are known.
    fn list(&self) -> Result<Contents, Error> {
        let limits = &self.options.limits;
        let (header, mut payload) = self.open()?;
        let mut contents = Contents { header, ..Contents::default() };
        let mut last = BString::default();
        let (mut members, mut spec_bytes) = (0, 0u64);
        loop {
            let place = || format!("the member after {last:?}");
            let Some(member) =
                payload.next_member().map_err(|source| Error::damaged(&self.archive, place(), source))?
            else {
                break;
            };
            members += 1;
            limits
                .check_files(members)
                .map_err(|exceeded| Error::over_limit(&self.archive, place(), exceeded))?;
            last = member.name.clone();
            if !member.is_file() {
                continue;
            }
            let name = base_name(member.name.as_bstr()).to_owned();
            if name.ends_with(b".spec") {
                let place = || format!("member {name:?}");
                spec_bytes = spec_bytes.saturating_add(member.size);
                limits
                    .check_header_bytes(spec_bytes)
                    .map_err(|exceeded| Error::over_limit(&self.archive, place(), exceeded))?;
                let mut text = Vec::new();
                payload
                    .read_to_end(&mut text)
                    .map_err(|source| Error::damaged(&self.archive, place(), source))?;
                contents.specs.push((name.clone(), text));
            }
            contents.members.push((name, member.size));
        }
        payload.finish().map_err(|source| Error::damaged(&self.archive, "after the last member", source))?;
        Ok(contents)
    }

    fn read_tarball(&self, chosen: &BString) -> Result<Tarball, Error> {
        let (_, mut payload) = self.open()?;
        let damaged = |source| Error::damaged(&self.archive, format!("member {chosen:?}"), source);
        while let Some(member) = payload.next_member().map_err(damaged)? {
            if member.is_file() && base_name(member.name.as_bstr()) == chosen {
                return tarball::read(&format!("{}: {chosen}", self.archive), payload, self.options);
            }
        }
        Err(damaged(std::io::Error::other("the member is gone; was the package written to?")))
    }

    /// Reads the files that patches are in.
    fn read_files(&self, plan: &Plan) -> Result<PackageFiles, Error> {
        let (_, mut payload) = self.open()?;
        let mut files = PackageFiles::default();
        let mut place = "the first member".to_owned();
        let mut bytes = 0u64;
        while let Some(member) =
            payload.next_member().map_err(|source| Error::damaged(&self.archive, &place, source))?
        {
            let name = base_name(member.name.as_bstr()).to_owned();
            place = format!("member {name:?}");
            if !member.is_file() || !plan.needs(name.as_bstr()) {
                continue;
            }
            bytes = bytes.saturating_add(member.size);
            self.options
                .limits
                .check_file_bytes(bytes)
                .map_err(|exceeded| Error::over_limit(&self.archive, &place, exceeded))?;
            let mut text = Vec::new();
            payload.read_to_end(&mut text).map_err(|source| Error::damaged(&self.archive, &place, source))?;
            files.insert(name, text);
        }
        Ok(files)
    }

    fn open(&self) -> Result<(PackageHeader, Cpio<impl Read>), Error> {
        let limits = &self.options.limits;
        let file =
            File::open(self.path).map_err(|source| Error::Io { path: self.path.to_owned(), source })?;
        let Opened { identity, rpm_version, files, payload } =
            rpm::open_payload(BufReader::new(file), limits)
                .map_err(|source| Error::damaged(&self.archive, "in the RPM header", source))?;
        let payload = Gauged::new(payload, &Gauge::new(limits));
        Ok((PackageHeader { identity, rpm_version }, Cpio::new(payload, files, limits.max_path_bytes)))
    }
}

#[cfg(test)]
mod tests {
    use bstr::BStr;

    use super::*;
    use crate::tree::cpio::tests::{newc, stripped, trailer};
    use crate::tree::limits::Limits;
    use crate::tree::rpm::tests::package;
    use crate::tree::tarball::tests::{gzip, tar_of};
    use std::fs;

    const SPEC: &[u8] =
        b"Name: kernel\nPatch1: debrand.patch\nPatch2: %{name}-test.patch\n%prep\n%patch1 -p1\n";
    const PATCH: &[u8] = b"--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-int a;\n+int b;\n";

    fn kernel_tarball() -> Vec<u8> {
        gzip(&tar_of(&[("linux-4.18/Makefile", "VERSION = 4\n"), ("linux-4.18/a.c", "int a;\n")]))
    }

    fn read_package(payload: &[u8], files: &[(&str, u32)]) -> Result<Kernel, Error> {
        read_within(payload, files, Limits::default())
    }

    fn read_within(payload: &[u8], files: &[(&str, u32)], limits: Limits) -> Result<Kernel, Error> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kernel.src.rpm");
        fs::write(&path, package(files, payload)).expect("writes");
        read(&path, &Options { limits, ..Options::default() })
    }

    #[test]
    fn the_kernel_tarball_is_read_and_patched() {
        let payload = [
            newc("debrand.patch", 0o100644, PATCH),
            newc("kernel-test.patch", 0o100644, b""),
            newc("kernel-abi-whitelists-4.18.tar.bz2", 0o100644, b"not read"),
            newc("kernel.spec", 0o100644, SPEC),
            newc("linux-4.18.0-80.el8.tar.gz", 0o100644, &kernel_tarball()),
            trailer(),
        ]
        .concat();
        let Kernel { member, tarball, .. } = read_package(&gzip(&payload), &[]).expect("reads");
        assert_eq!(member, "linux-4.18.0-80.el8.tar.gz");
        assert_eq!(tarball.entries.keys().collect::<Vec<_>>(), ["Makefile", "a.c"]);
        assert_eq!(tarball.entries[BStr::new("a.c")].content.read("a.c".into()).expect("reads"), b"int b;\n");
        assert_eq!(
            tarball.notes,
            [
                "the top folder \"linux-4.18\" was stripped",
                "patches of the package that were applied, as kernel.spec says (1): debrand.patch",
                "patches that kernel.spec declares and does not apply (1): kernel-test.patch",
            ]
        );
    }

    #[test]
    fn the_stripped_payload_form_is_read() {
        let tarball = kernel_tarball();
        let spec = b"Name: kernel\n%prep\n%setup -q\n";
        let files = [("kernel.spec", spec.len() as u32), ("linux-4.18.tar.gz", tarball.len() as u32)];
        let payload = [stripped(0, spec), stripped(1, &tarball), trailer()].concat();
        let Kernel { member, tarball, .. } = read_package(&payload, &files).expect("reads");
        assert_eq!((member, tarball.entries.len()), ("linux-4.18.tar.gz".into(), 2));
    }

    #[test]
    fn a_package_without_a_kernel_tarball_or_with_several_is_refused() {
        let none = [newc("bash-5.tar.gz", 0o100644, b""), trailer()].concat();
        assert!(matches!(read_package(&none, &[]), Err(Error::NoKernelTarball { members: 1, .. })));
        let several =
            [newc("linux-4.18.tar.gz", 0o100644, b""), newc("linux-5.10.tar.gz", 0o100644, b""), trailer()]
                .concat();
        let error = read_package(&several, &[]).expect_err("is refused").to_string();
        assert!(error.contains("linux-4.18.tar.gz, linux-5.10.tar.gz"), "{error}");
    }

    #[test]
    fn packages_that_unpack_to_too_much_are_refused() {
        let refused = |payload: &[u8]| {
            let limits = Limits { max_header_bytes: 1_000, max_files: 100, ..Limits::default() };
            read_within(&gzip(payload), &[], limits).expect_err("it is too much").to_string()
        };
        let spec = [b'#'; 600];
        let specs = [newc("one.spec", 0o100644, &spec), newc("other.spec", 0o100644, &spec), trailer()];
        let error = refused(&specs.concat());
        assert!(error.contains("max_header_bytes"), "{error}");
        let error = refused(&newc("link", 0o120777, b"").repeat(101));
        assert!(error.contains("max_files"), "{error}");

        let sizes = [("kernel.spec", u32::MAX), ("linux-4.18.tar.gz", u32::MAX)];
        let payload = [stripped(0, b"short"), stripped(1, b"short"), trailer()].concat();
        assert!(read_package(&payload, &sizes).is_err(), "sizes of 4 GiB");
    }

    #[test]
    fn a_package_that_is_cut_short_is_refused() {
        let payload = gzip(&[newc("linux-4.18.tar.gz", 0o100644, &kernel_tarball()), trailer()].concat());
        let whole = package(&[], &payload);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kernel.src.rpm");
        for end in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
            fs::write(&path, &whole[..end]).expect("writes");
            assert!(read(&path, &Options::default()).is_err(), "cut at {end} of {}", whole.len());
        }
    }
}
