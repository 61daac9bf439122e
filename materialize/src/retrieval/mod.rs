//! Features for the rows of a file, each as they were known where the row stands: entities in, a training set out.
//!
//! `selection` reads which features are wanted, `entity_file` the rows, `answer` puts both beside each other,
//! `answer_file` writes them down.

mod answer;
mod answer_file;
mod entity_file;
mod file_format;
mod retrieve;
mod selection;

pub use retrieve::{Retrieval, Unmatched, retrieve};
pub use selection::Selection;
