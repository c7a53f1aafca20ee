"""Drives PyPI's dify-client as an application would. Arguments: base URL, key of a chat app."""

import io
import json
import sys

from dify_client import ChatClient

base, key = sys.argv[1:3]
client = ChatClient(key)
client.base_url = f"{base}/v1"
user = "pypi-client"


def ok(response, status=200):
    assert response.status_code == status, (response.status_code, response.text)
    return response.json()


parameters = ok(client.get_application_parameters(user))
assert parameters["opening_statement"] == "What would you like to know?", parameters

question = "How long does the warranty cover the boiler and the pump?"
first = ok(client.create_chat_message({"role": "a clerk"}, question, user))
assert first["answer"].startswith("[turn 1] The warranty covers the boiler"), first
assert first["metadata"]["retriever_resources"][0]["document_name"] == "manual.pdf", first
conversation = first["conversation_id"]

stream = client.create_chat_message({}, "And again, how long?", user, "streaming", conversation)
assert stream.status_code == 200, stream.text
lines = (line.decode() for line in stream.iter_lines() if line)
events = [json.loads(line[len("data: "):]) for line in lines if line.startswith("data: ")]
assert events[-1]["event"] == "message_end", events[-1]
answer = "".join(event.get("answer", "") for event in events)
assert answer.startswith("[turn 2]"), answer

files = {"file": ("note.txt", io.BytesIO(b"a note"), "text/plain")}
uploaded = ok(client.file_upload(user, files), 201)
assert uploaded["name"] == "note.txt", uploaded

assert ok(client.message_feedback(first["message_id"], "like", user))["result"] == "success"
messages = ok(client.get_conversation_messages(user, conversation))
assert [message["query"] for message in messages["data"]] == [question, "And again, how long?"], messages
assert messages["data"][0]["feedback"]["rating"] == "like", messages
assert ok(client.rename_conversation(conversation, "Warranty", user))["name"] == "Warranty"
assert ok(client.get_conversations(user))["data"][0]["name"] == "Warranty"

wrong = ChatClient("app-wrong")
wrong.base_url = client.base_url
refused = wrong.get_application_parameters(user)
assert refused.status_code == 401 and refused.json()["code"] == "unauthorized", refused.text
print("PyPI dify-client: ok")
