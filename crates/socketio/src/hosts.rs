//! The namespaces of a server: those that were added, and those that come and go with their clients.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::time::Duration;

use socketio_proto::Codec;

use crate::adapter::Adapter;
use crate::handler::EventService;
use crate::link::{Link, Outbox};
use crate::listeners::Handlers;
use crate::observer::Watch;
use crate::pattern::{Parameters, Pattern};
use crate::target::Flags;

/// The namespaces of a server.
#[derive(Debug)]
pub(crate) struct Hosts {
    table: RwLock<Table>,
    limits: Limits,
    wiring: Wiring,
}

/// What every namespace of a server is made with.
#[derive(Clone, Debug)]
pub(crate) struct Wiring {
    /// How packets are written.
    pub(crate) codec: Codec,
    /// Time that clients have to acknowledge.
    pub(crate) ack_timeout: Option<Duration>,
    /// The way to other servers, if there may be any.
    pub(crate) outbox: Option<Outbox>,
    pub(crate) watch: Watch,
}

impl Wiring {
    fn adapter(&self, namespace: &str) -> Adapter {
        let adapter = Adapter::new(namespace, self.ack_timeout);
        adapter.with_codec(self.codec.clone()).watched(self.watch.clone())
    }

    /// Makes a namespace known to other servers, now that it comes into being.
    fn link(&self, adapter: &Adapter) {
        let outbox = self.outbox.clone();
        adapter.join_link(|| outbox.map(|outbox| Link::new(outbox, &adapter.namespace)));
    }
}

/// What bounds the namespaces of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Namespaces that clients may bring into being.
    pub(crate) max_children: usize,
    /// Bytes of the name of such a namespace.
    pub(crate) max_name: usize,
    /// A child ends when its last socket leaves.
    pub(crate) cleanup: bool,
}

#[derive(Debug, Default)]
struct Table {
    hosts: HashMap<Box<str>, Arc<Host>>,
    /// In the order in which they are tried.
    parents: Vec<Arc<Parent>>,
    /// Those among `hosts` that have a parent.
    children: usize,
}

/// A namespace that clients can connect to.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) adapter: Arc<Adapter>,
    pub(crate) handlers: Arc<Handlers>,
    child: Option<Child>,
}

/// What a namespace has that a client brought into being.
#[derive(Debug)]
struct Child {
    parent: Arc<Parent>,
    hosts: Weak<Hosts>,
    /// The [stays](Stay) in it. Grows only under the lock of the table.
    stays: AtomicUsize,
}

/// What namespaces come of whose names match a pattern.
#[derive(Debug)]
pub(crate) struct Parent {
    /// The pattern as it was given.
    name: Box<str>,
    pattern: Pattern,
    predicate: Option<EventService>,
    handlers: Arc<Handlers>,
}

/// What a name leads to.
pub(crate) enum Search {
    Found(Stay),
    /// A namespace that there is not yet, and may be if its parent's predicate agrees. If not, the search goes on
    /// at the parent `next`.
    Candidate {
        host: Arc<Host>,
        next: usize,
    },
    Nothing,
}

impl Hosts {
    pub(crate) fn new(limits: Limits, wiring: Wiring) -> Arc<Self> {
        Arc::new(Self { table: RwLock::default(), limits, wiring })
    }

    /// Adds a namespace and returns its name, or adds what namespaces come of. The name or pattern begins with a slash.
    ///
    /// # Errors
    /// Says what is wrong with the name.
    pub(crate) fn add(
        &self,
        name: &str,
        predicate: Option<EventService>,
        handlers: Handlers,
    ) -> Result<Option<String>, String> {
        let pattern = Pattern::parse(name)
            .map_err(|error| format!("\"{name}\" cannot name a namespace: {error}"))?;
        let handlers = Arc::new(handlers);
        let taken = || format!("there is a namespace \"{name}\" already");
        let mut table = self.write();
        match (pattern.literal(), predicate) {
            (Some(literal), None) => {
                if table.hosts.contains_key(&*literal) {
                    return Err(taken());
                }
                let adapter = Arc::new(self.wiring.adapter(&literal));
                self.wiring.link(&adapter);
                let host = Arc::new(Host { adapter, handlers, child: None });
                table.hosts.insert(literal.clone().into(), host);
                Ok(Some(literal))
            }
            (_, predicate) => {
                if table.parents.iter().any(|parent| &*parent.name == name) {
                    return Err(taken());
                }
                let name = name.into();
                table.parents.push(Arc::new(Parent { name, pattern, predicate, handlers }));
                Ok(None)
            }
        }
    }

    /// Returns a namespace that is there now.
    pub(crate) fn host(&self, name: &str) -> Option<Arc<Host>> {
        self.read().hosts.get(name).cloned()
    }

    /// Returns the adapter of a namespace.
    pub(crate) fn adapter(&self, name: &str) -> Option<Arc<Adapter>> {
        self.read().hosts.get(name).map(|host| Arc::clone(&host.adapter))
    }

    /// Returns the links to other servers of all namespaces. O(namespaces).
    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        let table = self.read();
        let link = |host: &Arc<Host>| host.adapter.link(Flags::default()).cloned();
        table.hosts.values().filter_map(link).collect()
    }

    /// Says whether there may be a namespace of this name as soon as somebody connects to it.
    pub(crate) fn may_be(&self, name: &str) -> bool {
        let is_of = |parent: &Arc<Parent>| parent.pattern.parameters(name).is_some();
        name.len() <= self.limits.max_name && self.read().parents.iter().any(is_of)
    }

    /// Returns what was added with this pattern.
    pub(crate) fn parent(&self, pattern: &str) -> Option<Arc<Parent>> {
        self.read().parents.iter().find(|parent| &*parent.name == pattern).cloned()
    }

    /// Returns the adapters of the namespaces that came of a parent and are there now. O(namespaces).
    pub(crate) fn children(&self, parent: &Arc<Parent>) -> Vec<Arc<Adapter>> {
        let table = self.read();
        let is_child = |host: &&Arc<Host>| {
            host.child.as_ref().is_some_and(|child| Arc::ptr_eq(&child.parent, parent))
        };
        table.hosts.values().filter(is_child).map(|host| Arc::clone(&host.adapter)).collect()
    }

    /// Looks for a namespace, or else for one that could be, from a parent onwards. O(parents).
    pub(crate) fn search(self: &Arc<Self>, name: &str, from: usize) -> Search {
        let table = self.read();
        if let Some(host) = table.hosts.get(name) {
            return Search::Found(Stay::new(Arc::clone(host)));
        }
        if name.len() > self.limits.max_name {
            return Search::Nothing;
        }
        let mut parents = table.parents.iter().enumerate().skip(from);
        let found = parents
            .find_map(|(index, parent)| Some((index, parent, parent.pattern.parameters(name)?)));
        match found {
            Some((index, parent, parameters)) => {
                let host = Arc::new(self.child(name, parent, parameters));
                Search::Candidate { host, next: index + 1 }
            }
            None => Search::Nothing,
        }
    }

    fn child(self: &Arc<Self>, name: &str, parent: &Arc<Parent>, parameters: Parameters) -> Host {
        let adapter = self.wiring.adapter(name).with_parameters(parameters);
        let (parent, hosts) = (Arc::clone(parent), Arc::downgrade(self));
        let handlers = Arc::clone(&parent.handlers);
        let child = Some(Child { parent, hosts, stays: AtomicUsize::new(0) });
        Host { adapter: Arc::new(adapter), handlers, child }
    }

    /// Brings a candidate into being, unless another one was first: then it is entered instead. Says whether it is
    /// new, or returns `None` if there are too many.
    pub(crate) fn open(&self, candidate: Arc<Host>) -> Option<(Stay, bool)> {
        let mut table = self.write();
        if let Some(host) = table.hosts.get(&*candidate.adapter.namespace) {
            return Some((Stay::new(Arc::clone(host)), false));
        }
        if table.children >= self.limits.max_children {
            return None;
        }
        table.children += 1;
        self.wiring.link(&candidate.adapter);
        table.hosts.insert(candidate.adapter.namespace.clone(), Arc::clone(&candidate));
        Some((Stay::new(candidate), true))
    }

    /// Removes a child that nobody is in. Nobody can be about to enter it: who does holds the lock.
    fn remove_if_empty(&self, host: &Arc<Host>, child: &Child) {
        if !self.limits.cleanup {
            return;
        }
        let mut table = self.write();
        let name = &host.adapter.namespace;
        let is_listed = table.hosts.get(name).is_some_and(|listed| Arc::ptr_eq(listed, host));
        if is_listed && child.stays.load(Ordering::Acquire) == 0 {
            table.children -= 1;
            table.hosts.remove(name);
            drop(table); // the observer may look for namespaces
            if let Some(observer) = self.wiring.watch.observer() {
                observer.namespace_removed(name);
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host {
    /// Returns what decides whether there is such a namespace.
    pub(crate) fn predicate(&self) -> Option<&EventService> {
        self.child.as_ref()?.parent.predicate.as_ref()
    }
}

/// What keeps a namespace: a socket that is in it, or about to be. Dropping the last removes a child.
#[derive(Debug)]
pub(crate) struct Stay(Arc<Host>);

impl Stay {
    /// Enters a host: one of the table only under its lock, or it may be gone.
    pub(crate) fn new(host: Arc<Host>) -> Self {
        if let Some(child) = &host.child {
            child.stays.fetch_add(1, Ordering::AcqRel);
        }
        Self(host)
    }

    pub(crate) fn host(&self) -> &Arc<Host> {
        &self.0
    }
}

impl Deref for Stay {
    type Target = Host;

    fn deref(&self) -> &Host {
        &self.0
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let Some(child) = &self.0.child else { return };
        if child.stays.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        if let Some(hosts) = child.hosts.upgrade() {
            hosts.remove_if_empty(&self.0, child);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn hosts(max_children: usize, cleanup: bool) -> Arc<Hosts> {
        let (codec, watch) = (Codec::default(), Watch::default());
        let wiring = Wiring { codec, ack_timeout: None, outbox: None, watch };
        let hosts = Hosts::new(Limits { max_children, max_name: 256, cleanup }, wiring);
        hosts.add("/", None, Handlers::default()).unwrap();
        hosts.add("/room-{id}", None, Handlers::default()).unwrap();
        hosts
    }

    /// Enters a namespace, and says whether it is new.
    fn enter(hosts: &Arc<Hosts>, name: &str) -> Option<(Stay, bool)> {
        match hosts.search(name, 0) {
            Search::Found(stay) => Some((stay, false)),
            Search::Candidate { host, .. } => hosts.open(host),
            Search::Nothing => None,
        }
    }

    fn is_there(hosts: &Hosts, name: &str) -> bool {
        hosts.adapter(name).is_some()
    }

    #[test]
    fn a_child_is_there_as_long_as_somebody_is_in_it() {
        let hosts = hosts(10, true);
        assert!(!is_there(&hosts, "/room-1") && hosts.may_be("/room-1"));
        let (first, is_new) = enter(&hosts, "/room-1").unwrap();
        assert!(is_new);
        let (second, is_new) = enter(&hosts, "/room-1").unwrap();
        assert!(!is_new && Arc::ptr_eq(first.host(), second.host()));
        assert_eq!(first.adapter.parameters.get("id"), Some("1"));
        drop(first);
        assert!(is_there(&hosts, "/room-1"));
        drop(second);
        assert!(!is_there(&hosts, "/room-1"));
        assert!(enter(&hosts, "/room-1").unwrap().1);
    }

    #[test]
    fn what_was_added_stays() {
        let hosts = hosts(10, true);
        drop(enter(&hosts, "/").unwrap());
        assert!(is_there(&hosts, "/"));
        assert!(enter(&hosts, "/other").is_none() && !hosts.may_be("/other"));
    }

    #[test]
    fn children_that_are_kept_count_too() {
        for (cleanup, left) in [(true, 0), (false, 2)] {
            let hosts = hosts(2, cleanup);
            let stays = ["/room-1", "/room-2"].map(|name| enter(&hosts, name).unwrap());
            assert!(enter(&hosts, "/room-3").is_none());
            assert!(enter(&hosts, "/room-2").is_some() && enter(&hosts, "/").is_some());
            drop(stays);
            let parent = hosts.parent("/room-{id}").unwrap();
            assert_eq!(hosts.children(&parent).len(), left);
            assert_eq!(enter(&hosts, "/room-3").is_some(), cleanup);
        }
    }

    #[test]
    fn a_candidate_that_comes_second_is_the_first() {
        let hosts = hosts(10, true);
        let candidate = || match hosts.search("/room-1", 0) {
            Search::Candidate { host, .. } => host,
            Search::Found(_) | Search::Nothing => panic!("not yet"),
        };
        let (first, second) = (candidate(), candidate());
        let probe = Stay::new(Arc::clone(&second));
        let (stay, _) = hosts.open(first).unwrap();
        drop(probe);
        let (other, is_new) = hosts.open(second).unwrap();
        assert!(!is_new && Arc::ptr_eq(stay.host(), other.host()));
    }

    #[test]
    fn parents_are_tried_in_the_order_they_were_added() {
        let hosts = hosts(10, true);
        hosts.add("/{*all}", None, Handlers::default()).unwrap();
        let parameter = |name: &str, from| match hosts.search(name, from) {
            Search::Candidate { host, next } => {
                let all: Vec<_> =
                    host.adapter.parameters.iter().map(|(name, _)| name.to_owned()).collect();
                Some((all.concat(), next))
            }
            Search::Found(_) | Search::Nothing => None,
        };
        assert_eq!(parameter("/room-1", 0), Some(("id".to_owned(), 1)));
        assert_eq!(parameter("/room-1", 1), Some(("all".to_owned(), 2)));
        assert_eq!(parameter("/room-1", 2), None);
        assert_eq!(parameter("/hall", 0), Some(("all".to_owned(), 2)));
    }

    #[test]
    fn nobody_is_in_a_namespace_that_was_removed() {
        const TIMES: usize = 5_000;
        let hosts = hosts(1, true);
        let enter_and_leave = || {
            let mut new = 0;
            for _ in 0..TIMES {
                let (stay, is_new) = enter(&hosts, "/room-1").unwrap();
                new += usize::from(is_new);
                let Search::Found(found) = hosts.search("/room-1", 0) else {
                    panic!("a namespace is gone while somebody is in it")
                };
                assert!(Arc::ptr_eq(found.host(), stay.host()));
            }
            new
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(enter_and_leave)).collect();
            let new: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
            assert!(new >= 1);
        });
        assert!(!is_there(&hosts, "/room-1"));
    }
}
