//! `weekahead models rollback`: the champion before the present one answers again.

use weekahead_market::AsOf;
use weekahead_models::onnx::OnnxRuntime;

use super::{Of, decision};
use crate::settings::Settings;
use crate::{pipeline, platform};

/// Go back to the champion before the present one
#[derive(Debug, clap::Args)]
pub struct Rollback {
    /// Why: it is recorded with the decision
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    of: Of,
}

impl Rollback {
    /// Runs it.
    pub async fn run(self, settings: &Settings, as_of: Option<AsOf>) -> anyhow::Result<()> {
        let registry = platform::model_registry(settings, self.of.model).await?;
        let runtime = OnnxRuntime::load(&settings.tools.libonnxruntime)?;
        let (_, now) = pipeline::stand(&*pipeline::clock(as_of));
        let change = registry.roll_back(&runtime, self.reason.as_deref(), now).await?;
        println!("{}", decision::report(&change));
        Ok(())
    }
}
