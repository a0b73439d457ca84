//! Pages for browsers, answered by a server: within limits of size and time, and with headers that let a page load nothing
//! from elsewhere.

mod access;
mod answering;
mod pages;
mod serving;

pub use self::serving::{PageServer, serve_pages};
