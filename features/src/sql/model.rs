//! A view as a dbt model.

use super::select;
use crate::View;

/// The text of the model `oracle_<view>`: [`select`] over the macro `bars_known`, tagged `oracle` and built only
/// when asked for.
pub fn dbt_model(view: &View) -> String {
    let (name, version) = (view.name(), view.version());
    format!(
        "-- The feature view {name}, version {version}, computed in the warehouse: see docs/SCALING.md.\n\
         -- Generated, do not edit: weekahead features sql {name} > dbt/models/oracle/oracle_{name}.sql\n\
         {{{{ config(\n    \
             alias='{name}',\n    \
             materialized='table',\n    \
             engine=engine(),\n    \
             order_by=['symbol', 'session'],\n\
         ) }}}}\n\n\
         {}\n",
        select(view, "{{ bars_known() }}")
    )
}
