//! What is needed to run one service.

use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::bail;
use tokio::net::TcpStream;

/// One service of the platform: a program, where it listens and how to see that it is well.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name: of the log file, the process file and in messages.
    pub name: &'static str,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables beside the inherited ones.
    pub env: Vec<(String, String)>,
    /// Where it listens.
    pub addr: SocketAddr,
    /// The path that answers 200 when the service is well; that it takes connections will do when there is none.
    pub health_path: Option<&'static str>,
    /// The setting that moves it to another port.
    pub setting: &'static str,
}

impl Service {
    /// Fails when something else listens on the service's port already.
    pub fn port_is_free(&self) -> anyhow::Result<()> {
        if let Err(error) = TcpListener::bind(self.addr) {
            bail!(
                "port {} for {} is taken ({error}): stop what listens there, or choose another with `{}`",
                self.addr.port(),
                self.name,
                self.setting
            );
        }
        Ok(())
    }

    /// Whether the service is well.
    pub async fn answers(&self, client: &reqwest::Client) -> bool {
        match self.health_path {
            None => TcpStream::connect(self.addr).await.is_ok(),
            Some(path) => {
                let answer = client.get(format!("http://{}{path}", self.addr)).send().await;
                answer.is_ok_and(|answer| answer.status().is_success())
            }
        }
    }
}
