//! The named collection `lake`: where dbt's `s3(lake, ...)` finds the lake, so that no secret stands in a model.

use crate::sql::literal;
use crate::{Error, LakeLocation, Result, Warehouse};

impl Warehouse {
    /// Makes the collection, or corrects it: its secrets cannot be read back to see whether they changed.
    pub(super) async fn point_at_lake(&self, lake: &LakeLocation) -> Result<()> {
        for statement in [create(lake), alter(lake)] {
            let statement = self.topology.fill(&statement);
            self.execute(&statement).await.map_err(|error| without_secrets(error, lake))?;
        }
        Ok(())
    }

    pub(super) async fn forget_lake(&self) -> Result<()> {
        self.execute(&self.topology.fill("DROP NAMED COLLECTION IF EXISTS lake{on_cluster}")).await
    }
}

fn create(lake: &LakeLocation) -> String {
    format!("CREATE NAMED COLLECTION IF NOT EXISTS lake{{on_cluster}} AS {}", pairs(lake))
}

fn alter(lake: &LakeLocation) -> String {
    format!("ALTER NAMED COLLECTION lake{{on_cluster}} SET {}", pairs(lake))
}

fn pairs(lake: &LakeLocation) -> String {
    let url = format!("{}/", lake.url.trim_end_matches('/'));
    let secrets = [("access_key_id", &lake.access_key_id), ("secret_access_key", &lake.secret_access_key)];
    let pair =
        |(name, value): (&str, &Option<String>)| Some(format!("{name} = {}", literal(value.as_ref()?)));
    let given = secrets.into_iter().filter_map(pair);
    std::iter::once(format!("url = {}", literal(&url))).chain(given).collect::<Vec<_>>().join(", ")
}

/// A server may quote the statement that it refuses.
fn without_secrets(error: Error, lake: &LakeLocation) -> Error {
    let hide = |message: String| {
        let secrets = [&lake.access_key_id, &lake.secret_access_key].into_iter().flatten();
        secrets
            .filter(|secret| !secret.is_empty())
            .fold(message, |text, secret| text.replace(secret, "[HIDDEN]"))
    };
    match error {
        Error::Refused { code, message } => Error::Refused { code, message: hide(message) },
        Error::AccessDenied { url, user, message } => {
            Error::AccessDenied { url, user, message: hide(message) }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lake() -> LakeLocation {
        LakeLocation {
            url: "http://127.0.0.1:9000/lake".to_owned(),
            access_key_id: Some("weekahead".to_owned()),
            secret_access_key: Some("it's secret".to_owned()),
        }
    }

    #[test]
    fn values_are_escaped_and_the_address_ends_with_a_slash() {
        assert_eq!(
            create(&lake()),
            "CREATE NAMED COLLECTION IF NOT EXISTS lake{on_cluster} AS url = 'http://127.0.0.1:9000/lake/', \
             access_key_id = 'weekahead', secret_access_key = 'it\\'s secret'"
        );
        let own = LakeLocation { access_key_id: None, secret_access_key: None, ..lake() };
        let statement = "ALTER NAMED COLLECTION lake{on_cluster} SET url = 'http://127.0.0.1:9000/lake/'";
        assert_eq!(alter(&own), statement);
    }

    #[test]
    fn a_refusal_does_not_repeat_the_secret() {
        let refused = Error::Refused { code: Some(62), message: "Syntax error near it's secret".to_owned() };
        assert_eq!(
            without_secrets(refused, &lake()).to_string(),
            "the warehouse refused a statement: Syntax error near [HIDDEN]"
        );
    }
}
