//! Health checks of somebody who does nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::time::sleep;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// The time between two checks.
const INTERVAL: Duration = Duration::from_millis(20);

/// Checks a server's health, on a thread of its own, until it is told to stop.
pub struct HealthChecks {
    stop: Arc<AtomicBool>,
    checking: JoinHandle<Vec<Duration>>,
}

impl HealthChecks {
    /// Begins to check.
    pub fn start(url: String) -> HealthChecks {
        let stop = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&stop);
        let checking = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a thread");
            runtime.block_on(check(url, &is_over))
        });
        HealthChecks { stop, checking }
    }

    /// How long each check took, sorted.
    ///
    /// # Panics
    /// Where one was not answered.
    pub fn end(self) -> Vec<Duration> {
        self.stop.store(true, Ordering::Relaxed);
        let mut times = self.checking.join().expect("all are answered");
        times.sort_unstable();
        times
    }
}

async fn check(url: String, is_over: &AtomicBool) -> Vec<Duration> {
    let endpoint = Endpoint::from_shared(url).expect("a URL");
    let mut client = HealthClient::new(endpoint.connect().await.expect("a connection"));
    let mut times = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        client.check(HealthCheckRequest::default()).await.expect("an answer");
        times.push(asked.elapsed());
        sleep(INTERVAL).await;
    }
    times
}
