//! A server under clients of all kinds at once; `measure_service` has minutes of it.

use std::sync::Arc;
use std::time::Duration;

use hunktrace_tests::load::{Load, run};
use hunktrace_tests::server::Server;
use hunktrace_tests::workplace::Workplace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

#[test]
fn mixed_load_gets_only_expected_statuses_and_the_server_ends_in_order() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.import_history(20);
    place.index("index", "upstream");
    let limits =
        ["--held-bytes", "16MiB", "--calls", "24", "--connections", "200", "--handshake-time", "200ms"];
    let mut server = Server::start_with(&place, "index", &limits, "server.log");
    let patches = repository.git(&["rev-list", "--all"]);
    let patches = patches.lines().map(|commit| repository.format_patch(commit).into_bytes()).collect();
    let (url, base) = (server.url().to_owned(), repository.head());
    let load = Load { url, time: Duration::from_secs(2), patches: Arc::new(patches), base };

    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let outcome = runtime.block_on(run(load));

    assert_eq!(outcome.unexpected(), [], "{outcome:?}");
    assert!(!outcome.health.is_empty());
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
}
