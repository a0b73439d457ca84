//! Measuring what is read from an unpacked archive, and stopping at the limits.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::limits::Limits;

/// Counts the bytes of an unpacked archive, all of them and those that describe the member to come.
#[derive(Debug)]
pub(super) struct Gauge {
    limits: Limits,
    total: Cell<u64>,
    header: Cell<Option<u64>>,
}

impl Gauge {
    /// A gauge that stands at 0, outside headers.
    pub fn new(limits: &Limits) -> Rc<Gauge> {
        Rc::new(Gauge { limits: limits.clone(), total: Cell::new(0), header: Cell::new(None) })
    }

    /// What is read from now on describes a member; it is counted from 0.
    pub fn enter_header(&self) {
        self.header.set(Some(0));
    }

    /// What is read from now on is a member's content. Returns the bytes read since the header was entered.
    pub fn leave_header(&self) -> u64 {
        self.header.take().unwrap_or(0)
    }

    /// Bytes read so far, which is the offset in the unpacked archive.
    pub fn total(&self) -> u64 {
        self.total.get()
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        self.total.set(self.total.get() + bytes);
        self.limits.check_total_bytes(self.total.get()).map_err(io::Error::other)?;
        if let Some(header) = self.header.get() {
            self.header.set(Some(header + bytes));
            self.limits.check_header_bytes(header + bytes).map_err(io::Error::other)?;
        }
        Ok(())
    }
}

/// A stream whose bytes are counted by a gauge; reading fails once a limit is exceeded.
#[derive(Debug)]
pub(super) struct Gauged<R> {
    input: R,
    gauge: Rc<Gauge>,
}

impl<R> Gauged<R> {
    /// Lets a gauge count what is read from a stream.
    pub fn new(input: R, gauge: &Rc<Gauge>) -> Gauged<R> {
        Gauged { input, gauge: Rc::clone(gauge) }
    }
}

impl<R: Read> Read for Gauged<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.gauge.count(count)?;
        Ok(count)
    }
}
