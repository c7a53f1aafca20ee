//! Interpreters recurse: their stack is wider than a module's usual megabyte. It stands before everything else in memory, so that
//! code which overflows it stops the module instead of writing over something.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=8388608");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
