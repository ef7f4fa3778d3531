//! A million sockets in a hundred thousand rooms, in this one process: what they weigh, and how long each step takes.
//!
//! `cargo run --release --bin crowd [sockets [rooms]]`. A million needs some 10 GB. Clients are pipes in memory, without
//! a task and without a network, so the time is the server's, and the memory the server's and that of the pipes.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, mem, thread};

use engineio::Pipe;
use socketio::{Namespace, Socket, SocketIo};
use tokio::task::{unconstrained, yield_now};

const SOCKETS: usize = 1_000_000;
const ROOMS: usize = 100_000;
/// Sockets that connect at once.
const BATCH: usize = 1_000;
/// Broadcasts to one room each.
const BROADCASTS: usize = 10_000;

/// Sockets in the order in which they connected.
type Sockets = Arc<Mutex<Vec<Socket>>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let numbers = env::args().skip(1).map(|word| word.parse());
    let numbers = numbers.collect::<Result<Vec<usize>, _>>()?;
    let sockets = numbers.first().copied().unwrap_or(SOCKETS);
    let rooms = numbers.get(1).copied().unwrap_or(ROOMS).max(1);
    let empty = resident()?;

    let arrived = Sockets::default();
    let io = server(&arrived);
    let begun = Instant::now();
    let mut pipes = connect(&io, &arrived, sockets).await?;
    report("connect", begun.elapsed(), sockets);
    let connected = weigh("in no room", empty, sockets)?;

    let all = mem::take(&mut *lock(&arrived));
    let names: Vec<_> = (0..rooms).map(|room| format!("room {room}")).collect();
    let begun = Instant::now();
    all.iter().zip(names.iter().cycle()).for_each(|(socket, name)| socket.join(name));
    report("join", begun.elapsed(), sockets);
    weigh("in a room, on top", connected, sockets)?;

    broadcast_to_all(&io, &mut pipes).await?;
    broadcast_to_rooms(&io, &names, &mut pipes).await?;
    move_during_a_broadcast(&io, &all, &mut pipes).await?;

    drop(all);
    let begun = Instant::now();
    drop(pipes);
    while io.connections() > 0 {
        yield_now().await;
    }
    report("disconnect", begun.elapsed(), sockets);

    // An allocator keeps what was freed for what comes next, so what is left behind shows only now.
    let most = resident()?;
    let _pipes = connect(&io, &arrived, sockets).await?;
    weigh("all again, on top", most, sockets)?;
    Ok(())
}

fn server(arrived: &Sockets) -> SocketIo {
    let arrived = Arc::clone(arrived);
    let main = Namespace::new().on_connect(async move |socket: Socket| lock(&arrived).push(socket));
    // Nobody is there to answer a ping.
    SocketIo::builder().namespace("/", main).ping_interval(Duration::from_secs(86_400)).build()
}

async fn connect(
    io: &SocketIo,
    arrived: &Sockets,
    sockets: usize,
) -> Result<Vec<Pipe>, Box<dyn Error>> {
    let mut pipes = Vec::with_capacity(sockets);
    while pipes.len() < sockets {
        let old = pipes.len();
        for _ in 0..BATCH.min(sockets - old) {
            let pipe = io.test_client().open();
            pipe.send("40".to_owned());
            pipes.push(pipe);
        }
        for pipe in &mut pipes[old..] {
            receive(pipe).await?; // Engine.IO's handshake
            receive(pipe).await?; // the answer of the namespace
        }
        while lock(arrived).len() < pipes.len() {
            yield_now().await;
        }
    }
    Ok(pipes)
}

fn lock(sockets: &Sockets) -> MutexGuard<'_, Vec<Socket>> {
    sockets.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn receive(pipe: &mut Pipe) -> Result<(), &'static str> {
    unconstrained(pipe.recv()).await.map(drop).ok_or("the server closed a connection")
}

async fn broadcast_to_all(io: &SocketIo, pipes: &mut [Pipe]) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    io.emit("news", "for all");
    report("emit to all, per socket", begun.elapsed(), pipes.len());
    for pipe in &mut *pipes {
        receive(pipe).await?;
    }
    report("and until all have it", begun.elapsed(), pipes.len());
    Ok(())
}

async fn broadcast_to_rooms(
    io: &SocketIo,
    names: &[String],
    pipes: &mut [Pipe],
) -> Result<(), Box<dyn Error>> {
    let some = &names[..BROADCASTS.min(names.len())];
    let begun = Instant::now();
    some.iter().for_each(|name| io.to(name).emit("news", "for some"));
    report("emit to one room", begun.elapsed(), some.len());
    // One socket after the other is in the next room.
    for round in pipes.chunks_mut(names.len()) {
        for pipe in round.iter_mut().take(some.len()) {
            receive(pipe).await?;
        }
    }
    report("and until they have it", begun.elapsed(), some.len());
    Ok(())
}

/// Broadcasts to all from another thread while sockets change their rooms.
async fn move_during_a_broadcast(
    io: &SocketIo,
    all: &[Socket],
    pipes: &mut [Pipe],
) -> Result<(), Box<dyn Error>> {
    let mut times = Vec::new();
    thread::scope(|scope| {
        let emit = scope.spawn(|| io.emit("news", "for all"));
        // Steps of a prime: each time another chunk of the list of all.
        for socket in all.iter().cycle().step_by(7_919) {
            if emit.is_finished() {
                break;
            }
            let begun = Instant::now();
            socket.join("elsewhere");
            socket.leave("elsewhere");
            times.push(begun.elapsed() / 2);
        }
    });
    for pipe in pipes {
        receive(pipe).await?;
    }
    times.sort_unstable();
    let share = |of_all: f64| {
        let index = (times.len() as f64 * of_all) as usize;
        times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    let [median, most, all] = [0.5, 0.999, 1.0].map(share);
    let count = 2 * times.len();
    println!(
        "join, leave meanwhile        {count} times: median {median:.1?}, 99.9 % {most:.1?}, longest {all:.1?}"
    );
    Ok(())
}

fn report(what: &str, time: Duration, operations: usize) {
    let each = time.as_secs_f64() * 1e6 / operations as f64;
    println!("{what:28} {time:.2?} for {operations}: {each:.2} µs each");
}

/// Prints what memory was added since `before`, and returns what there is now.
fn weigh(what: &str, before: usize, sockets: usize) -> Result<usize, Box<dyn Error>> {
    let now = resident()?;
    let bytes = now.saturating_sub(before);
    println!("{what:28} {} MB: {} bytes each", bytes >> 20, bytes / sockets.max(1));
    Ok(now)
}

/// The memory of this process that is in RAM, in bytes.
fn resident() -> Result<usize, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let number = line.split_whitespace().next().ok_or("`/proc/self/status` does not say")?;
    Ok(number.parse::<usize>()? * 1024)
}
