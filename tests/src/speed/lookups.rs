//! Lookups over gRPC: one after another from several clients, and in bulk through a stream.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use hunktrace_indexer::patch;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_proto::v1::{LookupManyRequest, LookupRequest};

type AnyError = Box<dyn Error + Send + Sync>;

/// The times of many lookups.
#[derive(Clone, Debug)]
pub struct Times {
    /// Sorted.
    times: Vec<Duration>,
    /// How many were answered in a second.
    pub per_second: f64,
}

impl Times {
    /// The time, in milliseconds, that this share of the lookups stays below.
    pub fn at(&self, share: f64) -> f64 {
        let place = (self.times.len().saturating_sub(1) as f64 * share) as usize;
        self.times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }
}

/// A text for each hunk of a patch, with the header of its file.
///
/// # Errors
/// Never for a patch in memory.
pub fn single_hunks(text: &[u8]) -> io::Result<Vec<Vec<u8>>> {
    let mut texts = Vec::new();
    for file in patch::parse(text).patches.into_iter().flat_map(|patch| patch.files) {
        for hunk in &file.hunks {
            let mut single = file.clone();
            single.hunks = vec![hunk.clone()];
            let mut text = Vec::new();
            single.write(&mut text)?;
            texts.push(text);
        }
    }
    Ok(texts)
}

fn request(text: &[u8]) -> LookupRequest {
    LookupRequest { name: "hunk".to_owned(), text: text.to_vec(), ..LookupRequest::default() }
}

/// Sends the texts from `clients` clients at once, each its share one after another.
///
/// # Errors
/// Where the server does not answer.
pub async fn look_up_singly(url: &str, texts: &[Vec<u8>], clients: usize) -> Result<Times, AnyError> {
    let started = Instant::now();
    let mut tasks = Vec::with_capacity(clients);
    for number in 0..clients {
        let share: Vec<LookupRequest> =
            texts.iter().skip(number).step_by(clients).map(|text| request(text)).collect();
        let mut client = HunktraceClient::connect(url.to_owned()).await?;
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::with_capacity(share.len());
            for request in share {
                let started = Instant::now();
                client.lookup(request).await?;
                times.push(started.elapsed());
            }
            Ok::<_, AnyError>(times)
        }));
    }
    let mut times = Vec::with_capacity(texts.len());
    for task in tasks {
        times.extend(task.await??);
    }
    times.sort_unstable();
    let per_second = times.len() as f64 / started.elapsed().as_secs_f64();
    Ok(Times { times, per_second })
}

/// Texts that are sent in one message.
const TEXTS_IN_MESSAGE: usize = 32;

/// Sends the texts through one stream; returns how many were answered in a second.
///
/// # Errors
/// Where the server does not answer all of them.
pub async fn look_up_in_bulk(url: &str, texts: &[Vec<u8>]) -> Result<f64, AnyError> {
    let mut client = HunktraceClient::connect(url.to_owned()).await?;
    let message =
        |texts: &[Vec<u8>]| LookupManyRequest { texts: texts.iter().map(|text| request(text)).collect() };
    let requests: Vec<LookupManyRequest> = texts.chunks(TEXTS_IN_MESSAGE).map(message).collect();
    let started = Instant::now();
    let mut answers = client.lookup_many(tokio_stream::iter(requests)).await?.into_inner();
    let mut answered = 0;
    while let Some(message) = answers.message().await? {
        answered += message.answers.len();
    }
    if answered != texts.len() {
        return Err(format!("{answered} of {} texts were answered", texts.len()).into());
    }
    Ok(answered as f64 / started.elapsed().as_secs_f64())
}
