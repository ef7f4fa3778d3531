//! The driver's lines: what happened goes out, commands and answers come in.

use std::collections::HashMap;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::oneshot;

/// Exit code of a driver that was told what it does not know.
const MISUSE: i32 = 2;
/// Bytes read from the standard input at once.
const BUFFER: usize = 64 * 1024;

/// Standard output and the questions that wait for their answers. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Console(Arc<Mutex<Questions>>);

#[derive(Debug, Default)]
struct Questions {
    asked: u64,
    open: HashMap<u64, oneshot::Sender<Vec<Value>>>,
}

impl Console {
    /// Writes a line: an object with the name of what happened and `fields`.
    pub(crate) fn say(&self, event: &str, fields: Value) {
        let _order = self.lock(); // two lines never mix
        write_line(event, fields);
    }

    /// Asks who steers the driver, and waits for the arguments of the answer. None come if the input ends.
    pub(crate) async fn ask(&self, name: &str, mut fields: Value) -> Vec<Value> {
        let (sender, answer) = oneshot::channel();
        {
            let mut questions = self.lock();
            let number = questions.asked;
            questions.asked += 1;
            questions.open.insert(number, sender);
            fields["n"] = number.into();
            fields["name"] = name.into();
            write_line("ask", fields);
        }
        answer.await.unwrap_or_default()
    }

    /// Passes an answer on to who asked.
    pub(crate) fn answer(&self, number: u64, arguments: Vec<Value>) {
        let Some(question) = self.lock().open.remove(&number) else {
            misused(&format!("nobody asked question {number}"))
        };
        let _ = question.send(arguments); // who asked may have given up
    }

    fn lock(&self) -> MutexGuard<'_, Questions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_line(event: &str, fields: Value) {
    let mut line = json!({ "ev": event });
    if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
        line.extend(fields);
    }
    let mut out = io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        process::exit(0); // nobody reads any more
    }
}

/// Ends the process as one that was told what it does not know.
pub(crate) fn misused(why: &str) -> ! {
    eprintln!("{why}");
    process::exit(MISUSE)
}

/// Reads options from the variable of the environment of this name, in JSON; none if it is not set.
pub(crate) fn options<T: DeserializeOwned>(variable: &str) -> T {
    let text = std::env::var(variable).unwrap_or_else(|_| "{}".to_owned());
    serde_json::from_str(&text)
        .unwrap_or_else(|error| misused(&format!("{variable} is not understood: {error}")))
}

/// The commands that come by the standard input.
pub(crate) struct Commands<T> {
    input: Box<dyn AsyncRead + Send + Unpin>,
    /// The beginning of a line.
    rest: Vec<u8>,
    parsed: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Commands<T> {
    pub(crate) fn new() -> Self {
        Self { input: standard_input(), rest: Vec::new(), parsed: PhantomData }
    }

    /// Waits for commands: all lines of one read come together, because they are to be obeyed together. The end of
    /// the input is the end of the process.
    pub(crate) async fn next(&mut self) -> Vec<T> {
        loop {
            let mut buffer = vec![0; BUFFER];
            let read = self.input.read(&mut buffer).await.unwrap_or_default();
            if read == 0 {
                process::exit(0);
            }
            self.rest.extend_from_slice(&buffer[..read]);
            let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else { continue };
            let lines: Vec<u8> = self.rest.drain(..=end).collect();
            let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            return lines.map(parse).collect();
        }
    }
}

/// Opens the standard input: as one of the sockets, if it can be waited for, so that a command is obeyed before a
/// request that comes after it is served. A thread would be late now and then.
fn standard_input() -> Box<dyn AsyncRead + Send + Unpin> {
    #[cfg(unix)]
    if let Ok(input) = waitable_input() {
        return input;
    }
    Box::new(tokio::io::stdin())
}

#[cfg(unix)]
fn waitable_input() -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    let input = io::stdin().as_fd().try_clone_to_owned()?;
    if let Ok(pipe) = tokio::net::unix::pipe::Receiver::from_owned_fd(input.try_clone()?) {
        return Ok(Box::new(pipe));
    }
    let stream = UnixStream::from(input); // what Node.js starts a process with
    stream.local_addr()?;
    stream.set_nonblocking(true)?;
    Ok(Box::new(tokio::net::UnixStream::from_std(stream)?))
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> T {
    serde_json::from_slice(line).unwrap_or_else(|error| {
        let line = String::from_utf8_lossy(line);
        misused(&format!("a command is not understood: {error}: {line}"))
    })
}
