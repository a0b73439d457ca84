//! Hunks that a lookup must not choke on.

use std::fmt::Write;

/// Lines that stand in a great many hunks of C.
const COMMON_LINES: [&str; 8] = [
    "\treturn 0;",
    "\tint ret;",
    "#include <linux/module.h>",
    "#include <linux/kernel.h>",
    "\tbreak;",
    "\t\tgoto out;",
    "\tint i;",
    "#endif",
];

/// The hunks, each with a name.
pub fn pathological_hunks() -> Vec<(&'static str, Vec<u8>)> {
    let many = (0..100_000).map(|line| format!("\tvalue[{line}] = compute({});", line * 7));
    let trivial = (0..500).map(|line| ["\t}", "", "\t{", "\t);"][line % 4].to_owned());
    let common = COMMON_LINES.iter().map(|line| (*line).to_owned());
    vec![
        ("100,000 lines", added_lines(many)),
        ("500 trivial lines", added_lines(trivial)),
        ("the most common lines", added_lines(common)),
    ]
}

fn added_lines(lines: impl Iterator<Item = String>) -> Vec<u8> {
    let mut count = 0;
    let mut body = String::new();
    for line in lines {
        count += 1;
        // Writing to a string cannot fail.
        let _ = writeln!(body, "+{line}");
    }
    format!("--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@ -100,0 +101,{count} @@\n{body}").into_bytes()
}
