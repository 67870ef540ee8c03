"""Labs on the real kernel, built, asked and taken away by few processes; started by labs.ts, as root.

    labs.py up     stdin: for each lab the commands of its script, in order: [[{"words": [...], "input": TEXT or null}]];
                   stdout: for each lab why it was not built, or null
    labs.py down   stdin: the names of their namespaces
    labs.py ask    stdin: [{"namespace": NAME, "script": TEXT}]; stdout: what each script printed

`ip -n NAME` and `ip netns exec NAME` make a mount namespace for each command, which takes longer than what they do in it.
Here a process stays and goes from network namespace to network namespace; ip and bridge get their commands as batches.
"""
import ctypes, json, os, subprocess, sys, time

sys.dont_write_bytecode = True
from kernel import CLONE_NEWNET, enter, libc

FOLDER = "/run/netns/"
MS_BIND = 4096
MNT_DETACH = 2


class Failed(Exception):
    pass


def checked(result, what):
    if result != 0:
        raise Failed("%s: %s" % (what, os.strerror(ctypes.get_errno())))


def add_netns(name):
    """ip netns add"""
    with open(FOLDER + name, "x"):
        pass
    checked(libc.unshare(CLONE_NEWNET), "unshare")
    checked(libc.mount(b"/proc/thread-self/ns/net", (FOLDER + name).encode(), b"none", MS_BIND, None), "mount " + name)


def delete_netns(name):
    """ip netns del; that it was never made is no error."""
    if os.path.exists(FOLDER + name):
        libc.umount2((FOLDER + name).encode(), MNT_DETACH)
        os.unlink(FOLDER + name)


def run(words, text=None):
    done = subprocess.run(words, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Failed("%s: %s" % (" ".join(words), done.stdout))


def sysctl(arguments, text):
    """sysctl -q [-e] -w NAME=VALUE ..., or -p /dev/stdin"""
    forgiving = "-e" in arguments
    lines = text.splitlines() if text is not None else [word for word in arguments if "=" in word]
    for name, value in (line.split("=", 1) for line in lines if not line.startswith("#")):
        # A slash stands for a dot in a device's name.
        parts = [part.replace("/", ".") for part in name.split(".")]
        try:
            with open("/proc/sys/" + "/".join(parts), "w") as file:
                file.write(value)
        except OSError as error:
            if not forgiving or not isinstance(error, FileNotFoundError):
                raise Failed("sysctl %s=%s: %s" % (name, value, error))


class Builder:
    """Collects what one program does in one namespace until another's turn comes."""

    def __init__(self):
        self.who = None
        self.lines = []

    def flush(self):
        if self.lines:
            program, name, options = self.who
            enter(name)
            run([program, *options, "-batch", "-"], "".join(self.lines))
        self.lines = []

    def do(self, words, text):
        if words[0] == "sleep":
            self.flush()
            time.sleep(float(words[1]))
        elif words[1] == "-n":
            self.collect(words[0], words[2], words[3:])
        elif words[1:3] == ["netns", "add"]:
            self.flush()
            add_netns(words[3])
        elif words[1:3] == ["netns", "exec"]:
            self.flush()
            enter(words[3])
            if words[4] == "sysctl":
                sysctl(words[5:], text)
            else:
                run(words[4:], text)
        else:
            raise Failed("no such command of a lab's script: " + " ".join(words))

    def collect(self, program, name, words):
        first = next(at for at, word in enumerate(words) if not word.startswith("-"))
        who = (program, name, tuple(words[:first]))
        if who != self.who:
            self.flush()
        self.who = who
        if program == "bridge" and "state" in words:
            self.flush()
            enter(name)
            return until_taken(["bridge", *words])
        self.lines.append(" ".join('"%s"' % word for word in words[first:]) + "\n")


def build(commands):
    builder = Builder()
    try:
        for command in commands:
            builder.do(command["words"], command["input"])
        builder.flush()
    except Failed as error:
        return str(error)


def until_taken(words):
    """A port whose other end has just come up has no carrier yet."""
    for _ in range(30):
        if subprocess.run(words, stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(0.1)
    run(words)


def ask(name, script):
    enter(name)
    # What reads /sys needs that of its namespace, which only `ip netns exec` mounts.
    inside = ["ip", "netns", "exec", name] if "tuntap" in script else []
    done = subprocess.run([*inside, "sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return done.stdout.decode()


def main(verb):
    job = json.load(sys.stdin)
    if verb == "up":
        json.dump([build(commands) for commands in job], sys.stdout)
    elif verb == "down":
        for name in job:
            delete_netns(name)
    else:
        json.dump([ask(each["namespace"], each["script"]) for each in job], sys.stdout)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Failed as error:
        sys.exit(str(error))
