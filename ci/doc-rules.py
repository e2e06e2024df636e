"""Lists the public items whose documentation breaks a rule of CONTRIBUTING.md. Reads rustdoc's JSON."""

import json
import re
import sys

with open(sys.argv[1]) as file:
    crate = json.load(file)
INDEX = crate["index"]
VERB = re.compile(r"^[A-Z][a-z]+s ")
ASSERTS = re.compile(r"assert|no_run|unwrap_err|\.unwrap\(\)")

broken = []


def breaks(path, rule):
    broken.append(f"{path}: {rule}")


def summary(docs):
    line = docs.strip().split("\n\n")[0].replace("\n", " ")
    return re.sub(r"\]\([^)]*\)", "]", line)


def blocks(docs):
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", docs, re.MULTILINE | re.DOTALL)


def check(item, path, wants_verb=True, wants_example=True):
    docs = item["docs"] or ""
    if not docs:
        return breaks(path, "no documentation")
    line = summary(docs)
    if wants_verb and not VERB.match(line):
        breaks(path, f"the summary opens with no verb: {line[:60]}")
    if len(line) > 120 or not line.endswith((".", ":")):
        breaks(path, f"the summary is no short sentence ({len(line)} characters): {line[:60]}")
    code = [(tags, body) for tags, body in blocks(docs) if "text" not in tags and "toml" not in tags]
    if any("ignore" in tags for tags, _ in code):
        breaks(path, "an example is ignored")
    if wants_example and not code:
        breaks(path, "no example")
    if code and not any("no_run" in tags or ASSERTS.search(body) for tags, body in code):
        breaks(path, "no example asserts anything")


def check_sections(item, path):
    """What a caller of a function has to know besides what it does."""
    function, docs = item["inner"]["function"], item["docs"] or ""
    output = (function["sig"]["output"] or {}).get("resolved_path", {})
    if function["header"]["is_async"] and "# Cancel safety" not in docs:
        breaks(path, "async, and nothing on cancel safety")
    if output.get("path", "").split("::")[-1] == "Result" and "# Errors" not in docs:
        breaks(path, "a Result, and nothing on errors")


def is_accessor(item):
    """Returns a part of `&self`, which its type's example can show. A handle is more than a part."""
    function = item["inner"]["function"]
    inputs = function["sig"]["inputs"]
    borrows_self = len(inputs) == 1 and "borrowed_ref" in inputs[0][1]
    returns_part = summary(item["docs"] or "").startswith("Returns ") and not item["name"].endswith("_handle")
    return borrows_self and returns_part and not function["header"]["is_async"]


def methods_of(item):
    kind = next(iter(item["inner"]))
    if kind == "trait":
        return [INDEX[str(each)] for each in item["inner"]["trait"]["items"]]
    if kind not in ("struct", "enum"):
        return []
    impls = [INDEX[str(each)] for each in item["inner"][kind]["impls"] if str(each) in INDEX]
    own = [each["inner"]["impl"] for each in impls if each["inner"]["impl"]["trait"] is None]
    return [INDEX[str(each)] for impl in own for each in impl["items"] if str(each) in INDEX]


def walk(item, path):
    kind = next(iter(item["inner"]))
    if kind == "use":
        target = INDEX.get(str(item["inner"]["use"]["id"]))
        if target is not None:
            walk(target, f"{path}::{item['inner']['use']['name']}")
        return
    if kind == "function":
        check(item, path)
        check_sections(item, path)
    elif kind in ("struct", "enum", "trait"):
        # A type or trait says what it is.
        check(item, path, wants_verb=False)
        for method in methods_of(item):
            if "function" in method["inner"] and method["visibility"] in ("public", "default"):
                name = f"{path}::{method['name']}"
                check(method, name, wants_example=kind != "trait" and not is_accessor(method))
                check_sections(method, name)


root = INDEX[str(crate["root"])]
for each in root["inner"]["module"]["items"]:
    item = INDEX.get(str(each))
    if item is not None and item["visibility"] == "public" and "module" not in item["inner"]:
        walk(item, "spawn_runtime")
print("\n".join(sorted(set(broken))))
print(f"{len(set(broken))} broken rules")
sys.exit(bool(broken))
