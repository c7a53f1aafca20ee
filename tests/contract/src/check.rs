//! How a case says what went wrong, and how it waits.

use std::fmt::Debug;

use ports::{ErrorKind, Platform};

/// Why a case failed.
#[derive(Debug)]
pub struct Failure(pub String);

/// What a case's function returns.
pub type Checked = Result<(), Failure>;

impl From<ports::Error> for Failure {
    fn from(error: ports::Error) -> Self {
        Self(format!("{:?}: {error}", error.kind()))
    }
}

/// Fails the case with a message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::check::Failure(format!($($message)+)));
        }
    };
}

/// One line of a table of cases.
macro_rules! case {
    ($name:literal, $run:path) => {
        case!($name, $run, $crate::Needs::NOTHING)
    };
    ($name:literal, $run:path, $needs:expr) => {
        $crate::Case {
            name: $name,
            needs: $needs,
            run: |harness| {
                Box::pin(async move { $run(harness).await.map_err(|failure| failure.0) })
            },
        }
    };
}

/// Asks again and again, at most for a limit, until the answer is `Some`. A macro, because a future over an async
/// closure is not seen to be `Send`.
macro_rules! eventually {
    ($platform:expr, $what:expr, $limit:expr, $ask:expr) => {{
        let start = $platform.clock.now();
        loop {
            if let Some(answer) = $ask {
                break answer;
            }
            let waited = $platform.clock.now().since(start);
            $crate::check::ensure!(waited <= $limit, "{}: not within {:?}", $what, $limit);
            $platform
                .clock
                .sleep(std::time::Duration::from_millis(50))
                .await;
        }
    }};
}

pub(crate) use {case, ensure, eventually};

/// Fails unless both are the same.
pub fn same<T: PartialEq + Debug>(what: &str, got: T, want: T) -> Checked {
    ensure!(got == want, "{what}: got {got:?}, want {want:?}");
    Ok(())
}

/// Fails unless the call failed with this kind.
pub fn fails<T: Debug>(what: &str, result: ports::Result<T>, kind: ErrorKind) -> Checked {
    match result {
        Err(error) => same(what, error.kind(), kind),
        Ok(value) => Err(Failure(format!("{what}: got {value:?}, want {kind:?}"))),
    }
}

/// A name that no earlier case has used.
pub fn fresh(platform: &Platform, what: &str) -> String {
    format!("contract/{what}/{}", ports::uuid(&*platform.entropy))
}
