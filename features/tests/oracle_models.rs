//! The committed dbt models are what the generator writes.

use std::path::Path;

use weekahead_features::{View, sql};

#[test]
fn the_committed_models_are_what_the_generator_writes() {
    for name in View::builtins() {
        let file = format!("dbt/models/oracle/oracle_{name}.sql");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&file);
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let generated = sql::dbt_model(&View::builtin(name).unwrap());
        assert!(
            committed == generated,
            "{file} is not what its view says: run `cargo run -p weekahead-cli -- features sql {name} > {file}`"
        );
    }
}

#[test]
fn a_view_is_one_readable_query() {
    let view = View::parse(include_str!("oracle_models.toml")).unwrap();
    insta::assert_snapshot!(sql::select(&view, "marts.bars_latest"));
}
