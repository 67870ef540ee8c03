// Command lines about tunnels and pseudo devices, asked the real tools in a kernel that has all of them, and what they
// said, recorded: PROGRAM test/devices/ask-lines.sh NODE DIST, where PROGRAM runs a script in such a kernel.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runReal } from "../tools/real.ts";

export const LINES_GOLDEN = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  "../../../test/devices/goldens/lines.json",
);

export const LINES: readonly string[] = `
ip link add eth0 address 02:00:00:00:00:01 type veth peer name eth1 address 02:00:00:00:00:02
ip addr add 10.0.0.1/24 dev eth0
ip link set eth0 up
ip link set eth1 up
ip link add vx1 address 02:00:00:00:01:01 type vxlan id 1 local 10.0.0.1 dev eth0 nolearning dstport 8472
ip -d link show vx1
ip link add vx2 address 02:00:00:00:01:02 type vxlan id 2
ip -d link show vx2
ip link add vx3 address 02:00:00:00:01:03 type vxlan id 3 remote 10.0.0.2 dstport 4789
ip -d link show vx3
ip link add vx4 type vxlan id 3 remote 10.0.0.2 dstport 4789
ip link add vx4 type vxlan id 4 remote 239.1.1.1 dev eth0 dstport 4789
ip link add vx4 type vxlan id 16777216 dstport 4789
ip link add vx4 type vxlan id foo dstport 4789
ip link add vx4 type vxlan dstport 4789
ip link add vx4 type vxlan id 5 dev nope dstport 4789
ip link add vx4 address 02:00:00:00:01:04 type vxlan id 4 dstport 4789 srcport 1000 2000 ttl 5 tos 4 ageing 60 noudpcsum df set
ip -d link show vx4
ip link add vx5 address 02:00:00:00:01:05 type vxlan id 5 dstport 4789 ttl inherit tos inherit df inherit learning ageing 0
ip -d link show vx5
ip link add vx6 address 02:00:00:00:01:06 mtu 1500 type vxlan id 6 dstport 4789 dev eth0
ip link show vx6
ip link set vx1 mtu 1451
ip link set vx3 mtu 9000
ip link set vx3 mtu 65536
ip link show vx3
ip -j -d link show vx1
ip link show type vxlan
bridge fdb show dev vx3
bridge fdb add 5e:00:00:00:00:02 dev vx1 dst 10.0.0.2
bridge fdb add 5e:00:00:00:00:02 dev vx1 dst 10.0.0.3
bridge fdb append 5e:00:00:00:00:02 dev vx1 dst 10.0.0.3
bridge fdb show dev vx1
bridge fdb replace 5e:00:00:00:00:02 dev vx1 dst 10.0.0.9 port 4789 vni 7 via eth0
bridge fdb show dev vx1
bridge -j fdb show dev vx1
bridge fdb append 00:00:00:00:00:00 dev vx3 dst 10.0.0.3
bridge fdb append 00:00:00:00:00:00 dev vx3 dst 10.0.0.3
bridge fdb replace 00:00:00:00:00:00 dev vx3 dst 10.0.0.3
bridge fdb show dev vx3
bridge fdb del 00:00:00:00:00:00 dev vx3 dst 10.0.0.2
bridge fdb show dev vx3
bridge fdb add 5e:00:00:00:00:07 dst 10.0.0.2
bridge fdb add 5e:00:00:00:07 dev vx1 dst 10.0.0.2
bridge fdb add 5e:00:00:00:00:07 dev nope dst 10.0.0.2
bridge fdb del 5e:00:00:00:00:44 dev vx1
bridge fdb del 5e:00:00:00:00:02 dev vx1
bridge fdb show dev vx1
ip link add d0 address 02:00:00:00:02:01 type dummy
ip -d link show d0
ip link set d0 up
ip addr add 10.5.0.1/24 dev d0
ip -d -4 addr show d0
ip addr show d0
ping -c 1 -W 1 10.5.0.77
ip -s link show d0
ip neigh show dev d0
ip link set d0 mtu 70000
ip link set d0 mtu -1
ip link show d0
ip link add d1 mtu 9000 address 02:00:00:00:02:02 type dummy foo
ip link show d1
ip route get 10.5.0.9
ip link show tunl0
ip -d link show tunl0
ip link add ipip1 type ipip remote 10.0.0.2 local 10.0.0.1
ip -d link show ipip1
ip link add ipip3 type ipip remote 10.0.0.2 local 10.0.0.1
ip link add ipip3 type ipip
ip link add ipip3 type ipip local 10.0.0.1 ttl 64 nopmtudisc
ip link add ipip3 type ipip remote foo
ip link add ipip3 type ipip ttl 256
ip link add ipip3 type ipip dev nope
ip link add ipip3 type ipip mode foo
ip link add ipip4 type ipip local 10.0.0.1 remote 10.0.0.7 dev eth0 ttl 64 tos 0x10
ip -d link show ipip4
ip -j -d link show ipip4
ip link add type ipip remote 10.0.0.9 tos inherit
ip -d link show ipip0
ip -br link show type ipip
ip tunnel show
ip tunnel add t1 mode ipip remote 10.0.0.3 local 10.0.0.1 ttl 5
ip tunnel add t1 mode ipip remote 10.0.0.3 local 10.0.0.1 ttl 5
ip tunnel add t2 mode ipip remote 10.0.0.33 ttl 5 nopmtudisc
ip tunnel add t2 remote 10.0.0.3
ip tunnel add t2 mode bogus
ip tunnel add t2 mode ipip remote 10.0.0.9 garbage
ip tunnel show t1
ip -d link show t1
ip tunnel bogus
ip tunnel del eth0
ip tunnel del nope
ip tunnel del tunl0
ip tunnel del ipip1
ip tunnel
ip link del tunl0
ip link set tunl0 up
ip addr add 10.9.0.1/32 dev tunl0
ip addr show tunl0
ip -d link show tunl0
ip -br -4 addr show tunl0
ip -j link show tunl0
ip link set tunl0 mtu 67
ip link set tunl0 mtu 65516
ip link set tunl0 address 02:00:00:00:00:09
ip netns add other
ip link set ipip4 netns other
ip -n other link show ipip4
ip -n other tunnel show ipip4
ip link set vx6 netns other
ip -n other link show vx6
ip link set d1 netns other
ip -n other link show d1
ip link del vx2
ip link del eth0
ip link show type vxlan
`
  .trim()
  .split("\n");

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  fs.writeFileSync(LINES_GOLDEN, `${JSON.stringify(runReal(LINES), null, 1)}\n`);
