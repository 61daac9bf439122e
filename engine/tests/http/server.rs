//! A server process of a test, stopped with it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::{RequestBuilder, Response};

/// The password of every test server.
pub const PASSWORD: &str = "it's a secret";

pub struct Server {
    child: Child,
    pub addr: String,
    http: reqwest::Client,
}

/// A status, a body and the exception code beside them.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub code: Option<u32>,
    pub text: String,
}

impl Server {
    pub fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &[])
    }

    pub fn start_with(data_dir: &Path, env: &[(&str, &str)]) -> Self {
        let mut child = command(data_dir, env).stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("readable");
        let addr =
            line.trim().strip_prefix("ready ").expect("the server is ready (is libchdb there?)").to_owned();
        Self { child, addr, http: reqwest::Client::new() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// A POST to `/` with these URL parameters.
    pub fn post(&self, params: &[(&str, &str)]) -> RequestBuilder {
        self.http
            .post(self.url())
            .query(params)
            .header("x-clickhouse-user", "default")
            .header("x-clickhouse-key", PASSWORD)
    }

    pub fn get(&self, params: &[(&str, &str)]) -> RequestBuilder {
        self.http
            .get(self.url())
            .query(params)
            .header("x-clickhouse-user", "default")
            .header("x-clickhouse-key", PASSWORD)
    }

    /// A request without credentials.
    pub fn anonymous(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url()))
    }

    /// Runs SQL that must succeed.
    pub async fn sql(&self, sql: &str) -> String {
        let answer = self.try_sql(&[], sql).await;
        assert_eq!((answer.status, answer.code), (200, None), "{sql}: {}", answer.text);
        answer.text
    }

    pub async fn try_sql(&self, params: &[(&str, &str)], sql: &str) -> Answer {
        read(self.post(params).body(sql.to_owned())).await
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Peak resident memory in megabytes.
    pub fn peak_megabytes(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("a running server");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("VmHWM");
        line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number")
            / 1024
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM; the exit code.
    pub fn terminate(mut self) -> Option<i32> {
        Command::new("kill").arg(self.pid().to_string()).status().expect("kill runs");
        self.child.wait().expect("the server ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

pub async fn read(request: RequestBuilder) -> Answer {
    answer(request.send().await.expect("an answer")).await
}

pub async fn answer(response: Response) -> Answer {
    let status = response.status().as_u16();
    let code = response.headers().get("x-clickhouse-exception-code");
    let code = code.and_then(|code| code.to_str().ok()?.parse().ok());
    Answer { status, code, text: response.text().await.expect("a body") }
}

/// Starts a server that is expected to fail; its exit code and what it said.
pub fn fail_to_start(data_dir: &Path, env: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut child = command(data_dir, env).stderr(Stdio::piped()).spawn().expect("the server starts");
    let code = child.wait().expect("the server ends").code();
    let mut text = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut text).expect("text");
    (code, text)
}

/// A file below the repository, or where an environment variable says.
pub fn repository_file(variable: &str, path: &str) -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let found = std::env::var(variable).map_or_else(|_| default(), PathBuf::from);
    assert!(found.exists(), "{} is missing: run `make setup` first", found.display());
    found
}

fn command(data_dir: &Path, env: &[(&str, &str)]) -> Command {
    let library = repository_file("WEEKAHEAD_LIBCHDB", ".deps/chdb/libchdb.so");
    let mut command = Command::new(env!("CARGO_BIN_EXE_weekahead-engine"));
    command
        .arg(data_dir)
        .arg("127.0.0.1:0")
        .env("WEEKAHEAD_LIBCHDB", library)
        .env("WEEKAHEAD_ENGINE_PASSWORD", PASSWORD)
        .envs(env.iter().copied());
    command
}
