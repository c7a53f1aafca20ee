//! Trying drafts out in the console: the whole, one node, one container; and the values that trials leave.

use futures::executor::block_on;
use serde_json::{Value, json};

use super::world::*;

const ADMIN: &str = "the-admin-token";

fn template(id: &str, words: &str, variables: &[(&str, [&str; 2])]) -> Value {
    let variables: Vec<Value> = variables
        .iter()
        .map(|(name, selector)| json!({ "variable": name, "value_selector": selector }))
        .collect();
    node(
        id,
        "template-transform",
        json!({ "template": words, "variables": variables }),
    )
}

/// Greets, then shouts.
fn greeting() -> Value {
    let mut flow = chain(vec![
        start(&["name"]),
        llm("llm", "Greet {{#start.name#}} by {{#env.sign#}}"),
        template("shout", "{{ said | upper }}!", &[("said", ["llm", "text"])]),
        end(["shout", "output"]),
    ]);
    flow["environment_variables"] = json!([
        { "id": "e1", "name": "sign", "value_type": "string", "value": "us" },
        { "id": "e2", "name": "key", "value_type": "secret", "value": "s3cret" },
    ]);
    flow
}

struct Draft<'a> {
    world: &'a World,
    id: String,
}

impl<'a> Draft<'a> {
    async fn new(world: &'a World, mode: &str, flow: Value) -> Self {
        let app = world
            .console("POST", "/apps", json!({ "name": "F", "mode": mode }))
            .await;
        let id = app["id"].as_str().unwrap().to_owned();
        let draft = Self { world, id };
        draft.call("POST", "/workflows/draft", flow).await;
        draft
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        let path = format!("/apps/{}{path}", self.id);
        self.world.console(method, &path, body).await
    }

    async fn fails(&self, method: &str, path: &str, body: Value) -> (u16, String) {
        let path = format!("/apps/{}{path}", self.id);
        let (status, error) = self.world.try_console(method, &path, body).await;
        assert!(
            status.is_client_error(),
            "{method} {path}: {status} {error}"
        );
        let message = error["message"].as_str().unwrap().to_owned();
        (status.as_u16(), message)
    }

    async fn events(&self, path: &str, body: Value) -> Vec<Value> {
        let path = format!("/console/api/apps/{}{path}", self.id);
        let response = self.world.send("POST", &path, ADMIN, Some(&body)).await;
        assert_eq!(response.status(), 200, "{path}");
        let shown = frames(&self.world.text(response).await);
        shown.into_iter().map(|(_, event)| event).collect()
    }

    /// Names and values at this path.
    async fn values(&self, path: &str) -> Value {
        let shown = self
            .call("GET", &format!("/workflows/draft{path}"), Value::Null)
            .await;
        let items = shown["items"].as_array().unwrap().iter();
        let pairs = items.map(|item| {
            (
                item["name"].as_str().unwrap().to_owned(),
                item["value"].clone(),
            )
        });
        Value::Object(pairs.collect())
    }
}

#[test]
fn a_node_is_tried_with_given_values_and_with_those_of_earlier_trials() {
    block_on(async {
        let world = World::new([text("hello bob"), text("hi eve")]);
        let draft = Draft::new(&world, "workflow", greeting()).await;
        let run = |id: &str| format!("/workflows/draft/nodes/{id}/run");
        let last = "/workflows/draft/nodes/llm/last-run";
        assert_eq!(draft.fails("GET", last, Value::Null).await.0, 404);

        let given = json!({ "inputs": { "#start.name#": "Bob" } });
        let went = draft.call("POST", &run("llm"), given).await;
        assert_eq!(
            (&went["node_id"], &went["status"], &went["error"]),
            (&json!("llm"), &json!("succeeded"), &Value::Null)
        );
        assert_eq!(went["outputs"]["text"], "hello bob");
        assert_eq!(went["created_by_role"], "account");
        assert_eq!(
            world.llm.requests()[0].messages[0].as_text(),
            "Greet Bob by us"
        );
        assert_eq!(draft.call("GET", last, Value::Null).await, went);

        // What it left is what the next one reads, unless it is given something else.
        let went = draft.call("POST", &run("shout"), json!({})).await;
        assert_eq!(went["outputs"]["output"], "HELLO BOB!");
        for name in ["said", "#shout.said#", "llm.text"] {
            let given = json!({ "inputs": { name: "bye" } });
            let went = draft.call("POST", &run("shout"), given).await;
            assert_eq!(went["outputs"]["output"], "BYE!", "{name}");
        }
        let given = json!({ "inputs": { "name": "Eve" } });
        let went = draft.call("POST", &run("start"), given).await;
        assert_eq!(went["outputs"]["name"], "Eve");
        let went = draft.call("POST", &run("llm"), json!({})).await;
        assert_eq!(went["outputs"]["text"], "hi eve");
        assert_eq!(
            world.llm.requests()[1].messages[0].as_text(),
            "Greet Eve by us"
        );

        let (status, message) = draft.fails("POST", &run("none"), json!({})).await;
        assert_eq!(
            (status, message.as_str()),
            (404, "Node not found with id: none")
        );
        let given = json!({ "inputs": { "nothing": 1 } });
        let (status, message) = draft.fails("POST", &run("shout"), given).await;
        assert!(
            status == 400 && message.contains("inputs.nothing: node `shout`"),
            "{message}"
        );
    });
}

#[test]
fn values_are_looked_at_changed_and_put_back() {
    block_on(async {
        let world = World::new([text("hello bob")]);
        let draft = Draft::new(&world, "workflow", greeting()).await;
        let body = json!({ "inputs": { "name": "Bob" } });
        let events = draft.events("/workflows/draft/run", body).await;
        assert_eq!(
            lines(&events).last().unwrap(),
            "workflow_finished succeeded"
        );
        let run_id = events[0]["workflow_run_id"].as_str().unwrap();

        let listed = draft
            .call("GET", "/workflows/draft/variables?limit=100", Value::Null)
            .await;
        let items = listed["items"].as_array().unwrap();
        assert_eq!(listed["total"], items.len());
        assert!(
            items.iter().all(|item| item.get("value").is_none()),
            "{listed}"
        );
        let of = |id: &str| format!("/nodes/{id}/variables");
        assert_eq!(
            draft.values(&of("shout")).await,
            json!({ "output": "HELLO BOB!" })
        );
        assert_eq!(draft.values(&of("llm")).await["text"], "hello bob");
        let system = draft.values("/system-variables").await;
        assert_eq!(system["workflow_run_id"], *run_id);
        let env = draft.values("/environment-variables").await;
        assert_eq!(env["sign"], "us");
        assert!(!env.to_string().contains("s3cret"), "{env}");

        let is_text = |item: &&Value| item["selector"] == json!(["llm", "text"]);
        let id = items.iter().find(is_text).unwrap()["id"].as_str().unwrap();
        let one = format!("/workflows/draft/variables/{id}");
        let shown = draft.call("GET", &one, Value::Null).await;
        assert_eq!(
            (
                &shown["type"],
                &shown["value_type"],
                &shown["value"],
                &shown["edited"]
            ),
            (
                &json!("node"),
                &json!("string"),
                &json!("hello bob"),
                &json!(false)
            )
        );
        let changed = draft.call("PATCH", &one, json!({ "value": "tuna" })).await;
        assert_eq!(
            (&changed["value"], &changed["edited"]),
            (&json!("tuna"), &json!(true))
        );
        let went = draft
            .call("POST", "/workflows/draft/nodes/shout/run", json!({}))
            .await;
        assert_eq!(went["outputs"]["output"], "TUNA!");
        for (body, words) in [
            (
                json!({ "value": 7 }),
                "value: the variable `llm.text` is of type string",
            ),
            (
                json!({ "name": "other" }),
                "name: `text` is named by its node",
            ),
        ] {
            let (status, message) = draft.fails("PATCH", &one, body).await;
            assert!(status == 400 && message.contains(words), "{message}");
        }
        let back = draft
            .call("PUT", &format!("{one}/reset"), Value::Null)
            .await;
        assert_eq!(
            (&back["value"], &back["edited"]),
            (&json!("hello bob"), &json!(false))
        );
        draft.call("DELETE", &one, Value::Null).await;
        assert_eq!(draft.fails("GET", &one, Value::Null).await.0, 404);
        draft
            .call(
                "DELETE",
                "/workflows/draft/nodes/shout/variables",
                Value::Null,
            )
            .await;
        assert_eq!(draft.values(&of("shout")).await, json!({}));
        draft
            .call("DELETE", "/workflows/draft/variables", Value::Null)
            .await;
        let listed = draft
            .call("GET", "/workflows/draft/variables", Value::Null)
            .await;
        assert_eq!(listed["total"], 0);
    });
}

#[test]
fn runs_of_drafts_are_listed_apart_and_each_shows_its_nodes() {
    block_on(async {
        let world = World::new([text("a"), text("b"), text("c"), text("d")]);
        let app = world.app("workflow", greeting()).await;
        let draft = Draft {
            world: &world,
            id: app.id.clone(),
        };
        let mut runs = Vec::new();
        for name in ["one", "two"] {
            world
                .handles
                .clock
                .advance(std::time::Duration::from_secs(1));
            let body = json!({ "inputs": { "name": name } });
            let events = draft.events("/workflows/draft/run", body).await;
            runs.push(events[0]["workflow_run_id"].clone());
        }
        draft
            .call("POST", "/workflows/draft/nodes/llm/run", json!({}))
            .await;
        world.run(&app, json!({ "name": "caller" })).await;
        let ids = async |query: &str| {
            let list = draft
                .call("GET", &format!("/workflow-runs{query}"), Value::Null)
                .await;
            let rows = list["data"].as_array().unwrap().iter();
            let ids: Vec<Value> = rows.map(|row| row["id"].clone()).collect();
            (ids, list["has_more"].as_bool().unwrap())
        };
        assert_eq!(
            ids("").await,
            (vec![runs[1].clone(), runs[0].clone()], false)
        );
        assert_eq!(ids("?limit=1").await, (vec![runs[1].clone()], true));
        let after = format!("?last_id={}", runs[1].as_str().unwrap());
        assert_eq!(ids(&after).await, (vec![runs[0].clone()], false));
        assert_eq!(ids("?triggered_from=app-run").await.0.len(), 1);
        assert_eq!(ids("?status=failed").await.0.len(), 0);
        let logs = draft.call("GET", "/workflow-app-logs", Value::Null).await;
        assert_eq!(logs["total"], 1, "only what callers ran");

        let run = runs[0].as_str().unwrap();
        let detail = draft
            .call("GET", &format!("/workflow-runs/{run}"), Value::Null)
            .await;
        assert_eq!(detail["outputs"]["out"], "A!");
        let nodes = draft
            .call(
                "GET",
                &format!("/workflow-runs/{run}/node-executions"),
                Value::Null,
            )
            .await;
        let nodes = nodes["data"].as_array().unwrap().iter();
        let nodes: Vec<(Value, Value)> = nodes
            .map(|node| (node["node_id"].clone(), node["status"].clone()))
            .collect();
        let expect = ["start", "llm", "shout", "end"].map(|id| (json!(id), json!("succeeded")));
        assert_eq!(nodes, expect);
    });
}

/// An iteration over the words of `["a", "b"]`.
fn rounds() -> Value {
    let mut inner = template(
        "inner",
        "{{ item }}{{ sign }}",
        &[("item", ["it", "item"]), ("sign", ["env", "sign"])],
    );
    inner["parentId"] = json!("it");
    let mut first = node("first", "iteration-start", json!({}));
    first["parentId"] = json!("it");
    let iteration = node(
        "it",
        "iteration",
        json!({ "iterator_selector": ["code", "items"], "output_selector": ["inner", "output"],
            "output_type": "array[string]", "start_node_id": "first" }),
    );
    let code = node(
        "code",
        "code",
        json!({ "code_language": "python3", "code": "def main(): return {'items': ['x']}", "variables": [],
            "outputs": { "items": { "type": "array[string]", "children": null } } }),
    );
    let mut flow = chain(vec![start(&[]), code, iteration, end(["it", "output"])]);
    let nodes = flow["graph"]["nodes"].as_array_mut().unwrap();
    nodes.extend([first, inner]);
    let edge = json!({ "source": "first", "sourceHandle": "source", "target": "inner" });
    flow["graph"]["edges"].as_array_mut().unwrap().push(edge);
    flow["environment_variables"] =
        json!([{ "id": "e1", "name": "sign", "value_type": "string", "value": "+" }]);
    flow
}

#[test]
fn a_container_is_tried_with_what_is_in_it() {
    block_on(async {
        let world = World::new([]);
        let draft = Draft::new(&world, "workflow", rounds()).await;
        let given = json!({ "inputs": { "it.input_selector": ["a", "b"] } });
        let events = draft
            .events("/workflows/draft/iteration/nodes/it/run", given)
            .await;
        assert_eq!(
            lines(&events),
            [
                "workflow_started",
                "iteration_started it",
                "iteration_next it",
                "node_started first",
                "node_finished first succeeded",
                "node_started inner",
                "node_finished inner succeeded",
                "iteration_next it",
                "node_started first",
                "node_finished first succeeded",
                "node_started inner",
                "node_finished inner succeeded",
                "iteration_completed it",
                "workflow_finished succeeded",
            ]
        );
        let completed = events
            .iter()
            .find(|event| event["event"] == "iteration_completed");
        assert_eq!(
            completed.unwrap()["data"]["outputs"]["output"],
            json!(["a+", "b+"])
        );
        assert_eq!(
            draft.values("/nodes/it/variables").await["output"],
            json!(["a+", "b+"])
        );
        // A node of its inside is tried alone, with an item that is given.
        let given = json!({ "inputs": { "#it.item#": "z" } });
        let went = draft
            .call("POST", "/workflows/draft/nodes/inner/run", given)
            .await;
        assert_eq!(went["outputs"]["output"], "z+");
        for (path, words) in [
            (
                "/workflows/draft/nodes/it/run",
                "by the route of its container",
            ),
            ("/workflows/draft/loop/nodes/it/run", "it is no loop"),
            (
                "/workflows/draft/iteration/nodes/code/run",
                "it is no iteration",
            ),
        ] {
            let (status, message) = draft.fails("POST", path, json!({})).await;
            assert!(
                status == 400 && message.contains(words),
                "{path}: {message}"
            );
        }
    });
}

#[test]
fn a_chatflow_is_asked_before_it_is_published() {
    block_on(async {
        let assign = node(
            "assign",
            "assigner",
            json!({ "version": "2", "items": [{ "variable_selector": ["conversation", "last"],
                "input_type": "variable", "operation": "over-write", "value": ["sys", "query"] }] }),
        );
        let answer = node(
            "answer",
            "answer",
            json!({ "answer": "{{#llm.text#}} {{#conversation.last#}}" }),
        );
        let mut flow = chain(vec![
            start(&[]),
            assign,
            llm("llm", "{{#sys.query#}}"),
            answer,
        ]);
        flow["graph"]["nodes"][0]["data"]["variables"] = json!([]);
        flow["conversation_variables"] =
            json!([{ "id": "v", "name": "last", "value_type": "string", "value": "none" }]);
        let world = World::new([text("yes")]);
        let draft = Draft::new(&world, "advanced-chat", flow).await;
        assert_eq!(
            draft.values("/conversation-variables").await["last"],
            "none"
        );
        let asked = json!({ "query": "really?" });
        let events = draft
            .events("/advanced-chat/workflows/draft/run", asked)
            .await;
        let said = lines(&events);
        assert_eq!(said.last().unwrap(), "workflow_finished succeeded");
        assert!(said.contains(&"message_end".to_owned()), "{said:?}");
        assert_eq!(
            draft.values("/conversation-variables").await["last"],
            "really?"
        );
        let system = draft.values("/system-variables").await;
        assert_eq!(system["query"], "really?");
        assert_eq!(system["conversation_id"], events[0]["conversation_id"]);
        let went = draft
            .call("POST", "/workflows/draft/nodes/answer/run", json!({}))
            .await;
        assert_eq!(went["outputs"]["answer"], "yes really?");
        let list = draft
            .call("GET", "/advanced-chat/workflow-runs", Value::Null)
            .await;
        assert_eq!(
            list["data"][0]["conversation_id"],
            events[0]["conversation_id"]
        );
        let wrong = draft
            .fails("POST", "/workflows/draft/run", json!({ "inputs": {} }))
            .await;
        assert_eq!(wrong.0, 400);
    });
}

#[test]
fn a_failed_node_says_why() {
    block_on(async {
        let world = World::new([]);
        let mut flow = greeting();
        flow["graph"]["nodes"][2]["data"]["template"] = json!("{{ said | nothing }}");
        let draft = Draft::new(&world, "workflow", flow).await;
        let given = json!({ "inputs": { "said": "x" } });
        let path = "/workflows/draft/nodes/shout/run";
        let (_, answer) = world
            .try_console("POST", &format!("/apps/{}{path}", draft.id), given)
            .await;
        let said = answer.to_string();
        assert!(said.contains("shout") && said.contains("nothing"), "{said}");
    });
}

#[test]
fn versions_are_compared() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", greeting()).await;
        let draft = Draft {
            world: &world,
            id: app.id.clone(),
        };
        let mut next = greeting();
        next["graph"]["nodes"][2]["data"]["template"] = json!("{{ said }}?");
        next["environment_variables"][1]["value"] = json!("other");
        draft.call("POST", "/workflows/draft", next).await;
        let told = draft
            .call("GET", "/workflows/published/diff/draft", Value::Null)
            .await;
        let changes = told["changes"].as_array().unwrap();
        assert_eq!(
            changes[0],
            json!({ "node_id": "shout", "title": "shout", "field": "template",
                "before": "{{ said | upper }}!", "after": "{{ said }}?" })
        );
        assert_eq!(changes[1]["field"], "environment_variables.key");
        assert_eq!(changes.len(), 2);
        assert!(!told.to_string().contains("s3cret"), "{told}");
        let id = told["from"]["id"].as_str().unwrap();
        let same = draft
            .call(
                "GET",
                &format!("/workflows/{id}/diff/published"),
                Value::Null,
            )
            .await;
        assert_eq!(same["changes"], json!([]));
        let (status, _) = draft
            .fails(
                "GET",
                "/workflows/draft/diff/00000000-0000-4000-8000-000000000000",
                Value::Null,
            )
            .await;
        assert_eq!(status, 404);
    });
}

#[test]
fn a_page_runs_its_workflow() {
    block_on(async {
        let world = World::new([text("hello"), text("again")]);
        let app = world.app("workflow", greeting()).await;
        let about = world
            .console("GET", &format!("/apps/{}", app.id), Value::Null)
            .await;
        let code = about["site"]["code"].as_str().unwrap();
        let visitor = world.visitor(code).await;
        let other = world.visitor(code).await;
        let body = json!({ "inputs": { "name": "Ada" } });
        let (status, answer) = world
            .call("POST", "/api/workflows/run", &visitor, Some(&body))
            .await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["data"]["outputs"]["out"], "HELLO!");
        let run = answer["workflow_run_id"].as_str().unwrap();
        for (who, expect) in [(&visitor, 200), (&other, 404)] {
            for path in [
                format!("/api/workflows/run/{run}"),
                format!("/api/workflow/{run}/events"),
            ] {
                let response = world.send("GET", &path, who, None).await;
                assert_eq!(response.status(), expect, "{path}");
            }
        }
        let task = answer["task_id"].as_str().unwrap();
        let path = format!("/api/workflows/tasks/{task}/stop");
        let (status, _) = world.call("POST", &path, &visitor, Some(&json!({}))).await;
        assert_eq!(status, 200);
        let list = world
            .call("GET", "/v1/workflows/logs", &app.key, None)
            .await
            .1;
        assert_eq!(list["data"][0]["created_from"], "web-app");
    });
}
