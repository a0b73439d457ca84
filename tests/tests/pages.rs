//! Pages for browsers, live.

use hunktrace_tests::catalogued_releases::{CataloguedReleases, HOSTILE};
use hunktrace_tests::page_links::{links, target};
use hunktrace_tests::server::Server;
use hunktrace_tests::vendor_release::FILE;
use hunktrace_tests::web_client::{WebAnswer, ask, get, get_with, post};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const HUNK: &str = "--- a/drivers/ember.c\n+++ b/drivers/ember.c\n@@ -1,3 +1,4 @@\n \tx();\n";

/// Releases that are served.
struct Pages {
    releases: CataloguedReleases,
    _server: Server,
    address: String,
}

impl Pages {
    fn serve() -> Pages {
        Pages::serve_with(&[])
    }

    fn serve_with(flags: &[&str]) -> Pages {
        let releases = CataloguedReleases::new(PROGRAM);
        let server = releases.serve(flags);
        let address = server.pages();
        Pages { releases, _server: server, address }
    }

    #[track_caller]
    fn get(&self, path: &str) -> WebAnswer {
        get(&self.address, path)
    }

    /// A page that is there.
    #[track_caller]
    fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// Where a text that is put into the box is answered.
    #[track_caller]
    fn asked(&self, text: &str) -> String {
        let answer = post(&self.address, "/ask", "text/plain", text.as_bytes());
        assert_eq!(answer.status, 303, "{}", answer.body);
        let path = answer.header("location").strip_prefix("./").expect("a page of this server");
        format!("/{path}")
    }

    /// The patch of a commit.
    fn patch(&self, commit: &str) -> String {
        self.releases.release.repository.git(&["format-patch", "-1", "--stdout", commit])
    }
}

#[test]
fn patch_is_answered_by_a_link_that_can_be_sent() {
    let pages = Pages::serve();
    let commit = &pages.releases.release.backported;
    let path = pages.asked(&pages.patch(commit));
    assert!(path.starts_with("/answer.html?text="), "{path}");
    let html = pages.page(&path);
    assert!(
        html.contains(&commit[..12]) && html.contains("In k-1.el8 and all later ones (complete)."),
        "{html}"
    );

    let json = pages.get(&path.replace(".html", ".json")).json();
    let found = json["records"].as_array().and_then(|records| records.last()).expect("records");
    assert_eq!(
        (&found["type"], &found["candidates"][0]["commit"]),
        (&"patch".into(), &commit.as_str().into())
    );
    let same = get_with(&pages.address, &path, "Accept: application/json").json();
    assert_eq!(same, json);
}

#[test]
fn form_of_a_browser_is_understood() {
    let pages = Pages::serve();
    let patch = pages.patch(&pages.releases.release.backported);
    let encoded: String = patch.replace('\n', "\r\n").bytes().map(|byte| format!("%{byte:02X}")).collect();
    let answer = post(
        &pages.address,
        "/ask",
        "application/x-www-form-urlencoded",
        format!("text={encoded}").as_bytes(),
    );
    assert_eq!(format!("/{}", &answer.header("location")[2..]), pages.asked(&patch));
}

#[test]
fn everything_that_is_put_into_the_box_has_its_page() {
    let pages = Pages::serve();
    let commit = &pages.releases.release.backported;
    assert_eq!(pages.asked(&commit[..12]), format!("/commit/{}.html", &commit[..12]));
    assert_eq!(pages.asked("cve-2011-1234"), "/history.html?name=CVE-2011-1234");
    assert_eq!(pages.asked(FILE), "/history.html?name=drivers%2Fember.c");
    assert_eq!(pages.asked("ember_finish7()"), "/history.html?name=%3Aember_finish7");
    assert_eq!(pages.asked("s:ember lock"), "/search.html?words=s%3Aember+lock");
    let trace = "Call Trace:\n [<ffffffff8144d4a5>] ember_step4+0x1a/0x2b0\n";
    assert!(pages.asked(trace).starts_with("/compare.html?trace="));
    for asked in ["cve-2011-1234", FILE, "s:ember lock", trace] {
        pages.page(&pages.asked(asked));
    }
    let search = pages.get("/search.json?words=s%3Alock").json();
    assert_eq!(search["commits"][0]["commit"], commit.as_str());
    let of_code = pages.get("/search.json?words=dfpost%3A%22mutex_lock(%26dev-%3Estate_lock)%3B%22");
    assert_eq!(of_code.status, 200, "{}", of_code.body);
}

#[test]
fn commit_has_one_page_with_its_releases_and_a_patch() {
    let pages = Pages::serve();
    let release = &pages.releases.release;
    let short = pages.get(&format!("/commit/{}.html", &release.left_out[..10]));
    assert_eq!(
        (short.status, short.header("location")),
        (303, format!("./../commit/{}.html", release.left_out).as_str())
    );
    let json = pages.get(&format!("/commit/{}.json", release.left_out)).json();
    assert_eq!(json["releases"]["stretches"][0]["gone_with"], "k-3.el8");
    assert_eq!(json["upstream"], format!("https://git.kernel.org/stable/c/{}", release.left_out));
    let html = pages.page(&format!("/commit/{}.html", release.left_out));
    assert!(html.contains("k-2.el8 to k-2.el8, gone with k-3.el8"), "{html}");

    // The patch makes the commit's tree out of its parent's.
    let mailbox = pages.page(&format!("/commit/{}.mbox", release.left_out));
    release.place.write("commit.mbox", mailbox);
    release.repository.git(&["checkout", "--quiet", "--detach", &format!("{}~1", release.left_out)]);
    release.repository.git(&["am", "--quiet", &release.place.path("commit.mbox").to_string_lossy()]);
    let tree = |revision: &str| release.repository.git(&["rev-parse", &format!("{revision}^{{tree}}")]);
    assert_eq!(tree("HEAD"), tree(&release.left_out));
}

#[test]
fn release_can_be_read_down_to_the_line() {
    let pages = Pages::serve();
    let top = "/release/vendor/k-3.el8";
    let overview = pages.get(&format!("{top}/index.json")).json();
    assert_eq!(overview["release"]["base"], "v4.0");
    assert_eq!(overview["before"]["name"], "k-2.el8");
    let folder = pages.get(&format!("{top}/folder/drivers.json")).json();
    let names: Vec<&str> = folder["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .filter_map(|entry| entry["name"].as_str())
        .collect();
    assert!(names.contains(&"ember.c"), "{names:?}");

    let file = pages.get(&format!("{top}/file/{FILE}.json")).json();
    let origins = file["origins"].as_array().expect("origins");
    let origin_of = |text: &str| {
        let lines = file["lines"].as_array().expect("lines");
        let line = lines.iter().find(|line| line["text"].as_str().is_some_and(|known| known.contains(text)));
        line.and_then(|line| line["origin"].as_u64()).map(|place| &origins[place as usize])
    };
    let vendors = origin_of("vendor_finish").expect("a changed line");
    assert!(vendors["commit"].is_null());
    let locks = origin_of("lock").expect("a changed line");
    assert_eq!(locks["commit"]["commit"], pages.releases.release.backported.as_str());

    let own = pages.get(&format!("{top}/own.json")).json();
    assert!(
        own["files"].as_array().is_some_and(|files| files.iter().any(|file| file["name"] == FILE)),
        "{own}"
    );
    let changes = pages.get(&format!("{top}/changes.json")).json();
    assert_eq!(changes["commits"][0]["change"], "gone");
    let changelog = pages.get("/release/vendor/k-2.el8/changelog.json").json();
    assert_eq!((&changelog["entries"], &changelog["matched"]), (&2.into(), &1.into()));
    let commits = pages.get("/release/vendor/k-2.el8/commits.json").json();
    assert_eq!(commits["counts"]["all"], 2);
    let left_out = &pages.releases.release.left_out;
    let vendors = pages.get(&format!("/release/vendor/k-2.el8/commit/{left_out}.json")).json();
    assert_eq!(vendors["applies_to"], "k-1.el8");
    assert!(vendors["hunks"][0]["rows"].as_array().is_some_and(|rows| !rows.is_empty()), "{vendors}");
}

#[test]
fn every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere() {
    let pages = Pages::serve();
    let mut waiting = vec!["/index.html".to_owned()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(path) = waiting.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = pages.get(&path);
        // Of a release without a changelog the page says so.
        let may_be_missing = path.contains("/changelog.");
        assert!(answer.status == 200 || answer.status == 404 && may_be_missing, "{path}: {}", answer.body);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'; "), "{path}");
        if answer.header("content-type").starts_with("text/html") {
            assert!(!answer.body.contains("<script>") && !answer.body.contains("style="), "{path}");
            for link in links(&answer.body) {
                assert!(!link.contains("://") && !link.starts_with('/'), "{path} leads elsewhere: {link}");
                waiting.push(format!("/{}", target(&path, &link)));
            }
        }
    }
    assert!(seen.len() > 40, "{seen:?}");
}

#[test]
fn hostile_texts_are_texts() {
    let pages = Pages::serve();
    let top = "/release/vendor/k-3.el8";
    let folder = pages.get(&format!("{top}/folder/drivers.json")).json();
    let entry = folder["entries"].as_array().expect("entries").iter().find(|entry| entry["note"] == "new");
    let file = entry.and_then(|entry| entry["page"].as_str()).expect("the hostile file's page");
    for path in [
        format!("{top}/folder/drivers.html"),
        format!("/{file}"),
        "/release/vendor/k-2.el8/changelog.html".to_owned(),
        pages.asked(&format!("{HUNK}+{HOSTILE}\n")),
        pages.asked("s:<script>window.hostile=1</script>"),
        pages.asked("<b>/x.c"),
    ] {
        let answer = pages.get(&path);
        assert!(answer.body.contains("hostile") || path.contains("%3Cb%3E"), "{path}: {}", answer.body);
        assert!(
            !answer.body.contains("<script>")
                && !answer.body.contains("<img")
                && !answer.body.contains("<b>"),
            "{path}"
        );
    }
}

#[test]
fn requests_have_bounds() {
    let pages = Pages::serve();
    let large = vec![b'x'; 14 << 20];
    assert_eq!(post(&pages.address, "/ask", "text/plain", &large).status, 413);
    let long = "x".repeat(100_000);
    let answer = ask(&pages.address, &format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), b"");
    assert!(matches!(answer.status, 414 | 431), "{}", answer.status);
    assert_eq!(post(&pages.address, "/index.html", "text/plain", b"x").status, 405);
    // A small link that would become a large text.
    assert_eq!(pages.get("/answer.html?text=AAAA").status, 404);
    for path in [
        "/nothing",
        "/release/vendor/k-9/index.html",
        "/commit/00000000.html",
        "/release/vendor/k-1.el8/file/..%2f..%2fx.html",
    ] {
        let answer = pages.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("<h1>Not there</h1>"), "{path}: {}", answer.body);
    }
    let failure = pages.get("/release/vendor/k-9/index.json");
    assert_eq!((failure.status, &failure.json()["status"]), (404, &404.into()));
    // What would not fit into an address is not asked for by one.
    let trace = "Call Trace:\n".to_owned() + &" [<ffffffff8144d4a5>] tcp_ack+0x1a/0x2b0\n".repeat(1_000);
    assert_eq!(post(&pages.address, "/ask", "text/plain", trace.as_bytes()).status, 413);
    let words = "word ".repeat(10_000);
    assert_eq!(post(&pages.address, "/ask", "text/plain", words.as_bytes()).status, 413);
    let deep = pages.get(&"/".repeat(30_000));
    assert!(deep.status == 404 && deep.body.len() < 20_000, "{} {}", deep.status, deep.body.len());
}

#[test]
fn unchanged_page_is_not_sent_again() {
    let pages = Pages::serve();
    let tag = pages.get("/releases.html").header("etag").to_owned();
    let again = get_with(&pages.address, "/releases.html", &format!("If-None-Match: {tag}"));
    assert_eq!((again.status, again.body.as_str()), (304, ""));
}

#[test]
fn feeds_and_the_description_for_programs_are_there() {
    let audit = r#"{"type":"missing","commit":"0123456789012345678901234567890123456789","fixes":[],"state":"will-apply","applies":true,"subject":"ember: mend it","first_release":"v4.2","cves":["CVE-2011-9"],"waived":null}"#;
    let releases = CataloguedReleases::new(PROGRAM);
    releases.release.place.write("audit.jsonl", format!("{audit}\n"));
    let server = releases.serve(&["--audit", "vendor/k-3.el8=audit.jsonl"]);
    let address = server.pages();
    let feed = get(&address, "/releases.atom");
    assert!(feed.header("content-type").starts_with("application/atom+xml"));
    assert!(feed.body.contains("<updated>2011-06-22T00:00:00Z</updated>"), "{}", feed.body);
    let missing = get(&address, "/release/vendor/k-3.el8/missing.html").body;
    assert!(missing.contains("ember: mend it") && missing.contains("CVE-2011-9"), "{missing}");
    assert!(
        get(&address, "/release/vendor/k-3.el8/missing.atom")
            .body
            .contains("<title>will-apply: ember: mend it</title>")
    );
    let described = get(&address, "/openapi.json").json();
    assert_eq!(described["paths"]["/commit/{commit}.json"]["get"]["parameters"][0]["in"], "path");
}

#[test]
fn pages_are_for_those_who_show_a_token() {
    let releases = CataloguedReleases::new(PROGRAM);
    // The hashes of `one` and `other`.
    let tokens = "reader lookup sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed\n\
                  probe status sha256:d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa\n";
    releases.release.place.write("tokens", tokens);
    let server = releases.serve(&["--tokens", "tokens"]);
    let address = server.pages();

    let refused = get(&address, "/index.html");
    assert_eq!((refused.status, refused.header("www-authenticate").starts_with("Basic ")), (401, true));
    assert!(refused.body.contains("as the password of any user"), "{}", refused.body);
    assert!(!refused.header("content-security-policy").is_empty());
    // The password `one`, `wrong` and `other` of the user `me`.
    let shown =
        |credentials: &str| get_with(&address, "/index.html", &format!("Authorization: {credentials}"));
    assert_eq!(shown("Basic bWU6b25l").status, 200);
    assert_eq!(shown("Bearer one").status, 200);
    assert_eq!(shown("Basic bWU6d3Jvbmc=").status, 401);
    let refused = shown("Basic bWU6b3RoZXI=");
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("has not the scope"), "{}", refused.body);

    let server = releases.serve(&["--tokens", "tokens", "--public-pages"]);
    assert_eq!(get(&server.pages(), "/index.html").status, 200);
}

#[test]
fn pages_for_everybody_need_encryption() {
    let releases = CataloguedReleases::new(PROGRAM);
    let args = ["serve", "--index", "index", "--listen", "127.0.0.1:0", "--http", "0.0.0.0:0"];
    let refused = releases.release.place.run(&args).failed(2);
    assert!(refused.contains("can be reached from other machines"), "{refused}");
}

#[test]
fn server_with_pages_ends_in_order() {
    let releases = CataloguedReleases::new(PROGRAM);
    let args = ["serve", "--index", "index", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let mut server = Server::spawn(releases.release.place.command(&args));
    let address = server.pages();
    // A browser keeps its connection.
    let open = std::net::TcpStream::connect(&address).expect("a connection");
    let page = get(&address, "/");
    assert!(
        page.body.contains("A hunk, patch, mail or code") && !page.body.contains("CVE id, words"),
        "{}",
        page.body
    );
    assert_eq!(get(&address, "/releases.html").status, 404, "there is no catalogue");
    server.signal(15);
    assert!(server.wait().success());
    drop(open);
}
