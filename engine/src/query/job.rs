//! A query from start to end on its blocking thread: find the SQL, check it, get a connection, run it, answer.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::body::Body;
use super::select::{self, Statement};
use super::shape::Shape;
use super::{Answer, Frames, QueryRequest, Sink, insert, settings};
use crate::engine::{Engine, Running};
use crate::exception::{Exception, code};
use crate::ffi::Connection;
use crate::session::Lease;
use crate::sql::{InsertHead, Scan, Script, scan_insert};

/// An INSERT's SQL must end within this much of a body that also holds its data.
const MAX_INSERT_HEAD_BYTES: usize = 256 << 10;
/// Read before the first look for where SQL ends.
const FIRST_LOOK_BYTES: usize = 64 << 10;
/// The engine's own limit on SQL, raised for longer texts.
const ENGINE_SQL_BYTES: usize = 200 << 10;
/// What a GET may say.
const READING: [&str; 9] =
    ["SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "CHECK"];

/// Everything a query needs.
pub(crate) struct Job {
    pub(crate) engine: Arc<Engine>,
    pub(crate) running: Running,
    pub(crate) request: QueryRequest,
    pub(crate) frames: Frames,
}

/// A request's SQL, told apart from data.
enum Work {
    Insert { head: InsertHead, first: Bytes },
    Statement(Vec<u8>),
}

impl Job {
    /// Runs the query and answers. Blocks.
    pub(crate) fn run(self, answer: oneshot::Sender<Result<Answer, Exception>>) {
        let Self { engine, running, request, frames } = self;
        let sink = Sink::new(answer, request.output, &engine.version);
        let Ok(mut sink) = sink.map_err(|error: io::Error| tracing::error!(%error, "no encoder")) else {
            return;
        };
        let result = execute(&engine, &running, &request, frames, &mut sink);
        if let Some(session) = request.session.as_ref().filter(|_| request.close_session) {
            engine.sessions.close(&session.id);
        }
        drop(running);
        sink.finish(result);
    }
}

fn execute(
    engine: &Arc<Engine>,
    running: &Running,
    request: &QueryRequest,
    frames: Frames,
    sink: &mut Sink,
) -> Result<(), Exception> {
    let mut body = Body::new(frames, request)?;
    let work = find_work(engine, request, &mut body)?;
    let sql = match &work {
        Work::Insert { head, .. } => head.sql.as_slice(),
        Work::Statement(sql) => sql.as_slice(),
    };
    let script = Script::new(sql);
    check(engine, request, &work, &script)?;
    on_connection(engine, request, |connection| {
        let format = request.format.as_deref();
        match &work {
            Work::Insert { head, first } => {
                let restore = settings::apply(connection, request, &[], &running.mark)?;
                let format = head.format.as_deref().or(format).unwrap_or("Values");
                let result =
                    insert::run(connection, &head.sql, format, &request.params, first.clone(), &mut body);
                restore.run(connection);
                sink.set_format(request.format.as_deref().unwrap_or("TabSeparated"));
                result.map(|stats| sink.add_stats(stats))
            }
            Work::Statement(sql) => {
                let output = script.output_format();
                let default_format = format.unwrap_or("TabSeparated");
                let format = output.as_deref().unwrap_or(default_format);
                let shape = shape_of(request, &script, format);
                sink.set_format(format);
                if request.wait_end {
                    sink.wait_for_end(engine.config.max_buffered_bytes);
                }
                let extra = extra_settings(engine, &script, sql, shape);
                let restore = settings::apply(connection, request, &extra, &running.mark)?;
                let statement = Statement { sql, default_format, params: &request.params, shape };
                let result = select::run(connection, &statement, sink);
                restore.run(connection);
                result
            }
        }
    })
}

fn on_connection<T>(
    engine: &Arc<Engine>,
    request: &QueryRequest,
    work: impl FnOnce(&mut Connection) -> Result<T, Exception>,
) -> Result<T, Exception> {
    match &request.session {
        Some(session) => work(Lease::take(engine, session.clone())?.connection()?),
        None => work(&mut engine.connect()?),
    }
}

/// Reads as much of the body as it takes to tell SQL from data.
fn find_work(engine: &Engine, request: &QueryRequest, body: &mut Body) -> Result<Work, Exception> {
    let mut text = request.sql.clone();
    let (mut look, mut ended) = (FIRST_LOOK_BYTES, false);
    loop {
        match scan_insert(&text) {
            Scan::Data(head) => {
                let first = Bytes::from(text.split_off(head.data_at.min(text.len())));
                return Ok(Work::Insert { head, first });
            }
            Scan::Statement => break,
            Scan::Open if ended || text.len() >= MAX_INSERT_HEAD_BYTES => break,
            Scan::Open => {}
        }
        if text.len() == request.sql.len() && !text.is_empty() {
            text.push(b'\n');
        }
        ended = body.read_until(&mut text, look)?;
        look = MAX_INSERT_HEAD_BYTES;
    }
    if text.len() == request.sql.len() && !text.is_empty() {
        text.push(b'\n');
    }
    let limit = engine.config.max_sql_bytes;
    if !body.read_until(&mut text, limit)? {
        let what = format!("the SQL text is longer than {limit} bytes");
        return Err(Exception::new(code::QUERY_IS_TOO_LARGE, what, "QUERY_IS_TOO_LARGE"));
    }
    Ok(Work::Statement(text))
}

/// Everything that can refuse a query before it reaches the engine.
fn check(engine: &Engine, request: &QueryRequest, work: &Work, script: &Script<'_>) -> Result<(), Exception> {
    if script.is_empty() {
        return Err(Exception::new(code::SYNTAX_ERROR, "Empty query", "SYNTAX_ERROR"));
    }
    if script.is_multiple() {
        let text = "Syntax error (Multi-statements are not allowed)";
        return Err(Exception::new(code::SYNTAX_ERROR, text, "SYNTAX_ERROR"));
    }
    let read_only = request.read_only || request.setting("readonly").is_some_and(|value| value != "0");
    let reads = matches!(work, Work::Statement(_)) && READING.contains(&script.verb().as_str());
    let hides_insert = script.verb() == "WITH" && script.has_word("INSERT");
    if read_only && (!reads || hides_insert) {
        let text = "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly; use POST";
        return Err(Exception::new(code::READONLY, text, "READONLY"));
    }
    engine.guard.check(script)
}

/// The format's shape, or `Whole` when this query's blocks would not add up.
fn shape_of(request: &QueryRequest, script: &Script<'_>, format: &str) -> Shape {
    let reads = ["SELECT", "WITH", "FROM"].contains(&script.verb().as_str());
    let reshapes = [
        "extremes",
        "output_format_json_array_of_rows",
        "output_format_binary_encode_types_in_binary_format",
    ];
    let reshaped = reshapes.iter().any(|name| request.setting(name).is_some() || script.has_word(name));
    if !reads || reshaped || script.has_word("TOTALS") { Shape::Whole } else { Shape::of(format) }
}

/// Settings that a query needs for its size: a longer SQL limit, and a bound on results that are made whole.
fn extra_settings(
    engine: &Engine,
    script: &Script<'_>,
    sql: &[u8],
    shape: Shape,
) -> Vec<(&'static str, String)> {
    let mut extra = Vec::new();
    if sql.len() > ENGINE_SQL_BYTES {
        extra.push(("max_query_size", (sql.len() + 1024).to_string()));
    }
    let reads = ["SELECT", "WITH", "FROM"].contains(&script.verb().as_str()) && !script.has_word("INSERT");
    if reads && shape == Shape::Whole {
        extra.push(("max_result_bytes", engine.config.max_buffered_bytes.to_string()));
        extra.push(("result_overflow_mode", "throw".to_owned()));
    }
    extra
}
