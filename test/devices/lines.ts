// Command lines about tunnels and pseudo devices, asked the real tools in a kernel that has all of them, and what they
// said, recorded: PROGRAM test/devices/ask-lines.sh NODE DIST, where PROGRAM runs a script in such a kernel.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runReal } from "../tools/real.ts";
import { FOU_GOLDEN, FOU_LINES } from "./fou-lines.ts";
import { TUN_GOLDEN, TUN_LINES } from "./tun-lines.ts";
import { UNDERLAY_GOLDEN, UNDERLAY_LINES } from "./underlay-lines.ts";

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
ip tunnel show nope
ip tunnel show eth0
ip tunnel show t1 dev eth0
ip tunnel show remote 10.0.0.3
ip tunnel show local 10.0.0.1 ttl 5
ip tunnel show mode ipip
ip tunnel show t1 mode ipip
ip tunnel show nope mode ipip
ip tunnel show eth0 mode ipip
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

export const BRIDGE_GOLDEN = path.join(path.dirname(LINES_GOLDEN), "bridge-lines.json");

/** Bridges, on a kernel with VLAN filtering. Ports are looked at a while after they came up. */
export const BRIDGE_LINES: readonly string[] = `
ip link add br0 address 02:00:00:00:00:aa type bridge
ip link add p1 address 02:00:00:00:00:01 type veth peer name q1 address 02:00:00:00:01:01
ip link add p2 address 02:00:00:00:00:02 type veth peer name q2 address 02:00:00:00:01:02
ip link add d0 address 02:00:00:00:00:0d type dummy
ip -d link show br0
bridge link
bridge vlan
ip link set p1 master br0
ip link set p2 master br0
ip link set d0 master br0
bridge -d link
ip link set br0 up
ip link set p1 up
ip link set q1 up
ip link set p2 up
ip link set q2 up
ip link set d0 up
sleep 2
bridge link
bridge -d link show dev p1
bridge -d link show dev d0
ip -d link show p1
ip -d link show d0
ip -d link show br0
ip -d addr show br0
ip -j -d link show p2
ip -j -d link show br0
bridge -j link
bridge -j -d link show dev p2
bridge fdb show br br0
bridge link set dev p1 hairpin on learning off isolated on cost 7 priority 5
bridge -d link show dev p1
ip -d link show p1
bridge link set dev p1 hairpin foo
bridge link set dev p1 hairpin off priority 70
bridge link set dev p1 cost 70000
bridge link set dev p1 state 9
bridge link set dev p1 state nope
bridge link set dev q1 hairpin on
bridge link set dev p1 hairpin on self
bridge link set hairpin on
bridge link set dev nope hairpin on
bridge link set dev p1 guard
bridge link set dev p1
bridge -d link show dev p1
bridge link set dev p2 state 0
bridge link show dev p2
bridge link set dev p2 state 4
bridge link show dev p2
bridge link set dev p2 state learning
bridge link show dev p2
bridge link set dev p2 state 1
bridge link show dev p2
ip link set p2 down
bridge link show dev p2
ip link set p2 type bridge_slave state 3
ip link set p2 up
sleep 2
bridge link show dev p2
ip link set p1 type bridge_slave isolated off learning on flood off mcast_flood off bcast_flood off
bridge -d link show dev p1
ip link set p1 type bridge_slave hairpin 1
ip link set p1 type bridge_slave state 8
ip link set q1 type bridge_slave hairpin on
ip link set p1 type bridge_slave
ip link set p1 type bridge ageing_time 100
ip link set br0 type bridge ageing_time 100
ip link set br0 type bridge vlan_filtering 1 mcast_snooping 0
ip link set br0 type bridge vlan_filtering foo
ip -d link show br0
bridge vlan
bridge vlan add dev p1 vid 10
bridge vlan add dev p1 vid 20 pvid untagged
bridge vlan add dev p2 vid 10-12 untagged
bridge vlan add dev br0 vid 10 self
bridge vlan add dev br0 vid 11
bridge vlan
bridge -j vlan
bridge vlan show dev p1
bridge vlan show vid 10
bridge vlan show dev q1
bridge vlan show dev nope
bridge vlan add dev p1 vid 20
bridge vlan show dev p1
bridge fdb show br br0
bridge fdb show dev p1
bridge fdb add 5e:00:00:00:00:01 dev p1 master static
bridge fdb add 5e:00:00:00:00:01 dev p1 master static
bridge fdb add 5e:00:00:00:00:02 dev p1 master static vlan 10
bridge fdb add 5e:00:00:00:00:02 dev p1 master static vlan 30
bridge fdb replace 5e:00:00:00:00:01 dev p2 master static vlan 10
bridge fdb add 5e:00:00:00:00:03 dev q1 master static
bridge fdb add 00:00:00:00:00:00 dev p1 master static
bridge fdb show dev p1
bridge fdb show dev p2
bridge fdb show vlan 10
bridge -j fdb show dev p2
bridge fdb del 5e:00:00:00:00:01 dev p1 master
bridge fdb del 5e:00:00:00:00:77 dev p1 master
bridge fdb show dev p1
bridge vlan del dev p1 vid 10
bridge vlan del dev p1 vid 10
bridge vlan del dev p2 vid 10-11
bridge vlan add dev p1 vid 0
bridge vlan add dev p1 vid 4095
bridge vlan add dev p1 vid 5000
bridge vlan add dev p1 vid 12-10
bridge vlan add dev p1 vid 10-12 pvid
bridge vlan add dev p1
bridge vlan add vid 10
bridge vlan add dev nope vid 10
bridge vlan add dev q1 vid 10
bridge vlan add dev p1 vid 10 self
bridge vlan foo
bridge vlan
ip link set br0 type bridge vlan_default_pvid 5
bridge vlan
ip link set br0 type bridge vlan_default_pvid 4095
ip link set br0 type bridge vlan_default_pvid 0
bridge vlan
ip link set p2 nomaster
bridge vlan
bridge link
ip link set p2 master br0
bridge vlan show dev p2
ip -d link show p2
ip link add link q1 name q1.10 type vlan id 10
ip -d link show q1.10
ip -j -d link show q1.10
ip link add link q1 type vlan id 11
ip link add link q1 name q1.10b type vlan id 10
ip link add link lo name lo.5 type vlan id 5
ip link add link q1 name q1.x type vlan id 4096
ip link add link q1 name q1.x type vlan
ip link add name q1.x type vlan id 7
ip link add link nope name q1.x type vlan id 7
ip link show type vlan
ip link set q1.10 up
ip addr add 10.10.0.1/24 dev q1.10
ip addr show q1.10
ip link set q1 down
ip link show q1.10
ip link set q1.10 up
ip link set q1 up
ip link show q1.10
ip link set q1 address 02:00:00:00:01:99
ip link show q1.10
ip link set q1 mtu 1400
ip link show q1.10
ip link set q1.10 mtu 1500
ip link set p1 down
sleep 2
ip link show q1.10
ip link del q1
ip link show q1.10
ip link show type bridge
ip link add br9 type bridge vlan_filtering 1 vlan_default_pvid 7 ageing_time 500
bridge vlan show dev br9
`
  .trim()
  .split("\n");

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const sets = {
    bridges: [BRIDGE_GOLDEN, BRIDGE_LINES],
    tun: [TUN_GOLDEN, TUN_LINES],
    fou: [FOU_GOLDEN, FOU_LINES],
    underlay: [UNDERLAY_GOLDEN, UNDERLAY_LINES],
  } as const;
  const [golden, lines] = sets[process.argv[2] as keyof typeof sets] ?? [LINES_GOLDEN, LINES];
  fs.writeFileSync(golden, `${JSON.stringify(runReal(lines), null, 1)}\n`);
}
