//! What waits to be written to one connection, and who writes it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf as _, Bytes};
use tokio::net::TcpStream;

/// More bytes than this are not copied together but written as slices.
const COPY: usize = 64 * 1024;
/// Slices in one write.
const SLICES: usize = 64;

thread_local! {
    /// The connections with frames that this thread has pushed and not written.
    static DIRTY: RefCell<Vec<Arc<Outbox>>> = const { RefCell::new(Vec::new()) };
    static TOGETHER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(crate) struct Outbox {
    pub(crate) stream: TcpStream,
    queue: Mutex<Queue>,
    /// Whether the kernel takes no more for now. Then only the owner writes.
    blocked: AtomicBool,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Bytes>,
    /// Whether the connection is among [`DIRTY`].
    dirty: bool,
    owner: Option<Waker>,
}

impl Outbox {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, queue: Mutex::default(), blocked: AtomicBool::new(false) }
    }

    /// Says whom to wake when the kernel takes no more. Called once: the waker of a task does not change.
    pub(crate) fn belongs_to(&self, owner: &Waker) {
        self.with(|queue| queue.owner = Some(owner.clone()));
    }

    pub(crate) fn push(self: &Arc<Self>, frame: Bytes) {
        let was_dirty = self.with(|queue| {
            queue.frames.push_back(frame);
            mem::replace(&mut queue.dirty, true)
        });
        if !was_dirty {
            DIRTY.with_borrow_mut(|dirty| dirty.push(Arc::clone(self)));
        }
    }

    /// Writes the owner's own answers at once, if nothing waits before them.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        if self.blocked.load(Ordering::Relaxed) {
            self.with(|queue| queue.frames.push_back(Bytes::copy_from_slice(bytes)));
            return Ok(());
        }
        let written = taken(self.stream.try_write(bytes))?;
        if written < bytes.len() {
            self.with(|queue| queue.frames.push_front(Bytes::copy_from_slice(&bytes[written..])));
            self.blocked.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Writes what is left once the kernel takes more. For the owner.
    pub(crate) fn poll_unblock(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.blocked.load(Ordering::Relaxed) {
            std::task::ready!(self.stream.poll_write_ready(cx))?;
            self.blocked.store(false, Ordering::Relaxed);
            self.with(|queue| self.flush(queue))?;
        }
        Poll::Ready(Ok(()))
    }

    fn flush(&self, queue: &mut Queue) -> io::Result<()> {
        while !queue.frames.is_empty() {
            let total: usize = queue.frames.iter().map(Bytes::len).sum();
            let (offered, result) = self.write_some(&queue.frames, total);
            let written = taken(result)?;
            drop_first(&mut queue.frames, written);
            if written < offered {
                self.blocked.store(true, Ordering::Relaxed);
                if let Some(owner) = &queue.owner {
                    owner.wake_by_ref();
                }
                break;
            }
        }
        Ok(())
    }

    /// One frame as it is, some copied together, many as slices. Returns how many bytes it tried to write.
    fn write_some(&self, frames: &VecDeque<Bytes>, total: usize) -> (usize, io::Result<usize>) {
        if let (1, Some(frame)) = (frames.len(), frames.front()) {
            return (total, self.stream.try_write(frame));
        }
        if total <= COPY {
            return TOGETHER.with_borrow_mut(|together| {
                together.clear();
                frames.iter().for_each(|frame| together.extend_from_slice(frame));
                (total, self.stream.try_write(together))
            });
        }
        let slices: Vec<_> = frames.iter().take(SLICES).map(|frame| IoSlice::new(frame)).collect();
        (slices.iter().map(|slice| slice.len()).sum(), self.stream.try_write_vectored(&slices))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        change(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes every queue that was pushed to. Who finds a connection broken leaves that to its owner.
pub(crate) fn flush_dirty() {
    let mut dirty = DIRTY.take();
    for outbox in dirty.drain(..) {
        outbox.with(|queue| {
            queue.dirty = false;
            if !outbox.blocked.load(Ordering::Relaxed) {
                _ = outbox.flush(queue);
            }
        });
    }
    DIRTY.set(dirty);
}

/// How much the kernel took.
fn taken(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}

fn drop_first(frames: &mut VecDeque<Bytes>, mut bytes: usize) {
    while bytes > 0 {
        let first = frames.front_mut().expect("no more is written than was there");
        if bytes < first.len() {
            return first.advance(bytes);
        }
        bytes -= first.len();
        frames.pop_front();
    }
}
