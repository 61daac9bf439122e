//! A training run on one page, for people: HTML that stands alone.
//!
//! What is on the page is in [`ReportInput`], how it is put there in `page.rs` and `tables.rs`, how it looks in
//! `style.css`.

mod input;
mod page;
mod tables;

pub use input::ReportInput;
pub use page::html;
