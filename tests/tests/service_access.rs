//! Who may ask a server: encryption, certificates, tokens, sockets, and what is said to those who may not.

use hunktrace_tests::certificates::{Authority, Signed};
use hunktrace_tests::server::Server;
use hunktrace_tests::workplace::{Run, Workplace};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// The SHA-256 of `one` and of `other`.
const ONE: &str = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
const OTHER: &str = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa";

const LOG: &str = "server.log";

/// A place with an index of one commit.
fn place() -> Workplace {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(1);
    place.index("index", "upstream");
    place
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// What a server is told of its certificate.
fn tls_flags(signed: &Signed) -> [&str; 4] {
    ["--tls-certificate", text(&signed.certificate), "--tls-key", text(&signed.key)]
}

/// Asks a server for its status.
fn ask(place: &Workplace, server: &Server, flags: &[&str]) -> Run {
    place.run(&[&["status", "--server", server.url(), "--format", "jsonl"], flags].concat())
}

#[test]
fn encrypted_server_is_asked_by_those_who_know_its_authority() {
    let place = place();
    let (authority, stranger) = (Authority::new(&place, "ca"), Authority::new(&place, "stranger"));
    let signed = authority.sign(&place, "server");
    let server = Server::start_with(&place, "index", &tls_flags(&signed), LOG);
    assert!(server.url().starts_with("https://127.0.0.1:"), "{}", server.url());

    ask(&place, &server, &["--server-ca", text(&authority.certificate)]).succeeded();

    let message = ask(&place, &server, &["--server-ca", text(&stranger.certificate)]).failed(2);
    assert!(message.contains("--server-ca"), "{message}");
    let in_the_clear = server.url().replace("https:", "http:");
    place.run(&["status", "--server", &in_the_clear]).failed(2);
}

#[test]
fn server_that_wants_certificates_takes_those_of_its_authority() {
    let place = place();
    let (authority, stranger) = (Authority::new(&place, "ca"), Authority::new(&place, "stranger"));
    let signed = authority.sign(&place, "server");
    let flags = [&tls_flags(&signed)[..], &["--tls-client-ca", text(&authority.certificate)]].concat();
    let server = Server::start_with(&place, "index", &flags, LOG);
    let with = |shown: &Signed| {
        let ca = ["--server-ca", text(&authority.certificate)];
        let own = ["--server-certificate", text(&shown.certificate), "--server-key", text(&shown.key)];
        ask(&place, &server, &[&ca[..], &own[..]].concat())
    };

    with(&authority.sign(&place, "client")).succeeded();

    with(&stranger.sign(&place, "other")).failed(2);
    ask(&place, &server, &["--server-ca", text(&authority.certificate)]).failed(2);
    assert!(
        server.log().contains("certificate "),
        "the certificate's fingerprint is logged: {}",
        server.log()
    );
}

#[test]
fn token_says_who_asks_and_what_may_be_asked() {
    let place = place();
    place
        .write("tokens", format!("# name scopes hash\nreader status sha256:{ONE}\nall all sha256:{OTHER}\n"));
    place.write("one", "one\n");
    place.write("other", "other\n");
    place.write("fix.patch", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n");
    let server = Server::start_with(&place, "index", &["--tokens", "tokens"], LOG);
    let look_up = |token: &str| {
        place.run(&["lookup", "--server", server.url(), "--server-token-file", token, "fix.patch"])
    };

    ask(&place, &server, &["--server-token-file", "one"]).succeeded();
    look_up("other").succeeded();

    assert!(ask(&place, &server, &[]).failed(2).contains("--server-token-file"));
    place.write("wrong", "wrong\n");
    assert!(
        ask(&place, &server, &["--server-token-file", "wrong"]).failed(2).contains("does not know the token")
    );
    let message = look_up("one").failed(2);
    assert!(message.contains("the token 'reader' has not the scope 'lookup'"), "{message}");
    let log = server.log();
    assert!(log.contains("token=reader") && log.contains("status=UNAUTHENTICATED"), "{log}");
    assert!(!log.contains("wrong") && !log.contains("=one"), "tokens are not logged: {log}");
}

#[test]
fn only_who_shows_all_that_is_asked_for_is_answered() {
    let place = place();
    place.write("tokens", format!("first all sha256:{ONE}\n"));
    place.write("one", "one");
    place.write("other", "other");
    let authority = Authority::new(&place, "ca");
    let (own, shown) = (authority.sign(&place, "server"), authority.sign(&place, "client"));
    let ca = text(&authority.certificate);
    let certificate = ["--server-certificate", text(&shown.certificate), "--server-key", text(&shown.key)];
    let in_the_clear: Vec<&str> = Vec::new();
    let encrypted = tls_flags(&own).to_vec();
    let mutual = [&encrypted[..], &["--tls-client-ca", ca]].concat();
    let ways = [
        ("http", Vec::new()),
        ("https", vec!["--server-ca", ca]),
        ("https", [&["--server-ca", ca], &certificate[..]].concat()),
    ];
    // Which of the ways lead to a server, and which of the tokens.
    let servers = [
        (&in_the_clear, [true, false, false]),
        (&encrypted, [false, true, true]),
        (&mutual, [false, false, true]),
    ];
    let tokens = [None, Some("one"), Some("other")];
    for (number, (flags, leading)) in servers.into_iter().enumerate() {
        for (with_tokens, known) in [(&[][..], [true; 3]), (&["--tokens", "tokens"], [false, true, false])] {
            let flags = [&flags[..], with_tokens].concat();
            let server = Server::start_with(&place, "index", &flags, LOG);
            let address = server.url().split_once("://").expect("a scheme").1.to_owned();
            for ((scheme, way), leads) in ways.iter().zip(leading) {
                for (token, is_known) in tokens.iter().zip(known) {
                    let url = format!("{scheme}://{address}");
                    let token = token.map_or(Vec::new(), |token| vec!["--server-token-file", token]);
                    let run = place.run(&[&["status", "--server", &url], &way[..], &token].concat());
                    let expected = if leads && is_known { 0 } else { 2 };
                    assert_eq!(
                        run.code,
                        Some(expected),
                        "server {number} {with_tokens:?} {way:?} {token:?}: {run:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn tokens_and_certificates_are_read_again_on_hangup() {
    let place = place();
    place.write("tokens", format!("first all sha256:{ONE}\n"));
    place.write("one", "one");
    place.write("other", "other");
    let authority = Authority::new(&place, "ca");
    let signed = authority.sign(&place, "server");
    let flags = [&tls_flags(&signed)[..], &["--tokens", "tokens"]].concat();
    let server = Server::start_with(&place, "index", &flags, LOG);
    let with = |token: &str, ca: &Authority| {
        ask(&place, &server, &["--server-ca", text(&ca.certificate), "--server-token-file", token])
    };
    with("one", &authority).succeeded();

    place.write("tokens", format!("second all sha256:{OTHER}\n"));
    let next = Authority::new(&place, "next");
    next.sign(&place, "server");
    server.signal(libc::SIGHUP);
    server.wait_for_log("were read again");

    with("other", &next).succeeded();
    with("one", &next).failed(2);
    with("other", &authority).failed(2);
}

#[test]
fn socket_is_for_users_of_this_machine() {
    let place = place();
    let address = format!("unix:{}", text(&place.path("h.sock")));
    let mut server = Server::start_at(&place, "index", &address, &[], LOG);
    assert_eq!(server.url(), address);

    ask(&place, &server, &[]).succeeded();
    assert!(server.log().contains("peer=user "), "{}", server.log());

    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(!place.path("h.sock").exists());
    place.run(&["status", "--server", &address]).failed(2);
}

#[test]
fn address_for_other_machines_is_refused_without_encryption_and_authentication() {
    let place = place();
    let authority = Authority::new(&place, "ca");
    let signed = authority.sign(&place, "server");
    place.write("tokens", format!("first all sha256:{ONE}\n"));
    let serve = ["serve", "--check", "--index", "index", "--listen", "0.0.0.0:0"];
    let checked = |flags: &[&str]| place.run(&[&serve[..], flags].concat());

    assert!(checked(&[]).failed(2).contains("--tls-certificate"));
    assert!(checked(&["--tokens", "tokens"]).failed(2).contains("nothing is encrypted"));
    assert!(checked(&tls_flags(&signed)).failed(2).contains("--tokens or --tls-client-ca"));
    checked(&["--insecure"]).succeeded();
    checked(&[&tls_flags(&signed)[..], &["--tokens", "tokens"]].concat()).succeeded();
    checked(&[&tls_flags(&signed)[..], &["--tls-client-ca", text(&authority.certificate)]].concat())
        .succeeded();
}

#[test]
fn host_names_are_listened_on() {
    let place = place();
    let server = Server::start_at(&place, "index", "localhost:0", &[], LOG);
    ask(&place, &server, &[]).succeeded();
}

#[test]
fn settings_come_from_a_file_and_are_checked() {
    let place = place();
    place.write("serve.toml", "index = 'index'\nlisten = ['127.0.0.1:0']\nhunks = 7\nlog-format = 'json'\n");
    let checked = place.run(&["serve", "--config", "serve.toml", "--check"]).succeeded();
    assert_eq!(checked.stdout, "the settings are in order\n");

    let mut command = place.command(&["serve", "--config", "serve.toml"]);
    command.env("HUNKTRACE_SERVE_CANDIDATES", "9");
    let server = Server::spawn_logging(command, &place, LOG);
    let status: serde_json::Value =
        serde_json::from_str(&ask(&place, &server, &[]).succeeded().stdout).expect("a record");
    assert_eq!((&status["limits"]["hunks"], &status["limits"]["candidates"]), (&7.into(), &9.into()));
    let lines = server.log();
    let request = lines.lines().find(|line| line.contains("GetStatus")).expect("the request is logged");
    let request: serde_json::Value = serde_json::from_str(request).expect("a JSON line");
    assert_eq!((&request["method"], &request["status"]), (&"GetStatus".into(), &"OK".into()));

    place.write("serve.toml", "index = 'index'\nhunk = 7\n");
    let message = place.run(&["serve", "--config", "serve.toml", "--check"]).failed(2);
    assert!(message.contains("serve.toml: 'hunk' is no setting"), "{message}");
}

#[test]
fn level_of_the_log_is_read_again_on_hangup() {
    let place = place();
    let settings = |level: &str| {
        place.write("serve.toml", format!("index = 'index'\nlisten = ['127.0.0.1:0']\nlog = '{level}'\n"));
    };
    settings("error");
    let server = Server::spawn_logging(place.command(&["serve", "--config", "serve.toml"]), &place, LOG);
    ask(&place, &server, &[]).succeeded();
    assert!(!server.log().contains("GetStatus"), "{}", server.log());

    settings("info");
    server.signal(libc::SIGHUP);
    server.wait_for_log("were read again");

    ask(&place, &server, &[]).succeeded();
    server.wait_for_log("GetStatus");
}

#[test]
fn server_tells_no_paths_of_its_machine() {
    let place = place();
    let folder = text(&place.path("index")).to_owned();
    let server = Server::start_with(&place, "index", &[], LOG);
    let told = ask(&place, &server, &[]).succeeded().stdout;
    assert!(!told.contains(folder.trim_end_matches("/index")), "{told}");
}
