//! Many texts in one message, and their answers likewise: to some clients a message costs as much as a lookup.
//!
//! Each text is worked on as one of a stream of its own.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hunktrace_proto::v1;
use prost::Message;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_stream::Stream;
use tonic::Status;

use crate::wire::answer_stream::AnswerStream;
use crate::wire::call::CallContext;
use crate::wire::held_bytes::HeldBytes;
use crate::wire::lookup_stream::{self, AskedText};
use crate::wire::served_index::ServedIndex;
use crate::wire::workers::Workers;

/// Bytes of answers that a message has at most, if it has several.
const ANSWERS_BYTES: usize = 256 << 10;

/// Answers the messages of a stream until it ends or nobody listens any more.
pub(crate) fn answers(
    index: Arc<ServedIndex>,
    workers: Arc<Workers>,
    context: CallContext,
    messages: impl Stream<Item = Result<v1::LookupManyRequest, Status>> + Send + Unpin + 'static,
) -> GroupedAnswers {
    let (sizes_sender, sizes) = unbounded_channel();
    let texts = Texts {
        messages,
        context: context.clone(),
        rest: VecDeque::new(),
        held: Ok(None),
        sizes: sizes_sender,
    };
    GroupedAnswers::new(lookup_stream::answers(index, workers, context, texts), sizes)
}

/// The texts of messages, one by one.
struct Texts<M> {
    messages: M,
    context: CallContext,
    /// Those of the last message that are still to come.
    rest: VecDeque<v1::LookupRequest>,
    /// What these hold of all bytes, or why there is no room for the message.
    held: Result<Option<HeldBytes>, Status>,
    /// How many texts each message has. Unbounded, for no more messages are under way than texts may be.
    sizes: UnboundedSender<usize>,
}

impl<M: Stream<Item = Result<v1::LookupManyRequest, Status>> + Unpin> Stream for Texts<M> {
    type Item = Result<AskedText, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(text) = self.rest.pop_front() {
                let asked = match &mut self.held {
                    Ok(held) => {
                        let bytes = text.encoded_len();
                        AskedText::There(text, held.as_mut().map(|held| held.split_off(bytes)))
                    }
                    Err(status) => AskedText::Refused { name: text.name, status: status.clone() },
                };
                return Poll::Ready(Some(Ok(asked)));
            }
            self.held = Ok(None);
            let message = match ready!(Pin::new(&mut self.messages).poll_next(context)) {
                Some(Ok(message)) => message,
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                None => return Poll::Ready(None),
            };
            self.held = self.context.take(message.encoded_len()).map(Some);
            if !message.texts.is_empty() && self.sizes.send(message.texts.len()).is_err() {
                // Nobody takes the answers any more.
                return Poll::Ready(None);
            }
            self.rest = message.texts.into();
        }
    }
}

/// Answers, as many to a message as the question's message had texts.
pub struct GroupedAnswers {
    answers: AnswerStream<v1::LookupResponse>,
    /// How many texts each message of the question has.
    sizes: UnboundedReceiver<usize>,
    group: Group,
    /// What comes after the group that was passed on.
    next: Option<Result<v1::LookupResponse, Status>>,
}

/// The answers of a message while they come.
#[derive(Default)]
struct Group {
    answers: Vec<v1::LookupResponse>,
    bytes: usize,
    /// How many answers are still to come.
    missing: usize,
}

impl Group {
    fn pass_on(&mut self) -> v1::LookupManyResponse {
        self.bytes = 0;
        v1::LookupManyResponse { answers: std::mem::take(&mut self.answers) }
    }
}

impl GroupedAnswers {
    fn new(answers: AnswerStream<v1::LookupResponse>, sizes: UnboundedReceiver<usize>) -> GroupedAnswers {
        GroupedAnswers { answers, sizes, group: Group::default(), next: None }
    }
}

impl Stream for GroupedAnswers {
    type Item = Result<v1::LookupManyResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let GroupedAnswers { answers, sizes, group, next } = &mut *self;
        loop {
            let answer = match next.take() {
                Some(answer) => Some(answer),
                None => ready!(Pin::new(&mut *answers).poll_next(context)),
            };
            let answer = match answer {
                Some(Ok(answer)) => answer,
                // What is there is passed on before the call ends.
                end if !group.answers.is_empty() => {
                    *next = end;
                    return Poll::Ready(Some(Ok(group.pass_on())));
                }
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                None => return Poll::Ready(None),
            };
            let bytes = answer.encoded_len();
            if !group.answers.is_empty() && group.bytes + bytes > ANSWERS_BYTES {
                *next = Some(Ok(answer));
                return Poll::Ready(Some(Ok(group.pass_on())));
            }
            if group.missing == 0 {
                // The size of a message is known before its first text is.
                group.missing = sizes.try_recv().unwrap_or(1);
            }
            group.answers.push(answer);
            group.bytes += bytes;
            group.missing -= 1;
            if group.missing == 0 {
                return Poll::Ready(Some(Ok(group.pass_on())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::channel;
    use tokio_stream::StreamExt;

    use super::*;
    use crate::wire::workers::CancelOnDrop;

    /// The names in each message that is made of answers with these names and bytes, for messages of these many texts.
    async fn grouped(answers: &[(&str, usize)], sizes: &[usize]) -> Vec<Result<String, tonic::Code>> {
        let (sender, receiver) = channel(answers.len() + 1);
        for (name, bytes) in answers {
            let problems = vec![v1::Problem { message: "a".repeat(*bytes), ..Default::default() }];
            let answer = v1::LookupResponse { name: (*name).to_owned(), problems, ..Default::default() };
            let answer = if *bytes == usize::MIN { Err(Status::aborted("over")) } else { Ok(answer) };
            sender.send((answer, None)).await.expect("room");
        }
        drop(sender);
        let (size_sender, size_receiver) = unbounded_channel();
        sizes.iter().for_each(|size| size_sender.send(*size).expect("sent"));
        let stream = GroupedAnswers::new(AnswerStream::new(receiver, CancelOnDrop::new()), size_receiver);
        let names = |message: v1::LookupManyResponse| {
            message.answers.iter().map(|answer| answer.name.as_str()).collect::<Vec<_>>().join(" ")
        };
        let messages: Vec<_> = stream.collect().await;
        messages.into_iter().map(|message| message.map(names).map_err(|status| status.code())).collect()
    }

    #[tokio::test]
    async fn texts_of_a_message_are_answered_in_one() {
        let answers = [("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1)];
        let expected = ["a b", "c", "d e"].map(|names| Ok(names.to_owned()));
        assert_eq!(grouped(&answers, &[2, 1, 2]).await, expected);
    }

    #[tokio::test]
    async fn answers_that_are_too_long_for_one_message_take_several() {
        let half = ANSWERS_BYTES / 2;
        let answers = [("a", half - 100), ("b", half - 100), ("c", 3 * half), ("d", 1), ("e", 1)];
        let expected = ["a b", "c", "d", "e"].map(|names| Ok(names.to_owned()));
        assert_eq!(grouped(&answers, &[4, 1]).await, expected);
    }

    #[tokio::test]
    async fn answers_that_are_there_are_passed_on_before_the_call_ends() {
        let answers = [("a", 1), ("b", 1), ("", usize::MIN)];
        let expected = [Ok("a b".to_owned()), Err(tonic::Code::Aborted)];
        assert_eq!(grouped(&answers, &[3]).await, expected);
    }
}
