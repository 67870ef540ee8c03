"""Calls of TCP sockets on the real kernel. None of them waits: what cannot be done yet says so, as in tcp-calls.ts."""
import errno, socket, struct
from kernel import enter, set_sysctl

# What the model takes for granted of a namespace that speaks TCP; a machine's own defaults may be others.
SYSCTLS = {
    "net.ipv4.tcp_rmem": "4096 131072 6291456",
    "net.ipv4.tcp_wmem": "4096 16384 4194304",
    "net.ipv4.tcp_congestion_control": "reno",
    "net.ipv4.tcp_syn_linear_timeouts": "4",
    "net.ipv4.tcp_no_metrics_save": "1",
    # How many ACKs of a burst behind a hole are one is decided by microseconds.
    "net.ipv4.tcp_comp_sack_nr": "0",
}
SO_SNDBUFFORCE = 32


def prepare_namespace():
    for name, value in SYSCTLS.items():
        set_sysctl(name, value)


def make():
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 4 << 20)
    made.setblocking(False)
    return made


def call(sockets, where, traffic, port):
    """Makes one call and says what it answered."""
    name = traffic["socket"]
    try:
        return step(sockets, where, traffic, name, port)
    except KeyError:
        return "no such socket"
    except BlockingIOError as error:
        return errno.errorcode[error.errno]
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))


def step(sockets, where, traffic, name, port):
    do = traffic["do"]
    if do == "listen":
        enter(where)
        made = make()
        if traffic["reuse"]:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((traffic["address"] or "", traffic["port"]))
        made.listen(traffic["backlog"])
        sockets[name] = made
    elif do == "connect":
        enter(where)
        made = make()
        sockets[name] = made
        made.bind((traffic.get("from", ""), port))
        made.connect((traffic["to"], traffic["port"]))
    elif do == "accept":
        child, address = sockets[traffic["listener"]].accept()
        child.setblocking(False)
        sockets[name] = child
        return "from " + address[0]
    elif do == "send":
        sent = sockets[name].send(bytes(traffic["bytes"]))
        return "sent %d" % sent
    elif do == "receive":
        got = len(sockets[name].recv(traffic["bytes"]))
        return "got %d" % got if got > 0 else "end"
    elif do == "shutdown":
        sockets[name].shutdown(socket.SHUT_WR)
    elif do == "close":
        sockets.pop(name).close()
    elif do == "abort":
        sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sockets.pop(name).close()
    return "done"
