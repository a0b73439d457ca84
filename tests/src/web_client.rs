//! Asks a server for pages, as a browser does.

use std::io::{Read, Write};
use std::net::TcpStream;

/// What a server has answered.
#[derive(Clone, Debug, Default)]
pub struct WebAnswer {
    /// The status.
    pub status: u16,
    /// The head's lines, names in small letters.
    pub head: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl WebAnswer {
    /// The value of a header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.head.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Asks the server at `address` for a path.
///
/// # Panics
/// Where there is no answer.
#[track_caller]
pub fn get(address: &str, path: &str) -> WebAnswer {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"), b"")
}

/// The same with a line of the head more.
///
/// # Panics
/// Where there is no answer.
#[track_caller]
pub fn get_with(address: &str, path: &str, line: &str) -> WebAnswer {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{line}\r\nConnection: close\r\n\r\n");
    ask(address, &head, b"")
}

/// Sends a body of a kind to a path.
///
/// # Panics
/// Where there is no answer.
#[track_caller]
pub fn post(address: &str, path: &str, kind: &str, body: &[u8]) -> WebAnswer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    ask(address, &head, body)
}

/// Sends bytes as they are, and reads what comes back.
///
/// # Panics
/// Where there is no answer.
#[track_caller]
pub fn ask(address: &str, head: &str, body: &[u8]) -> WebAnswer {
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.write_all(head.as_bytes()).expect("the head is taken");
    // A server that has seen enough of a body answers before its end.
    drop(connection.write_all(body));
    let mut answer = Vec::new();
    let read = connection.read_to_end(&mut answer);
    assert!(!answer.is_empty(), "no answer: {read:?}");
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let named = lines.filter_map(|line| line.split_once(": "));
    WebAnswer {
        status: status.expect("a status"),
        head: named.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        body: body.to_owned(),
    }
}
