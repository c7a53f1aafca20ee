use sandbox::{Language::JavaScript, Language::Python, Limits};

use crate::check_with;

/// The same as there, whatever line is named: after a limit not every one is known.
fn ends(limits: &Limits, language: sandbox::Language, code: &str, expect: Result<&str, &str>) {
    let found = sandbox::run(language, code, &serde_json::Map::new(), limits);
    match (found, expect) {
        (Err(found), Err(expect)) => {
            let found = found.to_string();
            assert!(
                found.ends_with(expect),
                "{code}\ngave: {found}\nnot: {expect}"
            );
        }
        (found, Ok(_)) if found.is_ok() => check_with(limits, language, code, "{}", expect),
        (found, expect) => panic!("{code}\ngave {found:?}, not {expect:?}"),
    }
}

/// Small enough that the set runs in seconds, also where code is compiled without optimisation.
fn small() -> Limits {
    Limits {
        steps: 300_000,
        memory: 16 << 20,
        recursion: 100,
        ..Limits::default()
    }
}

const STEPS: &str = "limit `steps`: the code took more than 300000 steps";
const MEMORY: &str = "limit `memory`: the code needed more than 16777216 bytes";
const RECURSION: &str = "limit `recursion`: calls or values nest deeper than 100";

fn python(body: &str, expect: Result<&str, &str>) {
    let code = format!("def main():\n    {}", body.replace('\n', "\n    "));
    ends(&small(), Python, &code, expect);
}

fn javascript(body: &str, expect: Result<&str, &str>) {
    let code = format!("function main() {{\n{body}\n}}");
    ends(&small(), JavaScript, &code, expect);
}

#[test]
fn endless_python_ends() {
    python("while True:\n    pass", Err(STEPS));
    python(
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        Err(STEPS),
    );
    python("return {'r': sum(range(10 ** 12))}", Err(STEPS));
    python("return {'r': [i for i in range(10 ** 12)]}", Err(STEPS));
    python(
        "def down(n):\n    return down(n + 1)\nreturn down(0)",
        Err(RECURSION),
    );
    python("return {'r': 'x' * 10 ** 10}", Err(MEMORY));
    python("return {'r': [0] * 10 ** 9}", Err(MEMORY));
    python("s = 'x'\nwhile True:\n    s = s + s", Err(MEMORY));
    python("s = []\nwhile True:\n    s.append('x' * 1000)", Err(MEMORY));
    python("return {'r': 2 ** 10 ** 9}", Err(MEMORY));
    python(
        "s = 'x' * 100000\nreturn {'r': s.replace('x', s)}",
        Err(MEMORY),
    );
    python(
        "s = ['x' * 1000] * 100000\nreturn {'r': ''.join(s)}",
        Err(MEMORY),
    );
    python("return {'r': f'{1:0999999999}'}", Err(MEMORY));
    // Without a reference backwards it takes linear time; with one the steps back are counted.
    python(
        "import re\nreturn {'r': bool(re.match(r'(a+)+$', 'a' * 40 + 'b'))}",
        Ok(r#"{"r": false}"#),
    );
    python(
        "import re\nreturn {'r': bool(re.match(r'(a+)+\\1$', 'a' * 40 + 'b'))}",
        Err("re.PatternError: Error executing regex: Max limit for backtracking count exceeded"),
    );
    python(
        "a = []\na.append(a)\nreturn {'r': a}",
        Err("what main returned contains itself"),
    );
}

#[test]
fn endless_javascript_ends() {
    javascript("while (true) {}", Err(STEPS));
    javascript("for (;;) { try { for (;;) {} } catch (e) {} }", Err(STEPS));
    javascript("const f = n => f(n + 1);\nreturn f(0);", Err(RECURSION));
    javascript("[1,2,3].forEach(() => { for (;;) {} })", Err(STEPS));
    javascript(
        "const a = Array(1000).fill(0); a.forEach(() => a.forEach(() => a.forEach(() => 1)))",
        Err(STEPS),
    );
    javascript("return {r: 'x'.repeat(1e9)}", Err(MEMORY));
    javascript("return {r: 'x'.padStart(1e9)}", Err(MEMORY));
    javascript("let s = 'x'; for (;;) s += s;", Err(MEMORY));
    javascript(
        "const a = []; for (;;) a.push('x'.repeat(10000) + a.length);",
        Err(MEMORY),
    );
    javascript("return {r: new Array(1e9).fill('x')}", Err(MEMORY));
    javascript("return {r: Array.from({length: 1e9})}", Err(MEMORY));
    javascript(
        "return {r: new Uint8Array(1e9)}",
        Err("line 2: RangeError: cannot allocate a buffer that exceeds the maximum buffer size"),
    );
    javascript(
        "const s = 'x'.repeat(1e5); return {r: s.replace(/x/g, s)}",
        Err(MEMORY),
    );
    javascript(
        "const s = 'x'.repeat(1e5); return {r: Array(1e4).fill(s).join(s)}",
        Err(MEMORY),
    );
    javascript(
        "let a = ['x'.repeat(100)]; for (let i = 0; i < 40; i++) a = [a, a]; return {r: JSON.stringify(a)}",
        Err(STEPS),
    );
    javascript(
        "return {r: /(a+)+$/.test('a'.repeat(40) + 'b')}",
        Err("limit `regex`: a regular expression could take without end on a text of this length"),
    );
    javascript(
        "return {r: /^(\\w+)@(\\w+)$/.test('someone_with_a_long_name@example')}",
        Ok(r#"{"r": true}"#),
    );
    javascript(
        "const a = {}; a.a = a; return {a}",
        Err("what main returned is nested deeper than 5 levels"),
    );
    javascript("return {get r() { for (;;) {} }}", Err(STEPS));
}

#[test]
fn tricks_with_prototypes_stay_inside() {
    javascript(
        "Object.prototype.polluted = 1; return {r: 1}",
        Ok(r#"{"r": 1}"#),
    );
    javascript(
        "Array.prototype.join = () => 'mine'; return {r: [1, 2].join()}",
        Ok(r#"{"r": "mine"}"#),
    );
    javascript(
        "return JSON.parse('{\"__proto__\": {\"x\": 1}, \"r\": 1}')",
        Ok(r#"{"__proto__": {"x": 1}, "r": 1}"#),
    );
    javascript(
        "return {r: (function () { return typeof this.process })()}",
        Ok(r#"{"r": "undefined"}"#),
    );
    javascript(
        "return {r: main.constructor('return typeof require')()}",
        Ok(r#"{"r": "undefined"}"#),
    );
    javascript(
        "return {r: 'x'.repeat.constructor === Function, n: 'x'.repeat.name}",
        Ok(r#"{"r": true, "n": "repeat"}"#),
    );
    javascript(
        "throw {toString() { for (;;) {} }}",
        Err("an object was thrown that is no error"),
    );
    python(
        "return {'r': ().__class__.__bases__[0].__subclasses__()}",
        Err("AttributeError: 'tuple' object has no attribute '__class__'"),
    );
    python(
        "return {'r': eval('1+1')}",
        Err("line 2: NameError: name 'eval' is not defined"),
    );
    python(
        "return {'r': __import__('os').system('id')}",
        Err("line 2: NameError: name '__import__' is not defined"),
    );
}

#[test]
fn code_that_nests_without_end_is_not_parsed() {
    let nested = |open: &str, close: &str, times: usize| {
        format!("x = {}1{}", open.repeat(times), close.repeat(times))
    };
    let parts = [
        ("(", ")"),
        ("[", "]"),
        ("-", ""),
        ("1+", ""),
        ("~ ", ""),
        ("1?1:", ""),
        ("a=>", ""),
        ("typeof ", ""),
        ("f(function(){", "})"),
    ];
    for (open, close) in parts {
        let found = sandbox::load(JavaScript, &nested(open, close, 9_000), &Limits::default());
        let found = found.map_err(|error| error.to_string());
        let limit = "line 1: limit `nesting`: the code nests deeper than 40 levels";
        assert_eq!(found, Err(limit.to_owned()), "{open}");
        // As deep as is let through, on the stack of a test's thread, which is a server's.
        for times in [20, 39, 130, 199, 398] {
            let _ = sandbox::load(JavaScript, &nested(open, close, times), &Limits::default());
        }
    }
    for statement in ["if(1)", "if(1)\n", "else ", "for(;;)", "while(1)\n"] {
        assert!(sandbox::load(JavaScript, &statement.repeat(20_000), &Limits::default()).is_err());
    }
    let deep = "SyntaxError: Source is too deeply nested";
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("-", ""),
        ("1+", ""),
        ("not ", ""),
        ("lambda:", ""),
    ] {
        let code = nested(open, close, 20_000);
        check_with(
            &small(),
            Python,
            &code,
            "{}",
            Err(&format!("line 1: {deep}")),
        );
    }
    for language in [Python, JavaScript] {
        let code = "x".repeat(300_000);
        check_with(
            &small(),
            language,
            &code,
            "{}",
            Err("limit `source`: the code is longer than 262144 bytes"),
        );
    }
}

#[test]
fn recursion_through_built_ins_ends_before_the_stack_does() {
    for body in [
        "const f = () => [1].forEach(f); f(); return {}",
        "const f = () => 'x'.replace(/x/, f); f(); return {}",
        "const o = {get a() { return o.a; }}; return {r: o.a}",
        "const f = () => JSON.stringify({toJSON: f}); return {r: f()}",
        "const f = () => [2, 1].sort(f); f(); return {}",
        "const f = () => Reflect.apply(f, null, []); f(); return {}",
        "const f = () => f.call(null); f(); return {}",
        "const p = new Proxy({}, {get: (t, k) => p[k]}); return {r: p.x}",
        "class A { constructor() { new A(); } } new A(); return {}",
    ] {
        let code = format!("function main() {{\n{body}\n}}");
        let limit = "limit `recursion`: calls or values nest deeper than 400";
        ends(&Limits::default(), JavaScript, &code, Err(limit));
    }
    let body = "def main():\n    def f(n):\n        return sorted([2, 1], key=f)\n    return f(1)";
    let found = sandbox::run(Python, body, &serde_json::Map::new(), &Limits::default());
    assert!(found.is_err());
}
