"""UDP ping-pong: `pingpong.py serve PORT`, or `pingpong.py ask ADDRESS PORT COUNT`, which prints the median RTT in µs."""
import socket
import sys
import time

link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
data = bytes(64)
if sys.argv[1] == "serve":
    link.bind(("", int(sys.argv[2])))
    print("ready", flush=True)
    while True:
        link.sendto(*link.recvfrom(2048))
else:
    link.connect((sys.argv[2], int(sys.argv[3])))
    link.settimeout(5)
    count = int(sys.argv[4])
    times = []
    for _ in range(count + 200):
        start = time.perf_counter_ns()
        link.send(data)
        link.recv(2048)
        times.append(time.perf_counter_ns() - start)
    print(sorted(times[200:])[count // 2] / 1000)
