//! Text like that of a kernel, always the same for the same numbers.

// Each benchmark uses a part of it.
#![allow(dead_code)]

use std::fmt::Write;

/// Words that names are made of.
const WORDS: [&str; 16] = [
    "alloc", "queue", "buffer", "device", "index", "page", "offset", "state", "flags", "register", "lock",
    "ring", "packet", "inode", "request", "timer",
];

/// A file of `lines` lines of C; files of different numbers share only what all code shares.
pub fn source(file: usize, lines: usize) -> Vec<u8> {
    let mut text = String::new();
    for line in 0..lines {
        let number = file * 7919 + line;
        let (a, b) = (WORDS[number % 16], WORDS[number / 16 % 16]);
        // Writing to a string cannot fail.
        let _ = match line % 12 {
            0 => writeln!(text, "static int {a}_{b}_{number}(struct {b} *{b})"),
            1 => writeln!(text, "{{"),
            2 => writeln!(text, "\tint ret;"),
            9 => writeln!(text, "\treturn 0;"),
            10 => writeln!(text, "}}"),
            11 => writeln!(text),
            _ => writeln!(text, "\tret = {a}_{b}({b}, {number}); /* {a} */"),
        };
    }
    text.into_bytes()
}

/// The same file with one line in `every` changed.
pub fn changed(text: &[u8], every: usize) -> Vec<u8> {
    let mut new = Vec::with_capacity(text.len());
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if number % every == every / 2 {
            new.extend_from_slice(format!("\tchanged_{number}();\n").as_bytes());
        } else {
            new.extend_from_slice(line);
        }
    }
    new
}

/// A patch of `files` files, each with a hunk.
pub fn patch_text(files: usize) -> Vec<u8> {
    let mut text = String::from("From: A <a@example.org>\nSubject: change\n\nChanges things.\n---\n");
    for file in 0..files {
        let path = format!("drivers/net/file{file}.c");
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -10,7 +10,7 @@ f(void)\n"
        );
        let lines = source(file, 8);
        for (number, line) in String::from_utf8_lossy(&lines).lines().enumerate() {
            let _ = match number {
                3 => writeln!(text, "-{line}"),
                4 => writeln!(text, "+{line}"),
                _ => writeln!(text, " {line}"),
            };
        }
    }
    text.into_bytes()
}
