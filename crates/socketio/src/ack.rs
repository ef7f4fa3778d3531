//! Acknowledgements that the server waits for.

use std::collections::HashSet;
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use socketio_proto::{Arguments, EncodeError, FromArguments};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::ack::remote::Remote;
use crate::id::SocketId;
use crate::link::Asked;

mod remote;

/// Why an acknowledgement did not come, or could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AckError {
    /// The client did not answer in time.
    Timeout,
    /// The client left before it answered, or was never sent the event.
    Disconnected,
    /// The client's answer is not of the type that was asked for.
    Decode(String),
    /// The event cannot be encoded, so it was not sent.
    Encode(String),
}

impl fmt::Display for AckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("operation has timed out"), // as Node's
            Self::Disconnected => f.write_str("the client left before it answered"),
            Self::Decode(reason) => write!(f, "the answer cannot be read: {reason}"),
            Self::Encode(reason) => write!(f, "the event cannot be encoded: {reason}"),
        }
    }
}

impl std::error::Error for AckError {}

impl From<EncodeError> for AckError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error.to_string())
    }
}

fn read<T: FromArguments>(arguments: Arguments) -> Result<T, AckError> {
    T::from_arguments(arguments).map_err(|error| AckError::Decode(error.to_string()))
}

/// Who waits for one client's answer. Dropping it says that none will come.
#[derive(Debug)]
pub(crate) enum Waiter {
    One(oneshot::Sender<Arguments>),
    Many(Share),
}

/// One client's share in a broadcast that asks for acknowledgements.
#[derive(Debug)]
pub(crate) struct Share {
    id: SocketId,
    answers: mpsc::UnboundedSender<(SocketId, Option<Arguments>)>,
    answered: bool,
}

impl Drop for Share {
    fn drop(&mut self) {
        if !self.answered {
            let _ = self.answers.send((self.id, None)); // nobody may wait any more
        }
    }
}

impl Waiter {
    pub(crate) fn answer(self, arguments: Arguments) {
        match self {
            Self::One(sender) => drop(sender.send(arguments)), // nobody may wait any more
            Self::Many(mut share) => {
                share.answered = true;
                let _ = share.answers.send((share.id, Some(arguments)));
            }
        }
    }

    /// Says whether nobody waits any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::One(sender) => sender.is_closed(),
            Self::Many(share) => share.answers.is_closed(),
        }
    }
}

/// A time by which answers have to come.
#[derive(Debug)]
struct Deadline {
    at: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    fn new(at: Option<Instant>) -> Self {
        Self { at, timer: None }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        self.timer.get_or_insert_with(|| Box::pin(sleep_until(at))).as_mut().poll(cx)
    }
}

/// The acknowledgement of one client, to come.
///
/// A named future: it borrows nothing, so it can be kept, sent and raced. Dropping it forgets the
/// answer, not the event.
#[must_use = "the event is sent already; await the future to read the answer"]
pub struct AckFuture<T> {
    answer: Result<oneshot::Receiver<Arguments>, AckError>,
    deadline: Deadline,
    output: PhantomData<fn() -> T>,
}

impl<T> AckFuture<T> {
    /// Creates a future and what answers it.
    pub(crate) fn new(deadline: Option<Instant>) -> (Waiter, Self) {
        let (sender, receiver) = oneshot::channel();
        let deadline = Deadline::new(deadline);
        (Waiter::One(sender), Self { answer: Ok(receiver), deadline, output: PhantomData })
    }

    pub(crate) fn failed(error: AckError) -> Self {
        Self { answer: Err(error), deadline: Deadline::new(None), output: PhantomData }
    }
}

impl<T> fmt::Debug for AckFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AckFuture").finish_non_exhaustive()
    }
}

impl<T: FromArguments> Future for AckFuture<T> {
    type Output = Result<T, AckError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let receiver = match &mut self.answer {
            Ok(receiver) => receiver,
            Err(error) => return Poll::Ready(Err(error.clone())),
        };
        if let Poll::Ready(answer) = Pin::new(receiver).poll(cx) {
            return Poll::Ready(answer.map_err(|_| AckError::Disconnected).and_then(read));
        }
        ready!(self.deadline.poll(cx));
        Poll::Ready(Err(AckError::Timeout))
    }
}

/// The acknowledgements of many clients, in the order they come.
///
/// A stream that ends once every client that was sent the event has answered, left, or let the
/// deadline pass: each is named, once. A client of another server is named if its server names it. Of one that does
/// not answer in time it does not, and that stands there as `None`; so does a server that did not even say in time how
/// many clients it asked.
#[must_use = "the event is sent already; read the stream for the answers"]
pub struct Acks<T> {
    waiting: HashSet<SocketId>,
    answers: mpsc::UnboundedReceiver<(SocketId, Option<Arguments>)>,
    /// Those of other servers.
    remote: Option<Box<Remote>>,
    deadline: Deadline,
    failed: Option<AckError>,
    output: PhantomData<fn() -> T>,
}

/// Hands out the shares of a broadcast.
pub(crate) struct Shares(mpsc::UnboundedSender<(SocketId, Option<Arguments>)>);

impl Shares {
    pub(crate) fn waiter(&self, id: SocketId) -> Waiter {
        Waiter::Many(Share { id, answers: self.0.clone(), answered: false })
    }
}

impl<T> Acks<T> {
    pub(crate) fn new(deadline: Option<Instant>) -> (Shares, Self) {
        let (sender, answers) = mpsc::unbounded_channel();
        let this = Self {
            waiting: HashSet::new(),
            answers,
            remote: None,
            deadline: Deadline::new(deadline),
            failed: None,
            output: PhantomData,
        };
        (Shares(sender), this)
    }

    /// Names those who were sent the event.
    pub(crate) fn expect(mut self, sent: Vec<SocketId>) -> Self {
        self.waiting.extend(sent);
        self
    }

    /// Waits for other servers as well.
    pub(crate) fn expect_servers(mut self, asked: Option<Asked>) -> Self {
        self.remote = asked.map(|asked| Box::new(Remote::new(asked)));
        self
    }

    pub(crate) fn failed(error: AckError) -> Self {
        let (_, mut this) = Self::new(None);
        this.failed = Some(error);
        this
    }

    /// Returns why nothing was sent: the event cannot be encoded.
    #[must_use]
    pub fn error(&self) -> Option<&AckError> {
        self.failed.as_ref()
    }

    /// Returns the number of clients that have not answered yet, as far as their servers have said how many they asked.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len() + self.remote.as_ref().map_or(0, |remote| remote.waiting())
    }
}

impl<T: FromArguments> Acks<T> {
    /// Waits for the next answer, or returns `None` at the end. Cancel safe.
    pub async fn next(&mut self) -> Option<(Option<SocketId>, Result<T, AckError>)> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Waits for all answers.
    pub async fn collect(mut self) -> Vec<(Option<SocketId>, Result<T, AckError>)> {
        let mut all = Vec::with_capacity(self.waiting.len());
        while let Some(answer) = self.next().await {
            all.push(answer);
        }
        all
    }
}

impl<T> fmt::Debug for Acks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acks").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

impl<T: FromArguments> Stream for Acks<T> {
    type Item = (Option<SocketId>, Result<T, AckError>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while !this.waiting.is_empty() {
            match this.answers.poll_recv(cx) {
                Poll::Ready(Some((id, answer))) if this.waiting.remove(&id) => {
                    let answer = answer.ok_or(AckError::Disconnected).and_then(read);
                    return Poll::Ready(Some((Some(id), answer)));
                }
                Poll::Ready(Some(_)) => {} // somebody the event never reached
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        let remote = this.remote.as_mut().map_or(Poll::Ready(None), |remote| remote.poll(cx));
        match remote {
            Poll::Ready(Some((id, answer))) => {
                return Poll::Ready(Some((id, answer.and_then(read))));
            }
            Poll::Ready(None) if this.waiting.is_empty() => return Poll::Ready(None),
            Poll::Ready(None) | Poll::Pending => {}
        }
        ready!(this.deadline.poll(cx));
        let late = this.waiting.iter().next().copied();
        Poll::Ready(match late {
            Some(id) => {
                this.waiting.remove(&id);
                Some((Some(id), Err(AckError::Timeout)))
            }
            None => {
                let late = this.remote.as_mut().is_some_and(|remote| remote.forget_one());
                late.then_some((None, Err(AckError::Timeout)))
            }
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let most = self.remote.is_none().then_some(self.waiting.len());
        (self.waiting.len(), most)
    }
}
