//! The official client's files.

use std::path::PathBuf;

use socketio::{Builder, Namespace, SocketIo};

use crate::server::{connect, dial, listen};

const NAMES: [&str; 8] = [
    "socket.io.js",
    "socket.io.js.map",
    "socket.io.min.js",
    "socket.io.min.js.map",
    "socket.io.msgpack.min.js",
    "socket.io.msgpack.min.js.map",
    "socket.io.esm.min.js",
    "socket.io.esm.min.js.map",
];

/// A package as npm installs it, gone with this value.
struct Package(PathBuf);

impl Package {
    /// Writes a package of these files, each of which says its name.
    fn new(name: &str, package: &str, files: &[&str]) -> Self {
        let root = std::env::temp_dir().join(format!("socketio-{}-{name}", std::process::id()));
        std::fs::create_dir_all(root.join("dist")).unwrap();
        std::fs::write(root.join("package.json"), package).unwrap();
        for file in files {
            std::fs::write(root.join("dist").join(file), format!("// {file}")).unwrap();
        }
        Self(root)
    }

    fn whole(name: &str) -> Self {
        let mut files = NAMES.to_vec();
        files.push("socket.io.d.ts");
        Self::new(name, r#"{"name":"socket.io-client","version":"4.8.4"}"#, &files)
    }

    fn builder(&self) -> std::io::Result<Builder> {
        SocketIo::builder().namespace("/", Namespace::new()).serve_client(self.0.join("dist"))
    }

    fn served(&self) -> SocketIo {
        self.builder().unwrap().build()
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(start_paused = true)]
async fn exactly_the_files_of_node_are_served() {
    let mut http = connect(&Package::whole("list").served());
    for name in NAMES {
        let answer = http.get(&format!("/socket.io/{name}?v=1")).await;
        assert_eq!((answer.status, &*answer.body), (200, &*format!("// {name}")));
        let content_type = match name.ends_with(".map") {
            true => "application/json; charset=utf-8",
            false => "application/javascript; charset=utf-8",
        };
        assert_eq!(answer.header("content-type"), Some(content_type), "{name}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=0"));
        assert_eq!(answer.header("etag"), Some("\"4.8.4\""));
    }
    for name in [
        "",
        "socket.io.d.ts",
        "package.json",
        "../package.json",
        "%2e%2e/package.json",
        "x/socket.io.js",
        "/socket.io.js",
    ] {
        http.get(&format!("/socket.io/{name}")).await.assert_ours();
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_known_is_not_sent_again() {
    let mut http = connect(&Package::whole("etag").served());
    for tag in ["\"4.8.4\"", "W/\"4.8.4\""] {
        let headers = format!("if-none-match: {tag}\r\n");
        let answer = http.request("GET", "/socket.io/socket.io.js", &headers).await;
        assert_eq!((answer.status, &*answer.body), (304, ""), "{tag}");
        for header in ["etag", "cache-control", "content-type"] {
            assert_eq!(answer.header(header), None);
        }
    }
    for tag in ["\"4.8.3\"", "4.8.4", "W/4.8.4", "*"] {
        let headers = format!("if-none-match: {tag}\r\n");
        let answer = http.request("GET", "/socket.io/socket.io.js", &headers).await;
        assert_eq!(answer.status, 200, "{tag}");
    }
}

#[cfg(feature = "deflate")]
#[tokio::test(start_paused = true)]
async fn a_file_is_compressed_for_who_accepts_it() {
    use std::io::Read;

    let mut http = connect(&Package::whole("compressed").served());
    for (accept, encoding) in
        [("gzip, deflate, br", Some("gzip")), ("deflate", Some("deflate")), ("br", None)]
    {
        for name in NAMES {
            let headers = format!("accept-encoding: {accept}\r\n");
            http.send("GET", &format!("/socket.io/{name}"), &headers, "").await;
            let (answer, body) = http.answer_in_bytes().await;
            assert_eq!(
                (answer.status, answer.header("content-encoding")),
                (200, encoding),
                "{name}"
            );
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
            assert_eq!(answer.header("etag"), Some("\"4.8.4\""));
            let mut text = String::new();
            match encoding {
                Some("gzip") => flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text),
                Some(_) => flate2::read::ZlibDecoder::new(&body[..]).read_to_string(&mut text),
                None => (&body[..]).read_to_string(&mut text),
            }
            .unwrap();
            assert_eq!(text, format!("// {name}"));
        }
    }
}

#[tokio::test]
async fn files_are_found_wherever_the_server_stands() {
    let io = Package::whole("mounted").served();
    let apps = [
        axum::Router::new().nest_service("/socket.io", io.clone()),
        axum::Router::new().layer(io.layer()),
        axum::Router::new().fallback_service(io.clone()),
        axum::Router::new().route_service("/socket.io/{*file}", io),
    ];
    for app in apps {
        let mut http = dial(listen(app).await).await;
        let answer = http.get("/socket.io/socket.io.min.js").await;
        assert_eq!((answer.status, &*answer.body), (200, "// socket.io.min.js"));
    }
}

#[tokio::test(start_paused = true)]
async fn without_files_a_request_for_one_is_refused_like_any_other() {
    let mut http = connect(&SocketIo::new(Namespace::new()));
    http.get("/socket.io/socket.io.js").await.assert_ours();
}

#[test]
fn a_package_that_is_not_whole_is_refused_when_the_server_is_built() {
    let error = |package: &Package| package.builder().unwrap_err().to_string();
    let package = r#"{"version":"4.8.4"}"#;
    let missing = error(&Package::new("missing", package, &NAMES[..7]));
    assert!(missing.starts_with("socket.io.esm.min.js.map of socket.io-client: "), "{missing}");
    assert!(!error(&Package::new("nonsense", "nonsense", &NAMES)).is_empty());
    assert!(!error(&Package::new("control", r#"{"version":"4\n"}"#, &NAMES)).is_empty());
    let nothing = SocketIo::builder().serve_client("/does/not/exist").unwrap_err().to_string();
    assert!(nothing.contains("package.json"), "{nothing}");
}
