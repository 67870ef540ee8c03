# Sends frames from namespaces and asks the router for its connections after each. The file given says which:
# {"sends": [{"ns": "a", "device": "a0", "frame": "hex", "before": "command" }, …]}. Prints a JSON list of texts.
import ctypes
import json
import os
import socket
import subprocess
import sys
import time

libc = ctypes.CDLL("libc.so.6", use_errno=True)
work = json.load(open(sys.argv[1]))
home = os.open("/proc/self/ns/net", os.O_RDONLY)
sockets = {}


def enter(fd):
    if libc.setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def socket_of(ns, device):
    if device not in sockets:
        enter(os.open(f"/run/netns/{ns}", os.O_RDONLY))
        sockets[device] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sockets[device].bind((device, 0))
        enter(home)
    return sockets[device]


answers = []
for send in work["sends"]:
    if "command" in send:
        answers.append(subprocess.run(send["command"], shell=True, capture_output=True, text=True).stdout)
        continue
    socket_of(send["ns"], send["device"]).send(bytes.fromhex(send["frame"]))
    time.sleep(0.0005)
    ask = ["ip", "netns", "exec", "r", "conntrack", "-L", "-p", "tcp"]
    answers.append(subprocess.run(ask, capture_output=True, text=True).stdout)
print(json.dumps(answers))
