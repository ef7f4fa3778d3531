//! One measurement: one server, one row, one round.

use std::io;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::load::{Crowd, Shape, lasting, worked};
use crate::machine::Cores;
use crate::process::{cpu_time, kernel_memory, machine_busy, resident, user_and_system};
use crate::rows::Row;
use crate::server::{Kind, Server};

/// Connections that are there before idle ones are counted, so that what is made once is made.
const BEFORE: usize = 100;

/// How long each measurement takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) warm_up: Duration,
    pub(crate) measure: Duration,
    /// The time in which a server may put down what it needed to open idle connections.
    pub(crate) settle: Duration,
}

impl Pace {
    pub(crate) const FULL: Self = Self {
        warm_up: Duration::from_millis(400),
        measure: Duration::from_millis(1500),
        settle: Duration::from_secs(2),
    };
    pub(crate) const QUICK: Self = Self {
        warm_up: Duration::from_millis(100),
        measure: Duration::from_millis(300),
        settle: Duration::from_millis(300),
    };
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Sample {
    Work(Work),
    Memory(Memory),
}

/// What operations cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    /// Nanoseconds of the server's time for one operation, in the kernel and outside.
    pub(crate) cost: f64,
    /// The part of it in the kernel. Of short measurements it is rough: the kernel counts it in ticks.
    pub(crate) kernel: f64,
    /// Operations in a second.
    pub(crate) rate: f64,
    /// The part of its core that the load generator used, of 1.
    pub(crate) generator: f64,
    /// The cores that everything else on the machine used: of 1 for each core.
    pub(crate) others: f64,
}

/// What an idle connection holds, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// Of the server, resident.
    pub(crate) server: f64,
    /// Of the kernel, for the server's end: half of what both ends hold.
    pub(crate) kernel: f64,
}

impl Sample {
    /// What the row is judged by.
    pub(crate) fn cost(&self) -> f64 {
        match self {
            Self::Work(work) => work.cost,
            Self::Memory(memory) => memory.server,
        }
    }

    pub(crate) fn json(&self) -> Value {
        match *self {
            Self::Work(Work { cost, kernel, rate, generator, others }) => json!({
                "nanoseconds": cost, "kernel": kernel, "operations_per_second": rate,
                "generator": generator, "others": others,
            }),
            Self::Memory(Memory { server, kernel }) => {
                json!({ "bytes": server, "kernel_bytes": kernel })
            }
        }
    }
}

/// Starts a server, loads it, and ends it.
pub(crate) fn take(row: &Row, kind: Kind, pace: Pace, cores: Cores) -> io::Result<Sample> {
    let server = Server::start(kind, row.shape.task(), cores, &[])?;
    match row.shape {
        Shape::Idle { connections } => memory(&server, connections, pace).map(Sample::Memory),
        shape => work(&server, shape, pace).map(Sample::Work),
    }
}

fn work(server: &Server, shape: Shape, pace: Pace) -> io::Result<Work> {
    let mut load = shape.prepare(server.address)?;
    load.run(lasting(pace.warm_up))?;
    let before = Reading::now(server)?;
    let operations = load.run(lasting(pace.measure))?;
    let spent = Reading::now(server)?.since(&before);
    if operations == 0 {
        return Err(io::Error::other("not one operation was done in time"));
    }
    let operations = operations as f64;
    let seconds = spent.clock.as_secs_f64();
    let (user, system) = (spent.user.as_secs_f64(), spent.system.as_secs_f64());
    let others = spent.machine.saturating_sub(spent.server + spent.generator);
    Ok(Work {
        cost: spent.server.as_nanos() as f64 / operations,
        kernel: if user + system > 0.0 { system / (user + system) } else { 0.0 },
        rate: operations / seconds,
        generator: spent.worked.as_secs_f64() / seconds,
        others: others.as_secs_f64() / seconds,
    })
}

/// Times since some beginning, or between two readings.
struct Reading {
    clock: Duration,
    server: Duration,
    user: Duration,
    system: Duration,
    generator: Duration,
    /// The generator's, without that in which it only asked whether there is something to do.
    worked: Duration,
    machine: Duration,
}

impl Reading {
    fn now(server: &Server) -> io::Result<Self> {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        let (user, system) = user_and_system(server.id())?;
        Ok(Self {
            clock: START.get_or_init(Instant::now).elapsed(),
            server: cpu_time(server.id())?,
            user,
            system,
            generator: cpu_time(process::id())?,
            worked: worked(),
            machine: machine_busy()?,
        })
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            clock: self.clock - before.clock,
            server: self.server - before.server,
            user: self.user - before.user,
            system: self.system - before.system,
            generator: self.generator - before.generator,
            worked: self.worked.saturating_sub(before.worked),
            machine: self.machine - before.machine,
        }
    }
}

fn memory(server: &Server, connections: usize, pace: Pace) -> io::Result<Memory> {
    let mut crowd = Crowd::connect(server.address, BEFORE)?;
    let read = || {
        thread::sleep(pace.settle);
        Ok::<_, io::Error>((resident(server.id())? as f64, kernel_memory()? as f64))
    };
    let (server_before, kernel_before) = read()?;
    crowd.grow(server.address, connections)?;
    let (server_after, kernel_after) = read()?;
    let connections = connections as f64;
    Ok(Memory {
        server: (server_after - server_before) / connections,
        kernel: (kernel_after - kernel_before) / connections / 2.0,
    })
}
