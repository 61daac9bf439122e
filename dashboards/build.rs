//! Has the crate compiled again when a file of the bundle is added or changed.

fn main() {
    println!("cargo:rerun-if-changed=superset/bundle");
}
