// Drives npm's dify-client as an application would. Arguments: base URL, key of a chat app.
import assert from "node:assert/strict";
import { ChatClient } from "dify-client";

const [base, key] = process.argv.slice(2);
const client = new ChatClient(key, `${base}/v1`);
const user = "npm-client";
const question = "How long does the warranty cover the boiler and the pump?";

const parameters = (await client.getApplicationParameters(user)).data;
assert.equal(parameters.opening_statement, "What would you like to know?");

const first = (await client.createChatMessage({ role: "a clerk" }, question, user)).data;
assert.equal(first.event, "message");
assert.match(first.answer, /^\[turn 1\] The warranty covers the boiler and the pump for thirty months/);
assert.equal(first.metadata.retriever_resources[0].document_name, "manual.pdf");

const stream = (await client.createChatMessage({}, "And again, how long?", user, true, first.conversation_id)).data;
let buffer = "";
for await (const chunk of stream) buffer += chunk;
const events = buffer
  .split("\n\n")
  .filter((block) => block.startsWith("data: "))
  .map((block) => JSON.parse(block.slice("data: ".length)));
assert.equal(events.at(-1).event, "message_end");
assert.equal(events[0].conversation_id, first.conversation_id);
assert.match(events.map((event) => event.answer ?? "").join(""), /^\[turn 2\]/);

const upload = new FormData();
upload.append("user", user);
upload.append("file", new Blob(["a note"], { type: "text/plain" }), "note.txt");
const uploaded = await client.fileUpload(upload);
assert.equal(uploaded.status, 201);
assert.equal(uploaded.data.name, "note.txt");

const rated = (await client.messageFeedback(first.message_id, "like", user)).data;
assert.equal(rated.result, "success");
const messages = (await client.getConversationMessages(user, first.conversation_id)).data;
assert.equal(messages.data.length, 2);
assert.equal(messages.data[0].feedback.rating, "like");
const named = (await client.renameConversation(first.conversation_id, "Warranty", user, false)).data;
assert.equal(named.name, "Warranty");
const conversations = (await client.getConversations(user)).data;
assert.equal(conversations.data[0].name, "Warranty");

await assert.rejects(
  new ChatClient("app-wrong", `${base}/v1`).getApplicationParameters(user),
  (error) => error.response.status === 401 && error.response.data.code === "unauthorized",
);
assert.equal((await client.deleteConversation(first.conversation_id, user)).status, 204);
console.log("npm dify-client: ok");
