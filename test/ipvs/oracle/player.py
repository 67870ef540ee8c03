#!/usr/bin/env python3
"""player.py HISTORIES.json: plays histories of virtual services on a real kernel, and prints what came of them.

HISTORIES.json is what `packetwalk ipvs` reads: a history, a list, or {"scenarios": [...]}. The kernel is Debian's 6.1 in
QEMU without hardware help; its time is virtual, so minutes of waiting cost seconds, and every run is the same.
Needs qemu-system-x86_64, python3, ip, ipvsadm, iptables (legacy), depmod, and once `apt-get download` and dpkg-deb for the
kernel (Debian 12; no root). IPVS_KERNEL names a folder with boot/vmlinuz-* and lib/modules instead. What was fetched is
kept in $XDG_CACHE_HOME/packetwalk or ~/.cache/packetwalk.
"""
import fcntl
import glob
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "packetwalk")
TOOLS = ["ip", "ipvsadm", "xtables-legacy-multi", "sh"]
MODULES = (
    "ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh ip_vs_sh ip_vs_sed ip_vs_nq ip_vs_mh ip_vs_fo"
    " ip_vs_ovf veth bridge ipip iptable_mangle xt_mark"
).split()
QEMU = (
    "qemu-system-x86_64 -accel tcg -icount shift=1,sleep=off -m 768 -smp 1 -nodefaults -display none -no-reboot"
).split()
APPEND = (
    "console=ttyS0 quiet loglevel=3 panic=-1 random.trust_cpu=on mitigations=off nowatchdog psi=0 cgroup_disable=memory"
    " tsc=reliable audit=0 PYTHONHASHSEED=0"
)


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def need(name):
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if found is None:
        sys.exit(f"player.py: {name} is not installed; see player.py --help")
    return found


def kernel():
    """A folder with a kernel and its modules, fetched once."""
    folder = os.environ.get("IPVS_KERNEL") or os.path.join(CACHE, "kernel")
    if not glob.glob(folder + "/boot/vmlinuz-*"):
        need("apt-get")
        named = re.findall(r"Depends: (linux-image-6\S+)", output("apt-cache", "depends", "linux-image-cloud-amd64"))
        if not named:
            sys.exit("player.py: apt knows no linux-image-cloud-amd64 (Debian 12); name a kernel by IPVS_KERNEL")
        with tempfile.TemporaryDirectory(dir=CACHE) as fetched:
            subprocess.run(["apt-get", "download", named[0]], cwd=fetched, check=True, stdout=sys.stderr)
            output("dpkg-deb", "-x", glob.glob(fetched + "/*.deb")[0], folder)
    version = os.path.basename(glob.glob(folder + "/boot/vmlinuz-*")[0])[len("vmlinuz-"):]
    if not os.path.exists(f"{folder}/lib/modules/{version}/modules.dep"):
        output(need("depmod"), "-b", folder, version)
    return f"{folder}/boot/vmlinuz-{version}", f"{folder}/lib/modules/{version}"


def libraries(path):
    """The shared libraries of a program, the loader too."""
    said = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", said)


def files(modules):
    """What the machine has: path there, and path here."""
    tree = {}

    def add(at, path):
        if at not in tree:
            tree[at] = os.path.realpath(path)
            for library in [] if path.endswith(".py") else libraries(path):
                add(library, library)

    for tool in TOOLS:
        add("/usr/sbin/iptables" if tool.startswith("xtables") else f"/usr/sbin/{tool}", need(tool))
    add("/usr/bin/python3", "/usr/bin/python3")
    for path in glob.glob("/usr/lib/*/xtables/libxt_[mM]*[kK].so") + glob.glob("/usr/lib/*/xtables/libxt_standard.so"):
        add(path, path)
    imports = re.findall(r"^import (\w+)", open(HERE + "/guest.py", encoding="utf8").read(), re.M)
    program = f"import {', '.join(imports)}, encodings.ascii, sys\nfor m in list(sys.modules.values()): print(getattr(m, '__file__', None) or '')"
    for path in output("/usr/bin/python3", "-IS", "-c", program).split():
        add(path, path)
    tree["/init"] = HERE + "/guest.py"
    needs = {}
    for line in open(modules + "/modules.dep", encoding="utf8"):
        path, _, others = line.partition(":")
        needs[os.path.basename(path).split(".")[0]] = [path, *others.split()]
    order = []
    for name in MODULES:
        order += [path for path in reversed(needs.get(name, [])) if path not in order]
    for path in order:
        tree["/modules/" + os.path.basename(path)] = f"{modules}/{path}"
    return tree, "\n".join(map(os.path.basename, order))


def archive(entries):
    """An initramfs (cpio, newc): folders as they are needed."""
    out = bytearray()
    known = set()

    def put(name, mode, data):
        fields = [len(known), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08X" % each for each in fields) + name.encode() + b"\0"
        out.extend(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))

    for path, data in entries.items():
        parts = path.strip("/").split("/")
        for i in range(1, len(parts)):
            folder = "/".join(parts[:i])
            if folder not in known:
                known.add(folder)
                put(folder, 0o040755, b"")
        known.add(path)
        put(path.strip("/"), 0o100755, data)
    put("TRAILER!!!", 0, b"")
    return bytes(out)


def image(modules):
    """The initramfs without histories, made anew when something in it is newer."""
    path = os.path.join(CACHE, "ipvs.cpio.gz")
    tree, order = files(modules)
    newest = max(os.path.getmtime(each) for each in [*tree.values(), HERE + "/player.py"])
    if not os.path.exists(path) or os.path.getmtime(path) < newest:
        entries = {at: open(real, "rb").read() for at, real in tree.items()}
        entries["/modules/order"] = order.encode()
        with open(path + ".new", "wb") as file:
            file.write(gzip.compress(archive(entries), 1))
        os.replace(path + ".new", path)
    return path


def play(histories):
    os.makedirs(CACHE, exist_ok=True)
    need("qemu-system-x86_64")
    with open(os.path.join(CACHE, "lock"), "w", encoding="utf8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        linux, modules = kernel()
        base = image(modules)
    with tempfile.TemporaryDirectory() as folder:
        initrd, answer = folder + "/initrd", folder + "/answer"
        with open(initrd, "wb") as file:
            file.write(open(base, "rb").read() + gzip.compress(archive({"/histories.json": json.dumps(histories).encode()}), 1))
        words = [*QEMU, "-serial", "stdio", "-serial", "file:" + answer, "-kernel", linux, "-initrd", initrd, "-append", APPEND]
        said = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
        text = open(answer, encoding="utf8").read() if os.path.exists(answer) else ""
    if not text.strip():
        console = re.sub(r"\[ +[\d.]+\] Kernel panic.*", "", said.stdout + said.stderr, flags=re.S)
        sys.exit(f"player.py: the kernel gave no answer:\n{console[-3000:]}")
    played = json.loads(text)
    for each in played["scenarios"]:
        if each.pop("late") > 0.02:
            print(f"player.py: {each['name']}: events were late", file=sys.stderr)
    return played


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
        sys.exit(0 if "--help" in sys.argv or "-h" in sys.argv else 2)
    with open(sys.argv[1], encoding="utf8") as file:
        read = json.load(file)
    if isinstance(read, dict):
        read = read.get("scenarios", [read])
    print(json.dumps(play(read), separators=(",", ":")))


main()
