//! Rows in ClickHouse's Native format over bare HTTP: what any writer's cost is held against.

use std::time::Instant;

use bytes::Bytes;
use futures::StreamExt;
use reqwest::{Client, Url};

/// Bytes of one piece of an insert's body.
const PIECE_BYTES: usize = 1 << 20;

/// A ClickHouse HTTP interface. Bodies are not compressed: on one machine that would only be work.
#[derive(Debug)]
pub struct Http {
    client: Client,
    url: String,
}

impl Http {
    /// The interface at an address.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let client = Client::builder().no_gzip().no_proxy().build()?;
        Ok(Self { client, url: url.to_owned() })
    }

    /// Executes a statement and returns what it says.
    pub async fn execute(&self, sql: &str) -> anyhow::Result<String> {
        let answer = self.client.post(self.statement(sql)?).send().await?.error_for_status()?;
        Ok(answer.text().await?.trim().to_owned())
    }

    /// The rows of a query in Native blocks, in pieces.
    pub async fn read(&self, query: &str) -> anyhow::Result<Vec<Bytes>> {
        let request = self.client.post(self.statement(&format!("{query} FORMAT Native"))?);
        let mut answer = request.send().await?.error_for_status()?.bytes_stream();
        let (mut pieces, mut piece) = (Vec::new(), Vec::with_capacity(PIECE_BYTES));
        while let Some(part) = answer.next().await {
            piece.extend_from_slice(&part?);
            if piece.len() >= PIECE_BYTES {
                pieces.push(std::mem::replace(&mut piece, Vec::with_capacity(PIECE_BYTES)).into());
            }
        }
        pieces.push(piece.into());
        Ok(pieces)
    }

    /// Inserts rows that [`read`](Self::read) returned, and says how many seconds that took.
    pub async fn insert(&self, table: &str, pieces: &[Bytes]) -> anyhow::Result<f64> {
        let pieces: Vec<_> = pieces.iter().cloned().map(Ok::<_, std::io::Error>).collect();
        let body = reqwest::Body::wrap_stream(futures::stream::iter(pieces));
        let statement = self.statement(&format!("INSERT INTO {table} FORMAT Native"))?;
        let started = Instant::now();
        self.client.post(statement).body(body).send().await?.error_for_status()?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn statement(&self, sql: &str) -> anyhow::Result<Url> {
        Ok(Url::parse_with_params(&self.url, [("query", sql)])?)
    }
}
