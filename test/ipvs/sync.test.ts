// One director tells another of its connections: goldens/sync.json.gz has packets that sync.py sent through a real one, the
// messages of its daemon octet by octet, and what the second one made of them.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Lab } from "../../lib/lab/lab.ts";
import { transmit } from "../../lib/link/forward.ts";
import { ipvsConnSyncFile, ipvsFile } from "../../lib/tools/ipvs-proc.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { NOT_RECORDED } from "../../lib/trace/step.ts";
import { MILLISECOND, SECOND } from "../../lib/trace/world.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { mac } from "../../lib/wire/mac.ts";
import { parseIpv4 } from "../../lib/wire/parse.ts";

interface Golden {
  readonly kernel: string;
  readonly setup: Readonly<Record<"m" | "b", readonly string[]>>;
  readonly daemons: readonly (readonly [line: string, said: string])[];
  readonly packets: readonly (readonly [from: "c" | "r", packet: string])[];
  /** IP packets in hexadecimal digits. */
  readonly messages: readonly string[];
  readonly tables: Readonly<Record<"m" | "b", readonly string[]>>;
  readonly servers: Readonly<Record<"m" | "b", readonly string[]>>;
}

const HERE = dirname(fileURLToPath(import.meta.url));
const LINKS = `
modprobe ipip
ip netns add c; ip netns add m; ip netns add b; ip netns add r
ip link add c0 type veth peer name u1; ip link set u1 netns c; ip link set c0 netns m
ip link add r0 type veth peer name u2; ip link set u2 netns r; ip link set r0 netns m
ip link add s0 type veth peer name u3; ip link set s0 netns m; ip link set u3 netns b
ip -n c link set u1 name eth0 up; ip -n r link set u2 name eth0 up; ip -n b link set u3 name s0 up
ip -n m link set c0 address 02:00:00:00:01:01 up; ip -n m link set r0 address 02:00:00:00:01:02 up
ip -n m link set s0 up; ip -n m link set lo up; ip -n b link set lo up
`;
const MACS = {
  c: [mac("02:00:00:00:00:01"), mac("02:00:00:00:01:01")],
  r: [mac("02:00:00:00:00:02"), mac("02:00:00:00:01:02")],
} as const;
const HEADERS = 28;
const IPV4_CONNECTION = 36;

/** The connections of messages, in their order: which of them go together depends on when somebody looks at a clock. */
function connections(messages: readonly Uint8Array[]): string[] {
  return messages.flatMap((octets) => {
    const all: string[] = [];
    for (let at = HEADERS + 8; at < octets.length; at += IPV4_CONNECTION)
      all.push(Buffer.from(octets.subarray(at, at + IPV4_CONNECTION)).toString("hex"));
    return all;
  });
}

/** What does not vary of a message: from and to where, TTL, the port it goes to, whose it is. */
const frame = (octets: Uint8Array) => [
  ...octets.subarray(8, 10),
  ...octets.subarray(12, 20),
  ...octets.subarray(22, 24),
  octets[29],
  octets[33],
];

/** Without the seconds that are left. */
const timeless = (lines: readonly string[]) => lines.map((line) => line.replace(/ +\d+$/, "")).sort();

/** Documentation/networking/ipvs-sysctl.rst. */
describe("a director with backup_only", () => {
  it("balances nothing while it is a backup", () => {
    const lab = new Lab();
    lab.node("n");
    const sh = (line: string) => runShell(lab, place(lab, "n"), line).text;
    sh("ip addr add 192.0.2.1/32 dev lo; ip link set lo up; ip link add s0 type dummy; ip link set s0 up");
    sh("ipvsadm -A -u 192.0.2.1:53; ipvsadm -a -u 192.0.2.1:53 -r 192.0.2.7:53 -m");
    const began = () => {
      sh("nc -u -w 1 192.0.2.1 53 <<< hello");
      return sh("ipvsadm -Lcn").split("192.0.2.7:53").length - 1;
    };
    sh("sysctl -w net.ipv4.vs.backup_only=1; ip route add 192.0.2.0/24 dev s0");
    assert.equal(began(), 1);
    sh("ipvsadm --start-daemon backup --mcast-interface s0");
    assert.equal(began(), 1);
    sh("ipvsadm --stop-daemon backup");
    assert.equal(began(), 2);
  });
});

describe("directors that are kept in step", () => {
  const golden = JSON.parse(
    gunzipSync(readFileSync(join(HERE, "../../../test/ipvs/goldens/sync.json.gz"))).toString("utf8"),
  ) as Golden;

  it(`tell each other what those of ${golden.kernel} do`, () => {
    const lab = new Lab();
    lab.node("n");
    const sh = (where: string, line: string) => runShell(lab, place(lab, where), line);
    assert.equal(sh("n", LINKS).text, "");
    for (const ns of ["m", "b"] as const)
      for (const line of golden.setup[ns]) assert.equal(sh(ns, line).text, "", line);
    const messages: Uint8Array[] = [];
    lab.netns("b").devices.get("s0")!.taps = [
      (seen, direction) => {
        if (direction === "in" && seen.payload.kind === "ipv4") messages.push(frameBytes(seen).subarray(14));
      },
    ];
    for (const [line, said] of golden.daemons) {
      const { text, status } = sh(line.slice(0, 1), line.slice(2));
      assert.equal(`${text}=${status}\n`, said, line);
    }
    for (const [from, packet] of golden.packets) {
      const [src, dst] = MACS[from];
      const payload = parseIpv4(new Uint8Array(Buffer.from(packet, "hex")));
      transmit(lab, lab.netns(from).devices.get("eth0")!, { dst, src, payload }, NOT_RECORDED);
      lab.runFor(20 * MILLISECOND);
    }
    lab.runFor(4 * SECOND);
    const real = golden.messages.map((each) => new Uint8Array(Buffer.from(each, "hex")));
    assert.deepEqual(connections(messages), connections(real));
    assert.deepEqual(frame(messages[0]!), frame(real[0]!));
    for (const ns of ["m", "b"] as const) {
      const own = (file: string) => timeless(file.trimEnd().split("\n").slice(1));
      assert.deepEqual(own(ipvsConnSyncFile(lab.netns(ns))), timeless(golden.tables[ns]), ns);
      const servers = (lines: readonly string[]) =>
        lines.filter((line) => line.includes("-> 0")).map((line) => line.trimEnd());
      assert.deepEqual(servers(ipvsFile(lab.netns(ns)).split("\n")).sort(), servers(golden.servers[ns]).sort(), ns);
    }
  });
});
