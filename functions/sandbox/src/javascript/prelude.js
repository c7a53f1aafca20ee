// Runs before the code. Built-ins that walk over something pay steps by its length; those that multiply are asked for the
// bytes first. The originals live on in these closures only.
(() => {
  "use strict";
  const most = MEMORY;
  const now = NOW;
  const { apply, ownKeys, getOwnPropertyDescriptor } = Reflect;
  const define = Object.defineProperty;
  const isArray = Array.isArray;
  const keysOf = Object.keys;
  const stop = (word) => {
    throw new RangeError("\u0001" + word);
  };
  const charge = (bytes) => {
    if (!(bytes <= most)) stop("memory");
  };
  const pay = (count) => {
    charge(count * 8);
    for (let i = count / 32; i > 1; i -= 1);
  };
  const lengthOf = (value) => {
    if (value === null || value === undefined) return 0;
    const length = +value.length;
    return length > 0 ? length : 0;
  };
  // How long a value is as text. Deeper than a hundred levels the built-ins themselves refuse it.
  const sizeOf = (value, depth) => {
    if (typeof value === "string") return value.length + 2;
    if (typeof value !== "object" || value === null || depth > 100) return 24;
    let total = 2;
    if (isArray(value)) {
      for (let i = 0; i < value.length; i += 1) {
        total += 1 + sizeOf(value[i], depth + 1);
        charge(total);
      }
      return total;
    }
    const keys = keysOf(value);
    for (let i = 0; i < keys.length; i += 1) {
      total += keys[i].length + 4 + sizeOf(value[keys[i]], depth + 1);
      charge(total);
    }
    return total;
  };
  // How often a letter stands in `text`, without a built-in that is guarded itself.
  const times = (text, letter) => {
    let count = 0;
    for (let i = 0; i < text.length; i += 1) if (text[i] === letter) count += 1;
    return count;
  };
  const replacing = (all) => (text, args) => {
    const [what, by] = args;
    if (typeof by !== "string") return;
    const length = lengthOf(text);
    const plain = typeof what === "string";
    const count = plain ? (all ? length / (what.length || 1) + 1 : 1) : length + 1;
    charge(length + count * by.length);
    const dollars = times(by, "$");
    const around = dollars > 0 && (times(by, "`") > 0 || times(by, "'") > 0) ? dollars * length : 0;
    charge(length * (1 + dollars) + count * (by.length + around));
  };
  const special = {
    repeat: (text, args) => charge(lengthOf(text) * +args[0] || 0),
    padStart: (_, args) => charge(+args[0] || 0),
    padEnd: (_, args) => charge(+args[0] || 0),
    replace: replacing(false),
    replaceAll: replacing(true),
    split: (text) => charge(lengthOf(text) * 32),
    join: (list, args) => charge(sizeOf(list, 0) + lengthOf(list) * (args.length > 0 ? ("" + args[0]).length : 1)),
    toString: (list) => charge(sizeOf(list, 0)),
    toLocaleString: (list) => charge(sizeOf(list, 0)),
    concat: (list, args) => {
      let total = lengthOf(list);
      for (let i = 0; i < args.length; i += 1) total += lengthOf(args[i]);
      pay(total);
    },
  };
  const cheap = ["constructor", "at", "charAt", "charCodeAt", "codePointAt", "entries", "keys", "values", "pop", "push", "valueOf"];
  const isCheap = (key) => {
    if (typeof key === "symbol") return true;
    for (let i = 0; i < cheap.length; i += 1) if (cheap[i] === key) return true;
    return false;
  };
  const guard = (home, key, before) => {
    const about = getOwnPropertyDescriptor(home, key);
    if (about === undefined || typeof about.value !== "function") return;
    const original = about.value;
    about.value = {
      [key](...args) {
        before(this, args);
        return apply(original, this, args);
      },
    }[key];
    define(home, key, about);
  };
  const guardAll = (home, isText) => {
    for (const key of ownKeys(home)) {
      if (isCheap(key) || (isText && key === "toString")) continue;
      const more = special[key];
      guard(home, key, (target, args) => {
        pay(lengthOf(target));
        if (more !== undefined) more(target, args);
      });
    }
  };

  // A repetition around a group that repeats or chooses by itself.
  const known = new Map();
  const [knows, recall, learn] = [known.has, known.get, known.set];
  const ambiguous = (source) => {
    if (apply(knows, known, [source])) return apply(recall, known, [source]);
    const open = [];
    let depth = 0;
    let found = false;
    let set = false;
    const repeats = (at) => source[at] === "*" || source[at] === "+" || source[at] === "{";
    for (let i = 0; i < source.length && !found; i += 1) {
      const letter = source[i];
      if (letter === "\\") i += 1;
      else if (set) set = letter !== "]";
      else if (letter === "[") set = true;
      else if (letter === "(") open[depth++] = false;
      else if (letter === ")") {
        depth -= 1;
        const loose = open[depth] === true;
        found = loose && repeats(i + 1);
        if (depth > 0 && loose) open[depth - 1] = true;
      } else if ((repeats(i) || letter === "|") && depth > 0) open[depth - 1] = true;
    }
    apply(learn, known, [source, found]);
    return found;
  };
  const source = getOwnPropertyDescriptor(RegExp.prototype, "source").get;
  guard(RegExp.prototype, "exec", (target, args) => {
    const text = "" + args[0];
    pay(text.length);
    if (text.length > 24 && ambiguous(apply(source, target, []))) stop("regex");
  });

  guardAll(Array.prototype, false);
  guardAll(String.prototype, true);
  guardAll(Object.getPrototypeOf(Uint8Array.prototype), false);
  guard(Array, "from", (_, args) => pay(lengthOf(args[0])));
  guard(Function.prototype, "apply", (_, args) => pay(lengthOf(args[1])));
  guard(Reflect, "apply", (_, args) => pay(lengthOf(args[2])));
  guard(Reflect, "construct", (_, args) => pay(lengthOf(args[1])));
  guard(JSON, "stringify", (_, args) => charge(sizeOf(args[0], 0) * (1 + (lengthOf(args[2]) || +args[2] || 0))));
  guard(JSON, "parse", (_, args) => pay(lengthOf(args[0])));

  // The same numbers in each run: mulberry32.
  let state = 0x9e3779b9;
  define(Math, "random", {
    value: () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    },
    writable: true,
    configurable: true,
  });
  if (now === null) {
    const Original = Date;
    const Clockless = function Date(...args) {
      if (new.target === undefined || args.length === 0) stop("clock");
      return Reflect.construct(Original, args, new.target);
    };
    Clockless.prototype = Original.prototype;
    Clockless.parse = Original.parse;
    Clockless.UTC = Original.UTC;
    Clockless.now = () => stop("clock");
    define(Original.prototype, "constructor", { value: Clockless });
    define(globalThis, "Date", { value: Clockless, writable: true, configurable: true });
  }
  const silent = () => {};
  define(globalThis, "console", {
    value: { log: silent, info: silent, warn: silent, error: silent, debug: silent },
    writable: true,
    configurable: true,
  });
})();
