//! The registry: registered models, their numbered versions, and the aliases that point at versions.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::encoding::{Ignored, pairs, version};
use crate::{Error, LoggedModelRef, Result, Tracker};

/// A numbered version of a registered model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ModelVersion {
    /// The registered model's name.
    pub name: String,
    /// Its number, from 1.
    #[serde(with = "version")]
    pub version: u32,
    /// Where it came from: `models:/m-...` or an artifact location.
    #[serde(default)]
    pub source: String,
    /// The run that made it.
    #[serde(default)]
    pub run_id: String,
    /// `READY` once it can be used.
    #[serde(default)]
    pub status: String,
    /// Text for the UI.
    #[serde(default)]
    pub description: String,
    /// When it was registered, in milliseconds since 1970.
    #[serde(default, rename = "creation_timestamp")]
    pub created_at_ms: i64,
    /// Its tags.
    #[serde(default, with = "pairs")]
    pub tags: BTreeMap<String, String>,
    /// The aliases that point at it; a search leaves them out.
    #[serde(default)]
    pub aliases: Vec<String>,
}

impl ModelVersion {
    /// The tag that holds the SHA-256 of the version's artifact: written at registration, checked at loading.
    pub const DIGEST_TAG: &'static str = "weekahead.model_digest";
    /// The tag that holds the kind of model with its hyperparameters.
    pub const SPEC_TAG: &'static str = "weekahead.model";
    /// The alias of the version that answers.
    pub const CHAMPION: &'static str = "champion";
}

#[derive(Deserialize)]
struct VersionAnswer {
    model_version: ModelVersion,
}

#[derive(Deserialize)]
struct RegisteredModelAnswer {
    registered_model: RegisteredModel,
}

#[derive(Deserialize)]
struct RegisteredModel {
    #[serde(default)]
    aliases: Vec<Alias>,
}

#[derive(Deserialize)]
struct Alias {
    alias: String,
    #[serde(with = "version")]
    version: u32,
}

/// What names a version, or one of its tags or texts.
#[derive(Default, Serialize)]
struct VersionRequest<'a> {
    name: &'a str,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl Tracker {
    /// Registers a logged model as the next version of `name`, creating the registered model, described by `of_model`, when it
    /// is missing.
    ///
    /// A logged model that is registered under this name already keeps its version: repeating the call, after a
    /// crash say, returns that one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name with `/` or `:` in it.
    pub async fn register_version(
        &self,
        name: &str,
        model: &LoggedModelRef,
        tags: &BTreeMap<String, String>,
        description: &str,
        of_model: &str,
    ) -> Result<ModelVersion> {
        let source = format!("models:/{}", model.model_id);
        let known = self.versions_of_run(name, &model.run_id).await?;
        if let Some(known) = known.into_iter().find(|version| version.source == source) {
            return Ok(known);
        }
        #[derive(Serialize)]
        struct Request<'a> {
            name: &'a str,
            source: &'a str,
            run_id: &'a str,
            model_id: &'a str,
            #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "pairs::serialize")]
            tags: &'a BTreeMap<String, String>,
            #[serde(skip_serializing_if = "str::is_empty")]
            description: &'a str,
        }
        let LoggedModelRef { model_id, run_id, .. } = model;
        let request = Request { name, source: &source, run_id, model_id, tags, description };
        let created = match self.create::<VersionAnswer>("model-versions/create", &request).await {
            Err(Error::NotFound { .. }) => {
                self.ensure_registered_model(name, of_model).await?;
                self.create("model-versions/create", &request).await
            }
            created => created,
        };
        Ok(created?.model_version)
    }

    /// Creates a registered model unless it exists; the description of one that does is left as people may have changed it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name with `/` or `:` in it.
    pub async fn ensure_registered_model(&self, name: &str, description: &str) -> Result<()> {
        #[derive(Serialize)]
        struct Request<'a> {
            name: &'a str,
            description: &'a str,
        }
        match self
            .send::<Ignored>(Method::POST, "registered-models/create", &Request { name, description })
            .await
        {
            Ok(Ignored {}) | Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A version by its number.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version.
    pub async fn model_version(&self, name: &str, version: u32) -> Result<ModelVersion> {
        let query = [("name", name), ("version", &version.to_string())];
        Ok(self.get::<VersionAnswer>("model-versions/get", &query).await?.model_version)
    }

    /// The version that an alias points at; `None` when the model or the alias does not exist.
    ///
    /// # Errors
    /// Only those of the exchange.
    pub async fn version_by_alias(&self, name: &str, alias: &str) -> Result<Option<ModelVersion>> {
        let query = [("name", name), ("alias", alias)];
        match self.get::<VersionAnswer>("registered-models/alias", &query).await {
            Ok(answer) => Ok(Some(answer.model_version)),
            Err(Error::NotFound { .. }) => Ok(None),
            // MLflow calls a missing alias an invalid parameter.
            Err(Error::Invalid { message, .. })
                if message.contains("alias") && message.contains("not found") =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The aliases of a model with the versions that they point at; none when the model does not exist.
    ///
    /// # Errors
    /// Only those of the exchange.
    pub async fn aliases(&self, name: &str) -> Result<BTreeMap<String, u32>> {
        match self.get::<RegisteredModelAnswer>("registered-models/get", &[("name", name)]).await {
            Ok(answer) => {
                let aliases = answer.registered_model.aliases.into_iter();
                Ok(aliases.map(|alias| (alias.alias, alias.version)).collect())
            }
            Err(Error::NotFound { .. }) => Ok(BTreeMap::new()),
            Err(error) => Err(error),
        }
    }

    /// All versions of a model, newest first; none when the model does not exist.
    ///
    /// # Errors
    /// Only those of the exchange.
    pub async fn model_versions(&self, name: &str) -> Result<Vec<ModelVersion>> {
        self.search_versions(&format!("name={}", quoted(name))).await
    }

    /// The versions of a model that a run made, newest first: a few, however many the model has.
    ///
    /// # Errors
    /// Only those of the exchange.
    pub async fn versions_of_run(&self, name: &str, run_id: &str) -> Result<Vec<ModelVersion>> {
        self.search_versions(&format!("name={} AND run_id={}", quoted(name), quoted(run_id))).await
    }

    async fn search_versions(&self, filter: &str) -> Result<Vec<ModelVersion>> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            model_versions: Vec<ModelVersion>,
            #[serde(default)]
            next_page_token: String,
        }
        let mut versions = Vec::new();
        let mut page = String::new();
        loop {
            let mut query = vec![("filter", filter), ("max_results", VERSIONS_PER_PAGE)];
            if !page.is_empty() {
                query.push(("page_token", &page));
            }
            let answer: Answer = self.get("model-versions/search", &query).await?;
            versions.extend(answer.model_versions);
            if answer.next_page_token.is_empty() {
                break;
            }
            page = answer.next_page_token;
        }
        versions.sort_by_key(|v| std::cmp::Reverse(v.version));
        Ok(versions)
    }

    /// Points an alias at a version, moving it from where it was.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version.
    pub async fn set_alias(&self, name: &str, alias: &str, version: u32) -> Result<()> {
        let request = VersionRequest { alias: Some(alias), ..VersionRequest::of(name, version) };
        self.send::<Ignored>(Method::POST, "registered-models/alias", &request).await?;
        Ok(())
    }

    /// Removes an alias; removing one that is not there changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such model.
    pub async fn delete_alias(&self, name: &str, alias: &str) -> Result<()> {
        #[derive(Serialize)]
        struct Request<'a> {
            name: &'a str,
            alias: &'a str,
        }
        self.send::<Ignored>(Method::DELETE, "registered-models/alias", &Request { name, alias }).await?;
        Ok(())
    }

    /// Sets a version's tag, replacing its former value.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version.
    pub async fn set_version_tag(&self, name: &str, version: u32, key: &str, value: &str) -> Result<()> {
        let request =
            VersionRequest { key: Some(key), value: Some(value), ..VersionRequest::of(name, version) };
        self.send::<Ignored>(Method::POST, "model-versions/set-tag", &request).await?;
        Ok(())
    }

    /// Replaces a version's description.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version.
    pub async fn describe_version(&self, name: &str, version: u32, description: &str) -> Result<()> {
        let request = VersionRequest { description: Some(description), ..VersionRequest::of(name, version) };
        self.send::<Ignored>(Method::PATCH, "model-versions/update", &request).await?;
        Ok(())
    }

    /// Where a version's files are.
    pub(crate) async fn version_location(&self, version: &ModelVersion) -> Result<String> {
        #[derive(Deserialize)]
        struct Answer {
            artifact_uri: String,
        }
        let query = [("name", version.name.as_str()), ("version", &version.version.to_string())];
        let uri = self.get::<Answer>("model-versions/get-download-uri", &query).await?.artifact_uri;
        // Servers resolve `models:/m-...` when a version is created; some older ones leave it to the reader.
        match uri.strip_prefix("models:/") {
            Some(model_id) if model_id.starts_with("m-") => {
                Ok(self.logged_model(model_id).await?.artifact_uri)
            }
            _ => Ok(uri),
        }
    }
}

impl<'a> VersionRequest<'a> {
    fn of(name: &'a str, version: u32) -> VersionRequest<'a> {
        VersionRequest { name, version: version.to_string(), ..VersionRequest::default() }
    }
}

const VERSIONS_PER_PAGE: &str = "1000";

/// A text within a filter, in whichever quotes it does not hold itself.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') { '"' } else { '\'' };
    format!("{quote}{text}{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_here_and_texts_there() {
        let json = r#"{"name":"n","version":"12","current_stage":"None","aliases":["champion"],"tags":[{"key":"a","value":"b"}]}"#;
        let version: ModelVersion = serde_json::from_str(json).unwrap();
        assert_eq!((version.version, version.aliases.len(), version.tags["a"].as_str()), (12, 1, "b"));
        let request = VersionRequest { alias: Some("champion"), ..VersionRequest::of("n", 12) };
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            r#"{"name":"n","version":"12","alias":"champion"}"#
        );
    }

    #[test]
    fn aliases_name_versions() {
        let json = r#"{"registered_model":{"name":"n","aliases":[{"alias":"champion","version":"3"}]}}"#;
        let answer: RegisteredModelAnswer = serde_json::from_str(json).unwrap();
        let [alias] = answer.registered_model.aliases.as_slice() else { panic!("one alias") };
        assert_eq!((alias.alias.as_str(), alias.version), ("champion", 3));
    }

    #[test]
    fn names_are_quoted_by_what_they_lack() {
        assert_eq!((quoted("weekly"), quoted("o'neil")), ("'weekly'".into(), "\"o'neil\"".into()));
    }
}
