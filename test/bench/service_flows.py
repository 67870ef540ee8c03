"""`service_flows.py drop|new|known ADDRESS PORT COUNT`: the median time in us of a datagram to a Service.

drop: of one socket whose every packet filter drops, so each is a new flow; new: of a new port each; known: of one flow.
"""
import socket
import sys
import time

mode, address, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
to = (address, port)
data = bytes(18)
times = []
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(count):
    if mode == "new":
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        link.bind(("", 1025 + i))
    start = time.perf_counter_ns()
    try:
        link.sendto(data, to)
    except PermissionError:
        pass
    times.append(time.perf_counter_ns() - start)
    if mode == "new":
        link.close()
print(sorted(times)[count // 2] / 1000)
