//! The `hunktrace` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    hunktrace_client::run()
}
