"""Plays the Dockerfile where no container engine is: each stage in a root folder of its own, by chroot.

    python3 test/hub/replay.py NODE_ROOT JUPYTER_ROOT

NODE_ROOT stands for node:*-slim: a Debian with Node and npm. JUPYTER_ROOT stands for Jupyter's base-notebook: a Debian
with a Python environment in /opt/conda that has JupyterLab and jupyterhub-singleuser, and a user jovyan (1000).
COPY, RUN, WORKDIR, USER and ENV are what the Dockerfile uses; another instruction ends it with an error.
Needs root. What it proves: every file that is copied is there, every command succeeds, and afterwards the kernel is
known to Jupyter, answers a cell, and the hook puts the chapters into a home folder once.
"""

import os
import shlex
import shutil
import subprocess
import sys

PROJECT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
CELL = 'import { lab, sh } from "packetwalk"; const net = lab({ seed: "image" }); net.node("n"); sh("n", "ip -br link").text'


def instructions(path):
    """(name, words) of each instruction, continued lines joined, comments left out."""
    text = ""
    for line in open(path):
        if line.startswith("#"):
            continue
        text += line[:-2] + " " if line.endswith("\\\n") else line
    for line in text.splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


def inside(root, command, user="root", cwd="/", env=None):
    words = ["chroot", f"--userspec={user}", root, "/bin/sh", "-ec", f"cd {shlex.quote(cwd)}; {command}"]
    base = {"PATH": "/opt/conda/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    for name in ("npm_config_registry", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        if name in os.environ:
            base[name] = os.environ[name]
    return subprocess.run(words, env={**base, **(env or {})}, check=True, stdout=subprocess.PIPE, text=True).stdout


def copy(source, root, target, cwd):
    """One source of a COPY: a file, or what is in a folder."""
    place = root + os.path.join(cwd, target)
    if os.path.isdir(source):
        shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True)
        return
    if target.endswith("/"):
        place = os.path.join(place, os.path.basename(source))
    os.makedirs(os.path.dirname(place), exist_ok=True)
    shutil.copy(source, place)


def play(roots):
    stages, root, cwd, env = {}, None, "/", {}
    for name, rest in instructions(os.path.join(PROJECT, "assets/jupyterhub/Dockerfile")):
        print(f"{name} {rest[:100]}", flush=True)
        if name == "FROM":
            root, cwd, env = roots.pop(0), "/", {"CONDA_DIR": "/opt/conda", "NB_UID": "1000"}
            image, *alias = rest.split()
            stages[alias[1] if alias else image] = root
        elif name == "WORKDIR":
            cwd = rest
            os.makedirs(root + cwd, exist_ok=True)
        elif name == "COPY":
            *sources, target = rest.split()
            origin = PROJECT
            if sources[0].startswith("--from="):
                origin = stages[sources.pop(0).removeprefix("--from=")]
            if not os.path.isabs(target) and not target.endswith("/") and len(sources) > 1:
                raise SystemExit(f"COPY of several files needs a folder as its target: {rest}")
            for source in sources:
                copy(os.path.join(origin, source.lstrip("/")), root, target, cwd)
        elif name == "RUN":
            inside(root, rest, cwd=cwd, env=env)
        elif name == "ENV":
            env.update([rest.split("=", 1)])
        elif name != "USER":
            raise SystemExit(f"{name}: not known to this replay")
    return root


def main():
    image = play([os.path.abspath(each) for each in sys.argv[1:3]])
    student = {"HOME": "/home/jovyan"}
    kernels = inside(image, "jupyter kernelspec list", "1000", "/home/jovyan", student)
    assert "packetwalk" in kernels, kernels
    hook = "bash /usr/local/bin/before-notebook.d/50-packetwalk-chapters.sh"
    inside(image, hook, "1000", "/home/jovyan", student)
    inside(image, "echo mine > packetwalk/notebooks/mine.txt", "1000", "/home/jovyan", student)
    inside(image, hook, "1000", "/home/jovyan", student)
    there = inside(image, "ls packetwalk/notebooks packetwalk/assets", "1000", "/home/jovyan", student)
    assert "mine.txt" in there and "01-container-to-container.ipynb" in there and "manifests" in there, there
    ask = (
        "import jupyter_client.manager as m; _, c = m.start_new_kernel(kernel_name='packetwalk');"
        f"r = c.execute_interactive({CELL!r}, timeout=60, output_hook=lambda o: print(o['content'].get('data', '')));"
        "assert r['content']['status'] == 'ok', r; c.shutdown()"
    )
    said = inside(image, f"python -c {shlex.quote(ask)}", "1000", "/home/jovyan/packetwalk/notebooks", student)
    assert "LOOPBACK" in said, said
    size = subprocess.run(["du", "-sm", f"{image}/opt/packetwalk"], stdout=subprocess.PIPE, text=True).stdout.split()[0]
    print(f"the image has the kernel, it answers, and the chapters are in the home folder; /opt/packetwalk: {size} MB")


main()
