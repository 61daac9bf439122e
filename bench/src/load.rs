//! Load on an HTTP server: `wrk` with connections that ask again as soon as they are answered.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::child;

/// Seconds of a counted run.
const SECONDS: u32 = 5;

/// How a server did under load.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Requests answered in a second.
    pub per_second: f64,
    /// Milliseconds within which half of them were answered.
    pub p50_ms: f64,
    /// Milliseconds within which 99 of 100 were answered.
    pub p99_ms: f64,
}

/// Posts a file of JSON over many connections at once, from one thread.
pub fn post(url: &str, body: &Path, connections: usize) -> anyhow::Result<Load> {
    let script = body.with_extension("lua");
    let text = format!(
        "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\n\
         local file = io.open('{}', 'rb')\nwrk.body = file:read('*a')\nfile:close()\n",
        body.display()
    );
    std::fs::write(&script, text)?;
    let mut command = Command::new(wrk()?);
    command.args(["--threads", "1", "--latency", "--timeout", "10s"]);
    command.args([format!("--connections={connections}"), format!("--duration={SECONDS}s")]);
    let said = child::run(command.arg("--script").arg(script).arg(url))?.stdout;
    if said.contains("Non-2xx") || said.contains("Socket errors") {
        bail!("{url} fails under load: {said}");
    }
    read(&said).with_context(|| format!("wrk said {said}"))
}

/// Posts a file of JSON once, and reads the answer.
pub async fn ask(url: &str, body: &Path) -> anyhow::Result<Value> {
    let request = reqwest::Client::new().post(url).header("content-type", "application/json");
    let answer = request.body(std::fs::read(body)?).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "{status}: {text}");
    Ok(serde_json::from_str(&text)?)
}

/// The one that setup brings, or that is installed.
fn wrk() -> anyhow::Result<PathBuf> {
    let brought = std::path::absolute(".deps/wrk/wrk")?;
    Ok(if brought.exists() { brought } else { PathBuf::from("wrk") })
}

/// What `wrk --latency` printed.
fn read(said: &str) -> Option<Load> {
    let after = |name: &str| said.lines().find_map(|line| line.trim().strip_prefix(name).map(str::trim));
    let per_second = after("Requests/sec:")?.parse().ok()?;
    Some(Load { per_second, p50_ms: milliseconds(after("50%")?)?, p99_ms: milliseconds(after("99%")?)? })
}

fn milliseconds(text: &str) -> Option<f64> {
    let unit = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let scale = match &text[unit..] {
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        _ => return None,
    };
    Some(text[..unit].parse::<f64>().ok()? * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_prints_is_read() {
        let said = "  Latency Distribution\n     50%    1.02ms\n     99%  850.00us\n  5000 requests in 5.00s\nRequests/sec:  18123.45\n";
        let load = read(said).unwrap();
        assert_eq!((load.per_second, load.p50_ms, load.p99_ms), (18_123.45, 1.02, 0.85));
        assert_eq!(milliseconds("1.50s"), Some(1_500.0));
        assert!(read("nothing").is_none());
    }
}
