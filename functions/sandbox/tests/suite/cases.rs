use sandbox::{Error, Language::JavaScript, Language::Python, Limits, load, run};

use crate::{check, check_with};

#[test]
fn python_gets_arguments_by_name_and_returns_an_object() {
    let check = |code, inputs, expect| check(Python, code, inputs, expect);
    check(
        "def main(b, a):\n    return {'r': a - b}",
        r#"{"a": 5, "b": 3}"#,
        Ok(r#"{"r": 2}"#),
    );
    check(
        "def main(a, b=7):\n    return {'r': a + b}",
        r#"{"a": 1}"#,
        Ok(r#"{"r": 8}"#),
    );
    check(
        "def main(**all) -> dict:\n    return {'r': sorted(all.keys())}",
        r#"{"b": 1, "a": 2}"#,
        Ok(r#"{"r": ["a", "b"]}"#),
    );
    check(
        "import json, re, math\ndef main(t: str):\n    d = json.loads(t)\n    return {'n': math.floor(d['x']), 'w': re.findall(r'\\w+', d['s']), 'j': json.dumps(d)}",
        r#"{"t": "{\"x\": 2.5, \"s\": \"ab cd\"}"}"#,
        Ok(r#"{"n": 2, "w": ["ab", "cd"], "j": "{\"x\": 2.5, \"s\": \"ab cd\"}"}"#),
    );
    check(
        "def main():\n    return {'a': (1, 2), 'b': None, 'c': {1: True}, 'd': 2.0, 'e': 'x\\0y'}",
        "{}",
        Ok(r#"{"a": [1, 2], "b": null, "c": {"1": true}, "d": 2.0, "e": "xy"}"#),
    );
    check(
        "x = 2\ndef helper(n):\n    return [i * x for i in range(n) if i % 2]\ndef main(n):\n    print('unheard')\n    return {'r': helper(n)}",
        r#"{"n": 6}"#,
        Ok(r#"{"r": [2, 6, 10]}"#),
    );
}

#[test]
fn javascript_gets_one_object_and_returns_one() {
    let check = |code, inputs, expect| check(JavaScript, code, inputs, expect);
    check(
        "function main({a, b}) { return {r: a - b}; }",
        r#"{"a": 5, "b": 3}"#,
        Ok(r#"{"r": 2}"#),
    );
    check(
        "const main = (inputs) => ({keys: Object.keys(inputs), half: inputs.n / 2})",
        r#"{"n": 3, "m": null}"#,
        Ok(r#"{"keys": ["n", "m"], "half": 1.5}"#),
    );
    check(
        "function main({t}) { console.log('unheard'); const d = JSON.parse(t); return {w: d.s.match(/\\w+/g), j: JSON.stringify(d), big: d.s.repeat(3).toUpperCase().split(' ').join('-')}; }",
        r#"{"t": "{\"s\": \"ab cd\"}"}"#,
        Ok(r#"{"w": ["ab", "cd"], "j": "{\"s\":\"ab cd\"}", "big": "AB-CDAB-CDAB-CD"}"#),
    );
    check(
        "function main() { return {a: [1, undefined, 'x'], b: undefined, c() {}, d: new Date(0), e: NaN, f: new Map([[1, 2]])}; }",
        "{}",
        Ok(r#"{"a": [1, null, "x"], "d": "1970-01-01T00:00:00.000Z", "e": null, "f": {}}"#),
    );
    check(
        "function main() { return {r: [3, 1, 2].sort((a, b) => a - b).map(x => x * 2), s: 'a1b2'.replace(/\\d/g, d => `<${d}>`), t: 'xyx'.replaceAll('x', 'ab')}; }",
        "{}",
        Ok(r#"{"r": [2, 4, 6], "s": "a<1>b<2>", "t": "abyab"}"#),
    );
}

#[test]
fn errors_name_the_line() {
    let python = |code, expect| check(Python, code, "{}", Err(expect));
    python(
        "def main():\n    x = 1\n    return {'r': x / 0}",
        "line 3: ZeroDivisionError: division by zero",
    );
    python(
        "def inner(t):\n    raise ValueError('no ' + t)\n\ndef main():\n    return inner('luck')",
        "line 2: ValueError: no luck",
    );
    python(
        "def main(:\n    pass",
        "line 1: SyntaxError: Expected a parameter or the end of the parameter list",
    );
    python(
        "def other():\n    pass",
        "the code defines no function `main`",
    );
    python(
        "def main(a):\n    return {}",
        "line 1: TypeError: main() missing 1 required positional argument: 'a'",
    );
    python(
        "def main():\n    return 7",
        "main must return an object, it returned int",
    );
    python(
        "def main():\n    return {'r': {1, 2}}",
        "main returned a value of type set, which JSON has not",
    );
    python(
        "def main():\n    return {'r': float('nan')}",
        "main returned NaN, which is no number in JSON",
    );
    let javascript = |code, expect| check(JavaScript, code, "{}", Err(expect));
    javascript(
        "function main() {\n  const x = null;\n  return {r: x.y};\n}",
        "line 3: TypeError: cannot convert 'null' or 'undefined' to object",
    );
    javascript(
        "function inner(t) {\n  throw new Error('no ' + t);\n}\nfunction main() { return inner('luck'); }",
        "line 2: Error: no luck",
    );
    javascript("function main( {\n", "SyntaxError: abrupt end");
    javascript("let x = 1", "the code defines no function `main`");
    javascript(
        "function main() { return [1]; }",
        "main must return an object, it returned an array",
    );
    javascript(
        "async function main() { return {}; }",
        "main must return an object, it returned a promise: main must not be async",
    );
}

#[test]
fn what_a_sandbox_has_not_is_named_with_its_line() {
    let python = |code, expect| check(Python, code, "{}", Err(expect));
    let modules = "it has `asyncio`, `datetime`, `json`, `math`, `os`, `pathlib`, `re`, `sys`, `typing`, `unicodedata`";
    let requests = format!("line 2: module `requests` is not available in the sandbox: {modules}");
    python(
        "import json\nimport requests\ndef main():\n    return {}",
        &requests,
    );
    python(
        "def main():\n    return {'r': open('/etc/passwd').read()}",
        "line 2: `open` is not available in the sandbox: it has no files",
    );
    python(
        "import os\ndef main():\n    return {'r': os.getenv('HOME')}",
        "line 3: `os.getenv` is not available in the sandbox: it has no environment",
    );
    python(
        "from datetime import datetime\ndef main():\n    return {'r': str(datetime.now())}",
        "line 3: `datetime.now` is not available in the sandbox: it has no clock",
    );
    let javascript = |code, expect| check(JavaScript, code, "{}", Err(expect));
    javascript(
        "function main() {\n  const answer = fetch('https://example.com');\n}",
        "line 2: `fetch` is not available in the sandbox: it has no network",
    );
    javascript(
        "const fs = require('fs');\nfunction main() {}",
        "line 1: `require` is not available in the sandbox: it has no modules",
    );
    javascript(
        "function main() {\n  return {t: Date.now()};\n}",
        "line 2: `Date` without arguments is not available in the sandbox: it has no clock",
    );
    assert_eq!(
        sandbox::Language::parse("ruby").map_err(|error| error.to_string()),
        Err("`code_language` is `ruby`: there are python3 and javascript".to_owned())
    );
}

#[test]
fn the_time_is_what_the_caller_says() {
    let limits = Limits {
        now: Some(1_700_000_000_123),
        ..Limits::default()
    };
    check_with(
        &limits,
        Python,
        "from datetime import datetime, date\ndef main():\n    return {'n': datetime.now().isoformat(), 'd': str(date.today())}",
        "{}",
        Ok(r#"{"n": "2023-11-14T22:13:20.123000", "d": "2023-11-14"}"#),
    );
    check_with(
        &limits,
        JavaScript,
        "function main() { return {n: Date.now(), d: new Date().toISOString()}; }",
        "{}",
        Ok(r#"{"n": 1700000000123, "d": "2023-11-14T22:13:20.123Z"}"#),
    );
}

#[test]
fn a_repeated_run_gives_the_same() {
    let code = "function main() { return {r: [Math.random(), Math.random()]}; }";
    let limits = Limits::default();
    let once = || run(JavaScript, code, &serde_json::Map::new(), &limits).expect("numbers");
    let first = once();
    assert_eq!(first, once());
    assert_ne!(first["r"][0], first["r"][1]);
    // Nothing of one run is left for the next.
    check(
        JavaScript,
        "globalThis.left = 1; Array.prototype.left = 1; function main() { return {}; }",
        "{}",
        Ok("{}"),
    );
    check(
        JavaScript,
        "function main() { return {r: typeof left, s: [].left === undefined}; }",
        "{}",
        Ok(r#"{"r": "undefined", "s": true}"#),
    );
}

#[test]
fn outputs_are_held_to_their_limits() {
    let python = |code, expect| check(Python, code, "{}", Err(expect));
    python(
        "def main():\n    return {'r': ['x'] * 31}",
        "output `r` has 31 items, more than 30",
    );
    python(
        "def main():\n    return {'r': [{}] * 31}",
        "output `r` has 31 items, more than 30",
    );
    python(
        "def main():\n    return {'r': [1] * 1001}",
        "output `r` has 1001 items, more than 1000",
    );
    python(
        "def main():\n    return {'r': 'x' * 400001}",
        "output `r` is longer than 400000 characters",
    );
    python(
        "def main():\n    return {'r': {'a': {'b': {'c': {'d': {'e': 1}}}}}}",
        "what main returned is nested deeper than 5 levels",
    );
    python(
        "def main():\n    return {'r': 10 ** 30}",
        "output `r` is beyond ±(2^63-1): 1e+30",
    );
    python(
        "def main():\n    return {'r': [['x' * 300000] * 30] * 30}",
        "limit `output`: main returned more than 4194304 bytes",
    );
    check(
        JavaScript,
        "function main() { let r = {}; for (let i = 0; i < 9; i++) r = {r}; return r; }",
        "{}",
        Err("what main returned is nested deeper than 5 levels"),
    );
}

#[test]
fn loading_calls_nothing() {
    let limits = Limits::default();
    assert_eq!(
        load(Python, "def main(a):\n    return a / 0", &limits),
        Ok(())
    );
    assert_eq!(
        load(JavaScript, "function main(a) { throw a; }", &limits),
        Ok(())
    );
    assert!(matches!(
        load(Python, "import pandas", &limits),
        Err(Error::Unsupported { .. })
    ));
    assert!(load(JavaScript, "let a = 1;", &limits).is_err());
}
