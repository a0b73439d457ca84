//! Measures single lookups over gRPC: one hunk after another from one client, the first round to warm up.
//!
//!     measure_lookups URL PATCH...
//!
//! Prints the number of hunks, and the median, the 99th percentile and the maximum of the times in milliseconds.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use hunktrace_indexer::patch;
use hunktrace_proto::v1::LookupRequest;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: measure_lookups URL PATCH...")?;
    let mut texts = Vec::new();
    for file in arguments {
        texts.extend(single_hunks(&std::fs::read(&file)?)?);
    }
    if texts.is_empty() {
        return Err("the patches have no hunks; name files that have".into());
    }
    let mut client = HunktraceClient::connect(url).await?;
    let mut times = Vec::with_capacity(texts.len());
    for is_warm in [false, true] {
        for text in &texts {
            let request =
                LookupRequest { name: "hunk".to_owned(), text: text.clone(), ..LookupRequest::default() };
            let started = Instant::now();
            client.lookup(request).await?;
            if is_warm {
                times.push(started.elapsed());
            }
        }
    }
    times.sort_unstable();
    let at = |share: f64| milliseconds(times[((times.len() - 1) as f64 * share) as usize]);
    writeln!(
        std::io::stdout(),
        "{} hunks: median {:.2} ms, 99th percentile {:.2} ms, maximum {:.2} ms",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    )?;
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A text for each hunk, with the header of its file.
fn single_hunks(text: &[u8]) -> std::io::Result<Vec<Vec<u8>>> {
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
