"""Proves that the kernel answers in a running Jupyter server: URL and token are the arguments.

Goes the way a browser goes: REST for the kernelspecs and the kernel, a websocket for the cells.
"""

import json
import sys
import urllib.error
import urllib.request
import uuid

import websocket

url, token = sys.argv[1:]
CELLS = [
    ("a cell computes", "[1, 2, 3].map((n) => n * n)", "[ 1, 4, 9 ]"),
    ("the library is there", 'import * as packetwalk from "packetwalk"\nObject.keys(packetwalk).length > 0', "true"),
    ("types are checked", 'let s: string = null', "CompileError"),
]


def rest(path, method="GET", body=None):
    request = urllib.request.Request(
        url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text and path.startswith("api") else None


def run(socket, code):
    """The text of a cell's result, or the name of its error."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "check", "username": "", "version": "5.3", "date": ""}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True, "user_expressions": {}}
    socket.send(json.dumps({"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}))
    shown = ""
    while True:
        message = json.loads(socket.recv())
        if message["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        content = message["content"]
        if message["msg_type"] == "execute_result":
            shown = content["data"]["text/plain"]
        elif message["msg_type"] == "error":
            shown = content["ename"]
        elif content.get("execution_state") == "idle":
            return shown


def main():
    specs = rest("api/kernelspecs")["kernelspecs"]
    print("kernels:", ", ".join(sorted(specs)))
    if "packetwalk" not in specs:
        raise SystemExit("the Packetwalk kernel is not among them: packetwalk kernel install --prefix .venv")
    rest("lab")
    print("JupyterLab's page is served")
    kernel = rest("api/kernels", "POST", {"name": "packetwalk"})
    address = f"{url.replace('http', 'ws', 1)}api/kernels/{kernel['id']}/channels?token={token}"
    socket = websocket.create_connection(address, timeout=60)
    try:
        for claim, code, expected in CELLS:
            shown = run(socket, code)
            if shown != expected:
                raise SystemExit(f"{claim}: NO, {code!r} gave {shown!r} instead of {expected!r}")
            print(f"{claim}: yes")
    finally:
        socket.close()
        rest(f"api/kernels/{kernel['id']}", "DELETE")


main()
