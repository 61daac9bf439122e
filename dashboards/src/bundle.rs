//! The bundle as one ZIP.

use std::io::{Cursor, Write};

use include_dir::{Dir, File, include_dir};
use url::Url;
use zip::write::SimpleFileOptions;

use crate::{Error, Result};

/// `dashboards/superset/bundle`: a database, its datasets, charts and dashboards, a YAML file each.
static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/superset/bundle");

/// The file whose `sqlalchemy_uri` says where the warehouse is.
const DATABASE: &str = "databases/weekahead.yaml";

/// The bundle, as Superset takes it.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The ZIP.
    pub bytes: Vec<u8>,
    /// How many datasets are in it.
    pub datasets: usize,
    /// How many charts.
    pub charts: usize,
    /// How many dashboards.
    pub dashboards: usize,
}

/// A warehouse, as Superset reaches it.
#[derive(Debug, Clone)]
pub struct WarehouseAddress(String);

impl Bundle {
    /// Packs the bundle for a warehouse.
    ///
    /// # Errors
    /// [`Error::Pack`].
    pub fn new(warehouse: &WarehouseAddress) -> Result<Self> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for file in files(&FILES) {
            archive
                .start_file(format!("weekahead/{}", file.path().display()), SimpleFileOptions::default())?;
            let text = file.contents_utf8().unwrap_or_default();
            let text =
                if file.path().ends_with(DATABASE) { with_address(text, warehouse) } else { text.to_owned() };
            archive.write_all(text.as_bytes()).map_err(zip::result::ZipError::from)?;
        }
        let bytes = archive.finish()?.into_inner();
        let count = |folder: &str| FILES.get_dir(folder).map_or(0, |folder| files(folder).len());
        Ok(Self {
            bytes,
            datasets: count("datasets"),
            charts: count("charts"),
            dashboards: count("dashboards"),
        })
    }
}

impl WarehouseAddress {
    /// By the address of the HTTP interface, such as `http://127.0.0.1:8123`, and who signs in there.
    ///
    /// # Errors
    /// [`Error::WarehouseAddress`] for anything but http and https with a host.
    pub fn new(url: &str, user: &str, password: &str) -> Result<Self> {
        let unusable = || Error::WarehouseAddress { url: url.to_owned() };
        let parsed = Url::parse(url).map_err(|_| unusable())?;
        let (secure, port) = match parsed.scheme() {
            "http" => (false, 8123),
            "https" => (true, 8443),
            _ => return Err(unusable()),
        };
        let host = parsed.host_str().ok_or_else(unusable)?;
        let mut address = Url::parse(&format!("clickhousedb://{host}/marts")).map_err(|_| unusable())?;
        address.set_port(Some(parsed.port().unwrap_or(port))).map_err(|()| unusable())?;
        address.set_username(user).map_err(|()| unusable())?;
        let password = Some(password).filter(|password| !password.is_empty());
        address.set_password(password).map_err(|()| unusable())?;
        if secure {
            address.set_query(Some("secure=true"));
        }
        Ok(Self(address.into()))
    }

    /// The address as SQLAlchemy writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// All files below a folder, in order of their paths.
fn files<'a>(folder: &'a Dir<'a>) -> Vec<&'a File<'a>> {
    let mut found: Vec<&File<'_>> = folder.files().chain(folder.dirs().flat_map(files)).collect();
    found.sort_by_key(|file| file.path());
    found
}

fn with_address(text: &str, warehouse: &WarehouseAddress) -> String {
    let line = |line: &str| match line.starts_with("sqlalchemy_uri:") {
        // A JSON string is a YAML string, whatever is in it.
        true => format!("sqlalchemy_uri: {}\n", serde_json::Value::from(warehouse.as_str())),
        false => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn addresses_are_those_of_sqlalchemy() {
        let address = |url: &str| WarehouseAddress::new(url, "me", "a@b/c").map(|address| address.0);
        assert_eq!(
            address("http://127.0.0.1:9123").unwrap(),
            "clickhousedb://me:a%40b%2Fc@127.0.0.1:9123/marts"
        );
        assert_eq!(
            address("https://ch.example").unwrap(),
            "clickhousedb://me:a%40b%2Fc@ch.example:8443/marts?secure=true"
        );
        let open = WarehouseAddress::new("http://127.0.0.1", "default", "").unwrap();
        assert_eq!(open.as_str(), "clickhousedb://default@127.0.0.1:8123/marts");
        assert!(address("127.0.0.1:8123").unwrap_err().to_string().contains("http://host:8123"));
    }

    #[test]
    fn the_bundle_is_whole_and_knows_its_warehouse() {
        let warehouse = WarehouseAddress::new("http://10.0.0.7:8123", "default", "").unwrap();
        let bundle = Bundle::new(&warehouse).unwrap();
        assert_eq!(bundle.dashboards, 5);
        let mut archive = zip::ZipArchive::new(Cursor::new(bundle.bytes)).unwrap();
        // The database and the metadata, besides what is counted.
        assert_eq!(archive.len(), bundle.datasets + bundle.charts + bundle.dashboards + 2);
        let mut database = String::new();
        archive.by_name("weekahead/databases/weekahead.yaml").unwrap().read_to_string(&mut database).unwrap();
        assert!(
            database.contains("sqlalchemy_uri: \"clickhousedb://default@10.0.0.7:8123/marts\"\n"),
            "{database}"
        );
        assert!(database.contains("uuid: "));
    }
}
