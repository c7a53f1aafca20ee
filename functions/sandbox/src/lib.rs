//! Code nodes: Python and JavaScript, run inside the own process.
//!
//! This side owns: the two interpreters, what `main` is called with, the limits, and the errors, which name the line. The
//! caller owns: which outputs are declared, and what happens with an error.
//!
//! Must never: open a file or a socket, start a thread, read a clock or true randomness. What a piece of code computes
//! depends on its inputs and on [`Limits`] alone, so a run that is repeated gives the same result and ends at the same step.
//!
//! ```
//! # #[cfg(feature = "python")] {
//! use serde_json::json;
//! let inputs = json!({"a": 2, "b": 3});
//! let code = "def main(a, b):\n    return {'sum': a + b}";
//! let outputs = sandbox::run(sandbox::Language::Python, code, inputs.as_object().unwrap(), &sandbox::Limits::default());
//! assert_eq!(outputs.unwrap()["sum"], 5);
//! # }
//! ```
//!
//! # What code may do
//!
//! **Python** (`main(a, b)`: inputs by name) runs on monty. It has `json`, `re`, `math`, `datetime`, `unicodedata`, `typing`,
//! `asyncio` and the parts of `os`, `sys` and `pathlib` that need no file. Classes, `requests`, `pandas` and every other
//! module get an error that names them, at the moment they are used.
//!
//! **JavaScript** (`main({a, b})`: one object) runs on boa. There is no `require`, `fetch`, timer or file; `console` says
//! nothing. `Math.random` is seeded and the same in each run.
//!
//! # What holds it in
//!
//! | | Python | JavaScript |
//! | --- | --- | --- |
//! | steps | every instruction and every look of a built-in at its time is one | every instruction is one; built-ins over arrays and texts pay by their length |
//! | memory | counted by the interpreter: the same on each machine | built-ins that multiply are asked first; the rest is seen by [`Meter`] where the program installs it as its allocator, between instructions. Inside a callback that a built-in calls it is seen when the callback is over |
//! | recursion | calls and nested values | calls |
//! | code that nests | the parser has a limit of its own | brackets and runs of operators are counted before it is parsed |
//! | regular expressions | backtracking is counted | ambiguous ones (a repetition inside a repetition) only over texts of up to 24 letters |
//!
//! What these do not hold: in Python one `str.join` of many references to one long text is counted when it is done; in
//! JavaScript arithmetic on `BigInt`s of millions of digits takes its time in one step, and an object that lies about its
//! `length` can keep a built-in busy. Code that must be suspected of that belongs into a process of its own.
//!
//! Python's `%` formatting, classes and `try` around a limit: the first two are errors here, the last does not catch it.
//!
//! # What a language adds to a wasm module
//!
//! Gzipped, in profile `edge`, over a module that only reads JSON: Python 1.49 MB, JavaScript 1.03 MB. A Worker has a module
//! for each, which it loads when code in that language first runs.
//!
//! Start reading at [`run`].

mod error;
mod limits;
mod memory;
mod output;
mod source;

#[cfg(feature = "javascript")]
mod javascript;
#[cfg(feature = "python")]
mod python;

pub use error::{Error, Limit, Result};
pub use limits::Limits;
pub use memory::Meter;

use serde_json::{Map, Value};

/// A language of code nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `python3` in app files.
    Python,
    /// `javascript` in app files.
    JavaScript,
}

impl Language {
    /// The language that an app file's `code_language` names.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for another one.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "python3" => Ok(Self::Python),
            "javascript" => Ok(Self::JavaScript),
            other => Err(Error::Unsupported {
                what: format!("`code_language` is `{other}`: there are python3 and javascript"),
                line: None,
            }),
        }
    }
}

/// Runs `code` and calls its `main` with `inputs`: by name in Python, as one object in JavaScript. Returns the object that
/// `main` returned, within the limits of outputs and without NUL characters.
///
/// # Errors
/// See [`Error`]. Lines count from 1.
pub fn run(
    language: Language,
    code: &str,
    inputs: &Map<String, Value>,
    limits: &Limits,
) -> Result<Map<String, Value>> {
    source::check(language, code, limits)?;
    let returned = caught(|| match language {
        #[cfg(feature = "python")]
        Language::Python => python::run(code, inputs, limits),
        #[cfg(feature = "javascript")]
        Language::JavaScript => javascript::run(code, inputs, limits),
        #[cfg(not(all(feature = "python", feature = "javascript")))]
        _ => Err(absent(language)),
    })?;
    output::check(returned, limits)
}

/// Loads `code`, which runs what stands outside its functions, and sees whether it has a `main`. Calls nothing.
///
/// # Errors
/// Those of [`run`], except what only `main` can meet.
pub fn load(language: Language, code: &str, limits: &Limits) -> Result<()> {
    source::check(language, code, limits)?;
    caught(|| match language {
        #[cfg(feature = "python")]
        Language::Python => python::load(code, limits),
        #[cfg(feature = "javascript")]
        Language::JavaScript => javascript::load(code, limits),
        #[cfg(not(all(feature = "python", feature = "javascript")))]
        _ => Err(absent(language)),
    })
}

/// A panic of an interpreter ends the code, not the server. (A wasm module stops there; its host starts the next one.)
fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(Err(Error::Fault))
}

#[cfg(not(all(feature = "python", feature = "javascript")))]
fn absent(language: Language) -> Error {
    Error::Unsupported {
        what: format!("this build leaves out {language:?}"),
        line: None,
    }
}
