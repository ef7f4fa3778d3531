//! Which requests are ours.

/// The path that a server matches by itself.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// With its leading slash and without a trailing one; empty for the root.
    path: Box<str>,
    /// The path has to be followed by a slash.
    trailing_slash: bool,
}

impl Mount {
    pub(crate) fn new(path: &str, trailing_slash: bool) -> Self {
        let path = path.trim_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        Self { path: path.into(), trailing_slash }
    }

    /// Returns what follows the mount in a path, or `None` if the path is somebody else's.
    ///
    /// As Node, any path that continues after a slash is ours; other than Node, `/socket.iofoo` never is.
    pub(crate) fn rest<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(&*self.path)?;
        let bare = rest.is_empty() && !self.trailing_slash;
        (bare || rest.starts_with('/')).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_ours_up_to_its_slash() {
        let mount = Mount::new("/socket.io", true);
        assert_eq!(mount.rest("/socket.io/"), Some("/"));
        assert_eq!(mount.rest("/socket.io/socket.io.js"), Some("/socket.io.js"));
        assert_eq!(mount.rest("/socket.io"), None);
        assert_eq!(mount.rest("/socket.iofoo"), None);
        assert_eq!(mount.rest("/Socket.io/"), None);
        assert_eq!(mount.rest("/"), None);
    }

    #[test]
    fn without_the_trailing_slash_both_forms_are_ours() {
        let mount = Mount::new("socket.io/", false);
        assert_eq!(mount.rest("/socket.io"), Some(""));
        assert_eq!(mount.rest("/socket.io/"), Some("/"));
        assert_eq!(mount.rest("/socket.iofoo"), None);
        assert_eq!(mount.rest("/socket.io-admin"), None);
    }

    #[test]
    fn the_root_takes_every_path() {
        let mount = Mount::new("/", true);
        assert_eq!(mount.rest("/"), Some("/"));
        assert_eq!(mount.rest("/anything"), Some("/anything"));
    }
}
