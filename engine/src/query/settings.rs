//! Database and settings of a request, put on its connection; on a session's connection they are taken off again, as
//! a server applies URL settings to one query only.

use super::QueryRequest;
use crate::exception::{Exception, code};
use crate::ffi::{Connection, Params};

/// What to put back when the query of a session is over.
#[derive(Debug, Default)]
pub(crate) struct Restore {
    statements: Vec<String>,
}

impl Restore {
    /// Undoes what [`apply`] did.
    pub(crate) fn run(self, connection: &mut Connection) {
        for statement in self.statements {
            if let Err(error) = execute(connection, &statement) {
                tracing::warn!(%error, statement, "cannot restore a session's setting");
            }
        }
    }
}

/// Applies database, settings, `extra` settings and the mark by which the query can be canceled.
pub(crate) fn apply(
    connection: &mut Connection,
    request: &QueryRequest,
    extra: &[(&str, String)],
    mark: &str,
) -> Result<Restore, Exception> {
    let in_session = request.session.is_some();
    let mut settings: Vec<(String, String)> = extra
        .iter()
        .filter(|(name, _)| request.setting(name).is_none())
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    settings.extend(request.settings.iter().cloned());
    // A session could never get out of `readonly` again: there the front alone checks (see `job`).
    settings.retain(|(name, _)| !(in_session && name == "readonly"));
    settings.iter().try_for_each(|(name, _)| check_name(name))?;
    let restore = if in_session { remember(connection, request, &settings)? } else { Restore::default() };
    if let Some(database) = &request.database {
        execute(connection, &format!("USE {}", quote_name(database)))?;
    }
    settings.push(("log_comment".to_owned(), mark.to_owned()));
    if request.read_only && !in_session && request.setting("readonly").is_none() {
        settings.push(("readonly".to_owned(), "2".to_owned()));
    }
    execute(connection, &set_statement(&settings))?;
    Ok(restore)
}

fn remember(
    connection: &mut Connection,
    request: &QueryRequest,
    settings: &[(String, String)],
) -> Result<Restore, Exception> {
    let mut statements = Vec::new();
    if request.database.is_some() {
        let current = fetch(connection, "SELECT currentDatabase()")?;
        statements.push(format!("USE {}", quote_name(current.trim_end_matches('\n'))));
    }
    if !settings.is_empty() {
        let names = settings.iter().map(|(name, _)| quote_text(name)).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT name, changed, value FROM system.settings WHERE name IN ({names})");
        for line in fetch(connection, &sql)?.lines() {
            let mut fields = line.splitn(3, '\t');
            if let (Some(name), Some(changed), Some(value)) = (fields.next(), fields.next(), fields.next()) {
                // A tab-separated value is escaped as a string literal is.
                let value = if changed == "1" {
                    format!("'{}'", value.replace('\'', "\\'"))
                } else {
                    "DEFAULT".into()
                };
                statements.push(format!("SET {name} = {value}"));
            }
        }
    }
    Ok(Restore { statements })
}

fn set_statement(settings: &[(String, String)]) -> String {
    let items = settings.iter().map(|(name, value)| format!("{name} = {}", quote_text(value)));
    format!("SET {}", items.collect::<Vec<_>>().join(", "))
}

fn check_name(name: &str) -> Result<(), Exception> {
    let plain =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    let text = || format!("Unknown setting '{name}'");
    if plain { Ok(()) } else { Err(Exception::new(code::UNKNOWN_SETTING, text(), "UNKNOWN_SETTING")) }
}

fn execute(connection: &mut Connection, sql: &str) -> Result<(), Exception> {
    connection.query(sql.as_bytes(), "TSV", &Params::default()).map(drop)
}

fn fetch(connection: &mut Connection, sql: &str) -> Result<String, Exception> {
    let result = connection.query(sql.as_bytes(), "TSV", &Params::default())?;
    Ok(String::from_utf8_lossy(result.as_ref()).into_owned())
}

fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn quote_name(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}
