//! A warehouse over an engine of its own, with the schema in place.

#[path = "../../../warehouse/tests/support/engine.rs"]
mod engine;

use engine::Engine;
use weekahead_warehouse::Warehouse;

/// A running engine, and the client that talks to it.
pub struct Platform {
    engine: Engine,
    pub warehouse: Warehouse,
}

impl Platform {
    pub async fn start() -> Self {
        let (engine, warehouse) = engine::migrated().await;
        Self { engine, warehouse }
    }

    /// Ends the engine: a process that leaves while it runs may crash on its way out.
    pub async fn stop(self) {
        self.engine.stop().await;
    }
}
