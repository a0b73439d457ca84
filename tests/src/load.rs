//! Mixed load on a server: people who look up, and people who go away, stand still, send nonsense or ask for too much.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hunktrace_proto::v1::attribute_request::Part;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_proto::v1::{
    AttributeOptions, AttributeRequest, FileDiff, GetCommitRequest, GetStatusRequest, LookupRequest,
};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// What the load is made of.
#[derive(Clone, Debug)]
pub struct Load {
    /// Where the server is, as in `http://127.0.0.1:7300`.
    pub url: String,
    /// For how long.
    pub time: Duration,
    /// Patches that are looked up.
    pub patches: Arc<Vec<Vec<u8>>>,
    /// A revision that the index knows.
    pub base: String,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct LoadOutcome {
    /// How often each kind of client got each status, by its number.
    pub statuses: BTreeMap<(&'static str, i32), u64>,
    /// How long health checks took, sorted.
    pub health: Vec<Duration>,
}

/// Statuses that clients may get under load, and what they are for.
const EXPECTED: [Code; 5] =
    [Code::Ok, Code::Cancelled, Code::InvalidArgument, Code::ResourceExhausted, Code::DeadlineExceeded];

/// A kind of client, and what it should not get: a release whose base is not indexed is no load.
const NO_LOAD: (&str, Code) = ("release", Code::InvalidArgument);

impl LoadOutcome {
    /// The statuses that nobody should get.
    pub fn unexpected(&self) -> Vec<(&'static str, Code)> {
        let statuses = self.statuses.keys().map(|(kind, code)| (*kind, Code::from(*code)));
        statuses.filter(|told| !EXPECTED.contains(&told.1) || *told == NO_LOAD).collect()
    }

    /// The time within which a share of the health checks was answered.
    pub fn health_within(&self, share: f64) -> Duration {
        let place = (self.health.len() as f64 * share) as usize;
        self.health.get(place.min(self.health.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

#[derive(Clone)]
struct Shared {
    load: Load,
    end: Instant,
    outcome: Arc<Mutex<LoadOutcome>>,
}

impl Shared {
    fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    fn count(&self, kind: &'static str, code: Code) {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        *outcome.statuses.entry((kind, code as i32)).or_default() += 1;
    }

    fn count_result<T>(&self, kind: &'static str, result: &Result<T, Status>) {
        self.count(kind, result.as_ref().err().map_or(Code::Ok, Status::code));
    }

    fn patch(&self) -> Vec<u8> {
        self.load.patches[fastrand::usize(..self.load.patches.len())].clone()
    }

    /// A text whose hunks are those of many patches.
    fn long_text(&self) -> Vec<u8> {
        (0..fastrand::usize(200..2_000)).flat_map(|_| self.patch()).take(4 << 20).collect()
    }

    async fn client(&self) -> Option<HunktraceClient<Channel>> {
        let client = HunktraceClient::connect(self.load.url.clone()).await.ok()?;
        Some(client.max_decoding_message_size(usize::MAX))
    }
}

/// Runs the load to its end.
pub async fn run(load: Load) -> LoadOutcome {
    let end = Instant::now() + load.time;
    let shared = Shared { load, end, outcome: Arc::default() };
    let mut clients = JoinSet::new();
    for _ in 0..3 {
        clients.spawn(look_up(shared.clone()));
        clients.spawn(abandon(shared.clone()));
        clients.spawn(abandon_releases(shared.clone()));
        clients.spawn(read_slowly(shared.clone()));
    }
    clients.spawn(pipeline(shared.clone()));
    clients.spawn(ask_for_commits(shared.clone()));
    clients.spawn(check_health(shared.clone()));
    clients.spawn(send_nonsense(shared.clone()));
    while clients.join_next().await.is_some() {}
    let mut outcome = shared.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone();
    outcome.health.sort_unstable();
    outcome
}

fn request(text: Vec<u8>) -> LookupRequest {
    LookupRequest { name: "load".to_owned(), text, ..LookupRequest::default() }
}

async fn look_up(shared: Shared) {
    let Some(mut client) = shared.client().await else { return shared.count("lookup", Code::Unknown) };
    while !shared.is_over() {
        shared.count_result("lookup", &client.lookup(request(shared.patch())).await);
    }
}

/// Asks for much and goes away before it is answered.
async fn abandon(shared: Shared) {
    while !shared.is_over() {
        let Some(mut client) = shared.client().await else { return shared.count("abandoned", Code::Unknown) };
        let patience = Duration::from_millis(fastrand::u64(1..200));
        if let Ok(result) = timeout(patience, client.lookup(request(shared.long_text()))).await {
            shared.count_result("abandoned", &result);
        }
    }
}

async fn abandon_releases(shared: Shared) {
    while !shared.is_over() {
        let Some(mut client) = shared.client().await else { return shared.count("release", Code::Unknown) };
        let options = AttributeOptions { base: shared.load.base.clone(), ..AttributeOptions::default() };
        let files = (1..=200).map(|number| {
            let hunks = format!("@@ -{number},0 +{number} @@\n+\tcount_{number}(all);\n").into_bytes();
            let path = format!("lib/file{number}.c").into_bytes();
            Part::File(FileDiff { path: path.clone(), old_path: path, hunks })
        });
        let parts = std::iter::once(Part::Options(options)).chain(files);
        let requests: Vec<_> = parts.map(|part| AttributeRequest { part: Some(part) }).collect();
        let answered = async {
            let mut answers = client.attribute(tokio_stream::iter(requests)).await?.into_inner();
            while answers.next().await.transpose()?.is_some() {}
            Ok(())
        };
        if let Ok(result) = timeout(Duration::from_millis(fastrand::u64(1..400)), answered).await {
            shared.count_result("release", &result);
        }
    }
}

/// Keeps a stream open of which it takes an answer now and then.
async fn read_slowly(shared: Shared) {
    let Some(mut client) = shared.client().await else { return shared.count("slow stream", Code::Unknown) };
    while !shared.is_over() {
        let texts: Vec<_> =
            (0..40).map(|_| LookupRequest { explain: true, ..request(shared.patch()) }).collect();
        let opened = client.lookup_stream(tokio_stream::iter(texts)).await;
        shared.count_result("slow stream", &opened);
        let Ok(opened) = opened else { continue };
        let mut answers = opened.into_inner();
        while let Some(answer) = answers.next().await {
            shared.count_result("slow stream", &answer);
            sleep(Duration::from_millis(50)).await;
            if shared.is_over() {
                return;
            }
        }
    }
}

async fn pipeline(shared: Shared) {
    let Some(mut client) = shared.client().await else { return shared.count("stream", Code::Unknown) };
    let (requests, sent) = tokio::sync::mpsc::channel(16);
    let asking = shared.clone();
    tokio::spawn(async move {
        while !asking.is_over() {
            let text = if fastrand::u8(..) == 0 { asking.long_text() } else { asking.patch() };
            if requests.send(request(text)).await.is_err() {
                return;
            }
        }
    });
    let opened = client.lookup_stream(ReceiverStream::new(sent)).await;
    shared.count_result("stream", &opened);
    let Ok(opened) = opened else { return };
    let mut answers = opened.into_inner();
    while let Some(answer) = answers.next().await {
        shared.count_result("stream", &answer);
    }
}

async fn ask_for_commits(shared: Shared) {
    let Some(mut client) = shared.client().await else { return shared.count("commit", Code::Unknown) };
    while !shared.is_over() {
        let commit =
            GetCommitRequest { commit: shared.load.base.clone(), with_hunks: true, ..Default::default() };
        shared.count_result("commit", &client.get_commit(commit).await);
        shared.count_result("status", &client.get_status(GetStatusRequest::default()).await);
        sleep(Duration::from_millis(20)).await;
    }
}

async fn check_health(shared: Shared) {
    let endpoint = Channel::from_shared(shared.load.url.clone()).ok();
    let Some(endpoint) = endpoint else { return shared.count("health", Code::Unknown) };
    let Ok(channel) = endpoint.connect().await else { return shared.count("health", Code::Unknown) };
    let mut health = HealthClient::new(channel);
    while !shared.is_over() {
        let asked = Instant::now();
        let result = health.check(HealthCheckRequest::default()).await;
        shared.outcome.lock().unwrap_or_else(PoisonError::into_inner).health.push(asked.elapsed());
        shared.count_result("health", &result);
        sleep(Duration::from_millis(20)).await;
    }
}

/// Opens connections that say nothing, or nothing that makes sense.
async fn send_nonsense(shared: Shared) {
    let address = shared.load.url.trim_start_matches("http://").parse::<SocketAddr>();
    let Ok(address) = address else { return shared.count("nonsense", Code::Unknown) };
    let mut silent = Vec::new();
    while !shared.is_over() {
        let said = tokio::task::spawn_blocking(move || {
            let mut connection = TcpStream::connect(address)?;
            let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(4096).collect();
            // The server may have closed it already.
            drop(connection.write_all(&noise));
            TcpStream::connect(address)
        });
        if let Ok(Ok(connection)) = said.await {
            silent.push(connection);
        }
        if silent.len() > 50 {
            silent.clear();
        }
        sleep(Duration::from_millis(50)).await;
    }
}
