//! What is known of an open connection, and of the calls that it carries.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::transport::peer::Peer;

/// When connections end by themselves.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionTimes {
    /// How long the first bytes of a connection may take, encryption included.
    pub handshake: Duration,
    /// How long a connection may stay without a call.
    pub idle: Duration,
    /// How long nothing may go either way on a call for which nothing is worked on.
    pub call_idle: Duration,
}

/// Why a connection is ended by the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// It has not begun to speak.
    Handshake,
    /// It has no call.
    Idle,
    /// Its other end neither sends nor takes anything of a call.
    Stalled,
}

/// A connection's state.
#[derive(Debug)]
pub struct ConnectionState {
    peer: Peer,
    times: ConnectionTimes,
    opened: Instant,
    has_spoken: AtomicBool,
    /// Milliseconds from its opening to the end of its last call.
    last_call: AtomicU64,
    calls: Mutex<Vec<Weak<CallActivity>>>,
    stopping: CancellationToken,
    closing: CancellationToken,
}

impl ConnectionState {
    /// The state of a connection that was just opened; it closes with `close`, and if it has not begun to speak already
    /// with `stop`.
    pub fn new(
        peer: Peer,
        times: ConnectionTimes,
        stop: &CancellationToken,
        close: &CancellationToken,
    ) -> ConnectionState {
        ConnectionState {
            peer,
            times,
            opened: Instant::now(),
            has_spoken: AtomicBool::new(false),
            last_call: AtomicU64::new(0),
            calls: Mutex::default(),
            stopping: stop.clone(),
            closing: close.child_token(),
        }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Ends the connection, whatever is under way.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Comes true when a connection that has not begun to speak is to end.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Whether the other end has begun to speak.
    pub fn has_spoken(&self) -> bool {
        self.has_spoken.load(Ordering::Relaxed)
    }

    /// Comes true when the connection is to end.
    pub fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    /// Notes that the other end has begun to speak.
    pub fn has_begun(&self) {
        self.has_spoken.store(true, Ordering::Relaxed);
    }

    /// A call that has just begun, for as long as it is held.
    pub fn begin_call(self: &Arc<Self>) -> Arc<CallActivity> {
        let call = Arc::new(CallActivity::new(Some(Arc::clone(self))));
        let mut calls = self.calls();
        calls.retain(|call| call.strong_count() > 0);
        calls.push(Arc::downgrade(&call));
        call
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Weak<CallActivity>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the connection has to end now, if it has to.
    pub fn overdue(&self) -> Option<Overdue> {
        let age = self.opened.elapsed();
        if !self.has_spoken() {
            return (age >= self.times.handshake).then_some(Overdue::Handshake);
        }
        let calls: Vec<Arc<CallActivity>> = self.calls().iter().filter_map(Weak::upgrade).collect();
        if calls.is_empty() {
            let last_call = Duration::from_millis(self.last_call.load(Ordering::Relaxed));
            return (age.saturating_sub(last_call) >= self.times.idle).then_some(Overdue::Idle);
        }
        let is_stalled = |call: &Arc<CallActivity>| call.idle_for() >= self.times.call_idle;
        calls.iter().any(is_stalled).then_some(Overdue::Stalled)
    }

    /// How often it is worth asking.
    pub fn check_interval(&self) -> Duration {
        const MOST: Duration = Duration::from_secs(5);
        const LEAST: Duration = Duration::from_millis(10);
        let ConnectionTimes { handshake, idle, call_idle } = self.times;
        (handshake.min(idle).min(call_idle) / 4).clamp(LEAST, MOST)
    }
}

/// When something has happened on a call last.
#[derive(Debug)]
pub struct CallActivity {
    begun: Instant,
    /// Milliseconds from the beginning.
    last: AtomicU64,
    /// Works under way, or waiting for their turn.
    works: AtomicUsize,
    connection: Option<Arc<ConnectionState>>,
}

impl CallActivity {
    fn new(connection: Option<Arc<ConnectionState>>) -> CallActivity {
        CallActivity {
            begun: Instant::now(),
            last: AtomicU64::new(0),
            works: AtomicUsize::new(0),
            connection,
        }
    }

    /// That of a call that nobody watches.
    pub fn unwatched() -> Arc<CallActivity> {
        Arc::new(CallActivity::new(None))
    }

    /// Notes that something was sent or taken.
    pub fn touch(&self) {
        self.last.store(millis(self.begun.elapsed()), Ordering::Relaxed);
    }

    /// Notes that something is worked on for the call, until the result is dropped.
    pub fn work(self: &Arc<Self>) -> CallWork {
        self.works.fetch_add(1, Ordering::Relaxed);
        CallWork(Arc::clone(self))
    }

    /// For how long nothing has happened; no time while something is worked on.
    pub fn idle_for(&self) -> Duration {
        match self.works.load(Ordering::Relaxed) {
            0 => {
                self.begun.elapsed().saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)))
            }
            _ => Duration::ZERO,
        }
    }
}

impl Drop for CallActivity {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.last_call.fetch_max(millis(connection.opened.elapsed()), Ordering::Relaxed);
        }
    }
}

/// Work for a call.
#[derive(Debug)]
pub struct CallWork(Arc<CallActivity>);

impl Drop for CallWork {
    fn drop(&mut self) {
        self.0.touch();
        self.0.works.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn state(times: ConnectionTimes) -> Arc<ConnectionState> {
        let peer = Peer::Local { user: 1, group: 1, process: None };
        let never = CancellationToken::new();
        Arc::new(ConnectionState::new(peer, times, &never, &never))
    }

    #[test]
    fn connection_that_says_nothing_is_overdue() {
        let silent = state(ConnectionTimes { handshake: Duration::ZERO, idle: LONG, call_idle: LONG });
        assert_eq!(silent.overdue(), Some(Overdue::Handshake));
        silent.has_begun();
        assert_eq!(silent.overdue(), None);
    }

    #[test]
    fn connection_without_calls_is_overdue() {
        let idle = state(ConnectionTimes { handshake: LONG, idle: Duration::ZERO, call_idle: LONG });
        idle.has_begun();
        let call = idle.begin_call();
        assert_eq!(idle.overdue(), None);
        drop(call);
        assert_eq!(idle.overdue(), Some(Overdue::Idle));
    }

    #[test]
    fn call_on_which_nothing_happens_is_stalled_unless_it_is_worked_on() {
        let stalled = state(ConnectionTimes { handshake: LONG, idle: LONG, call_idle: Duration::ZERO });
        stalled.has_begun();
        let call = stalled.begin_call();
        let work = call.work();
        assert_eq!(call.idle_for(), Duration::ZERO);
        drop(work);
        assert_eq!(stalled.overdue(), Some(Overdue::Stalled));
    }

    #[test]
    fn connections_close_with_all_others() {
        let all = CancellationToken::new();
        let times = ConnectionTimes { handshake: LONG, idle: LONG, call_idle: LONG };
        let peer = Peer::Local { user: 1, group: 1, process: None };
        let never = CancellationToken::new();
        let [one, other] = [(); 2].map(|()| ConnectionState::new(peer.clone(), times, &never, &all));
        one.close();
        assert!(one.closing().is_cancelled() && !other.closing().is_cancelled());
        all.cancel();
        assert!(other.closing().is_cancelled());
    }
}
