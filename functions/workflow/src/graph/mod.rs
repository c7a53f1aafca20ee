//! From an app file to a [`Plan`].

mod answers;
mod fields;
mod raw;
mod resolve;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use crate::{
    Error, ErrorKind, Result, Type, Value,
    arena::{Arena, Ix},
    jinja::Templates,
    nodes,
    plan::{Declared, Edge, FAIL, NEVER, Node, Plan, Retry, SOURCE, Scope, Strategy},
};

pub(crate) use fields::Fields;
use raw::Raw;
pub(crate) use resolve::Compiler;

/// Types that a run may start from.
const ROOTS: [&str; 5] = [
    "start",
    "trigger-webhook",
    "trigger-schedule",
    "trigger-plugin",
    "datasource",
];

/// Where each raw node stands in the plan, and the scope inside each container.
pub(crate) struct Shape<'a> {
    pub(crate) raw: Raw<'a>,
    pub(crate) homes: FxHashMap<Arc<str>, usize>,
    pub(crate) places: Vec<(Ix<Scope>, Ix<Node>)>,
    pub(crate) inner: FxHashMap<usize, Ix<Scope>>,
    /// What leads to each raw node.
    pub(crate) before: Vec<Vec<usize>>,
    /// The raw container of each scope.
    pub(crate) holders: Vec<Option<usize>>,
    pub(crate) env: Vec<Declared>,
    pub(crate) templates: Templates,
    pub(crate) conversation: Vec<Declared>,
}

pub(crate) fn compile(workflow: &Json, template_fuel: u64) -> Result<Plan> {
    let raw = Raw::read(workflow.get("graph").unwrap_or(&Json::Null))?;
    let shape = shape(workflow, raw, template_fuel)?;
    let roots = roots(&shape)?;
    let mut warnings = Vec::new();
    let mut scopes: Arena<Scope> = Arena::default();
    for _ in &shape.holders {
        scopes.push(Scope::default());
    }
    let root = scopes
        .ids()
        .next()
        .ok_or_else(|| Error::new(ErrorKind::Graph, "the graph has no nodes"))?;
    for place in &shape.raw.order {
        if let Some((scope, _)) = shape.places.get(*place) {
            let node = node(&shape, *place, &mut warnings)?;
            scopes[*scope].nodes.push(node);
        }
    }
    for (scope, holder) in shape
        .holders
        .iter()
        .enumerate()
        .filter_map(|(at, holder)| Some((at, (*holder)?)))
    {
        if let Some(ix) = scopes.ids().nth(scope) {
            let start = inner_start(&shape, holder, &scopes[ix])?;
            scopes[ix].start = Some(start);
        }
    }
    answers::mark(&mut scopes);
    shape.templates.finish();
    Ok(Plan {
        scopes,
        root,
        roots,
        env: shape.env,
        conversation: shape.conversation,
        warnings,
    })
}

fn shape<'a>(workflow: &Json, raw: Raw<'a>, template_fuel: u64) -> Result<Shape<'a>> {
    // Numbers are handed out here and the same ones come again when the nodes are pushed in this order.
    let mut scopes: Arena<Scope> = Arena::default();
    let root = scopes.push(Scope::default());
    let mut holders = vec![None];
    let mut inner = FxHashMap::default();
    for place in &raw.order {
        if raw
            .nodes
            .get(*place)
            .is_some_and(|node| matches!(node.kind, "iteration" | "loop"))
        {
            inner.insert(*place, scopes.push(Scope::default()));
            holders.push(Some(*place));
        }
    }
    let mut counters: Vec<Arena<()>> = holders.iter().map(|_| Arena::default()).collect();
    let mut places = vec![None; raw.nodes.len()];
    for place in &raw.order {
        let parent = raw.nodes.get(*place).and_then(|node| node.parent);
        let scope = parent
            .and_then(|parent| inner.get(&parent).copied())
            .unwrap_or(root);
        if let (Some(counter), Some(slot)) =
            (counters.get_mut(scope.place()), places.get_mut(*place))
        {
            *slot = Some((scope, counter.push(()).cast()));
        }
    }
    let homes = raw
        .nodes
        .iter()
        .enumerate()
        .map(|(place, node)| (node.id.clone(), place))
        .collect();
    let mut before = vec![Vec::new(); raw.nodes.len()];
    for edge in &raw.edges {
        if let Some(list) = before.get_mut(edge.to) {
            list.push(edge.from);
        }
    }
    Ok(Shape {
        templates: Templates::new(template_fuel),
        before,
        places: places.into_iter().flatten().collect(),
        raw,
        homes,
        inner,
        holders,
        env: declared(workflow, "environment_variables")?,
        conversation: declared(workflow, "conversation_variables")?,
    })
}

fn roots(shape: &Shape) -> Result<Vec<Ix<Node>>> {
    let mut roots = Vec::new();
    let mut start: Option<&Arc<str>> = None;
    for place in &shape.raw.order {
        let (Some(node), Some((_, ix))) = (shape.raw.nodes.get(*place), shape.places.get(*place))
        else {
            continue;
        };
        if node.parent.is_some() || !ROOTS.contains(&node.kind) {
            continue;
        }
        if node.kind == "start" {
            if let Some(first) = start {
                return Err(Error::graph(
                    &node.id,
                    "type",
                    format!("a second start node, beside `{first}`"),
                ));
            }
            start = Some(&node.id);
        }
        roots.push(*ix);
    }
    if roots.is_empty() {
        return Err(Error::new(
            ErrorKind::Graph,
            "no node of type start, trigger or datasource to start from",
        ));
    }
    Ok(roots)
}

fn node(shape: &Shape, place: usize, warnings: &mut Vec<Error>) -> Result<Node> {
    let missing = || Error::new(ErrorKind::Graph, "a node is in no scope");
    let raw = shape.raw.nodes.get(place).ok_or_else(missing)?;
    let fields = Fields::new(&raw.id, raw.data);
    let mut compiler = Compiler::new(shape, place, warnings);
    let compiled = nodes::compile(raw.kind, &fields, &mut compiler)?;
    let strategy = strategy(&fields)?;
    let fails = matches!(strategy, Strategy::FailBranch);
    let branching = !compiled.handles.is_empty() || fails;
    let mut edges = Vec::new();
    for edge in shape.raw.edges.iter().filter(|edge| edge.from == place) {
        let Some((_, to)) = shape.places.get(edge.to) else {
            continue;
        };
        let handle = match &*edge.handle {
            "fail-branch" if fails => FAIL,
            name => match compiled.handles.iter().position(|handle| **handle == *name) {
                Some(number) => number as u16 + 1,
                None if compiled.handles.is_empty() && name != "fail-branch" => SOURCE,
                None if name == "source" || name == "success-branch" => SOURCE,
                None => {
                    let message = format!(
                        "an edge leaves at `{name}`, which this node has not; it is never taken"
                    );
                    warnings.push(Error::graph(&raw.id, "sourceHandle", message));
                    NEVER
                }
            },
        };
        edges.push(Edge { handle, to: *to });
    }
    let container = |kind: &str| {
        let holder = shape.raw.nodes.get(raw.parent?)?;
        (holder.kind == kind).then(|| holder.id.clone())
    };
    Ok(Node {
        id: raw.id.clone(),
        kind: raw.kind.into(),
        title: fields.text_or("title", "")?.into(),
        work: compiled.kind,
        edges,
        incoming: shape
            .raw
            .edges
            .iter()
            .filter(|edge| edge.to == place)
            .count() as u32,
        branching,
        strategy,
        retry: retry(&fields)?,
        response: compiled.response,
        feeds: false,
        iteration_id: container("iteration"),
        loop_id: container("loop"),
    })
}

fn strategy(fields: &Fields) -> Result<Strategy> {
    Ok(match fields.text("error_strategy")?.as_deref() {
        None | Some("" | "none") => Strategy::Abort,
        Some("fail-branch") => Strategy::FailBranch,
        Some("default-value") => {
            let mut values = Vec::new();
            for item in fields.items("default_value")? {
                let kind = item.type_of("type", Type::Any)?;
                let value = item.raw("value").map(Value::from).unwrap_or_default();
                let value = parsed(kind, value)
                    .ok_or_else(|| item.wrong("value", format!("is no {}", kind.name())))?;
                values.push((item.required("key")?.into(), value));
            }
            Strategy::Default(Arc::new(values))
        }
        Some(other) => {
            return Err(fields.wrong("error_strategy", format!("`{other}` is no strategy")));
        }
    })
}

/// A value of another type than text may be written as text.
pub(crate) fn parsed(kind: Type, value: Value) -> Option<Value> {
    if kind.admits(&value) {
        return Some(value);
    }
    let read: Value = serde_json::from_str(value.as_str()?.trim()).ok()?;
    kind.admits(&read).then_some(read)
}

fn retry(fields: &Fields) -> Result<Retry> {
    let config = fields.part("retry_config");
    if !config.flag("retry_enabled", false)? {
        return Ok(Retry::default());
    }
    let times = config.count("max_retries")?.unwrap_or(0).min(100) as u32;
    let interval = config.raw("retry_interval").map_or(Some(0.0), Json::as_f64);
    let interval = interval.filter(|millis| *millis >= 0.0);
    let interval = interval
        .ok_or_else(|| config.wrong("retry_interval", "must be 0 or more milliseconds"))?
        as u64;
    Ok(Retry { times, interval })
}

fn declared(workflow: &Json, list: &str) -> Result<Vec<Declared>> {
    let nowhere: Arc<str> = "workflow".into();
    let mut found: Vec<Declared> = Vec::new();
    for item in Fields::new(&nowhere, workflow).items(list)? {
        let kind = item.type_of("value_type", Type::String)?;
        let value = item.raw("value").map(Value::from).unwrap_or_default();
        let value = match (kind, value) {
            (Type::Secret, Value::String(text)) => Value::Secret(text),
            (_, Value::Null) => kind.zero(),
            (_, value) if kind.admits(&value) => value,
            (_, value) => {
                let message = format!(
                    "is declared as {}, the value is of type {}",
                    kind.name(),
                    value.type_name()
                );
                return Err(item.wrong("value", message));
            }
        };
        let name: Arc<str> = item.required("name")?.into();
        if found.iter().any(|other| other.name == name) {
            return Err(item.wrong("name", format!("`{name}` is declared twice")));
        }
        found.push(Declared { name, kind, value });
    }
    Ok(found)
}

/// Where a container's round starts: the named node, else a start node of its kind, else the first that nothing leads to.
fn inner_start(shape: &Shape, holder: usize, scope: &Scope) -> Result<Ix<Node>> {
    let missing = || Error::new(ErrorKind::Graph, "a container is not in the graph");
    let raw = shape.raw.nodes.get(holder).ok_or_else(missing)?;
    let named = raw.data.get("start_node_id").and_then(Json::as_str);
    let by_name = scope
        .nodes
        .iter()
        .find(|(_, node)| named == Some(&*node.id));
    let by_kind = || {
        scope
            .nodes
            .iter()
            .find(|(_, node)| matches!(&*node.kind, "iteration-start" | "loop-start"))
    };
    let first = || scope.nodes.iter().find(|(_, node)| node.incoming == 0);
    by_name
        .or_else(by_kind)
        .or_else(first)
        .map(|(ix, _)| ix)
        .ok_or_else(|| {
            Error::graph(
                &raw.id,
                "start_node_id",
                "there is no node in this container",
            )
        })
}
