//! Why dashboards cannot be imported.

/// An import that did not happen. Superset imports a bundle as a whole, so nothing of it is there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Superset does not answer.
    #[error("no Superset answers at {url}: start it (`make dashboards`), or name another --url: {reason}")]
    Unreachable {
        /// Where it was asked.
        url: String,
        /// What the connection said.
        reason: String,
    },
    /// Whatever answers is no Superset.
    #[error("{url} is no Superset: {reason}")]
    NoSuperset {
        /// Where it was asked.
        url: String,
        /// What it answered.
        reason: String,
    },
    /// The bundle is for another major version.
    #[error(
        "{url} is Superset {found}, and the bundle is for Superset {wanted}: import it into a Superset {wanted}"
    )]
    OtherVersion {
        /// Where it was asked.
        url: String,
        /// Its version.
        found: String,
        /// The major version that the bundle is for.
        wanted: u32,
    },
    /// The user or the password is wrong.
    #[error("{url} does not know {user} with this password: check --user and SUPERSET_PASSWORD")]
    Login {
        /// Where it was asked.
        url: String,
        /// Who signed in.
        user: String,
    },
    /// The user may not import.
    #[error("{user} may not import into {url}: give the user the role Admin, or import as one who has it")]
    Forbidden {
        /// Where it was asked.
        url: String,
        /// Who asked.
        user: String,
    },
    /// Superset refused.
    #[error("Superset refused {what} with status {status}: {reason}")]
    Refused {
        /// What was asked of it.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// What it says.
        reason: String,
    },
    /// The warehouse's address cannot be used.
    #[error("`{url}` is no address of a ClickHouse: write it as http://host:8123 or https://host:8443")]
    WarehouseAddress {
        /// The address.
        url: String,
    },
    /// The ZIP could not be made.
    #[error("cannot pack the bundle: {0}")]
    Pack(#[from] zip::result::ZipError),
}
