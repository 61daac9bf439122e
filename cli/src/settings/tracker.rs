//! MLflow: where it is asked, and where people look at it.

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::Secret;

/// Where runs and models are recorded.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackerSettings {
    /// Whether `up` and `demo` run this MLflow server themselves.
    pub embedded: bool,
    /// The MLflow server.
    pub url: String,
    /// Where a browser finds it; empty for `url`.
    pub public_url: String,
    /// A bearer token; empty means none.
    pub token: Secret,
    /// The experiment that runs belong to.
    pub experiment: String,
}

impl TrackerSettings {
    /// Where a browser finds it, without whatever lets somebody in; `None` where there is no such page.
    pub fn page(&self) -> Option<String> {
        let named = if self.public_url.is_empty() { &self.url } else { &self.public_url };
        let mut url = Url::parse(named).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        url.set_username("").and_then(|()| url.set_password(None)).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url.to_string())
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn nobody_is_let_in_by_the_address_of_the_page() {
        let settings: Settings = toml::from_str(crate::settings::DEFAULTS).unwrap();
        let page = |url: &str, public: &str| {
            let mut tracker = settings.tracker.clone();
            (tracker.url, tracker.public_url) = (url.to_owned(), public.to_owned());
            tracker.page()
        };
        let inside = "http://ann:secret@mlflow.internal:5000/prefix?token=secret#secret";
        assert_eq!(page(inside, "").as_deref(), Some("http://mlflow.internal:5000/prefix"));
        assert_eq!(
            page(inside, "https://ann@mlflow.example.com").as_deref(),
            Some("https://mlflow.example.com/")
        );
        assert_eq!(page("databricks", ""), None);
        assert_eq!(page("javascript:alert(1)", ""), None);
    }
}
