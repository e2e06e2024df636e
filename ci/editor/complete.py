"""Asks rust-analyzer for completions at each `// complete: NAMES` of a project's src/lib.rs, and checks that NAMES are
among them."""

import json
import pathlib
import subprocess
import sys
import time

project = pathlib.Path(sys.argv[1])
source = project / "src/lib.rs"
server = subprocess.Popen(
    ["rust-analyzer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=project
)


def send(**message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    server.stdin.flush()


def receive():
    """The next message that is not a question of the server, which gets an empty answer."""
    while True:
        length = 0
        while header := server.stdout.readline().strip():
            name, value = header.split(b":", 1)
            if name.lower() == b"content-length":
                length = int(value)
        message = json.loads(server.stdout.read(length))
        if "method" in message and "id" in message:
            is_configuration = message["method"] == "workspace/configuration"
            send(id=message["id"], result=[None] * len(message["params"]["items"]) if is_configuration else None)
        else:
            return message


def ask(method, params, number=[0]):
    number[0] += 1
    send(id=number[0], method=method, params=params)
    while (message := receive()).get("id") != number[0]:
        pass
    return message.get("result")


ask(
    "initialize",
    {
        "processId": None,
        "rootUri": project.as_uri(),
        "capabilities": {"experimental": {"serverStatusNotification": True}},
        "initializationOptions": {"checkOnSave": False},
    },
)
send(method="initialized", params={})
text = source.read_text()
document = {"uri": source.as_uri(), "languageId": "rust", "version": 1, "text": text}
send(method="textDocument/didOpen", params={"textDocument": document})
deadline = time.monotonic() + 300
while not receive().get("params", {}).get("quiescent"):
    if time.monotonic() > deadline:
        sys.exit("rust-analyzer did not get ready")

failed = False
for number, line in enumerate(text.splitlines()):
    code, mark, names = line.partition(" // complete: ")
    if not mark:
        continue
    position = {"line": number, "character": len(code)}
    answer = ask("textDocument/completion", {"textDocument": {"uri": document["uri"]}, "position": position}) or []
    items = answer["items"] if isinstance(answer, dict) else answer
    found = {item["label"].split("(")[0] for item in items}
    missing = set(names.split()) - found
    failed |= bool(missing)
    print(f"{number + 1}: {code.strip()} {'lacks ' + ', '.join(sorted(missing)) if missing else 'ok'}")
server.kill()
sys.exit(failed)
