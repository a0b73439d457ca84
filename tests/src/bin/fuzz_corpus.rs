//! Writes the inputs that the fuzz targets begin with to `fuzz/corpus`: made-up patches, archives and packages, and the files
//! of a small index. Inputs that fuzzing has found stay.

use std::fs;
use std::io::Write;

use anyhow::Context;
use hunktrace_indexer::segment::untrusted::without_checksums;
use hunktrace_proto::v1::{LookupRequest, TextForm};
use hunktrace_tests::fuzzing::{corpus, small_index};
use hunktrace_tests::source_rpm::source_rpm;
use prost::Message;

fn main() -> anyhow::Result<()> {
    let index = small_index();
    let repository = index.repository();
    let log = repository.git(&["log", "-p", "-4"]);
    let patch = repository.format_patch("HEAD~3");
    let diff = repository.git(&["diff", "HEAD~6", "HEAD"]);
    let context = patch_lines(&[
        "*** a.c\n--- b.c\n***************\n",
        "*** 1,2 ****\n! a\n  b\n--- 1,2 ----\n! c\n  b\n",
    ]);
    let binary = b"diff --git a/x b/x\nindex 0000000..1111111 100644\nGIT binary patch\nliteral 3\nKcmZQzU|?Vb0RjL\n\nliteral 0\nHcmV?d00001\n\n";

    write("patch", "git-diff", diff.as_bytes())?;
    write("patch", "context-diff", &context)?;
    write("patch", "binary", binary)?;
    write("patch", "bare-hunk", b"@@ -1,2 +1,2 @@ int f(void)\n-a\n+b\n c\n\\ No newline at end of file\n")?;
    write(
        "patch",
        "code",
        b"\tspin_lock_bh(&relay->lock);\n\tport = relay_find_port(relay, eth->h_dest);\n",
    )?;
    write("mail", "format-patch", patch.as_bytes())?;
    write("mail", "log", log.as_bytes())?;
    write("mail", "mailbox", format!("{patch}\n{patch}").as_bytes())?;
    write("mail", "quoted", patch.lines().map(|line| format!("> {line}\n")).collect::<String>().as_bytes())?;
    let encoded = "From: =?utf-8?q?A_=C3=A9?= <a@example.org>\nSubject: [PATCH] x\n\
                   Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
                   --- a/x\n+++ b/x\n@@ -1 +1 @@\n-a=3D1\n+b=\n=20\n";
    write("mail", "quoted-printable", encoded.as_bytes())?;

    let archive = repository.git_with_input(&["archive", "--prefix=linux/", "HEAD~30"], b"");
    write("tar", "archive", &archive)?;
    write("tar", "archive.gz", &gzip(&archive)?)?;
    write("tar", "archive.zst", &zstd::encode_all(&archive[..], 3)?)?;
    let spec = b"Name: kernel\nVersion: 4.0\nSource0: linux-4.0.tar.gz\nPatch1: a.patch\n%prep\n%setup -q\n%patch1 -p1\n";
    let compressed = gzip(&archive)?;
    let files: [(&str, &[u8]); 3] =
        [("kernel.spec", spec), ("linux-4.0.tar.gz", &compressed), ("a.patch", patch.as_bytes())];
    let package = source_rpm(&files);
    let payload = package.windows(6).position(|bytes| bytes == b"070701").context("a payload")?;
    write("rpm", "kernel", &package)?;
    write("cpio", "payload", &package[payload..])?;

    for entry in fs::read_dir(index.path().join("segments"))? {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let Some(kind) = ["lines", "records", "messages"].iter().position(|own| *own == extension) else {
            continue;
        };
        // tantivy's own checksum stands behind the file.
        let whole = fs::read(&path)?;
        let text = u32::from_le_bytes(*whole[whole.len() - 8..].first_chunk().context("a length")?) as usize;
        let file = &whole[..whole.len() - 8 - text];
        write("segment", &extension, &[&[kind as u8], file].concat())?;
        let open = without_checksums(&extension, file).context("checksums")?;
        write("segment", &format!("{extension}-of-format-5"), &[&[kind as u8][..], &open].concat())?;
    }
    for entry in fs::read_dir(index.path())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "bin") {
            write("graph", "graph", &fs::read(path)?)?;
        }
    }
    for (name, text, form) in
        [("mail", patch.as_bytes(), TextForm::Unspecified), ("diff", diff.as_bytes(), TextForm::Plain)]
    {
        let request = LookupRequest {
            name: name.to_owned(),
            text: text.to_vec(),
            base: "v1.0".to_owned(),
            max_candidates: 5,
            explain: true,
            form: form.into(),
            ..LookupRequest::default()
        };
        write("request", name, &request.encode_to_vec())?;
    }
    Ok(())
}

fn patch_lines(parts: &[&str]) -> Vec<u8> {
    parts.concat().into_bytes()
}

fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn write(target: &str, name: &str, input: &[u8]) -> anyhow::Result<()> {
    let folder = corpus(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), input).with_context(|| format!("{target}/{name}"))
}
