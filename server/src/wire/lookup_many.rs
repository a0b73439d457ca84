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

/// Bytes of answers from which on a message is not made longer.
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
                        let bytes = held_by(&text);
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
            if message.texts.is_empty() {
                // One that sends nothing else keeps the thread for no longer than others.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.held = self.context.take(message.texts.iter().map(held_by).sum()).map(Some);
            if self.sizes.send(message.texts.len()).is_err() {
                // Nobody takes the answers any more.
                return Poll::Ready(None);
            }
            self.rest = message.texts.into();
        }
    }
}

/// What a text holds: a short one takes more in memory than on the wire.
fn held_by(text: &v1::LookupRequest) -> usize {
    size_of::<v1::LookupRequest>() + text.encoded_len()
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
            if group.missing == 0 || group.bytes >= ANSWERS_BYTES {
                return Poll::Ready(Some(Ok(group.pass_on())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::channel;
    use tokio_stream::StreamExt;

    use tracing::Span;

    use super::*;
    use crate::transport::connection_state::CallActivity;
    use crate::wire::held_bytes::ByteBudget;
    use crate::wire::workers::CancelOnDrop;

    /// What becomes of the texts of messages where all together may hold so many bytes: a text, by its name and what is held
    /// when it comes, or the name of one for which there is no room.
    async fn texts_within(most: usize, messages: &[&[&str]]) -> Vec<Result<(String, usize), String>> {
        let budget = ByteBudget::new(most);
        let text = |name: &&str| v1::LookupRequest { name: (*name).to_owned(), ..Default::default() };
        let message = |texts: &&[&str]| Ok(v1::LookupManyRequest { texts: texts.iter().map(text).collect() });
        let messages: Vec<Result<_, Status>> = messages.iter().map(message).collect();
        let (sizes, _taken) = unbounded_channel();
        let mut texts = Texts {
            messages: tokio_stream::iter(messages),
            context: CallContext::new(CallActivity::unwatched(), &budget, Span::none()),
            rest: VecDeque::new(),
            held: Ok(None),
            sizes,
        };
        let mut told = Vec::new();
        while let Some(asked) = texts.next().await {
            told.push(match asked.expect("a text") {
                AskedText::There(text, held) => Ok((text.name, held.map_or(0, |held| held.bytes()))),
                AskedText::Refused { name, .. } => Err(name),
            });
        }
        drop(texts);
        assert_eq!(budget.held(), 0);
        told
    }

    #[tokio::test]
    async fn texts_hold_what_their_message_held_or_are_all_refused() {
        let one = held_by(&v1::LookupRequest { name: "a".to_owned(), ..Default::default() });
        let told = texts_within(2 * one, &[&["a", "b"], &[], &["c", "d", "e"], &["f"]]).await;
        let there = |name: &str| Ok((name.to_owned(), one));
        let refused = |name: &str| Err(name.to_owned());
        let expected = [there("a"), there("b"), refused("c"), refused("d"), refused("e"), there("f")];
        assert_eq!(told, expected);
    }

    /// The names in each message that is made of answers with these names and bytes, for messages of these many texts.
    async fn grouped(answers: &[(&str, Option<usize>)], sizes: &[usize]) -> Vec<Result<String, tonic::Code>> {
        let (sender, receiver) = channel(answers.len() + 1);
        for (name, bytes) in answers {
            let answer = |bytes: usize| {
                let problems = vec![v1::Problem { message: "a".repeat(bytes), ..Default::default() }];
                v1::LookupResponse { name: (*name).to_owned(), problems, ..Default::default() }
            };
            let answer = bytes.map(answer).ok_or_else(|| Status::aborted("over"));
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
        let answers = ["a", "b", "c", "d", "e"].map(|name| (name, Some(1)));
        let expected = ["a b", "c", "d e"].map(|names| Ok(names.to_owned()));
        assert_eq!(grouped(&answers, &[2, 1, 2]).await, expected);
    }

    #[tokio::test]
    async fn answers_that_are_too_long_for_one_message_take_several() {
        let half = ANSWERS_BYTES / 2;
        let bytes = [("a", half - 100), ("b", half - 100), ("c", 3 * half), ("d", 1), ("e", 1)];
        let answers = bytes.map(|(name, bytes)| (name, Some(bytes)));
        let expected = ["a b", "c", "d", "e"].map(|names| Ok(names.to_owned()));
        assert_eq!(grouped(&answers, &[4, 1]).await, expected);
    }

    #[tokio::test]
    async fn answers_that_are_there_are_passed_on_before_the_call_ends() {
        let answers = [("a", Some(1)), ("b", Some(1)), ("", None)];
        let expected = [Ok("a b".to_owned()), Err(tonic::Code::Aborted)];
        assert_eq!(grouped(&answers, &[3]).await, expected);
    }
}
