"""A class on a real JupyterHub: students who each run a chapter at the same time, through the hub's own API.

    python3 -m venv hub && hub/bin/pip install jupyterhub jupyterlab && npm install --prefix hub configurable-http-proxy
    node dist/lib/cli/main.js kernel install --prefix hub
    hub/bin/python test/hub/classroom.py [--students 20] [--chapter notebooks/01-container-to-container.ipynb] [--think 2]

Each student has a server and a kernel of their own, opens a websocket and runs the chapter's cells in order, `think`
seconds apart on average. Every answer must be the one that is committed in the notebook. In the middle one kernel is killed: that student's
kernel must come back by itself and run the chapter from its beginning, and nobody else may notice.
Prints how long cells took (p50, p99, most), and what memory a student costs (PSS of server and kernel).
"""

import argparse
import asyncio
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.dirname(os.path.abspath(sys.executable))


def options():
    read = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    read.add_argument("--students", type=int, default=20)
    read.add_argument("--chapter", default=os.path.join(HERE, "../../notebooks/01-container-to-container.ipynb"))
    read.add_argument("--think", type=float, default=2.0)
    return read.parse_args()


class Class:
    """A running hub, and the requests of its teacher."""

    def __init__(self, homes):
        self.port = free_ports(3)
        self.token = secrets.token_hex(16)
        proxy = os.path.join(BIN, "../node_modules/.bin/configurable-http-proxy")
        env = {
            **os.environ,
            "CLASS_PORT": str(self.port),
            "CLASS_TOKEN": self.token,
            "CLASS_HOMES": homes,
            "CLASS_BIN": BIN,
            "CLASS_PROXY": proxy,
        }
        command = [os.path.join(BIN, "jupyterhub"), "--config", os.path.join(HERE, "jupyterhub_config.py")]
        self.process = subprocess.Popen(command, env=env, cwd=homes, start_new_session=True)

    async def ask(self, path, method="GET", body=None):
        request = HTTPRequest(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            body=json.dumps(body) if body is not None else ("" if method == "POST" else None),
            headers={"Authorization": f"token {self.token}"},
            request_timeout=300,
        )
        answer = await AsyncHTTPClient().fetch(request, raise_error=False)
        if answer.code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.code} {answer.body[:300]}")
        return json.loads(answer.body) if answer.body.startswith((b"{", b"[")) else None

    async def begun(self):
        for _ in range(600):
            try:
                return await self.ask("/hub/api/")
            except (ConnectionError, OSError, RuntimeError):
                if self.process.poll() is not None:
                    raise SystemExit("the hub ended; what it said is above")
                await asyncio.sleep(0.2)
        raise SystemExit("the hub did not answer in two minutes")

    def end(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(60)


def free_ports(count):
    """The first of `count` neighbouring ports that nobody has."""
    for first in range(20000, 30000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as each:
                    each.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
    raise SystemExit("no free ports")


class Student:
    def __init__(self, group, name):
        self.group, self.name, self.times = group, name, []

    async def arrive(self):
        """Starts the server, then a kernel in it; how long each took, in seconds."""
        start = time.perf_counter()
        await self.group.ask(f"/hub/api/users/{self.name}", "POST")
        await self.group.ask(f"/hub/api/users/{self.name}/server", "POST")
        while not (await self.group.ask(f"/hub/api/users/{self.name}"))["servers"].get("", {}).get("ready"):
            await asyncio.sleep(0.25)
        server = time.perf_counter() - start
        self.kernel = (await self.group.ask(f"/user/{self.name}/api/kernels", "POST", {"name": "packetwalk"}))["id"]
        await self.connect()
        await self.run("1 + 1")
        return server, time.perf_counter() - start - server

    async def connect(self):
        url = f"ws://127.0.0.1:{self.group.port}/user/{self.name}/api/kernels/{self.kernel}/channels?session_id={uuid.uuid4().hex}"
        request = HTTPRequest(url, headers={"Authorization": f"token {self.group.token}"}, request_timeout=120)
        self.socket = await websocket_connect(request, max_message_size=1 << 28)

    async def run(self, code):
        """Runs a cell; its outputs as a notebook has them, without what differs from run to run."""
        asked = uuid.uuid4().hex
        header = {"msg_id": asked, "msg_type": "execute_request", "session": self.name, "username": "", "version": "5.3", "date": ""}
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False, "user_expressions": {}}
        await self.socket.write_message(
            json.dumps({"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content})
        )
        outputs, streams, replied, idle = [], [], False, False
        while not (replied and idle):
            text = await asyncio.wait_for(self.socket.read_message(), 300)
            if text is None:
                raise ConnectionError("the websocket closed")
            message = json.loads(text)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, said = message["msg_type"], message["content"]
            replied = replied or kind == "execute_reply"
            idle = idle or said.get("execution_state") == "idle"
            if kind in ("execute_result", "display_data"):
                outputs.append(said["data"].get("text/plain", ""))
            elif kind == "stream":
                # A notebook joins what follows in one stream.
                if streams and streams[-1] == len(outputs) - 1:
                    outputs[-1] += said["text"]
                else:
                    streams.append(len(outputs))
                    outputs.append(said["text"])
            elif kind == "error":
                outputs.append(said["ename"])
        return "\n".join(outputs)

    async def study(self, cells, think, dice, kill_at=None):
        """Runs the chapter; returns how many answers were not those of the notebook."""
        wrong = []
        for number, (code, expected) in enumerate(cells):
            if number == kill_at:
                await self.lose_kernel()
                return await self.study(cells, think, dice)
            await asyncio.sleep(dice.expovariate(1 / think) if think else 0)
            start = time.perf_counter()
            said = await self.run(code)
            self.times.append(time.perf_counter() - start)
            if said != expected:
                wrong.append((self.name, number, said[:200], expected[:200]))
        return wrong

    async def lose_kernel(self):
        """Kills the kernel's process, as a machine without memory does, and waits until Jupyter started another."""
        for process in processes(self.name):
            if "packetwalk" in process.command or "cli/main.js" in process.command:
                os.kill(process.pid, signal.SIGKILL)
        start = time.perf_counter()
        while True:
            try:
                await self.connect()
                await asyncio.wait_for(self.run("1 + 1"), 20)
                break
            except (asyncio.TimeoutError, ConnectionError, OSError):
                await asyncio.sleep(0.5)
        print(f"{self.name}'s kernel was killed; another answered after {time.perf_counter() - start:.1f} s", flush=True)


class Process:
    def __init__(self, pid):
        self.pid = pid
        with open(f"/proc/{pid}/cmdline") as file:
            self.command = file.read().replace("\0", " ")
        with open(f"/proc/{pid}/environ") as file:
            self.user = dict(each.split("=", 1) for each in file.read().split("\0") if "=" in each).get("JUPYTERHUB_USER")

    def pss(self):
        """Its memory in MB, pages shared with others counted in parts."""
        with open(f"/proc/{self.pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024


def processes(student):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            process = Process(int(pid))
        except (OSError, ValueError):
            continue
        if process.user == student:
            yield process


def chapter(path):
    """Code and committed answer of each cell."""
    with open(path) as file:
        cells = json.load(file)["cells"]
    text = lambda value: value if isinstance(value, str) else "".join(value)  # noqa: E731
    for cell in cells:
        if cell["cell_type"] != "code" or not text(cell["source"]).strip():
            continue
        said = []
        for output in cell["outputs"]:
            if "data" in output:
                said.append(text(output["data"].get("text/plain", "")))
            else:
                said.append(text(output["text"]) if output["output_type"] == "stream" else output["ename"])
        yield text(cell["source"]), "\n".join(said)


def share(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


async def main():
    asked = options()
    # A request waits for none of the others.
    AsyncHTTPClient.configure(None, max_clients=1000)
    cells = list(chapter(asked.chapter))
    homes = tempfile.mkdtemp(prefix="class-")
    group = Class(homes)
    try:
        await group.begun()
        students = [Student(group, f"s{number:03}") for number in range(asked.students)]
        for student in students:
            os.makedirs(os.path.join(homes, student.name), exist_ok=True)
        came = await asyncio.gather(*(student.arrive() for student in students))
        print(f"{len(students)} students came: a server after {max(s for s, _ in came):.1f} s, a kernel's first answer {max(k for _, k in came):.1f} s later at most", flush=True)
        start = time.perf_counter()
        wrong = await asyncio.gather(
            *(
                student.study(cells, asked.think, random.Random(number), len(cells) // 2 if number == 0 else None)
                for number, student in enumerate(students)
            )
        )
        took = time.perf_counter() - start
        times = [each for student in students for each in student.times]
        lost = [each for several in wrong for each in several]
        print(f"{len(times)} cells in {took:.0f} s: p50 {1000 * share(times, 0.5):.0f} ms, p99 {1000 * share(times, 0.99):.0f} ms, most {1000 * max(times):.0f} ms")
        memory = [[(process.pss(), "cli/main.js" in process.command) for process in processes(student.name)] for student in students]
        kernels = [sum(size for size, kernel in each if kernel) for each in memory]
        servers = [sum(size for size, kernel in each if not kernel) for each in memory]
        print(f"memory of a student: kernel {share(kernels, 0.5):.0f} MB (most {max(kernels):.0f}), server {share(servers, 0.5):.0f} MB")
        print(f"answers that are not the notebook's: {len(lost)}")
        for each in lost[:5]:
            print("  ", each)
        return 1 if lost else 0
    finally:
        group.end()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
