"""Which pairs of sockets can have one port? Prints a line for each protocol and pair: "tcp :: 0.0.0.0 EADDRINUSE".

usage: bind6.py NAMESPACE   (root; makes the namespace and deletes it)
"""
import errno, socket, subprocess, sys

ADDRESSES = ["0.0.0.0", "10.0.0.1", "::", ":: only", "fd00::1", "::ffff:10.0.0.1"]
name = sys.argv[1]


def run(line):
    subprocess.run(line.split(), check=True)


def take(kind, where):
    family = socket.AF_INET6 if ":" in where else socket.AF_INET
    made = socket.socket(family, kind)
    if where.endswith("only"):
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        made.bind((where.split()[0], 8080))
        if kind == socket.SOCK_STREAM:
            made.listen()
    except OSError as failure:
        made.close()
        return None, errno.errorcode[failure.errno]
    return made, "ok"


def ask():
    for protocol, kind in (("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)):
        for one in ADDRESSES:
            for other in ADDRESSES:
                first, _ = take(kind, one)
                second, said = take(kind, other)
                for each in (first, second):
                    if each is not None:
                        each.close()
                print(protocol, one, "|", other, "|", said)


if len(sys.argv) > 2:
    ask()
    sys.exit()
run(f"ip netns add {name}")
try:
    run(f"ip -n {name} link set lo up")
    run(f"ip -n {name} addr add 10.0.0.1/32 dev lo")
    run(f"ip -n {name} addr add fd00::1/128 dev lo nodad")
    run(f"ip netns exec {name} {sys.executable} {__file__} {name} inside")
finally:
    run(f"ip netns del {name}")
