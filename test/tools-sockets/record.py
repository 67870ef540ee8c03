"""Runs the command lines of lines.json in real namespaces and prints what each wrote and how it ended.

usage: record.py PREFIX < lines.json > recorded.json   (root, ip; a is 10.0.0.1 and fd00::1, b is 10.0.0.2 and fd00::2 on
one veth pair; IPv6 is switched off unless IPV6=yes)

curl writes to a terminal, so that it shows no progress meter; everything else writes to a pipe.
"""
import json, os, shlex, subprocess, sys, time

prefix = sys.argv[1]
names = {who: f"{prefix}{who}" for who in "ab"}
environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()} | {"HOME": "/nonexistent", "LANG": "C"}
empty = f"/tmp/{prefix}empty"
os.makedirs(empty, exist_ok=True)


def run(line, check=True):
    return subprocess.run(line, shell=True, check=check, capture_output=True, text=True)


def execute(who, line):
    inside = f"script -qec {shlex.quote(line)} /dev/null" if line.startswith("curl") else line
    words = ["ip", "netns", "exec", names[who], "sh", "-c", inside]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=empty, timeout=30)
    text = done.stdout.decode()
    if line.startswith("curl"):
        # A terminal turns every newline into CR LF.
        text = text.replace("\r\n", "\n")
    return {"at": who, "line": line, "text": text, "status": done.returncode}


for name in names.values():
    run(f"ip netns del {name}", check=False)
    run(f"ip netns add {name}")
run(f"ip -n {names['a']} link add eth0 type veth peer name eth0 netns {names['b']}")
for who, name in names.items():
    if os.environ.get("IPV6") != "yes":
        run(f"ip netns exec {name} sysctl -qw net.ipv6.conf.all.disable_ipv6=1")
    run(f"ip -n {name} link set lo up")
    run(f"ip -n {name} addr add 10.0.0.{1 if who == 'a' else 2}/24 dev eth0")
    if os.environ.get("IPV6") == "yes":
        run(f"ip -n {name} addr add fd00::{1 if who == 'a' else 2}/64 dev eth0 nodad")
    run(f"ip -n {name} link set eth0 up")
running, results = [], []
try:
    for entry in json.load(sys.stdin):
        if "background" in entry:
            words = ["ip", "netns", "exec", names[entry["at"]], "sh", "-c", "exec 2>&1; " + entry["background"]]
            running.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment, cwd=empty, start_new_session=True))
            time.sleep(0.5)
            results.append({"at": entry["at"], "line": entry["background"], "text": "", "status": 0})
        else:
            results.append(execute(entry["at"], entry["line"]))
            time.sleep(0.05)
finally:
    for process in running:
        try:
            os.killpg(process.pid, 15)
        except ProcessLookupError:
            pass
        process.wait()
    for name in names.values():
        run(f"ip netns del {name}", check=False)
    os.rmdir(empty)
json.dump(results, sys.stdout, indent=1)
