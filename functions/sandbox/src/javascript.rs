//! JavaScript, on boa.

mod convert;

use std::{
    future::Future,
    path::Path,
    pin::pin,
    rc::Rc,
    task::{Poll, Waker},
};

use boa_engine::{
    Context, JsError, JsResult, JsString, JsValue, Script, Source,
    context::{HostHooks, time::FixedClock},
    error::{EngineError, RuntimeLimitError},
    property::Attribute,
};
use serde_json::{Map, Value};

use crate::{Error, Limit, Limits, Result, memory};

/// Instructions between two looks at the memory.
const SLICE: u32 = 32;

/// The name under which the inputs stand while `main` is called.
const INPUTS: &str = "__inputs__";

const PRELUDE: &str = include_str!("javascript/prelude.js");

/// Marks a refusal of the prelude among the code's errors.
const REFUSED: char = '\u{1}';

struct Hooks(u64);

impl HostHooks for Hooks {
    fn max_buffer_size(&self, _: &mut Context) -> u64 {
        self.0
    }
}

pub(crate) fn run(
    code: &str,
    inputs: &Map<String, Value>,
    limits: &Limits,
) -> Result<Map<String, Value>> {
    let mut machine = Machine::new(code, limits)?;
    machine.execute(code, "code")?;
    let value = JsValue::from_json(&Value::Object(inputs.clone()), &mut machine.context);
    let value = value.map_err(|error| machine.failure(&error))?;
    let name = JsString::from(INPUTS);
    machine
        .context
        .register_global_property(name, value, Attribute::all())
        .map_err(|error| machine.failure(&error))?;
    let returned = machine.execute(&format!("main({INPUTS})"), "call")?;
    convert::object(&returned, &mut machine.context, limits).map_err(|stop| match stop {
        convert::Stop::Thrown(error) => machine.failure(&error),
        convert::Stop::Ours(error) => error,
    })
}

pub(crate) fn load(code: &str, limits: &Limits) -> Result<()> {
    let mut machine = Machine::new(code, limits)?;
    machine.execute(code, "code")?;
    machine.execute("main", "call").map(|_| ())
}

struct Machine<'a> {
    context: Context,
    limits: &'a Limits,
    code: &'a str,
    held_before: isize,
}

impl<'a> Machine<'a> {
    fn new(code: &'a str, limits: &'a Limits) -> Result<Self> {
        let held_before = memory::held();
        let clock = u64::try_from(limits.now.unwrap_or(0)).unwrap_or(0);
        let context = Context::builder()
            .host_hooks(Rc::new(Hooks(limits.memory as u64)))
            .clock(Rc::new(FixedClock::from_millis(clock)))
            .instructions_remaining(usize::try_from(limits.steps).unwrap_or(usize::MAX))
            .build();
        let mut context = context.map_err(|_| Error::Fault)?;
        context
            .runtime_limits_mut()
            .set_recursion_limit(limits.recursion);
        let now = limits.now.map_or("null".to_owned(), |now| now.to_string());
        let prelude = PRELUDE.replacen("MEMORY", &limits.memory.to_string(), 1);
        let prelude = prelude.replacen("NOW", &now, 1);
        let mut machine = Self {
            context,
            limits,
            code,
            held_before,
        };
        machine.execute(&prelude, "prelude")?;
        Ok(machine)
    }

    /// In slices, with a look at the memory between them.
    fn execute(&mut self, code: &str, path: &str) -> Result<JsValue> {
        match self.slices(code, path) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(Error::Limit {
                limit: Limit::Memory(self.limits.memory),
                line: None,
            }),
            Err(error) => Err(self.failure(&error)),
        }
    }

    /// Nothing when the memory ran out.
    fn slices(&mut self, code: &str, path: &str) -> JsResult<Option<JsValue>> {
        let source = Source::from_bytes(code).with_path(Path::new(path));
        let script = Script::parse(source, None, &mut self.context)?;
        let most = isize::try_from(self.limits.memory).unwrap_or(isize::MAX);
        let mut running = pin!(script.evaluate_async_with_budget(&mut self.context, SLICE));
        let mut waker = std::task::Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(result) = running.as_mut().poll(&mut waker) {
                return result.map(Some);
            }
            if memory::held().wrapping_sub(self.held_before) > most {
                return Ok(None);
            }
        }
    }

    fn failure(&self, error: &JsError) -> Error {
        let line = line(&error.to_string());
        let limit = |limit| Error::Limit { limit, line };
        match error.as_engine() {
            Some(EngineError::NoInstructionsRemain) => {
                return limit(Limit::Steps(self.limits.steps));
            }
            Some(EngineError::RuntimeLimit(
                RuntimeLimitError::Recursion | RuntimeLimitError::StackSize,
            )) => return limit(Limit::Recursion(self.limits.recursion)),
            Some(_) => return Error::Fault,
            None => {}
        }
        let message = message(error);
        if let Some((_, word)) = message.split_once(REFUSED) {
            return match word.split([' ', '(']).next().unwrap_or_default() {
                "memory" => limit(Limit::Memory(self.limits.memory)),
                "regex" => limit(Limit::Regex),
                _ => Error::Unsupported {
                    what:
                        "`Date` without arguments is not available in the sandbox: it has no clock"
                            .to_owned(),
                    line,
                },
            };
        }
        if let Some((name, what)) = absent(&message) {
            // The engine knows the place of a call, not of a name.
            let lines = self.code.lines().zip(1..);
            let named = lines.filter(|(text, _)| text.contains(name));
            let line = named.map(|(_, line)| line).next();
            return Error::Unsupported { what, line };
        }
        if message.starts_with("SyntaxError") {
            let line = line.or_else(|| number_after(&message, "line "));
            return Error::Syntax { message, line };
        }
        Error::Exception { message, line }
    }
}

/// The kind and the message, without where.
fn message(error: &JsError) -> String {
    let full = match error.as_native() {
        Some(native) => format!("{}: {}", native.kind(), native.message()),
        None => error.to_string(),
    };
    match full.lines().next().unwrap_or_default() {
        // Its text would be the code's own doing.
        "{" | "[" | "" => "an object was thrown that is no error".to_owned(),
        first => {
            let first = first.strip_prefix("Uncaught ").unwrap_or(first);
            // `Error: no luck (call:1:5)`: where it was seen last.
            let mut parts = first.rsplitn(2, " (");
            match (parts.next(), parts.next()) {
                (Some(place), Some(text)) if is_place(place) => text.to_owned(),
                _ => first.to_owned(),
            }
        }
    }
}

fn is_place(text: &str) -> bool {
    ["call:", "code:", "prelude:", "native"]
        .iter()
        .any(|mark| text.starts_with(mark))
        && text.ends_with(')')
}

/// The innermost line of the code in a printed error: `at main (code:3:10)`.
fn line(printed: &str) -> Option<u32> {
    let mut lines = printed.lines();
    lines.find_map(|entry| number_after(entry, "(code:"))
}

fn number_after(text: &str, mark: &str) -> Option<u32> {
    let (_, rest) = text.split_once(mark)?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit());
    rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
}

/// What hosts of JavaScript have and a sandbox has not.
fn absent(message: &str) -> Option<(&str, String)> {
    let (name, _) = message
        .strip_prefix("ReferenceError: ")?
        .split_once(" is not defined")?;
    let why = match name {
        "fetch" | "XMLHttpRequest" | "WebSocket" => "it has no network",
        "require" | "module" | "exports" => "it has no modules",
        "process" | "Deno" | "Bun" => "it has no surroundings",
        "setTimeout" | "setInterval" | "setImmediate" | "queueMicrotask" => "it has no timers",
        "Buffer" | "crypto" | "atob" | "btoa" | "URL" | "TextEncoder" | "TextDecoder" | "Intl"
        | "Temporal" => "it has the language's own objects only",
        "main" => return Some((name, "the code defines no function `main`".to_owned())),
        _ => return None,
    };
    let what = format!("`{name}` is not available in the sandbox: {why}");
    Some((name, what))
}
