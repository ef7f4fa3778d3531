//! What requests ask of a session that polls.

use std::task::{Context, Poll};

use engineio_proto::{Input, Transport};
use tokio::sync::oneshot;

use super::Session;
use crate::command::{Answer, Command};

impl Session {
    pub(super) fn take_command(&mut self, cx: &mut Context<'_>) -> bool {
        let Poll::Ready(Ok(command)) = self.commands.poll_next(cx) else { return false };
        match command {
            Command::Poll(poll) => self.on_poll(poll),
            Command::Post(post) => self.post = Some(post),
            Command::Upgrade(link) if self.machine.can_upgrade() => {
                self.link = Some(link);
                self.readable = true;
                self.handle(Input::Opened);
            }
            Command::Upgrade(link) => {
                tracing::debug!("refused a second connection of an upgraded session");
                link.finish(self.registration.sessions.finishing());
            }
            Command::Violation(what) => {
                tracing::debug!(what, "polling broke");
                self.handle(Input::Failed(Transport::Polling));
            }
            Command::Shutdown => {
                self.shut_down = true;
                self.handle(Input::Close);
            }
        }
        true
    }

    pub(super) fn on_poll(&mut self, poll: oneshot::Sender<Answer>) {
        if self.machine.transport() != Transport::Polling {
            return; // dropping it refuses the request, which raced with the upgrade
        }
        if self.poll.is_some() {
            tracing::debug!("two polls at once");
            let _ = poll.send(Answer::Overlap); // a lost client is noticed by its poll
            return self.handle(Input::Failed(Transport::Polling));
        }
        self.poll = Some(poll);
        self.handle(Input::Ready(Transport::Polling));
    }

    /// Takes one packet of the post.
    pub(super) fn take_post(&mut self) -> bool {
        let Some(post) = self.post.as_mut().filter(|_| self.reading) else { return false };
        match post.payload.next() {
            Some(Ok(packet)) => {
                if self.observer.is_some() {
                    self.arrived(&packet);
                }
                self.handle(Input::Packet(Transport::Polling, packet));
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "a body is no payload");
                self.handle(Input::Invalid(Transport::Polling));
            }
            None => self.finish_post(),
        }
        true
    }

    pub(super) fn finish_post(&mut self) {
        if let Some(post) = self.post.take() {
            let _ = post.done.send(()); // a lost client is noticed by its request
        }
    }

    /// Notices that the client gave up its poll.
    pub(super) fn take_lost_poll(&mut self, cx: &mut Context<'_>) -> bool {
        let lost = self.poll.as_mut().is_some_and(|poll| poll.poll_closed(cx).is_ready());
        if lost {
            tracing::debug!("poll connection closed prematurely");
            self.poll = None;
            self.handle(Input::Failed(Transport::Polling));
        }
        lost
    }
}
