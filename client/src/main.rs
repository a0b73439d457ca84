//! The `hunktrace` program.

fn main() {}
