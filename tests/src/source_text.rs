//! Text shaped like a kernel's source: many lines, each told from all others.

use std::fmt::Write;

/// A C file with this number of functions, whose lines name the `driver` and the function's number.
pub fn c_file(driver: &str, functions: usize) -> String {
    let mut text = format!("#include \"{driver}.h\"\n\n");
    for number in 0..functions {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "static int {driver}_step{number}(struct {driver} *dev, int arg)\n\
             {{\n\
             \tint level = dev->{driver}_reg[{number}] + arg * {number};\n\
             \n\
             \tif (level > {driver}_limit{number}(dev))\n\
             \t\treturn -EINVAL;\n\
             \tdev->{driver}_state{number} = level;\n\
             \treturn {driver}_finish{number}(dev, level);\n\
             }}\n\
             \n"
        );
    }
    text
}

/// The text with the one place that says `from` saying `to`.
///
/// # Panics
/// Where `from` does not stand in the text exactly once.
pub fn edit(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "'{from}' should stand once in:\n{text}");
    text.replacen(from, to, 1)
}
