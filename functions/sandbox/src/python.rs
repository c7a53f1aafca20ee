//! Python, on monty.

mod convert;
mod fuel;

use std::{rc::Rc, sync::LazyLock};

use monty::{MontyRun, RunProgress};
use monty_types::{
    CompileOptions, ExcType, ExtFunctionResult, MontyException, MontyObject, NameLookupResult,
    OsFunctionCall, PrintWriter,
};
use serde_json::{Map, Value};

use self::fuel::{Fuel, Spent};
use crate::{Error, Limits, Result, output};

/// The name under which the inputs stand while `main` is called.
const INPUTS: &str = "__inputs__";

pub(crate) fn run(
    code: &str,
    inputs: &Map<String, Value>,
    limits: &Limits,
) -> Result<Map<String, Value>> {
    match execute(code, &format!("main(**{INPUTS})"), Some(inputs), limits)? {
        MontyObject::Dict(pairs) => convert::object(pairs, limits),
        other => Err(output::no_object(convert::type_name(&other))),
    }
}

pub(crate) fn load(code: &str, limits: &Limits) -> Result<()> {
    execute(code, "main", None, limits).map(|_| ())
}

/// The code, and after it one more line, whose value is returned.
fn execute(
    code: &str,
    last: &str,
    inputs: Option<&Map<String, Value>>,
    limits: &Limits,
) -> Result<MontyObject> {
    let lines = u32::try_from(code.lines().count()).unwrap_or(u32::MAX);
    let fuel = Rc::new(Spent::default());
    let failed = |error: MontyException| failure(error, lines, &fuel, limits);
    let names = inputs.iter().map(|_| INPUTS.to_owned()).collect();
    let values = inputs.into_iter().map(convert::inputs).collect();
    let source = format!("{code}\n{last}");
    let program =
        MontyRun::new(source, "code", names, CompileOptions::default()).map_err(failed)?;
    let tracker = Fuel::new(limits, fuel.clone());
    let mut progress = program
        .start(values, tracker, PrintWriter::Disabled)
        .map_err(failed)?;
    loop {
        progress = match progress {
            RunProgress::Complete(value) => return Ok(value),
            RunProgress::NameLookup(lookup) => {
                lookup.resume(NameLookupResult::Undefined, PrintWriter::Disabled)
            }
            RunProgress::OsCall(call) => {
                let answer = outside(&call.function_call, limits);
                call.resume(answer, PrintWriter::Disabled)
            }
            RunProgress::FunctionCall(call) => {
                let name = call.function_name.clone();
                call.resume(ExtFunctionResult::NotFound(name), PrintWriter::Disabled)
            }
            RunProgress::ResolveFutures(_) => {
                return Err(Error::Unsupported {
                    what: "the code waits for something, and nothing outside answers".to_owned(),
                    line: None,
                });
            }
        }
        .map_err(failed)?;
    }
}

/// What the code asks its surroundings for.
fn outside(call: &OsFunctionCall, limits: &Limits) -> ExtFunctionResult {
    let refused = |name: &str, why: &str| {
        let message = format!("{REFUSED}`{name}` is not available in the sandbox: {why}");
        ExtFunctionResult::Error(MontyException::new(ExcType::OSError, Some(message)))
    };
    match (call, limits.now) {
        (OsFunctionCall::DateToday, Some(now)) => {
            ExtFunctionResult::Return(MontyObject::Date(convert::date(now)))
        }
        (OsFunctionCall::DateTimeNow(zone), Some(now)) => ExtFunctionResult::Return(
            MontyObject::DateTime(convert::date_time(now, zone.as_ref())),
        ),
        (OsFunctionCall::DateToday, None) => refused("date.today", "it has no clock"),
        (OsFunctionCall::DateTimeNow(_), None) => refused("datetime.now", "it has no clock"),
        // Where nothing is, nothing is found: code that looks before it opens goes on.
        (
            OsFunctionCall::Exists(_)
            | OsFunctionCall::IsFile(_)
            | OsFunctionCall::IsDir(_)
            | OsFunctionCall::IsSymlink(_),
            _,
        ) => ExtFunctionResult::Return(MontyObject::Bool(false)),
        (OsFunctionCall::Getenv(_) | OsFunctionCall::GetEnviron, _) => {
            refused(call.into(), "it has no environment")
        }
        _ => refused(call.into(), "it has no files"),
    }
}

/// Marks our own refusals among the code's errors; taken off before anyone reads it.
const REFUSED: &str = "\u{1}";

static MODULES: LazyLock<String> = LazyLock::new(|| {
    [
        "asyncio",
        "datetime",
        "json",
        "math",
        "os",
        "pathlib",
        "re",
        "sys",
        "typing",
        "unicodedata",
    ]
    .map(|name| format!("`{name}`"))
    .join(", ")
});

fn failure(error: MontyException, lines: u32, spent: &Spent, limits: &Limits) -> Error {
    // The call of main stands on a line of our own.
    let line = error.traceback().iter().map(|frame| frame.start.line);
    let line = line.rev().find(|line| (1..=lines).contains(line));
    if let Some(limit) = spent.limit(limits) {
        return Error::Limit { limit, line };
    }
    let message = error.message().unwrap_or_default().to_owned();
    let kind = error.exc_type();
    let what = match kind {
        ExcType::ModuleNotFoundError => {
            let name = message.split('\'').nth(1).unwrap_or(&message);
            format!(
                "module `{name}` is not available in the sandbox: it has {}",
                *MODULES
            )
        }
        ExcType::NotImplementedError => {
            format!("{message}: the sandbox's Python has no such thing")
        }
        ExcType::NameError if line.is_none() => "the code defines no function `main`".to_owned(),
        _ if message.starts_with(REFUSED) => message.replace(REFUSED, ""),
        ExcType::RecursionError => {
            let limit = crate::Limit::Recursion(limits.recursion);
            return Error::Limit { limit, line };
        }
        ExcType::SyntaxError => {
            return Error::Syntax {
                message: error.summary(),
                line,
            };
        }
        _ => {
            return Error::Exception {
                message: error.summary(),
                line,
            };
        }
    };
    Error::Unsupported { what, line }
}
