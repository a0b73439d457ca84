//! Releases that come as archives.

use std::fs;
use std::io::Write;

use hunktrace_tests::source_rpm::source_rpm;
use hunktrace_tests::vendor_release::VendorRelease;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// The vendor's release as a tarball with a top folder.
fn tarball(release: &VendorRelease) -> Vec<u8> {
    release.repository.git_with_input(&["archive", "--format=tar", "--prefix=linux-4.0-7/", "vendor"], b"")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
    encoder.write_all(bytes).expect("it compresses");
    encoder.finish().expect("it compresses")
}

/// The arguments that take this release apart into `out`.
fn attribute(vendor: &str) -> Vec<&str> {
    vec!["attribute", "--index", "index", "--base", "upstream:v4.0", "--vendor", vendor, "--out", "out"]
}

/// The records that the release from git gives; other forms of it have to give the same.
fn records_from_git(release: &VendorRelease) -> (String, String) {
    release.take_apart();
    let records = (release.read("hunks.jsonl"), release.read("commits.jsonl"));
    fs::remove_dir_all(release.place.path("out")).expect("the result can be removed");
    records
}

#[test]
fn tarball_gives_the_same_records_as_the_tree_in_git() {
    let release = VendorRelease::new(PROGRAM);
    let expected = records_from_git(&release);
    release.place.write("vendor.tar.xz", xz(&tarball(&release)));

    let run = release.place.run(&attribute("vendor.tar.xz")).succeeded();

    let sum = release.place.shell("sha256sum vendor.tar.xz").output().expect("sha256sum runs").stdout;
    let sum = String::from_utf8_lossy(&sum).into_owned();
    let summary: Value = serde_json::from_str(&release.read("summary.json")).expect("a summary");
    let inputs = &summary["inputs"];
    assert_eq!(Some(inputs["vendor"]["sha256"].as_str().expect("a checksum")), sum.split(' ').next());
    assert_eq!(inputs["base"]["commit"], release.repository.rev_parse("v4.0^{commit}"));
    assert_eq!(inputs["base"]["tree"], release.repository.rev_parse("v4.0^{tree}"));
    assert_eq!(
        inputs["index"]["references"]["upstream"]["refs/tags/v4.0"],
        release.repository.rev_parse("v4.0^{commit}")
    );

    assert_eq!((release.read("hunks.jsonl"), release.read("commits.jsonl")), expected);
    assert!(run.stdout.contains("note     the top folder \"linux-4.0-7\" was stripped"), "{}", run.stdout);
    assert!(
        release.read("summary.json").contains("vendor.tar.xz (xz tarball"),
        "{}",
        release.read("summary.json")
    );
}

/// The patch that makes the release from upstream's v4.0.
fn vendor_patch(release: &VendorRelease) -> String {
    release.repository.git(&["diff", "v4.0", "vendor"]) + "\n"
}

/// Upstream's v4.0 as a tarball with a top folder.
fn vanilla(release: &VendorRelease) -> Vec<u8> {
    xz(&release.repository.git_with_input(&["archive", "--format=tar", "--prefix=linux-4.0/", "v4.0"], b""))
}

#[test]
fn source_rpm_is_patched_as_its_spec_says() {
    let release = VendorRelease::new(PROGRAM);
    let expected = records_from_git(&release);
    let spec = b"Name: kernel\nSource0: linux-4.0.tar.xz\nPatch1: vendor.patch\nPatch2: no.patch\n%prep\n%setup -q\n\
        %patch1 -p1\n";
    let (kernel, patch) = (vanilla(&release), vendor_patch(&release));
    let package = source_rpm(&[
        ("kernel.spec", &spec[..]),
        ("vendor.patch", patch.as_bytes()),
        ("no.patch", b"--- a/x\n"),
        ("linux-4.0.tar.xz", &kernel),
    ]);
    release.place.write("kernel-4.0-7.src.rpm", package);

    let run = release.place.run(&attribute("kernel-4.0-7.src.rpm")).succeeded();

    assert_eq!((release.read("hunks.jsonl"), release.read("commits.jsonl")), expected);
    assert!(run.stdout.contains("were applied, as kernel.spec says (1): vendor.patch"), "{}", run.stdout);
    assert!(release.read("summary.json").contains("declares and does not apply (1): no.patch"));
}

#[test]
fn patches_of_a_source_rpm_are_answered_as_lookup_answers_patches() {
    let release = VendorRelease::new(PROGRAM);
    let spec = b"Name: kernel\nSource0: linux-4.0.tar.xz\nPatch1: vendor.patch\nPatch2: extra.patch\n%prep\n%setup -q\n\
        %patch2 -p1\n%patch1 -p1\n";
    let (kernel, patch) = (vanilla(&release), vendor_patch(&release));
    let extra = b"--- /dev/null\n+++ b/extra.txt\n@@ -0,0 +1 @@\n+nobody knows this line\n";
    let package = source_rpm(&[
        ("kernel.spec", &spec[..]),
        ("vendor.patch", patch.as_bytes()),
        ("extra.patch", extra),
        ("linux-4.0.tar.xz", &kernel),
    ]);
    release.place.write("kernel-4.0-7.src.rpm", package);
    release.place.write("vendor.patch", patch);
    release.place.write("extra.patch", extra);

    release.place.run(&attribute("kernel-4.0-7.src.rpm")).succeeded();
    let lookup = |patches: &[&str]| {
        let arguments = ["lookup", "--index", "index", "--base", "v4.0", "--format", "jsonl"];
        release.place.run(&[&arguments[..], patches].concat()).succeeded().stdout
    };

    let expected = lookup(&["extra.patch", "vendor.patch"]);
    assert!(
        expected.contains(
            "\"type\":\"patch\",\"patch\":\"vendor.patch\",\"id\":null,\"subject\":null,\"candidates\":[{"
        ),
        "{expected}"
    );
    assert_eq!(release.read("patches.jsonl"), expected);
    let of_package = lookup(&["kernel-4.0-7.src.rpm"]);
    assert_eq!(of_package.replace("\"kernel-4.0-7.src.rpm:", "\""), expected);
    let summary: Value = serde_json::from_str(&release.read("summary.json")).expect("a summary");
    assert_eq!(summary["package_patches"], 2);
    let report = release.read("report-data/index.js");
    assert!(report.contains("{\"name\":\"extra.patch\",\"hunks\":1,\"commit\":null,"), "{report}");
}

#[test]
fn source_rpm_with_a_series_of_patches_in_archives_is_patched() {
    let release = VendorRelease::new(PROGRAM);
    let expected = records_from_git(&release);
    let spec = b"Name: kernel-source\n%define symbols\n%prep\n%setup -q -c -T\ncd linux-4.0\n\
        %_sourcedir/apply-patches %_sourcedir/series.conf .. %symbols\n";
    release.place.write("fix", vendor_patch(&release));
    let archived = release
        .place
        .shell("mkdir patches.suse && mv fix patches.suse && tar -cf - patches.suse")
        .output()
        .expect("tar runs");
    let package = source_rpm(&[
        ("linux-4.0.tar.xz", &vanilla(&release)),
        ("series.conf", b"\t# ours\n\tpatches.suse/fix\n+wip\tpatches.suse/absent\n"),
        ("patches.suse.tar", &archived.stdout),
        ("kernel-source.spec", spec),
    ]);
    release.place.write("kernel-source.src.rpm", package);

    release.place.run(&attribute("kernel-source.src.rpm")).succeeded();

    assert_eq!((release.read("hunks.jsonl"), release.read("commits.jsonl")), expected);
}

#[test]
fn source_rpm_whose_patches_are_not_understood_or_do_not_apply_is_refused() {
    let release = VendorRelease::new(PROGRAM);
    let (kernel, patch) = (vanilla(&release), vendor_patch(&release));
    let stale = patch.replace("ember_state4", "ember_state_x");
    for (command, patch, expected) in [
        ("git am %{patches}", &patch, "kernel.spec, line 3: \"git am %{patches}\": may apply patches"),
        (
            "%ifarch ppc\n%patch1 -p1\n%endif",
            &patch,
            "kernel.spec, line 4: \"%patch1 -p1\": stands below a condition",
        ),
        ("make", &patch, "\"vendor.patch\": the package has this patch, and no line"),
        ("%patch1 -p1", &stale, "vendor.patch does not apply: drivers/ember.c hunk 1 (line"),
    ] {
        let spec = format!("Patch1: vendor.patch\n%prep\n{command}\n");
        let package = source_rpm(&[
            ("kernel.spec", spec.as_bytes()),
            ("vendor.patch", patch.as_bytes()),
            ("linux-4.0.tar.xz", &kernel),
        ]);
        release.place.write("kernel.src.rpm", package);

        let message = release.place.run(&attribute("kernel.src.rpm")).failed(2);

        assert!(message.contains(expected), "{message}");
        assert!(
            message.contains("prepare the tree (rpmbuild -bp --nodeps) and give its folder"),
            "{message}"
        );
        assert!(!release.place.path("out").exists());
    }
}

#[test]
fn base_is_told_by_the_makefile_in_the_archive() {
    let release = VendorRelease::new(PROGRAM);
    release.place.write("vendor.tar", tarball(&release));
    let args = ["--repo", "upstream", "--base", "auto", "--vendor", "vendor.tar", "--out", "out"];

    let run = release.place.run(&[&["attribute", "--index", "index"], &args[..]].concat()).succeeded();

    let reason = "the vendor's Makefile says 4.0.0, and the repository has v4.0";
    let first = run.stderr.lines().next().unwrap_or_default();
    assert!(first.ends_with(&format!("vendor: the base is v4.0: {reason}")), "{first}");
    let summary: Value = serde_json::from_str(&release.read("summary.json")).expect("a summary");
    assert_eq!(summary["inputs"]["base_revision"], "v4.0");
    assert_eq!(summary["inputs"]["base_reason"], reason);
}

#[test]
fn release_has_the_name_of_its_package_unless_it_is_given_one_and_folders_stand_only_in_the_inputs() {
    let release = VendorRelease::new(PROGRAM);
    let package = source_rpm(&[("linux-4.0-7.tar", &tarball(&release))]);
    release.place.write("package.src.rpm", package);
    let vendor = release.place.path("package.src.rpm").display().to_string();
    let base = format!("{}:v4.0", release.place.path("upstream").display());
    let folder = release.place.path("").display().to_string();
    for (more, name) in [(&[][..], "kernel-4.0-7"), (&["--name", "Ember 4"], "Ember 4")] {
        let args = ["attribute", "--index", "index", "--base", &base, "--vendor", &vendor, "--out", "out"];
        release.place.run(&[&args[..], more].concat()).succeeded();

        let data = release.read("report-data/index.js");
        assert!(data.contains(&format!("\"vendor\":\"{name}\",\"base\":\"v4.0\"")), "{data}");
        let mut summary: Value = serde_json::from_str(&release.read("summary.json")).expect("a summary");
        assert_eq!(summary["name"], name);
        let inputs = summary["inputs"].take().to_string();
        assert!(inputs.contains(&vendor), "{inputs}");
        assert!(inputs.contains("refs/heads/"), "{inputs}");
        for text in [summary.to_string(), data, release.read("hunks.jsonl"), release.read("commits.jsonl")] {
            assert!(!text.contains(&folder), "{folder} stands in {text}");
        }
    }
}

#[test]
fn names_have_to_be_as_many_as_releases() {
    let release = VendorRelease::new(PROGRAM);
    let mut args = attribute("upstream:vendor");
    args.extend(["--name", "a", "--name", "b"]);
    let message = release.place.run(&args).failed(2);
    assert!(message.contains("2 names for 1 releases"), "{message}");
}

#[test]
fn archive_that_is_cut_short_is_refused_with_its_place_and_nothing_is_written() {
    let release = VendorRelease::new(PROGRAM);
    let whole = xz(&tarball(&release));
    let package = source_rpm(&[("linux-4.0-7.tar.xz", &whole)]);
    for (name, bytes) in [("cut.tar.xz", &whole), ("cut.src.rpm", &package), ("cut.tar", &tarball(&release))]
    {
        release.place.write(name, &bytes[..bytes.len() / 3]);

        let message = release.place.run(&attribute(name)).failed(2);

        assert!(message.contains(&format!("--vendor: {name}")), "{message}");
        assert!(message.contains("may be damaged or cut short"), "{message}");
        assert!(!release.place.path("out").exists(), "{name}");
        assert!(!release.place.path("out.unfinished").exists(), "{name}");
    }
}

#[test]
fn archive_that_reaches_out_of_its_folder_is_refused() {
    let release = VendorRelease::new(PROGRAM);
    release.place.write("bad.src.rpm", source_rpm(&[("linux-4.0.tar", &escaping_tarball())]));

    let message = release.place.run(&attribute("bad.src.rpm")).failed(2);

    assert!(message.contains("../escaped"), "{message}");
    assert!(!release.place.path("escaped").exists() && !release.place.path("out").exists());
}

/// A tarball with one file beside the folder that it is unpacked to.
fn escaping_tarball() -> Vec<u8> {
    const BLOCK: usize = 512;
    let mut header = vec![0; BLOCK];
    let mut field = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    field(0, b"../escaped");
    field(100, b"0000644\0");
    field(124, b"00000000002\0");
    field(136, b"00000000000\0");
    field(148, b"        ");
    field(156, b"0ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut content = b"x\n".to_vec();
    content.resize(BLOCK * 3, 0);
    [header, content].concat()
}
