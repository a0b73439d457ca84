//! Connections: where they are accepted, how they are encrypted, who is at their other end, and when they end.
//!
//! Nothing here knows what is asked over a connection, but for when something was asked last.

pub mod accept;
pub mod address;
pub mod connection;
pub mod connection_state;
pub mod peer;
pub mod tls;
