// dnat to what a map says, address and port each by its own: datagrams end where they end on the real machine.
import { strict as assert } from "node:assert";
import { runModel } from "../../tools/compare.ts";
import { runReal, unavailable } from "../../tools/real.ts";
import { real } from "./ask.ts";

const RULES = `table ip t {
  map pm { type ipv4_addr . inet_service : ipv4_addr . inet_service; elements = { 10.9.9.9 . 90 : 10.0.0.2 . 1090 }; }
  chain n {
    type nat hook output priority -100
    udp dport 70 dnat to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }:1070
    udp dport 80-81 dnat to 10.0.0.1:udp dport map { 80 : 1080 }
    udp dport 85 dnat to ip daddr map { 10.9.9.9 : 10.0.0.2 }:udp dport map { 85 : 1085 }
    udp dport 90 dnat to ip daddr . udp dport map @pm
    udp dport 95 redirect to :udp dport map { 95 : 1095 }
    udp dport 81 dnat to ip daddr map { 10.9.9.8 : 10.0.0.2 }:1081
  }
  chain p {
    type filter hook postrouting priority 0
    ip daddr 10.0.0.1 udp dport 1070 counter
    ip daddr 10.0.0.2 udp dport 1070 counter
    ip daddr 10.0.0.1 udp dport 1080 counter
    ip daddr 10.9.9.9 udp dport 81 counter
    ip daddr 10.0.0.2 udp dport 1085 counter
    ip daddr 10.0.0.2 udp dport 1090 counter
    ip daddr 10.9.9.9 udp dport 90 counter
    udp dport 1095 counter
    counter
  }
}
`;
const send = (ports: readonly number[]) => ports.map((port, i) => `nc -u -w 0 -p ${4000 + i} 10.9.9.9 ${port} <<< x`);
const LINES = [
  "ip addr add 10.0.0.1/32 dev lo",
  "ip addr add 10.0.0.2/32 dev lo",
  "ip link add d0 type veth peer name d1",
  "ip link set d0 up",
  "ip link set d1 up",
  "ip addr add 10.9.9.1/24 dev d0",
  "sleep 0.5",
  "ip neigh add 10.9.9.9 lladdr 02:00:00:00:00:09 dev d0",
  `nft -f - <<EOF\n${RULES}EOF`,
  ...send([70, 70, 70, 80, 81, 85, 90, 95]),
  "sleep 0.1",
  "nft list chain ip t p",
];

describe("nft dnat to maps of addresses and of ports", () => {
  const [listed] = runModel(LINES).slice(-1);

  it("takes the address of one and the port of the other, and leaves what no map has", () => {
    const counts = [...listed!.out.matchAll(/packets (\d+)/g)].map(([, packets]) => Number(packets));
    // Besides the datagrams only what says that nobody has their ports.
    assert.deepEqual(counts.slice(0, -1), [2, 1, 1, 1, 1, 1, 0, 1]);
  });

  it("counts what the real one counts", function () {
    const kernel = real(`nft-maps-${process.pid}`);
    kernel?.end();
    if (kernel === null || unavailable() !== null) return this.skip();
    const [asked] = runReal(LINES).slice(-1);
    assert.equal(listed!.out, asked!.out);
  }).timeout(30000);
});
