// Draws /openapi.json. No library, no other host: what is shown is the document and nothing else.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
/** How deep types are unfolded at once; below, a click unfolds more. */
const DEEP = 2;

let doc;

/** An element with attributes and children; texts are never read as HTML. */
function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "onclick" || key === "ontoggle") node[key] = value;
    else if (value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Markdown as far as descriptions use it: paragraphs and `code`. */
function prose(text, className) {
  return (text || "").split("\n\n").filter(Boolean).map((paragraph) =>
    el("p", { class: className }, paragraph.split("`").map((part, at) => (at % 2 ? el("code", {}, part) : part))));
}

/** A schema, with references followed; says the name that led there. */
function follow(schema) {
  let name = "";
  while (schema && schema.$ref) {
    name = schema.$ref.split("/").pop();
    schema = doc.components.schemas[name];
  }
  return [schema || {}, name];
}

const alternatives = (schema) => (schema.oneOf || schema.anyOf || []).filter((it) => it.type !== "null");

/** In a few words. */
function kind(given) {
  const [schema, name] = follow(given);
  const other = alternatives(schema);
  if (other.length === 1) return `${kind(other[0])} or null`;
  if (other.length > 1) return name || other.map(kind).join(" or ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((it) => JSON.stringify(it)).join(" | ");
  const types = [].concat(schema.type || []);
  const words = types.map((type) => {
    if (type === "array") return `list of ${schema.items ? kind(schema.items) : "anything"}`;
    if (type === "object") return name || "object";
    return schema.format && type === "string" ? schema.format : type;
  });
  return words.join(" or ") || name || "anything";
}

/** Limits, where there are some. */
function limits(schema) {
  const words = [];
  if (schema.minimum !== undefined && schema.maximum !== undefined) words.push(`${schema.minimum} to ${schema.maximum}`);
  else if (schema.minimum) words.push(`at least ${schema.minimum}`);
  if (schema.maxLength) words.push(`at most ${schema.maxLength} characters`);
  if (schema.default !== undefined && schema.default !== null) words.push(`default ${JSON.stringify(schema.default)}`);
  return words.join(", ");
}

/** What can be unfolded below a schema: its object, that of its items, or its alternatives. */
function inner(given) {
  const [schema] = follow(given);
  if (schema.allOf) return inner(schema.allOf[0]);
  if (schema.properties) return [schema];
  const other = alternatives(schema);
  if (other.length) return other.flatMap(inner);
  if (schema.items) return inner(schema.items);
  return [];
}

function fields(schema, depth, seen) {
  const required = schema.required || [];
  return el("ul", { class: "fields" }, Object.entries(schema.properties || {}).map(([name, given]) => {
    const [field] = follow(given);
    return field_(name, given, required.includes(name), given.description || field.description, depth, seen);
  }));
}

function field_(name, given, required, about, depth, seen) {
  const [field] = follow(given);
  return el("li", {},
    el("span", { class: "name" }, name),
    el("span", { class: "kind" }, [kind(given), limits(field)].filter(Boolean).join(", ")),
    required ? el("span", { class: "must" }, "required") : null,
    prose(about, "says"),
    below(given, depth, seen));
}

/** The inner objects of a schema, unfolded or ready to be. */
function below(given, depth, seen) {
  const objects = inner(given).filter((it) => !seen.includes(it));
  if (!objects.length) return null;
  const draw = () => objects.map((object) => [
    objects.length > 1 ? el("h4", {}, object.title || word(object), " ", el("span", { class: "quiet" }, object.description || "")) : null,
    fields(object, depth + 1, [...seen, object]),
  ]).flat(9);
  if (depth < DEEP && objects.length === 1) return draw();
  const place = el("div", { class: "inside" });
  const label = objects.length > 1 ? `${objects.length} forms` : "fields";
  return el("details", { ontoggle() { if (!place.childNodes.length) place.append(...draw().filter(Boolean)); } },
    el("summary", { class: "quiet" }, label), place);
}

/** What tells one alternative from the others. */
function word(schema) {
  const tag = schema.properties && (schema.properties.event || schema.properties.mode || schema.properties.type);
  if (tag && tag.enum) return tag.enum.join(", ");
  if (tag && "const" in tag) return String(tag.const);
  return "";
}

function sample(text) {
  const button = el("button", { type: "button", onclick() {
    navigator.clipboard.writeText(text).then(() => { button.textContent = "Copied"; setTimeout(() => { button.textContent = "Copy"; }, 1500); });
  } }, "Copy");
  return el("div", { class: "sample" }, button, el("pre", { tabindex: "0" }, el("code", {}, text)));
}

const HEADERS = {
  appKey: '-H "Authorization: Bearer $APP_KEY"',
  datasetKey: '-H "Authorization: Bearer $DATASET_KEY"',
  modelKey: '-H "Authorization: Bearer $MODEL_KEY"',
  consoleToken: '-H "Authorization: Bearer $EDGEWISE_TOKEN"',
  passport: '-H "Authorization: Bearer $PASSPORT"',
};

function curl(method, path, operation) {
  const must = (operation.parameters || []).filter((it) => it.in === "query" && it.required);
  const query = must.map((it) => `${it.name}=${it.name.toUpperCase()}`).join("&");
  const url = location.origin + path.replace(/[{}*]/g, (it) => (it === "{" ? "$" : "")) + (query ? `?${query}` : "");
  const parts = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"${url}"`];
  const scheme = Object.keys((operation.security || [])[0] || {})[0];
  if (HEADERS[scheme]) parts.push(HEADERS[scheme]);
  const content = (operation.requestBody || {}).content || {};
  const json = content["application/json"];
  const form = content["multipart/form-data"];
  if (json && json.example) parts.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(json.example)}'`);
  if (form) parts.push("-F file=@file.pdf");
  return parts.join(" \\\n  ");
}

function parameters(operation, place, title) {
  const some = (operation.parameters || []).filter((it) => it.in === place);
  if (!some.length) return null;
  return [el("h4", {}, title), el("ul", { class: "fields" },
    some.map((it) => field_(it.name, it.schema, it.required, it.description || it.schema.description, DEEP, [])))];
}

function response(status, answer) {
  const good = status.startsWith("2");
  const content = Object.entries(answer.content || {});
  const codes = content.flatMap(([, media]) => ((((media.schema || {}).allOf || [])[1] || {}).properties || {}).code || []).flatMap((it) => it.enum || []);
  const place = el("div", { class: "inside" });
  const draw = () => content.map(([type, media]) => {
    const event = type === "text/event-stream" ? media.schema.properties.data.contentSchema : null;
    return [
      el("h4", {}, type, " ", el("span", { class: "quiet" }, event ? "the data of each event" : "")),
      below(event || media.schema || {}, event ? DEEP : 0, []) || el("p", { class: "quiet" }, kind(media.schema || {})),
    ];
  }).flat(9);
  if (good) place.append(...draw().filter(Boolean));
  return el("details", good ? { open: "" } : { ontoggle() { if (!place.childNodes.length) place.append(...draw().filter(Boolean)); } },
    el("summary", {}, el("span", { class: `status ${good ? "good" : "bad"}` }, status),
      codes.length ? codes.map((code, at) => [at ? ", " : "", el("code", {}, code)]).flat(9) : el("span", { class: "quiet" }, answer.description)),
    place);
}

function article(method, path, operation) {
  const body = Object.entries((operation.requestBody || {}).content || {})[0];
  const shown = Object.values(operation.responses).flatMap((it) => Object.values(it.content || {})).find((it) => it.example);
  const left = el("div", {},
    parameters(operation, "path", "In the path"),
    parameters(operation, "query", "In the query"),
    parameters(operation, "header", "Headers"),
    body ? [el("h4", {}, "Body ", el("span", { class: "quiet" }, body[0])), below(body[1].schema, 0, []) || el("p", { class: "quiet" }, kind(body[1].schema))] : null,
    el("h4", {}, "Answers"), Object.entries(operation.responses).map(([status, it]) => response(status, it)));
  const right = el("div", {}, el("h4", {}, "curl"), sample(curl(method, path, operation)),
    shown ? [el("h4", {}, "An answer"), sample(JSON.stringify(shown.example, null, 2))] : null);
  return el("article", { id: operation.operationId },
    el("h3", {}, el("a", { href: `#${operation.operationId}` }, operation.summary)),
    el("div", { class: "call" }, el("span", { class: `verb ${method}` }, method), el("span", { class: "path" }, path),
      operation.deprecated ? el("span", { class: "old" }, "old spelling") : null),
    prose(operation.description, "about"),
    el("div", { class: "columns" }, left, right));
}

function operations() {
  return Object.entries(doc.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => [method, path, methods[method]]));
}

function draw(wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ([method, path, it]) => {
    const text = `${method} ${path} ${it.summary} ${it.operationId} ${it.tags}`.toLowerCase();
    return words.every((part) => text.includes(part));
  };
  const found = operations().filter(fits);
  const nav = [];
  const page = words.length ? [] : [el("h1", {}, "Edgewise API"), el("p", { class: "quiet" }, `Version ${doc.info.version}`), ...prose(doc.info.description, "about")];
  for (const tag of doc.tags) {
    const some = found.filter(([, , it]) => it.tags[0] === tag.name);
    if (!some.length) continue;
    nav.push(el("h2", {}, tag.name), ...some.map(([method, , it]) =>
      el("a", { href: `#${it.operationId}` }, el("span", { class: `verb ${method}` }, method === "delete" ? "del" : method), el("span", {}, it.summary))));
    page.push(el("section", { class: "tag" }, el("h2", {}, tag.name), ...prose(tag.description, "about"),
      some.map((it) => lazy(it))));
  }
  if (!found.length) page.push(el("p", { class: "none" }, "No operation has these words."));
  document.getElementById("nav").replaceChildren(...nav);
  document.getElementById("main").replaceChildren(...page);
}

/** Operations are drawn when they come near: there are hundreds. */
function lazy([method, path, operation]) {
  const place = el("div", { "data-id": operation.operationId });
  place.style.minHeight = "30rem";
  place.fill = () => { if (!place.childNodes.length) { place.append(article(method, path, operation)); place.style.minHeight = ""; } };
  watcher.observe(place);
  return place;
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { watcher.unobserve(entry.target); entry.target.fill(); }
}, { rootMargin: "600px" });

/** Goes where the address says. */
function arrive() {
  const id = decodeURIComponent(location.hash.slice(1));
  document.getElementById("nav").classList.remove("open");
  document.querySelectorAll("nav a").forEach((it) => it.toggleAttribute("aria-current", it.hash === location.hash && id !== ""));
  const place = id && document.querySelector(`[data-id="${CSS.escape(id)}"]`);
  if (!place) return;
  place.fill();
  place.scrollIntoView();
}

async function start() {
  const main = document.getElementById("main");
  try {
    const answer = await fetch("/openapi.json");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    doc = await answer.json();
  } catch (error) {
    main.replaceChildren(el("p", { class: "none" }, `The document did not arrive (${error.message}). Load the page again.`));
    return;
  }
  draw("");
  arrive();
  addEventListener("hashchange", arrive);
  const search = document.getElementById("search");
  search.addEventListener("input", () => draw(search.value));
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  });
  const menu = document.getElementById("menu");
  menu.onclick = () => menu.setAttribute("aria-expanded", String(document.getElementById("nav").classList.toggle("open")));
}

start();
