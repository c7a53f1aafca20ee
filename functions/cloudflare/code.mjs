// Code nodes. Each language is a module that is loaded when code in it first runs; each run has a fresh instance.
import { initSync as python, run as runPython } from "./python.js";
import { initSync as javascript, run as runJavascript } from "./javascript.js";

const languages = {
  python3: [() => import("./python_bg.wasm"), python, runPython],
  javascript: [() => import("./javascript_bg.wasm"), javascript, runJavascript],
};

// Resolves to what `main` returned, as JSON; rejects with a text for the author of the code.
export async function run(language, source, inputs) {
  const known = languages[language];
  if (!known) throw `\`code_language\` is \`${language}\`: there are ${Object.keys(languages).join(" and ")}`;
  const [load, start, call] = known;
  const { default: module } = await load();
  try {
    start({ module });
    return call(language, source, inputs);
  } catch (error) {
    if (typeof error === "string") throw error;
    if (error instanceof RangeError) throw "the code goes too deep: its calls inside each other have no room";
    if (error instanceof WebAssembly.RuntimeError) throw `the interpreter stopped: ${error.message}`;
    throw error;
  }
}
