// Command lines about tun devices, recorded as those of lines.ts.
import * as path from "node:path";
import { fileURLToPath } from "node:url";

export const TUN_GOLDEN = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  "../../../test/devices/goldens/tun-lines.json",
);

export const TUN_LINES: readonly string[] = `
ip tuntap
ip tuntap add dev tun0 mode tun
ip tuntap show
ip link show tun0
ip -d link show tun0
ip -j link show tun0
ip -j -d link show tun0
ip -br link show tun0
ip -br -j link show tun0
ip -s link show tun0
ip link set tun0 up
ip link show tun0
ip -br link
ip addr add 10.0.0.1/24 dev tun0
ip addr show tun0
ip -br addr
ip -j addr show tun0
ip route
ip route get 10.0.0.7
ping -c 1 -W 1 10.0.0.7
ip neigh show dev tun0
ip tuntap add dev tun0 mode tun
ip tuntap add dev tun1
ip tuntap add mode tun
ip tuntap show
ip -j tuntap
ip tuntap add tun5 mode tu
ip tuntap add dev lo mode tun
ip tuntap del dev lo mode tun
ip tuntap del dev tun1 mode tun
ip tuntap del dev nope mode tun
ip tuntap del dev tun5 mode tun name x
ip tuntap del dev tun5 mode tun
ip tuntap show
ip tuntap add
ip tuntap frob
ip tuntap add dev tun2 mode frob
ip tuntap add dev tun2 frob mode tun
ip tuntap add dev tun2 mode
ip tuntap add dev tun2 dev tun3 mode tun
ip tuntap add dev averyveryverylongname mode tun
ip tuntap add dev a/b mode tun
ip tuntap add a/b mode tun
ip tuntap list
ip tuntap lst dev nope
ip link add tun9 type tun
ip link set tun3 address 02:00:00:00:00:01
ip link add br0 address 02:00:00:00:00:02 type bridge
ip link set tun3 master br0
ip link set tun3 mtu 67
ip link set tun3 mtu 70000
ip link set tun3 mtu 65535
ip link set tun3 mtu 1472
ip link add link tun3 name v.1 type vlan id 1
ip link set tun3 name flannel0
ip link show flannel0
ip link set flannel0 multicast off
ip link set flannel0 arp on
ip link show flannel0
ip link set flannel0 arp off
ip link set flannel0 txqueuelen 1000
ip link show flannel0
ip netns add other
ip link set flannel0 netns other
ip -n other link show flannel0
ip -n other tuntap
ip -n other link del flannel0
ip -n other tuntap
ip tunt add t%d mode tun
ip tap add mode tun
ip link show type tun
ip link del tun0
ip route
ip tuntap
`
  .trim()
  .split("\n");
