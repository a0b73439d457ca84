//! The `hunktrace` program, built beside the end-to-end tests so that they can start it.

use std::process::ExitCode;

fn main() -> ExitCode {
    hunktrace_client::run()
}
