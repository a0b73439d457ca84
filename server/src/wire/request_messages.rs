//! The messages of a request, put together from what the network brings, and unpacked where they are compressed.
//!
//! A client may announce a message of any length and send nothing of it, and a few compressed bytes unpack to gigabytes. So
//! memory is taken for what has come, not for what was announced, and what is unpacked is counted while it is unpacked, a
//! little at a time.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use flate2::write::GzDecoder;
use tonic::Status;
use zstd::stream::raw::{DParameter, Decoder};
use zstd::stream::zio;

use crate::wire::held_bytes::HeldBytes;
use crate::wire::message_boundary::PREFIX_BYTES;
use crate::wire::message_encoding::Encoding;
use crate::wire::refusal::over_limit;

/// Bytes that are unpacked at once, between two questions whether they are still wanted.
const UNPACKED_AT_A_TIME: usize = 256 << 10;

/// Compressed bytes that are unpacked in one step: so few cannot become much more than is unpacked at a time.
const STEP_BYTES: usize = 64;

/// The largest window that zstd may ask for, as a power of two: what its specification recommends.
const WINDOW_LOG: u32 = 23;

/// Bytes of a message that are kept, and passed on, in one piece.
const PIECE_BYTES: usize = 1 << 20;

/// A message as far as it is there, in pieces: a long one is copied only once. It is counted, and may not become too large.
struct Text {
    /// The pieces that are full.
    pieces: VecDeque<Vec<u8>>,
    last: Vec<u8>,
    bytes: usize,
    most: usize,
    held: Arc<Mutex<HeldBytes>>,
    /// Why no more is taken.
    refusal: Option<Status>,
}

impl Text {
    fn new(most: usize, held: &Arc<Mutex<HeldBytes>>) -> Text {
        // The first piece has the prefix.
        let last = vec![0; PREFIX_BYTES];
        Text { pieces: VecDeque::new(), last, bytes: 0, most, held: Arc::clone(held), refusal: None }
    }

    fn add(&mut self, mut bytes: &[u8]) -> Result<(), Status> {
        if self.bytes + bytes.len() > self.most {
            return Err(too_large(self.most));
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).grow(bytes.len())?;
        self.bytes += bytes.len();
        while !bytes.is_empty() {
            if self.last.len() >= PIECE_BYTES {
                self.pieces.push_back(std::mem::take(&mut self.last));
            }
            let (some, rest) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.last.len()));
            self.last.extend_from_slice(some);
            bytes = rest;
        }
        Ok(())
    }

    /// The message, in pieces, as a reader of messages takes one that is not compressed.
    fn finish(&mut self) -> Result<VecDeque<Vec<u8>>, Status> {
        let length = u32::try_from(self.bytes).map_err(|_| too_large(self.most))?;
        let mut pieces = std::mem::take(&mut self.pieces);
        pieces.push_back(std::mem::take(&mut self.last));
        if let Some(first) = pieces.front_mut() {
            first[1..PREFIX_BYTES].copy_from_slice(&length.to_be_bytes());
        }
        Ok(pieces)
    }
}

fn too_large(most: usize) -> Status {
    let message =
        format!("a message has more than the limit of {most} bytes (text_bytes); send less at once");
    over_limit(message, "text_bytes")
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.add(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(status) => {
                self.refusal = Some(status);
                Err(io::ErrorKind::OutOfMemory.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Unpacker {
    Gzip(Box<GzDecoder<Text>>),
    Zstd(Box<zio::Writer<Text, Decoder<'static>>>),
}

impl Unpacker {
    fn new(encoding: Encoding, text: Text) -> io::Result<Unpacker> {
        Ok(match encoding {
            Encoding::Gzip => Unpacker::Gzip(Box::new(GzDecoder::new(text))),
            Encoding::Zstd => {
                let mut decoder = Decoder::new()?;
                decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
                Unpacker::Zstd(Box::new(zio::Writer::new(text, decoder)))
            }
        })
    }

    fn text(&mut self) -> &mut Text {
        match self {
            Unpacker::Gzip(unpacker) => unpacker.get_mut(),
            Unpacker::Zstd(unpacker) => unpacker.writer_mut(),
        }
    }

    /// Unpacks more; where nothing is missing, also what is held back.
    fn unpack(&mut self, bytes: &[u8], is_last: bool) -> Result<(), Status> {
        let written = match self {
            Unpacker::Gzip(unpacker) => unpacker.write_all(bytes).and_then(|()| match is_last {
                true => unpacker.try_finish(),
                false => Ok(()),
            }),
            Unpacker::Zstd(unpacker) => unpacker.write_all(bytes).and_then(|()| match is_last {
                true => unpacker.finish(),
                false => Ok(()),
            }),
        };
        written.map_err(|error| {
            let damaged = || Status::internal(format!("a compressed message cannot be unpacked: {error}"));
            self.text().refusal.take().unwrap_or_else(damaged)
        })
    }
}

/// What has come of a message.
enum Coming {
    /// Its prefix, as far as it is there.
    Prefix(Vec<u8>),
    /// A message that is not compressed, of which so many bytes are still missing.
    Plain(Text, usize),
    /// A compressed one.
    Packed(Unpacker, usize),
    /// One that is there whole, as far as its reader does not have it.
    Whole(VecDeque<Vec<u8>>),
}

/// What comes of working on what has come.
#[derive(Debug)]
pub(crate) enum Step {
    /// Whole messages for their reader, or a piece of a long one that is there whole.
    Messages(Bytes),
    /// There is so much to do that it should be done apart from the network.
    Pause,
    /// Everything that has come is worked on.
    Idle,
}

/// Puts the messages of a request together as they come.
pub(crate) struct RequestMessages {
    encoding: Option<Encoding>,
    most: usize,
    held: Arc<Mutex<HeldBytes>>,
    coming: Coming,
    /// What has come and is not worked on.
    input: Bytes,
}

impl RequestMessages {
    /// Takes messages of at most `most` bytes, which may be compressed; what they hold is added to `held`.
    pub(crate) fn new(
        encoding: Option<Encoding>,
        most: usize,
        held: Arc<Mutex<HeldBytes>>,
    ) -> RequestMessages {
        RequestMessages { encoding, most, held, coming: Coming::Prefix(Vec::new()), input: Bytes::new() }
    }

    /// Takes what has come, when what came before is worked on.
    pub(crate) fn take(&mut self, data: Bytes) {
        self.input = data;
    }

    /// Works for a while.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED where a message is too large or there is no room for it, INTERNAL where it is damaged.
    pub(crate) fn step(&mut self) -> Result<Step, Status> {
        let mut unpacked = 0;
        loop {
            match &mut self.coming {
                Coming::Prefix(prefix) => {
                    if prefix.is_empty() {
                        let whole = whole_messages(&self.input, self.most);
                        if whole > 0 {
                            self.held.lock().unwrap_or_else(PoisonError::into_inner).grow(whole)?;
                            return Ok(Step::Messages(self.input.split_to(whole)));
                        }
                    }
                    let missing = PREFIX_BYTES - prefix.len();
                    prefix.extend_from_slice(&self.input.split_to(missing.min(self.input.len())));
                    match <[u8; PREFIX_BYTES]>::try_from(&prefix[..]) {
                        Ok(prefix) => self.begin(prefix)?,
                        Err(_) => return Ok(Step::Idle),
                    }
                }
                Coming::Plain(text, missing) => {
                    let some = self.input.split_to((*missing).min(self.input.len()));
                    *missing -= some.len();
                    text.add(&some)?;
                    if *missing > 0 {
                        return Ok(Step::Idle);
                    }
                    self.coming = Coming::Whole(text.finish()?);
                }
                Coming::Whole(pieces) => match pieces.pop_front() {
                    Some(piece) => return Ok(Step::Messages(piece.into())),
                    None => self.coming = Coming::Prefix(Vec::new()),
                },
                Coming::Packed(unpacker, missing) => {
                    let some = self.input.split_to(STEP_BYTES.min(*missing).min(self.input.len()));
                    *missing -= some.len();
                    let before = unpacker.text().bytes;
                    unpacker.unpack(&some, *missing == 0)?;
                    unpacked += unpacker.text().bytes - before;
                    if *missing == 0 {
                        self.coming = Coming::Whole(unpacker.text().finish()?);
                    } else if self.input.is_empty() {
                        return Ok(Step::Idle);
                    } else if unpacked >= UNPACKED_AT_A_TIME {
                        return Ok(Step::Pause);
                    }
                }
            }
        }
    }

    fn begin(&mut self, prefix: [u8; PREFIX_BYTES]) -> Result<(), Status> {
        let [flag, a, b, c, d] = prefix;
        let bytes = u32::from_be_bytes([a, b, c, d]) as usize;
        if bytes > self.most {
            return Err(too_large(self.most));
        }
        let text = Text::new(self.most, &self.held);
        self.coming = match (flag, self.encoding) {
            (0, _) => Coming::Plain(text, bytes),
            (1, Some(encoding)) => {
                let failed = |error| Status::internal(format!("messages cannot be unpacked: {error}"));
                Coming::Packed(Unpacker::new(encoding, text).map_err(failed)?, bytes)
            }
            (1, None) => {
                return Err(Status::internal(
                    "a message is compressed, and the metadata 'grpc-encoding' does not say how",
                ));
            }
            _ => return Err(Status::internal(format!("a message has the unknown flag {flag}"))),
        };
        Ok(())
    }
}

/// The bytes of the messages at the beginning of some data that are there whole and not compressed.
fn whole_messages(data: &[u8], most: usize) -> usize {
    let mut whole = 0;
    while let Some(([0, a, b, c, d], rest)) = data[whole..].split_first_chunk::<PREFIX_BYTES>() {
        let bytes = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        if bytes > rest.len().min(most) {
            break;
        }
        whole += PREFIX_BYTES + bytes;
    }
    whole
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::cancellation::Cancellation;
    use tonic::Code;

    use super::*;
    use crate::wire::held_bytes::ByteBudget;

    const BOTH: [Encoding; 2] = [Encoding::Gzip, Encoding::Zstd];

    fn messages(encoding: Option<Encoding>, most: usize, budget: &Arc<ByteBudget>) -> RequestMessages {
        RequestMessages::new(encoding, most, Arc::new(Mutex::new(budget.nothing())))
    }

    fn plain(text: &[u8]) -> Vec<u8> {
        [&[0][..], &(text.len() as u32).to_be_bytes(), text].concat()
    }

    fn packed(encoding: Encoding, messages: Vec<u8>) -> Vec<u8> {
        let packed = encoding.packed(messages.into(), &Cancellation::default());
        packed.expect("packed messages").to_vec()
    }

    /// What a reader of messages gets of data that comes in pieces.
    fn read(messages: &mut RequestMessages, data: &[u8], piece: usize) -> Result<Vec<u8>, Status> {
        let mut read = Vec::new();
        for piece in data.chunks(piece) {
            messages.take(Bytes::copy_from_slice(piece));
            loop {
                match messages.step()? {
                    Step::Messages(data) => read.extend_from_slice(&data),
                    Step::Pause => {}
                    Step::Idle => break,
                }
            }
        }
        Ok(read)
    }

    #[test]
    fn messages_come_out_as_they_were_sent() {
        let texts = [b"first".to_vec(), Vec::new(), b"line\n".repeat(100_000)];
        let sent: Vec<u8> = texts.iter().flat_map(|text| plain(text)).collect();
        let budget = ByteBudget::new(usize::MAX);
        for encoding in [None, Some(Encoding::Gzip), Some(Encoding::Zstd)] {
            let mut data = encoding.map_or(sent.clone(), |encoding| packed(encoding, sent.clone()));
            assert!(encoding.is_none() || data.len() < sent.len() / 2);
            // One that is not compressed may stand between them.
            data.extend(plain(b"plain"));
            let expected = [sent.clone(), plain(b"plain")].concat();
            for piece in [1, 7, data.len()] {
                let read = read(&mut messages(encoding, 1 << 20, &budget), &data, piece);
                assert!(read.expect("whole messages") == expected, "{encoding:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn memory_is_taken_for_what_has_come_and_not_for_what_was_announced() {
        let budget = ByteBudget::new(100);
        let mut messages = messages(None, 1 << 30, &budget);
        let announced = [&[0][..], &(1u32 << 29).to_be_bytes(), b"abc"].concat();
        assert_eq!(read(&mut messages, &announced, 100).expect("it goes on"), b"");
        assert_eq!(budget.held(), 3);
        let refusal = read(&mut messages, &[0; 200], 100).expect_err("there is no room");
        assert!(refusal.message().contains("held_bytes"), "{refusal}");
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_there() {
        let budget = ByteBudget::new(usize::MAX);
        let announced = [&[0][..], &(1u32 << 29).to_be_bytes()].concat();
        let refusal = read(&mut messages(None, 1 << 20, &budget), &announced, 100).expect_err("too much");
        assert!(refusal.message().contains("1048576 bytes (text_bytes)"), "{refusal}");
        for encoding in BOTH {
            let bomb = packed(encoding, plain(&vec![0; 64 << 20]));
            let budget = ByteBudget::new(1 << 20);
            let refusal = read(&mut messages(Some(encoding), 1 << 30, &budget), &bomb, 1 << 20);
            let refusal = refusal.expect_err("there is no room");
            assert_eq!(refusal.code(), Code::ResourceExhausted);
            assert!(refusal.message().contains("held_bytes"), "{refusal}");
            assert_eq!(budget.held(), 0, "all is given back");

            let budget = ByteBudget::new(usize::MAX);
            let mut messages = messages(Some(encoding), 1 << 20, &budget);
            let refusal = read(&mut messages, &bomb, 1 << 20).expect_err("too much");
            assert!(refusal.message().contains("1048576 bytes (text_bytes)"), "{refusal}");
            assert!(budget.held() <= 1 << 20);
        }
    }

    #[test]
    fn long_message_is_passed_on_in_pieces() {
        let budget = ByteBudget::new(usize::MAX);
        let text = vec![7; 5 * PIECE_BYTES / 2];
        let mut messages = messages(None, 1 << 30, &budget);
        let sent = plain(&text);
        messages.take(Bytes::copy_from_slice(&sent[..100]));
        assert!(matches!(messages.step(), Ok(Step::Idle)));
        messages.take(Bytes::copy_from_slice(&sent[100..]));
        let mut pieces = Vec::new();
        while let Step::Messages(piece) = messages.step().expect("it is whole") {
            pieces.push(piece);
        }
        assert_eq!(pieces.len(), 3);
        assert!(pieces.concat() == sent);
    }

    #[test]
    fn unpacking_pauses() {
        let budget = ByteBudget::new(usize::MAX);
        let mut messages = messages(Some(Encoding::Zstd), 1 << 30, &budget);
        messages.take(packed(Encoding::Zstd, plain(&vec![0; 16 << 20])).into());
        let mut pauses = 0;
        while let Step::Pause = messages.step().expect("it is unpacked") {
            pauses += 1;
        }
        assert!(pauses >= 4, "{pauses}");
    }

    #[test]
    fn damaged_messages_are_refused() {
        let budget = ByteBudget::new(usize::MAX);
        let code = |encoding, data: &[u8]| {
            read(&mut messages(encoding, 1 << 20, &budget), data, 100).map_err(|status| status.code())
        };
        for encoding in BOTH {
            let mut cut_off = packed(encoding, plain(&b"text\n".repeat(100)));
            cut_off.truncate(cut_off.len() - 3);
            cut_off[PREFIX_BYTES - 1] = (cut_off.len() - PREFIX_BYTES) as u8;
            let garbage = [&[1, 0, 0, 0, 9][..], b"no stream"].concat();
            for data in [&cut_off[..], &garbage, &[9, 0, 0, 0, 0], &[1, 0, 0, 0, 0]] {
                assert_eq!(code(Some(encoding), data), Err(Code::Internal), "{encoding:?} {data:?}");
            }
        }
        assert_eq!(code(None, &[1, 0, 0, 0, 1, 7]), Err(Code::Internal), "it does not say how");
    }
}
