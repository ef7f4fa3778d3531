//! `cargo xtask chat`: the example chat, with the official client in its page.
//!
//! The chat reads two variables: `PORT`, where to listen (3000 unless set), and `CLIENT_FILES`, the folder with the
//! files of the JavaScript client (`js-client-tests/node_modules/socket.io-client/dist` unless set). Both may be set
//! for this command too; with `CLIENT_FILES` set, no Node.js is needed.

use std::env;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path;

use crate::node;
use crate::tools::{become_it, cargo, run};

/// Installs and builds what the chat needs, then turns into it. Returns only if that is not possible.
///
/// Built like the tests are, so that both share their work and a first start is a short one; `release` takes longer
/// to build and serves more.
///
/// # Errors
/// Says what is missing or in the way.
pub(crate) fn chat(release: bool) -> Result<(), String> {
    let port = port(env::var("PORT").ok().as_deref())?;
    is_free(port)?;
    let client_files = match env::var_os("CLIENT_FILES") {
        // Relative to where this was called, as one would type it, and not to where the chat runs.
        Some(folder) => path::absolute(folder).map_err(|error| format!("CLIENT_FILES: {error}"))?,
        None => {
            node::install()?;
            node::client_files()
        }
    };
    if !client_files.join("socket.io.min.js").is_file() {
        return Err(format!(
            "no socket.io.min.js in {}: CLIENT_FILES must name its folder",
            client_files.display()
        ));
    }
    let profile = if release { "release" } else { "dev" };
    run(&mut cargo(&format!("build --package chat --profile {profile}")))?;
    println!("\nThe chat is at http://localhost:{port}/ (Ctrl-C ends it)");
    let mut chat = cargo(&format!("run --quiet --package chat --profile {profile}"));
    Err(become_it(chat.env("PORT", port.to_string()).env("CLIENT_FILES", client_files)))
}

/// The port to listen at, given what `PORT` says.
fn port(variable: Option<&str>) -> Result<u16, String> {
    let Some(port) = variable else { return Ok(3000) };
    match port.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("PORT must be a number from 1 to 65535, not `{port}`")),
    }
}

/// Whether a server can listen at `port`; better said before the build than after it.
fn is_free(port: u16) -> Result<(), String> {
    match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let other = if port == 3000 { 3001 } else { 3000 };
            Err(format!(
                "port {port} is taken by another program; choose another: PORT={other} cargo xtask chat"
            ))
        }
        Err(error) => Err(format!("cannot listen at port {port}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_a_number_and_3000_unless_set() {
        assert_eq!(port(None), Ok(3000));
        assert_eq!(port(Some("8080")), Ok(8080));
        assert_eq!(
            port(Some("0")),
            Err("PORT must be a number from 1 to 65535, not `0`".to_owned())
        );
        assert!(port(Some("80 80")).is_err() && port(Some("65536")).is_err());
    }

    #[test]
    fn a_taken_port_is_named_with_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = is_free(port).unwrap_err();
        assert!(
            error.contains(&format!("port {port} is taken")) && error.contains("PORT=3000"),
            "{error}"
        );
    }

    #[test]
    fn a_free_port_is_free() {
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr();
        // Another program may take it in between, but not time and again.
        assert!((0..16).any(|_| free().is_ok_and(|addr| is_free(addr.port()).is_ok())));
    }
}
