//! What the kernel says of a process and of its own memory, in `/proc`.

use std::fs;
use std::io;
use std::time::Duration;

/// A page, and a tick of the clock of processes: both are what every Linux on these machines has.
const PAGE: u64 = 4096;
const TICK: Duration = Duration::from_millis(10);

/// The slabs that hold what the kernel keeps for a connection.
const SLABS: [&str; 7] = [
    "TCP",
    "sock_inode_cache",
    "filp",
    "eventpoll_epi",
    "eventpoll_pwq",
    "tw_sock_TCP",
    "request_sock_TCP",
];

/// The time that all threads of a process have run, in the kernel and outside of it, to the nanosecond.
pub(crate) fn cpu_time(id: u32) -> io::Result<Duration> {
    let mut total = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        match fs::read_to_string(thread?.path().join("schedstat")) {
            Ok(text) => total += parse_schedstat(&text).ok_or_else(|| unreadable("schedstat"))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {} // the thread has ended
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

/// The share of a process's time that it spent in the kernel since it started, by ticks: a rough number.
pub(crate) fn user_and_system(id: u32) -> io::Result<(Duration, Duration)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
    parse_stat(&text).ok_or_else(|| unreadable("stat"))
}

/// The memory of a process that is in RAM, in bytes.
pub(crate) fn resident(id: u32) -> io::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/status"))?;
    parse_resident(&text).ok_or_else(|| unreadable("status"))
}

/// The time that the cores were busy since the machine started, all of them together.
pub(crate) fn machine_busy() -> io::Result<Duration> {
    parse_busy(&fs::read_to_string("/proc/stat")?).ok_or_else(|| unreadable("stat"))
}

/// What the kernel holds for TCP on this machine, both ends of every connection, in bytes: the slabs of sockets, files and
/// epoll, and the buffers. Slabs can be read by root only; without them, all slabs of the machine stand in.
pub(crate) fn kernel_memory() -> io::Result<u64> {
    let sockets = fs::read_to_string("/proc/net/sockstat")?;
    let buffers = parse_sockstat(&sockets).ok_or_else(|| unreadable("sockstat"))?;
    let slabs = match fs::read_to_string("/proc/slabinfo") {
        Ok(text) => parse_slabs(&text),
        Err(_) => parse_slab_total(&fs::read_to_string("/proc/meminfo")?)
            .ok_or_else(|| unreadable("meminfo"))?,
    };
    Ok(buffers + slabs)
}

/// The cores that this process may run on.
pub(crate) fn cores() -> io::Result<Vec<usize>> {
    let text = fs::read_to_string("/proc/self/status")?;
    field(&text, "Cpus_allowed_list:").and_then(parse_list).ok_or_else(|| unreadable("status"))
}

fn unreadable(file: &str) -> io::Error {
    io::Error::other(format!("/proc says something unknown in `{file}`"))
}

/// `<ns on a core> <ns waiting for one> <times>`
fn parse_schedstat(text: &str) -> Option<Duration> {
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// `<id> (<name>) <state> …`: the 14th and 15th fields are the ticks outside of the kernel and in it. A name may hold anything.
fn parse_stat(text: &str) -> Option<(Duration, Duration)> {
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11).map(str::parse::<u32>);
    Some((TICK * fields.next()?.ok()?, TICK * fields.next()?.ok()?))
}

/// `VmRSS:     1234 kB`
fn parse_resident(text: &str) -> Option<u64> {
    field(text, "VmRSS:").and_then(kilobytes)
}

/// `cpu  <user> <nice> <system> <idle> <waiting for disks> <irq> <softirq> …`, in ticks
fn parse_busy(text: &str) -> Option<Duration> {
    let all: Vec<u64> =
        field(text, "cpu ")?.split_whitespace().map_while(|ticks| ticks.parse().ok()).collect();
    let [user, nice, system, _, _, irq, softirq, ..] = all[..] else { return None };
    let ticks = u32::try_from(user + nice + system + irq + softirq).ok()?;
    Some(TICK * ticks)
}

/// `TCP: inuse 4 orphan 0 tw 8 alloc 7 mem 2`, where `mem` is in pages
fn parse_sockstat(text: &str) -> Option<u64> {
    let mut words = field(text, "TCP:")?.split_whitespace().skip_while(|word| *word != "mem");
    words.nth(1)?.parse().ok().map(|pages: u64| pages * PAGE)
}

/// `<name> <objects in use> <objects> <bytes of one> …`
fn parse_slabs(text: &str) -> u64 {
    let bytes = |line: &str| {
        let mut words = line.split_whitespace();
        SLABS.contains(&words.next()?).then_some(())?;
        let used: u64 = words.next()?.parse().ok()?;
        let size: u64 = words.nth(1)?.parse().ok()?;
        Some(used * size)
    };
    text.lines().filter_map(bytes).sum()
}

/// `Slab:     1234 kB`
fn parse_slab_total(text: &str) -> Option<u64> {
    field(text, "Slab:").and_then(kilobytes)
}

/// `0-2,5`
fn parse_list(text: &str) -> Option<Vec<usize>> {
    let mut list = Vec::new();
    for range in text.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        list.extend(first..=last);
    }
    Some(list)
}

/// What follows `name` at the beginning of a line.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

fn kilobytes(text: &str) -> Option<u64> {
    text.strip_suffix("kB")?.trim().parse().ok().map(|kilobytes: u64| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_on_a_core_comes_first() {
        assert_eq!(
            parse_schedstat("1046993589 613804 40\n"),
            Some(Duration::from_nanos(1_046_993_589))
        );
        assert_eq!(parse_schedstat(""), None);
    }

    #[test]
    fn the_name_of_a_process_may_look_like_fields() {
        let line = "77 (a (b) 1 2) S 1 77 77 0 -1 4194304 100 0 0 0 250 131 0 0 20 0 1 0 5";
        let (user, system) = parse_stat(line).unwrap();
        assert_eq!((user, system), (Duration::from_millis(2500), Duration::from_millis(1310)));
        assert_eq!(parse_stat("77 (a) S 1"), None);
    }

    #[test]
    fn resident_memory_is_in_kilobytes() {
        let text = "Name:\tserver\nVmPeak:\t  9000 kB\nVmRSS:\t    1234 kB\n";
        assert_eq!(parse_resident(text), Some(1234 * 1024));
        assert_eq!(parse_resident("Name:\tkernel thread\n"), None);
    }

    #[test]
    fn a_core_that_waits_is_not_busy() {
        let text = "cpu  100 10 50 9999 77 3 4 8 0 0\ncpu0 50 5 25 5000 0 1 2 4 0 0\n";
        assert_eq!(parse_busy(text), Some(Duration::from_millis(1670)));
    }

    #[test]
    fn buffers_are_in_pages() {
        let text = "sockets: used 46\nTCP: inuse 18 orphan 0 tw 2034 alloc 18 mem 294\nUDP: inuse 0 mem 0\n";
        assert_eq!(parse_sockstat(text), Some(294 * PAGE));
    }

    #[test]
    fn only_the_slabs_of_connections_count() {
        let text = "slabinfo - version: 2.1\n\
            TCPv6 26 26 2496 13 8 : tunables\nTCP 130 182 2368 13 8 : tunables\n\
            dentry 165270 165270 192 21 1 : tunables\nfilp 830 945 192 21 1 : tunables\n";
        assert_eq!(parse_slabs(text), 130 * 2368 + 830 * 192);
        assert_eq!(parse_slab_total("MemFree: 7 kB\nSlab:   12 kB\n"), Some(12 * 1024));
    }

    #[test]
    fn cores_are_numbers_and_ranges() {
        assert_eq!(parse_list("0-2,5\n"), Some(vec![0, 1, 2, 5]));
        assert_eq!(parse_list("7"), Some(vec![7]));
        assert_eq!(parse_list("none"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        let id = std::process::id();
        assert!(resident(id).unwrap() > 100_000);
        assert!(cpu_time(id).is_ok() && user_and_system(id).is_ok());
        assert!(machine_busy().unwrap() > Duration::ZERO);
        assert!(kernel_memory().unwrap() > 0 && !cores().unwrap().is_empty());
    }
}
