use super::*;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::task::Wake;

/// Waits for items and takes all that are there.
async fn take<T>(inbox: &mut Inbox<T>) -> Result<Vec<T>, Overflow> {
    let mut items = vec![poll_fn(|cx| inbox.poll_next(cx)).await?];
    while let Some(item) = inbox.pop()? {
        items.push(item);
    }
    Ok(items)
}

fn settle<T>(inbox: &mut Inbox<T>, unwritten: usize) -> Poll<()> {
    inbox.settle(&mut Context::from_waker(Waker::noop()), unwritten, unwritten == 0)
}

#[tokio::test]
async fn every_item_arrives_in_order() {
    let (mailbox, mut inbox) = mailbox(usize::MAX);
    let sender = mailbox.clone();
    let thread = std::thread::spawn(move || (0..10_000).for_each(|n| sender.push(n, 1).unwrap()));
    for next in 0..10_000 {
        assert_eq!(poll_fn(|cx| inbox.poll_next(cx)).await, Ok(next));
    }
    thread.join().unwrap();
    mailbox.close();
    assert_eq!(mailbox.push(1, 1), Err(PushError::Closed));
}

#[tokio::test]
async fn whoever_settles_misses_nothing() {
    let (mailbox, mut inbox) = mailbox(usize::MAX);
    let thread = std::thread::spawn(move || (0..10_000).for_each(|n| mailbox.push(n, 1).unwrap()));
    for next in 0..10_000 {
        let item = poll_fn(|cx| {
            inbox.rouse();
            loop {
                if let Some(item) = inbox.pop().unwrap() {
                    return Poll::Ready(item);
                }
                std::task::ready!(inbox.settle(cx, 0, true));
            }
        });
        assert_eq!(item.await, next);
    }
    thread.join().unwrap();
}

#[test]
fn the_owner_is_woken_once_and_not_while_it_runs() {
    let (mailbox, mut inbox) = mailbox(usize::MAX);
    let task = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&task));
    let mut cx = Context::from_waker(&waker);
    let woken = || task.0.swap(0, Ordering::Relaxed);
    assert!(inbox.settle(&mut cx, 0, true).is_pending());
    mailbox.push(1, 1).unwrap();
    mailbox.push(2, 1).unwrap();
    assert_eq!(woken(), 1);
    inbox.rouse();
    mailbox.push(3, 1).unwrap();
    assert_eq!(woken(), 0);
    assert!(inbox.settle(&mut cx, 0, true).is_ready());
    while inbox.pop().unwrap().is_some() {}
    mailbox.push(4, 1).unwrap();
    assert_eq!(inbox.pop(), Ok(Some(4)));
    assert!(inbox.settle(&mut cx, 0, true).is_pending());
    assert_eq!(woken(), 0);
}

#[tokio::test]
async fn the_limit_counts_what_is_taken_and_not_flushed() {
    let (mailbox, mut inbox) = mailbox(10);
    mailbox.push("a", 6).unwrap();
    take(&mut inbox).await.unwrap();
    assert_eq!(mailbox.buffered(), 6);
    assert_eq!(mailbox.push("b", 5), Err(PushError::Overflow));
    assert_eq!(take(&mut inbox).await, Err(Overflow));
    assert_eq!(mailbox.push("c", 1), Err(PushError::Closed));
}

#[tokio::test]
async fn one_item_larger_than_the_limit_passes_and_counts_against_no_other() {
    let (mailbox, mut inbox) = mailbox(10);
    mailbox.push("large", 100).unwrap();
    assert_eq!(take(&mut inbox).await.unwrap(), ["large"]);
    assert!(settle(&mut inbox, 0).is_pending());
    mailbox.push("large", 100).unwrap();
    mailbox.push("small", 10).unwrap();
    assert_eq!(mailbox.push("small", 1), Err(PushError::Overflow));
}

#[tokio::test]
async fn a_volatile_item_passes_only_when_nothing_waits() {
    let (mailbox, mut inbox) = mailbox(10);
    assert_eq!(mailbox.push_volatile(1, 1), Err(PushError::Busy));
    assert!(settle(&mut inbox, 0).is_pending());
    mailbox.push_volatile(2, 1).unwrap();
    assert_eq!(mailbox.push_volatile(3, 1), Err(PushError::Busy));
    assert_eq!(take(&mut inbox).await.unwrap(), [2]);
    assert_eq!(mailbox.push_volatile(4, 1), Err(PushError::Busy));
    assert!(settle(&mut inbox, 0).is_pending());
    mailbox.push_volatile(5, 1).unwrap();
}

#[tokio::test]
async fn draining_ends_when_all_is_flushed_or_the_mailbox_closes() {
    let (mailbox, mut inbox) = mailbox(10);
    mailbox.push(1, 1).unwrap();
    let mut drained = pin!(mailbox.drained());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(drained.as_mut().poll(&mut cx).is_pending());
    take(&mut inbox).await.unwrap();
    assert!(drained.as_mut().poll(&mut cx).is_pending());
    assert!(settle(&mut inbox, 1).is_pending());
    assert!(drained.as_mut().poll(&mut cx).is_pending());
    assert!(settle(&mut inbox, 0).is_pending());
    drained.await;

    mailbox.push(2, 1).unwrap();
    let closing = mailbox.clone();
    tokio::join!(mailbox.drained(), async { closing.close() });
}

#[tokio::test]
async fn an_overflow_ends_every_wait() {
    let (mailbox, _inbox) = mailbox(10);
    mailbox.push(1, 10).unwrap();
    let mut drained = pin!(mailbox.drained());
    let mut closed = pin!(mailbox.closed());
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut cx = Context::from_waker(&waker);
    assert!(drained.as_mut().poll(&mut cx).is_pending());
    assert!(closed.as_mut().poll(&mut cx).is_pending());
    mailbox.push(2, 1).unwrap_err();
    assert!(woken.0.load(Ordering::Relaxed) > 0);
    drained.await;
    closed.await;
}

#[tokio::test]
async fn the_owner_closes_the_mailbox_when_it_ends() {
    let (mailbox, inbox) = mailbox(10);
    mailbox.push(1, 1).unwrap();
    drop(inbox);
    mailbox.drained().await;
    assert_eq!(mailbox.push(2, 1), Err(PushError::Closed));
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_mailbox_forgets_who_gave_up_waiting() {
    let (mailbox, mut inbox) = mailbox::<u8>(10);
    let task = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&task));
    let mut cx = Context::from_waker(&waker);
    let alone = Arc::strong_count(&task);
    assert!(pin!(mailbox.closed()).poll(&mut cx).is_pending());
    assert_eq!(Arc::strong_count(&task), alone);
    assert!(inbox.poll_next(&mut cx).is_pending());
    mailbox.close();
    assert_eq!(Arc::strong_count(&task), alone);
}

#[test]
fn items_are_dropped_outside_the_lock() {
    struct Item(Mailbox<Self>);

    impl Drop for Item {
        fn drop(&mut self) {
            assert!(self.0.0.state.try_lock().is_ok());
        }
    }

    let (mailbox, mut inbox) = mailbox(10);
    let push = |bytes| mailbox.push(Item(mailbox.clone()), bytes);
    assert_eq!(mailbox.push_volatile(Item(mailbox.clone()), 1), Err(PushError::Busy));
    push(1).unwrap();
    let alone = Arc::strong_count(&mailbox.0);
    assert_eq!(push(10), Err(PushError::Overflow));
    assert_eq!(Arc::strong_count(&mailbox.0), alone, "what waits is dropped by the owner");
    assert_eq!(push(1), Err(PushError::Closed));
    assert!(inbox.pop().is_err());
    assert_eq!(Arc::strong_count(&mailbox.0), alone - 1);
    mailbox.close();
    assert_eq!(push(1), Err(PushError::Closed));
}
