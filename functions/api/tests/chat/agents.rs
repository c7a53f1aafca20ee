//! Apps of mode `agent-chat`: what they think, call and answer.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use app::{apps::Mode, backup, end_user::EndUser, keys, message};
use async_trait::async_trait;
use futures::{
    StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    executor::block_on,
    stream,
};
use http::{Method, StatusCode};
use model::{
    ChatRequest, Delta, DeltaStream, Finish, Llm, LlmInfo, Models, ToolCallDelta, Usage,
    fake::{Reply, ScriptedLlm},
};
use ports::{Commit, fake::platform};
use serde_json::{Value, json};

use super::{citations::library, support::*};

/// A model that plays rounds, delta by delta.
struct Rounds {
    info: LlmInfo,
    rounds: Mutex<VecDeque<UnboundedReceiver<model::Result<Delta>>>>,
    asked: Mutex<Vec<ChatRequest>>,
}

#[async_trait]
impl Llm for Rounds {
    fn info(&self) -> &LlmInfo {
        &self.info
    }

    async fn stream(&self, request: ChatRequest) -> model::Result<DeltaStream> {
        self.asked.lock().unwrap().push(request);
        let round = self.rounds.lock().unwrap().pop_front();
        Ok(round.expect("a round more than was played").boxed())
    }
}

type Say = UnboundedSender<model::Result<Delta>>;

/// An installation whose agent has these tools, and the ends to speak for its model.
async fn agent(
    mode: Value,
    count: usize,
    change: impl FnOnce(&mut Value),
) -> (Bench, Arc<Rounds>, Vec<Say>) {
    let (platform, handles) = platform();
    let scripted = Arc::new(ScriptedLlm::new("scripted", []));
    let (says, rounds) = (0..count)
        .map(|_| unbounded())
        .unzip::<_, _, Vec<_>, VecDeque<_>>();
    let llm = Arc::new(Rounds {
        info: scripted.info().clone(),
        rounds: Mutex::new(rounds),
        asked: Mutex::default(),
    });
    let models = Models {
        llms: vec![llm.clone()],
        ..Models::default()
    };
    let mut config = config();
    config["agent_mode"] = mode;
    change(&mut config);
    let app = app(Mode::AgentChat, config);
    let bench = Bench::over(platform, handles, models, scripted, app).await;
    (bench, llm, says)
}

/// Agents whose rounds are known from the start.
async fn played(mode: Value, rounds: Vec<Vec<Delta>>) -> (Bench, Arc<Rounds>) {
    let (bench, llm, says) = agent(mode, rounds.len(), |_| {}).await;
    for (say, round) in says.into_iter().zip(rounds) {
        for delta in round {
            say.unbounded_send(Ok(delta)).unwrap();
        }
    }
    (bench, llm)
}

fn tool(provider: &str, name: &str) -> Value {
    json!({"enabled": true, "provider_type": "builtin", "provider_id": provider, "provider_name": provider,
           "tool_name": name, "tool_label": name, "tool_parameters": {}})
}

fn mode(strategy: &str) -> Value {
    let tools = json!([
        tool("time", "current_time"),
        tool("maths", "eval_expression")
    ]);
    json!({"enabled": true, "strategy": strategy, "max_iteration": 5, "tools": tools, "prompt": null})
}

fn say(text: &str) -> Delta {
    Delta::Text(text.to_owned())
}

fn piece(index: usize, name: Option<&str>, arguments: &str) -> Delta {
    Delta::ToolCall(ToolCallDelta {
        index,
        id: name.map(|_| format!("call_{index}")),
        name: name.map(str::to_owned),
        arguments: arguments.to_owned(),
    })
}

fn cost(prompt_tokens: u64, completion_tokens: u64) -> Delta {
    Delta::Usage(Usage {
        prompt_tokens,
        completion_tokens,
        estimated: false,
    })
}

fn names(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect()
}

fn thoughts(events: &[Value]) -> Vec<&Value> {
    events
        .iter()
        .filter(|event| event["event"] == "agent_thought")
        .collect()
}

async fn messages(bench: &Bench, conversation: &Value) -> Value {
    let conversation = conversation.as_str().unwrap();
    let path = format!("/v1/messages?user=ada&conversation_id={conversation}");
    let (status, page) = bench.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["data"][0].clone()
}

#[test]
fn tools_are_called_side_by_side_and_what_was_thought_is_kept() {
    block_on(async {
        let rounds = vec![
            vec![
                say("I look. "),
                piece(0, Some("eval_expression"), "{\"expres"),
                piece(1, Some("current_time"), ""),
                piece(0, None, "sion\": \"6*7\"}"),
                cost(10, 5),
                Delta::Finish(Finish::ToolCalls),
            ],
            vec![say("It is "), say("42."), cost(20, 3)],
        ];
        let (bench, llm) = played(mode("function_call"), rounds).await;
        let events = bench
            .stream(question("What is six times seven?", None))
            .await;
        assert_eq!(
            names(&events),
            [
                "agent_thought",
                "agent_message",
                "agent_thought",
                "agent_thought",
                "agent_thought",
                "agent_message",
                "agent_message",
                "agent_thought",
                "message_end"
            ]
        );
        let said: String = events
            .iter()
            .filter_map(|event| event["answer"].as_str())
            .collect();
        assert_eq!(said, "I look. \nIt is 42.");
        let seen = thoughts(&events);
        // Begun, called, done; begun, answered.
        let places: Vec<u64> = seen
            .iter()
            .map(|it| it["position"].as_u64().unwrap())
            .collect();
        assert_eq!(places, [1, 1, 1, 2, 2]);
        assert!(seen[0]["id"] == seen[2]["id"] && seen[2]["id"] != seen[3]["id"]);
        let (called, done) = (seen[1], seen[2]);
        assert_eq!(
            (&called["thought"], &called["observation"]),
            (&json!("I look. "), &json!(""))
        );
        assert_eq!(called["tool"], "eval_expression;current_time");
        assert_eq!(called["tool_labels"]["current_time"], "Current Time");
        let input: Value = serde_json::from_str(called["tool_input"].as_str().unwrap()).unwrap();
        assert_eq!(
            input,
            json!({"eval_expression": {"expression": "6*7"}, "current_time": {}})
        );
        let observed: Value = serde_json::from_str(done["observation"].as_str().unwrap()).unwrap();
        assert_eq!(observed["eval_expression"], "42");
        assert_eq!(seen[4]["thought"], "It is 42.");
        let usage = &events.last().unwrap()["metadata"]["usage"];
        assert_eq!(
            (&usage["prompt_tokens"], &usage["completion_tokens"]),
            (&json!(30), &json!(8))
        );
        // The model saw both results.
        let asked = llm.asked.lock().unwrap().clone();
        assert_eq!(
            (asked[0].tools.len(), asked[1].messages.len()),
            (2, asked[0].messages.len() + 3)
        );

        let kept = messages(&bench, &events[0]["conversation_id"]).await;
        assert_eq!(
            (&kept["answer"], &kept["total_tokens"]),
            (&json!(said), &json!(38))
        );
        let kept_thoughts = kept["agent_thoughts"].as_array().unwrap();
        assert_eq!(kept_thoughts.len(), 2);
        for (kept, event) in kept_thoughts.iter().zip([seen[2], seen[4]]) {
            for key in [
                "id",
                "message_id",
                "position",
                "thought",
                "observation",
                "tool",
                "tool_input",
                "tool_labels",
            ] {
                assert_eq!(kept[key], event[key], "{key}");
            }
            assert!(kept["created_at"].as_u64() > Some(0));
            assert_eq!(
                (&kept["chain_id"], &kept["files"]),
                (&Value::Null, &json!([]))
            );
        }

        // Read again, from the beginning and from its end.
        let path = format!(
            "/v1/messages/{}/events?user=ada",
            kept["id"].as_str().unwrap()
        );
        let response = bench.send(bench.request(Method::GET, &path, None)).await;
        let text = bench.text(response).await;
        let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
        let again: Vec<Value> = lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            names(&again),
            [
                "agent_thought",
                "agent_thought",
                "agent_message",
                "message_end"
            ]
        );
        for (again, seen) in again.iter().zip([seen[2], seen[4]]) {
            for key in ["id", "message_id", "thought", "observation", "tool_input"] {
                assert_eq!(again[key], seen[key], "{key}");
            }
        }
    });
}

#[test]
fn a_model_without_functions_is_asked_in_words() {
    block_on(async {
        let action = "Thought: I compute.\nAction: {\"action\": \"eval_expression\", \"action_input\": {\"expression\": \"6*7\"}}";
        let rounds = vec![
            vec![say(action), cost(1, 1)],
            vec![
                say("Thought: I know.\nFinal "),
                say("Answer: 42"),
                cost(2, 2),
            ],
        ];
        let (bench, llm) = played(mode("react"), rounds).await;
        let events = bench.stream(question("6*7?", None)).await;
        assert_eq!(
            names(&events),
            [
                "agent_thought",
                "agent_thought",
                "agent_thought",
                "agent_thought",
                "agent_message",
                "agent_thought",
                "message_end"
            ]
        );
        let kept = messages(&bench, &events[0]["conversation_id"]).await;
        assert_eq!(kept["answer"], "42");
        let of = |place: usize, key: &str| kept["agent_thoughts"][place][key].clone();
        assert_eq!(
            (of(0, "thought"), of(0, "observation")),
            (json!("I compute."), json!(r#"{"eval_expression":"42"}"#))
        );
        assert_eq!(
            (of(1, "thought"), of(1, "tool")),
            (json!("I know."), json!(""))
        );
        let asked = llm.asked.lock().unwrap().clone();
        assert!(
            asked[0].tools.is_empty() && asked[0].messages[0].as_text().contains("eval_expression")
        );
    });
}

#[test]
fn rounds_are_counted_and_what_goes_wrong_is_told_to_the_model() {
    block_on(async {
        let mut few = mode("function_call");
        few["max_iteration"] = 2.into();
        let rounds = vec![
            vec![piece(0, Some("nothing"), "{}")],
            vec![piece(0, Some("eval_expression"), r#"{"expression": "1/"}"#)],
            vec![say("I cannot.")],
        ];
        let (bench, llm) = played(few, rounds).await;
        let events = bench.stream(question("1/?", None)).await;
        let kept = messages(&bench, &events[0]["conversation_id"]).await;
        assert_eq!(kept["answer"], "I cannot.");
        let observed = |place: usize| {
            kept["agent_thoughts"][place]["observation"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert!(
            observed(0).contains("there is no tool named nothing"),
            "{}",
            observed(0)
        );
        assert!(observed(1).contains("tool invoke error"), "{}", observed(1));
        let offered: Vec<usize> = llm
            .asked
            .lock()
            .unwrap()
            .iter()
            .map(|it| it.tools.len())
            .collect();
        assert_eq!(offered, [2, 2, 0]);
        assert_eq!(
            events.last().unwrap()["metadata"]["usage"]["estimated"],
            true
        );
    });
}

#[test]
fn a_tool_that_is_not_there_is_named() {
    block_on(async {
        let mut unknown = mode("function_call");
        unknown["tools"] = json!([tool("sky", "look_up")]);
        let (bench, _) = played(unknown, vec![]).await;
        let mut body = question("q", None);
        body["response_mode"] = "streaming".into();
        let (status, error) = bench.post("/v1/chat-messages", body).await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::BAD_REQUEST, &json!("app_unavailable"))
        );
        let message =
            "The tool `look_up` of `sky` (provider type `builtin`) is not installed here.";
        assert_eq!(error["message"], message);
    });
}

#[test]
fn a_dataset_is_a_tool_and_what_it_gave_is_cited() {
    block_on(async {
        let search = |query: &str| {
            let arguments = json!({"query": query}).to_string();
            move |id: &str| Reply::Call(format!("dataset_{}", id.replace('-', "_")), arguments)
        };
        let script = |id: &str| {
            vec![
                search("How many hours do cats sleep?")(id),
                search("cats sleep hours a day")(id),
                text("Sixteen."),
            ]
        };
        let (bench, id) = library(Mode::AgentChat, config(), script).await;
        let events = bench.stream(question("And cats?", None)).await;
        let seen = thoughts(&events);
        assert_eq!(
            seen[1]["tool_labels"][format!("dataset_{}", id.replace('-', "_"))],
            "Animals"
        );
        let observation = seen[2]["observation"].as_str().unwrap();
        assert!(
            observation.contains("Cats sleep sixteen hours a day."),
            "{observation}"
        );
        let end = events.last().unwrap();
        let resources = end["metadata"]["retriever_resources"].as_array().unwrap();
        // Found twice, cited once.
        assert_eq!(resources.len(), 1);
        assert_eq!(
            (&resources[0]["position"], &resources[0]["document_name"]),
            (&json!(1), &json!("cats.txt"))
        );
        let kept = messages(&bench, &events[0]["conversation_id"]).await;
        assert_eq!(kept["retriever_resources"][0]["document_name"], "cats.txt");
        // The prompt itself holds no passages.
        let asked = bench.llm.requests();
        assert!(!asked[0].messages[0].as_text().contains("sixteen"));
    });
}

#[test]
fn a_thought_does_not_tell_what_an_answer_must_not() {
    block_on(async {
        let secret = "The treasure lies under the old oak behind the mill, guarded by seven geese.";
        let guarded = |config: &mut Value| {
            config["pre_prompt"] = secret.into();
            config["prompt_guard"] = json!({"enabled": true, "output": true, "rules": false});
        };
        let (bench, _, says) = agent(mode("function_call"), 2, guarded).await;
        let told = json!({"expression": secret}).to_string();
        says[0]
            .unbounded_send(Ok(piece(0, Some("eval_expression"), &told)))
            .unwrap();
        says[1].unbounded_send(Ok(say("Done."))).unwrap();
        says.iter().for_each(UnboundedSender::close_channel);
        let events = bench.stream(question("Where?", None)).await;
        let text = serde_json::to_string(&events).unwrap();
        assert!(
            text.contains("Done.") && !text.contains("seven geese"),
            "{text}"
        );
        let kept = messages(&bench, &events[0]["conversation_id"]).await;
        let thought = &kept["agent_thoughts"][0];
        assert_eq!(thought["tool_input"], "");
        // Nor did the tool hear it.
        let observation = thought["observation"].as_str().unwrap();
        assert!(observation.contains("refused"), "{observation}");
    });
}

#[test]
fn whoever_rejoins_hears_what_is_thought_meanwhile() {
    block_on(async {
        let (bench, _, says) = agent(mode("function_call"), 2, |_| {}).await;
        bench.handles.clock.manual();
        let mut body = question("6*7?", None);
        body["response_mode"] = "streaming".into();
        let request = bench.request(Method::POST, "/v1/chat-messages", Some(body));
        let mut stream = bench.send(request).await.into_body().into_data_stream();
        says[0].unbounded_send(Ok(say("I look."))).unwrap();
        let frame = bench.drive(stream.next()).await.unwrap().unwrap();
        let first = events(std::str::from_utf8(&frame).unwrap()).remove(0);
        drop(stream);
        bench.poll_spawned().await;
        let path = format!(
            "/v1/messages/{}/events?user=ada",
            first["message_id"].as_str().unwrap()
        );
        let response = bench.send(bench.request(Method::GET, &path, None)).await;
        let mut again = response.into_body().into_data_stream();
        let mut heard: Vec<Value> = Vec::new();
        let arguments = r#"{"expression": "6*7"}"#;
        says[0]
            .unbounded_send(Ok(piece(0, Some("eval_expression"), arguments)))
            .unwrap();
        says[1].unbounded_send(Ok(say("42"))).unwrap();
        says.iter().for_each(UnboundedSender::close_channel);
        while heard
            .last()
            .is_none_or(|last| last["event"] != "message_end")
        {
            bench.poll_spawned().await;
            bench.handles.clock.advance(Duration::from_millis(250));
            while let std::task::Poll::Ready(Some(frame)) = futures::poll!(again.next()) {
                let frame = frame.unwrap();
                let text = std::str::from_utf8(&frame).unwrap();
                let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
                heard.extend(data.map(|data| serde_json::from_str::<Value>(data).unwrap()));
            }
        }
        let said: String = heard
            .iter()
            .filter_map(|event| event["answer"].as_str())
            .collect();
        assert_eq!(said, "I look.\n42");
        let last = thoughts(&heard)
            .into_iter()
            .rfind(|it| it["position"] == 1)
            .unwrap();
        assert_eq!(last["observation"], r#"{"eval_expression":"42"}"#);
    });
}

#[test]
fn a_backup_keeps_what_was_thought() {
    block_on(async {
        let rounds = vec![
            vec![piece(
                0,
                Some("eval_expression"),
                r#"{"expression": "6*7"}"#,
            )],
            vec![say("42")],
        ];
        let (bench, _) = played(mode("function_call"), rounds).await;
        let events = bench.stream(question("6*7?", None)).await;
        bench.settle().await;
        let listed = Commit::new().put(format!("app/{APP}"), "{}");
        bench
            .ctx
            .tenant(TENANT)
            .commit(keys::TENANT, listed)
            .await
            .unwrap();
        let lines = backup::bundle(bench.ctx.clone(), TENANT.to_owned());
        let bundle: Vec<_> = lines.map(Result::unwrap).collect().await;

        let target = "99999999-9999-4999-8999-999999999999";
        let ctx = app::Context::new(platform().0, Models::default());
        let bundle = stream::iter(bundle.into_iter().map(Ok));
        let first = backup::receive(&ctx, target, bundle).await.unwrap();
        for number in 0..first.parts {
            let body = json!({"tenant_id": target, "restore_id": first.id, "number": number});
            let job = ports::Job::new("x", backup::TOPIC, body.to_string().into_bytes());
            backup::consume(&ctx, &job).await.unwrap();
        }
        let user = EndUser::new(APP, "ada", ctx.now());
        let conversation = events[0]["conversation_id"].as_str().unwrap();
        let page = message::page(&ctx.tenant(target), &user, conversation, None, 9)
            .await
            .unwrap();
        let thoughts = &page.items[0].message.agent_thoughts;
        assert_eq!(
            (thoughts.len(), thoughts[0].tool.as_str()),
            (2, "eval_expression")
        );
        assert_eq!(thoughts[0].observation, r#"{"eval_expression":"42"}"#);
    });
}
