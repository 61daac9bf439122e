//! A connection to the warehouse, and the rules all statements share: limits, retries, errors.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use clickhouse::{Client, Compression, RowOwned, RowRead, RowWrite, query::Query};
use tokio::sync::Mutex;
use url::Url;

use crate::sql::Topology;
use crate::{Error, Result, WarehouseConfig, transport};

/// How long the server may be silent within an answer.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(300);
/// How long one piece of an insert may take to send.
pub(crate) const SEND_LIMIT: Duration = Duration::from_secs(60);
/// Attempts after the first, of a read whose connection failed.
const RETRIES: usize = 3;

/// A warehouse: any server that speaks the ClickHouse HTTP interface.
///
/// Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Warehouse {
    client: Client,
    url: Arc<str>,
    user: Arc<str>,
    pub(crate) topology: Arc<Topology>,
    /// Held while forecasts are compared with what is stored and then written, so that the tasks of one process
    /// do not write the same forecast twice.
    pub(crate) forecast_gate: Arc<Mutex<()>>,
}

impl Warehouse {
    /// Opens a warehouse and makes sure that it answers to this user.
    ///
    /// # Errors
    /// [`Error::Unreachable`] and [`Error::WrongPassword`] above all.
    pub async fn connect(config: &WarehouseConfig) -> Result<Self> {
        let warehouse = Self::new(config)?;
        warehouse.ping().await?;
        Ok(warehouse)
    }

    /// Opens a warehouse without talking to it: for servers that start before it does.
    ///
    /// # Errors
    /// [`Error::Url`] when the address is none; [`Error::Tls`] when certificates are missing.
    pub fn new(config: &WarehouseConfig) -> Result<Self> {
        let mut url = Url::parse(&config.url).map_err(|_| Error::Url { url: config.url.clone() })?;
        url.set_query(None);
        // Credentials belong to their own fields: here they would be printed with the address.
        let _ = (url.set_username(""), url.set_password(None));
        let mut client = transport::client_for(&url)?
            .with_product_info("weekahead", env!("CARGO_PKG_VERSION"))
            .with_user(&config.user)
            .with_password(&config.password);
        if config.cluster.is_some() {
            // A write is acknowledged by the shards, not by the queue of the server that took it.
            client = client.with_setting("distributed_foreground_insert", "1");
        }
        Ok(Self {
            client,
            url: url.as_str().into(),
            user: config.user.as_str().into(),
            topology: Arc::new(Topology::new(config.cluster.clone())),
            forecast_gate: Arc::default(),
        })
    }

    /// Whether the warehouse answers to this user.
    ///
    /// # Errors
    /// [`Error::Unreachable`] and [`Error::WrongPassword`] above all.
    pub async fn ping(&self) -> Result<()> {
        self.version().await.map(drop)
    }

    /// The version of the server's engine.
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    pub async fn version(&self) -> Result<String> {
        self.read(|| async { self.within(self.query("SELECT version()").fetch_one()).await }).await
    }

    /// Executes one statement that returns nothing: for administration and for tests.
    ///
    /// # Errors
    /// What the server says.
    pub async fn execute(&self, statement: &str) -> Result<()> {
        self.within(self.client.query_raw(statement).execute()).await
    }

    /// A query with `?fields` for a row type's columns and `{name:Type}` parameters.
    pub(crate) fn query(&self, sql: &str) -> Query {
        self.client.query(sql)
    }

    /// A query whose answer comes as it is: features are noise in their low bits, and compressing them is only work.
    pub(crate) fn plain_query(&self, sql: &str) -> Query {
        self.client.clone().with_compression(Compression::None).query(sql)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// All rows of a query, read again from the start when the connection breaks.
    pub(crate) async fn rows<T: RowOwned + RowRead>(&self, query: Query) -> Result<Vec<T>> {
        self.read(|| async { self.within(query.clone().fetch_all::<T>()).await }).await
    }

    /// Inserts rows by the names of their columns, in one statement.
    pub(crate) async fn insert<T: RowOwned + RowWrite>(
        &self,
        database: &str,
        table: &str,
        rows: &[T],
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let client = self.client.clone().with_database(database);
        let insert = self.within(client.insert::<T>(table)).await?;
        let mut insert = insert.with_timeouts(Some(SEND_LIMIT), Some(ANSWER_LIMIT));
        for row in rows {
            insert.write(row).await.map_err(|error| self.error(error))?;
        }
        insert.end().await.map_err(|error| self.error(error))
    }

    /// Repeats a whole read a few times while its failure looks like a passing one.
    pub(crate) async fn read<T, R, F>(&self, read: R) -> Result<T>
    where
        R: FnMut() -> F,
        F: Future<Output = Result<T>>,
    {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(2))
            .with_max_times(RETRIES)
            .with_jitter();
        read.retry(pauses).when(|e| e.is_retryable() && !matches!(e, Error::TimedOut { .. })).await
    }

    /// One answer within the limit, with our errors.
    pub(crate) async fn within<T>(
        &self,
        answer: impl Future<Output = clickhouse::error::Result<T>>,
    ) -> Result<T> {
        match tokio::time::timeout(ANSWER_LIMIT, answer).await {
            Ok(answer) => answer.map_err(|error| self.error(error)),
            Err(_) => Err(self.error(clickhouse::error::Error::TimedOut)),
        }
    }

    pub(crate) fn error(&self, error: clickhouse::error::Error) -> Error {
        Error::from_client(error, &self.url, &self.user)
    }
}
