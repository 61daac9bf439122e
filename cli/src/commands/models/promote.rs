//! `weekahead models promote`: a person's decision.

use weekahead_market::AsOf;
use weekahead_models::onnx::OnnxRuntime;

use super::{Of, decision};
use crate::settings::Settings;
use crate::{pipeline, platform};

/// Make a version champion, by hand
#[derive(Debug, clap::Args)]
pub struct Promote {
    /// The version's number
    #[arg(value_name = "VERSION", value_parser = clap::value_parser!(u32).range(1..))]
    number: u32,
    /// Why: it is recorded with the decision
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    of: Of,
}

impl Promote {
    /// Runs it.
    pub async fn run(self, settings: &Settings, as_of: Option<AsOf>) -> anyhow::Result<()> {
        let registry = platform::model_registry(settings, self.of.model).await?;
        let runtime = OnnxRuntime::load(&settings.tools.libonnxruntime)?;
        let (_, now) = pipeline::stand(&*pipeline::clock(as_of));
        let change = registry.promote(&runtime, self.number, &self.reason, now).await?;
        println!("{}", decision::report(&change));
        Ok(())
    }
}
