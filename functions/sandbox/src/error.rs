//! What can go wrong with a piece of code.

use std::fmt;

/// The result of a run.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a piece of code gave no outputs. Lines count from 1 and are those of the code as it was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The code cannot be read.
    #[error("{}{message}", At(*line))]
    Syntax {
        /// What the parser says.
        message: String,
        /// Where.
        line: Option<u32>,
    },
    /// The code threw, and nothing in it caught that.
    #[error("{}{message}", At(*line))]
    Exception {
        /// Kind and message, such as `ValueError: no digits`.
        message: String,
        /// The innermost line of the code.
        line: Option<u32>,
    },
    /// The code wants something that a sandbox has not.
    #[error("{}{what}", At(*line))]
    Unsupported {
        /// A sentence that names it.
        what: String,
        /// Where.
        line: Option<u32>,
    },
    /// The code used up what it was given.
    #[error("{}{limit}", At(*line))]
    Limit {
        /// Which limit, and how much it is.
        limit: Limit,
        /// Where it was reached, when that is known.
        line: Option<u32>,
    },
    /// What `main` returned cannot be an output.
    #[error("{0}")]
    Output(String),
    /// The interpreter itself failed.
    #[error("the interpreter of the sandbox failed on this code; nothing outside it was touched")]
    Fault,
}

/// A limit that was reached, with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`crate::Limits::source`].
    Source(usize),
    /// [`crate::Limits::nesting`].
    Nesting(usize),
    /// [`crate::Limits::steps`].
    Steps(u64),
    /// [`crate::Limits::memory`].
    Memory(usize),
    /// [`crate::Limits::recursion`].
    Recursion(usize),
    /// [`crate::Limits::output`].
    Output(usize),
    /// Backtracking of a regular expression.
    Regex,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(most) => write!(f, "limit `source`: the code is longer than {most} bytes"),
            Self::Nesting(most) => {
                write!(f, "limit `nesting`: the code nests deeper than {most} levels")
            }
            Self::Steps(most) => write!(f, "limit `steps`: the code took more than {most} steps"),
            Self::Memory(most) => write!(f, "limit `memory`: the code needed more than {most} bytes"),
            Self::Recursion(most) => {
                write!(f, "limit `recursion`: calls or values nest deeper than {most}")
            }
            Self::Output(most) => write!(f, "limit `output`: main returned more than {most} bytes"),
            Self::Regex => f.write_str(
                "limit `regex`: a regular expression could take without end on a text of this length",
            ),
        }
    }
}

struct At(Option<u32>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(line) => write!(f, "line {line}: "),
            None => Ok(()),
        }
    }
}
