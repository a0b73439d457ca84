//! A connection as the service reads and writes it: one that ends when it is overdue, or is told to.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::transport::server::Connected;

use crate::transport::connection_state::{ConnectionState, Overdue};

/// What bytes go over.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// An open connection.
pub struct Connection {
    stream: Box<dyn ByteStream>,
    state: Arc<ConnectionState>,
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    next_check: Pin<Box<Sleep>>,
    /// Its place among all connections.
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// A connection over a stream.
    pub fn new(
        stream: Box<dyn ByteStream>,
        state: Arc<ConnectionState>,
        place: OwnedSemaphorePermit,
    ) -> Connection {
        let stopping = Box::pin(state.stopping().clone().cancelled_owned());
        let closing = Box::pin(state.closing().clone().cancelled_owned());
        let next_check = Box::pin(sleep(state.check_interval()));
        Connection { stream, state, stopping, closing, next_check, _place: place }
    }

    /// Why the connection ends now, if it does; asked while the other end is waited for.
    fn end(&mut self, context: &mut Context<'_>) -> Option<io::Error> {
        let is_over = !self.state.has_spoken() && self.stopping.as_mut().poll(context).is_ready();
        if is_over || self.closing.as_mut().poll(context).is_ready() {
            return Some(io::Error::new(io::ErrorKind::ConnectionAborted, "the service ends"));
        }
        while self.next_check.as_mut().poll(context).is_ready() {
            if let Some(overdue) = self.state.overdue() {
                let peer = self.state.peer();
                tracing::info!(%peer, reason = reason(overdue), "connection closed");
                return Some(io::Error::new(io::ErrorKind::TimedOut, reason(overdue)));
            }
            let next = Instant::now() + self.state.check_interval();
            self.next_check.as_mut().reset(next);
        }
        None
    }

    /// What becomes of a read or write that would wait for the other end.
    fn unless_ended<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match outcome {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => self.end(context).map_or(Poll::Pending, |error| Poll::Ready(Err(error))),
        }
    }
}

fn reason(overdue: Overdue) -> &'static str {
    match overdue {
        Overdue::Handshake => "it has not begun to speak",
        Overdue::Idle => "it has no call",
        Overdue::Stalled => "a call stands still",
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > filled {
            self.state.has_begun();
        }
        self.unless_ended(context, outcome)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, buffer);
        self.unless_ended(context, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.unless_ended(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(context);
        self.unless_ended(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.unless_ended(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl Connected for Connection {
    type ConnectInfo = Arc<ConnectionState>;

    fn connect_info(&self) -> Arc<ConnectionState> {
        Arc::clone(&self.state)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::Semaphore;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::transport::connection_state::ConnectionTimes;
    use crate::transport::peer::Peer;

    const LONG: Duration = Duration::from_secs(3600);

    async fn connection(handshake: Duration, all: &CancellationToken) -> (Connection, DuplexStream) {
        let (own, other) = duplex(16);
        let times = ConnectionTimes { handshake, idle: LONG, call_idle: LONG };
        let peer = Peer::Local { user: 1, group: 1, process: None };
        let state = Arc::new(ConnectionState::new(peer, times, all, all));
        let place = Arc::new(Semaphore::new(1)).acquire_owned().await.expect("a place");
        (Connection::new(Box::new(own), state, place), other)
    }

    #[tokio::test]
    async fn silent_connection_ends() {
        let (mut connection, _other) = connection(Duration::from_millis(20), &CancellationToken::new()).await;
        let error = connection.read_u8().await.expect_err("it ends");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn connection_that_waits_to_write_ends_with_all_others() {
        let all = CancellationToken::new();
        let (mut connection, mut other) = connection(LONG, &all).await;
        other.write_all(b"x").await.expect("it is open");
        assert_eq!(connection.read_u8().await.expect("a byte"), b'x');
        let writing = tokio::spawn(async move { connection.write_all(&[0; 64]).await });
        all.cancel();
        let error = writing.await.expect("no panic").expect_err("it ends");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    }
}
