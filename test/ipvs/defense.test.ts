// drop_entry, drop_packet and secure_tcp: what their switches say, which new connections are dropped, and how many
// half-open ones are left each second, beside what defense.py recorded on a real kernel.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Lab } from "../../lib/lab/lab.ts";
import { transmit } from "../../lib/link/forward.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { NOT_RECORDED } from "../../lib/trace/step.ts";
import { MILLISECOND, SECOND } from "../../lib/trace/world.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { mac } from "../../lib/wire/mac.ts";
import { type Ipv4Packet, TCP_FLAG, type Tcp } from "../../lib/wire/packet.ts";

interface Golden {
  readonly kernel: string;
  readonly setup: readonly string[];
  readonly modes: readonly (readonly [line: string, said: string])[];
  /** How many of sixty connections began, by am_droprate. */
  readonly rates: readonly (readonly [rate: number, began: number])[];
  /** Half-open connections before drop_entry, and behind each second of it. */
  readonly left: readonly number[];
}

const HERE = dirname(fileURLToPath(import.meta.url));
const LINKS = `
ip netns add c; ip netns add d
ip link add c0 type veth peer name eth0; ip link set eth0 netns c; ip link set c0 netns d
ip -n c link set eth0 up; ip -n d link set lo up; ip -n d link set c0 up; ip -n d link set c0 address 02:00:00:00:01:01
`;
const [DIRECTOR, CLIENT] = [mac("02:00:00:00:01:01"), mac("02:00:00:00:00:01")];

function syn(port: number): Ipv4Packet {
  const body: Tcp = {
    kind: "tcp",
    srcPort: port,
    dstPort: 80,
    seq: 1000,
    ack: 0,
    flags: TCP_FLAG.syn,
    window: 1024,
    options: {},
    data: new Uint8Array(),
  };
  const [src, dst] = [ipv4("192.0.2.10"), ipv4("192.0.2.1")];
  const header = { id: 7, tos: 0, ttl: 64, dontFragment: true, moreFragments: false, fragmentOffset: 0 };
  return { kind: "ipv4", src, dst, ...header, body };
}

describe("a director that defends itself", () => {
  const golden = JSON.parse(readFileSync(join(HERE, "../../../test/ipvs/goldens/defense.json"), "utf8")) as Golden;

  it(`does as that of ${golden.kernel}`, () => {
    const lab = new Lab();
    lab.node("n");
    const say = (line: string) => runShell(lab, place(lab, "d"), line).text;
    assert.equal(runShell(lab, place(lab, "n"), LINKS).text, "");
    for (const line of golden.setup) assert.equal(say(line), "", line);
    assert.deepEqual(
      golden.modes.map(([line]) => [line, say(line)]),
      golden.modes,
    );
    const left = () => say("ipvsadm -Lcn").split("SYN_RECV").length - 1;
    const syns = (first: number, count: number) => {
      const device = lab.netns("c").devices.get("eth0")!;
      for (let i = 0; i < count; i++)
        transmit(lab, device, { dst: DIRECTOR, src: CLIENT, payload: syn(first + i) }, NOT_RECORDED);
      lab.runFor(10 * MILLISECOND);
    };
    const rates = golden.rates.map(([rate]) => {
      say(`sysctl -w net.ipv4.vs.am_droprate=${rate} net.ipv4.vs.drop_packet=3`);
      const before = left();
      syns(1000 + 100 * rate, 60);
      say("sysctl -w net.ipv4.vs.drop_packet=0");
      return [rate, left() - before];
    });
    assert.deepEqual(rates, golden.rates);
    lab.runFor(120 * SECOND);
    const [count = 0, ...seconds] = golden.left;
    syns(10000, count);
    say("sysctl -w net.ipv4.vs.drop_entry=3");
    const off = seconds.map((real) => {
      lab.runFor(SECOND);
      return Math.abs(left() - real) / count;
    });
    // A thirty-second a second, by lot on either side.
    assert.ok(Math.max(...off) < 0.05, `${off}`);
  });
});
