//! How messages become bytes and back: long ones where that holds up no other call, and requests only as far as what they
//! take is in proportion to what was sent.

use std::marker::PhantomData;
use std::sync::OnceLock;

use bytes::Buf;
use prost::{Message, Name};
use rayon::ThreadPool;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic_prost::{ProstCodec, ProstDecoder, ProstEncoder};

use crate::message_fields::check_fields;

/// Bytes of a message from which on it is read and written apart from the network: handing over takes about as long as
/// copying this much.
const LONG_MESSAGE_BYTES: usize = 256 << 10;

/// Bytes of a request from which on it is looked at before it is read.
const CHECKED_BYTES: usize = 16 << 10;

/// Where long messages are read and written, if a program has threads for that.
static THREADS: OnceLock<ThreadPool> = OnceLock::new();

/// Has all long messages of this process read and written by these threads, while those that wait for them do nothing. The first
/// threads that are given stay.
pub fn work_on_long_messages(threads: ThreadPool) {
    // Others end at once, without having had work.
    drop(THREADS.set(threads));
}

/// How the names of requests end.
const REQUEST: &str = "Request";

/// The codec of all services of the contract.
#[derive(Clone, Debug)]
pub struct MessageCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for MessageCodec<T, U> {
    fn default() -> Self {
        MessageCodec(PhantomData)
    }
}

impl<T, U> Codec for MessageCodec<T, U>
where
    T: Message + 'static,
    U: Message + Name + Default + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = MessageEncoder<T>;
    type Decoder = MessageDecoder<U>;

    fn encoder(&mut self) -> MessageEncoder<T> {
        MessageEncoder(ProstCodec::<T, U>::default().encoder())
    }

    fn decoder(&mut self) -> MessageDecoder<U> {
        MessageDecoder(ProstCodec::<T, U>::default().decoder())
    }
}

/// Writes messages.
#[derive(Clone, Debug)]
pub struct MessageEncoder<T>(ProstEncoder<T>);

impl<T: Message> Encoder for MessageEncoder<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, message: T, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        if message.encoded_len() < LONG_MESSAGE_BYTES {
            return self.0.encode(message, buffer);
        }
        apart(|| self.0.encode(message, buffer))
    }
}

/// Reads messages.
#[derive(Clone, Debug)]
pub struct MessageDecoder<U>(ProstDecoder<U>);

impl<U: Message + Name + Default> Decoder for MessageDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let bytes = buffer.remaining();
        let is_request = U::NAME.ends_with(REQUEST);
        let mut decode = || {
            if is_request && bytes >= CHECKED_BYTES {
                check_fields(&U::full_name(), buffer.chunk())?;
            }
            self.0.decode(buffer)
        };
        if bytes < LONG_MESSAGE_BYTES { decode() } else { apart(decode) }
    }
}

/// Does work while the other tasks of this thread go on elsewhere, where there are other threads.
fn apart<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let work = || match THREADS.get() {
        Some(threads) => threads.install(work),
        None => work(),
    };
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        _ => work(),
    }
}
