//! What the engine finds in its data directory when it starts: a lock and a generated configuration.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::{EngineConfig, Error, Result};

/// What the engine's one internal user may do. Sources that reach files, URLs or other servers are not among it: this
/// is the second line behind the guard, and the only one for a file named in place of a table.
const GRANTS: &str = "GRANT SHOW, SELECT, INSERT, ALTER, CREATE, DROP, UNDROP TABLE, TRUNCATE, OPTIMIZE, KILL QUERY, SYSTEM, \
    dictGet, S3, KAFKA, NAMED COLLECTION ADMIN, CHECK ON *.*";

/// Holds a data directory for this process; let go on drop.
pub(crate) struct DirectoryLock {
    _file: File,
}

/// Makes the data directory and takes its lock, so that a second process gets a clear error instead of the engine's.
pub(crate) fn lock(data_dir: &Path) -> Result<DirectoryLock> {
    let prepare = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Prepare { path, source }
    };
    fs::create_dir_all(data_dir).map_err(prepare(data_dir))?;
    let path = data_dir.join("engine.lock");
    let mut file = open_lock(&path).map_err(prepare(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(source)) => return Err(prepare(&path)(source)),
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            let _ = file.read_to_string(&mut owner);
            return Err(Error::InUse { data_dir: data_dir.to_owned(), pid: owner.trim().parse().ok() });
        }
    }
    refuse_foreign(data_dir)?;
    let write = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())
    };
    write(&mut file).map_err(prepare(&path))?;
    Ok(DirectoryLock { _file: file })
}

fn open_lock(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// The engine itself locks `status`; some other program on the same engine may hold it.
fn refuse_foreign(data_dir: &Path) -> Result<()> {
    let Ok(status) = File::open(data_dir.join("status")) else { return Ok(()) };
    match status.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::InUse { data_dir: data_dir.to_owned(), pid: None }),
        _ => Ok(()),
    }
}

/// Writes the engine's configuration files; returns the main one.
pub(crate) fn write_config(config: &EngineConfig, data_dir: &Path) -> Result<PathBuf> {
    let users = data_dir.join("engine-users.xml");
    let main = data_dir.join("engine-config.xml");
    for (path, text) in [(&users, users_xml()), (&main, main_xml(config, &users)?)] {
        fs::write(path, text).map_err(|source| Error::Prepare { path: path.clone(), source })?;
    }
    Ok(main)
}

fn users_xml() -> String {
    format!(
        "<clickhouse><profiles><default><constraints>{}</constraints></default></profiles><users><default><password></password>\
         <networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>\
         <grants><query>{GRANTS}</query></grants></default></users>\
         <quotas><default/></quotas></clickhouse>\n",
        FIXED_SETTINGS.map(|name| format!("<{name}><const/></{name}>")).concat()
    )
}

/// Settings through which SQL that the guard never sees would reach files or other servers.
const FIXED_SETTINGS: [&str; 5] = [
    "format_schema",
    "output_format_schema",
    "format_avro_schema_registry_url",
    "additional_table_filters",
    "additional_result_filter",
];

fn main_xml(config: &EngineConfig, users: &Path) -> Result<String> {
    let mut xml = String::from("<clickhouse>");
    let _ = write!(xml, "<users_config>{}</users_config>", escape(&users.to_string_lossy()));
    for (name, value) in &config.server_settings {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.is_empty();
        if !plain {
            return Err(Error::Config {
                reason: format!("server setting `{name}`: letters, digits and _ only"),
            });
        }
        let _ = write!(xml, "<{name}>{}</{name}>", escape(value));
    }
    xml.push_str("</clickhouse>\n");
    Ok(xml)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
