// The same datagrams through the same random rules, here and in a kernel: counters, marks and sets end alike. Why a rule
// was not met stands in the trace.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { labFrom } from "../../../lib/lab/data-read.ts";
import { labData } from "../../../lib/lab/data-write.ts";
import { Lab } from "../../../lib/lab/lab.ts";
import { setUp } from "../../../lib/netns/configure.ts";
import { ipSend } from "../../../lib/netns/ipv4/send.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { LEVEL, NOT_RECORDED } from "../../../lib/trace/step.ts";
import { MILLISECOND } from "../../../lib/trace/world.ts";
import { ipv4 } from "../../../lib/wire/address.ts";
import { ours, real } from "./ask.ts";

interface Datagram {
  readonly src: string;
  readonly sport: number;
  readonly dport: number;
  readonly size: number;
}

const SOURCES = ["10.9.0.1", "10.9.0.3", "10.9.0.4"];
const PORTS = [53, 80, 90, 100, 443];

function randomCase(seed: string): { readonly text: string; readonly datagrams: readonly Datagram[] } {
  const dice = new Lab({ seed });
  const one = <Value>(values: readonly Value[]): Value => values[dice.below(values.length)]!;
  const port = () => one(PORTS);
  const source = () => one(SOURCES);
  const match = () =>
    one([
      `udp dport ${port()}`,
      `udp dport != ${port()}`,
      `udp dport { ${port()}, 85-95 }`,
      `udp dport 80-100`,
      `ip saddr ${source()}`,
      "ip saddr != 10.9.0.2/31",
      `ip saddr . udp dport { ${source()} . ${port()}, ${source()} . 53 }`,
      `ip daddr . meta l4proto . th dport { 10.9.0.2 . udp . ${port()} }`,
      "meta mark & 0x3 == 0x1",
      "meta mark 0",
      "ct state new",
      "ct state established,related",
      "meta l4proto { tcp, sctp }",
      "ip saddr @seen",
      "numgen inc mod 3 1",
      "fib saddr type unicast",
      "fib daddr type local",
      'iifname "x*"',
      "udp sport > 1005",
      "meta length 30-40",
      "tcp dport 80",
    ]);
  const verdict = () => one(["accept", "drop", "return", "jump a", "goto a", "continue"]);
  const rule = (isLeaf: boolean) => {
    const end = isLeaf ? one(["", "", "accept", "drop", "return"]) : one(["", "", verdict()]);
    const act = one([
      "",
      "",
      "meta mark set mark or 1",
      "meta mark set mark xor 3",
      "add @seen { ip saddr }",
      "ct mark set mark",
    ]);
    return `\t\t${match()} counter ${act} ${end}\n`;
  };
  const rules = (isLeaf: boolean) => Array.from({ length: 2 + dice.below(4) }, () => rule(isLeaf)).join("");
  const vmap = `\t\tudp dport vmap { ${port()} : ${one(["jump a", "goto b", "accept"])}, 1-50 : drop }\n`;
  const text = `table ip t {
	set seen { type ipv4_addr; size 10; flags dynamic; }
	chain a {\n${rules(true)}	}
	chain b {\n${rules(true)}	}
	chain pre { type filter hook prerouting priority raw + ${dice.below(9)};\n${rules(false)}${vmap}	}
	chain in { type filter hook input priority filter; policy drop;\n${rules(false)}${vmap}${rules(false)}	}
}
`;
  const datagrams = Array.from({ length: 25 }, () => ({
    src: source(),
    sport: 1000 + dice.below(12),
    dport: port(),
    size: dice.below(20),
  }));
  return { text, datagrams };
}

/** A machine 10.9.0.2 whose other end of `x0` sends. */
function lab() {
  const made = new Lab({ seed: "packets" });
  const [sender, receiver] = [made.node("sender").root, made.node("receiver").root];
  const [device] = made.addVeth({ ns: sender, name: "y0" }, { ns: receiver, name: "x0" });
  setUp(sender, device);
  setUp(receiver, device.peer!);
  for (const each of SOURCES) runShell(made, place(made, "sender"), `ip addr add ${each}/24 dev y0`);
  runShell(made, place(made, "receiver"), "ip addr add 10.9.0.2/24 dev x0");
  return { made, sender, receiver };
}

function send({ made, sender }: ReturnType<typeof lab>, { src, sport, dport, size }: Datagram): void {
  const body = { kind: "udp", srcPort: sport, dstPort: dport, data: new Uint8Array(size) } as const;
  ipSend(sender, { src: ipv4(src), dst: ipv4("10.9.0.2"), body } as never, NOT_RECORDED);
  made.runFor(20 * MILLISECOND);
}

const SEND = `
import json, socket, sys
for each in json.load(sys.stdin):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((each["src"], each["sport"]))
    s.sendto(bytes(each["size"]), ("10.9.0.2", each["dport"]))
    s.close()
`;

describe("packets through nft's rules", () => {
  it("are counted as the kernel counts them", function () {
    const receiver = `nft-r${process.pid}`;
    const sender = `nft-s${process.pid}`;
    const kernel = real(receiver);
    const other = kernel === null ? null : real(sender);
    if (kernel === null || other === null) return this.skip();
    this.retries(2);
    const ip = (...words: string[]) => assert.equal(spawnSync("ip", words).status, 0, words.join(" "));
    try {
      ip("link", "add", "y0", "netns", sender, "type", "veth", "peer", "name", "x0", "netns", receiver);
      for (const each of SOURCES) ip("-n", sender, "addr", "add", `${each}/24`, "dev", "y0");
      ip("-n", receiver, "addr", "add", "10.9.0.2/24", "dev", "x0");
      ip("-n", sender, "link", "set", "y0", "up");
      ip("-n", receiver, "link", "set", "x0", "up");
      const first = Number(process.env.SEED ?? 0);
      for (let seed = first; seed < first + Number(process.env.CASES ?? 12); seed++) {
        const { text, datagrams } = randomCase(`${seed}`);
        const model = lab();
        const nft = ours(model.receiver);
        for (const each of [nft, kernel.nft]) assert.equal(each(["-f", "-"], `flush ruleset\n${text}`).err, "", text);
        spawnSync("ip", ["netns", "exec", receiver, "conntrack", "-F"]);
        for (const each of datagrams) send(model, each);
        const sent = spawnSync("ip", ["netns", "exec", sender, "python3", "-c", SEND], {
          input: JSON.stringify(datagrams),
          timeout: 10000,
        });
        assert.equal(sent.status, 0, `${sent.stderr}`);
        assert.equal(nft(["list", "ruleset"]).out, kernel.nft(["list", "ruleset"]).out, `seed ${seed}`);
      }
    } finally {
      other.end();
      kernel.end();
    }
  }).timeout(60000);

  it("are met by the same rules where the lab was carried in data", () => {
    for (let seed = 0; seed < 20; seed++) {
      const model = lab();
      const nft = ours(model.receiver);
      const { text, datagrams } = randomCase(`${seed}`);
      nft(["-f", "-"], text);
      for (const each of datagrams) send(model, each);
      const copy = labFrom(JSON.parse(JSON.stringify(labData(model.made))));
      const there = ours(copy.machines.get("receiver")!.root);
      // Elements that merged into one are listed as a set, and read as none.
      const listed = (each: typeof nft) => each(["list", "ruleset"]).out.replace(/\{ ([^,{}:]+) \}/g, "$1");
      assert.equal(listed(there), listed(nft), `seed ${seed}`);
    }
  });

  it("tell in the trace what failed, and what was found in a map", () => {
    const model = lab();
    const text = `table ip t {
	map who { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.9.0.2 . udp . 80 : goto web } }
	chain web { drop
	}
	chain in { type filter hook prerouting priority 0;
		udp dport 53 accept
		ip daddr . meta l4proto . th dport vmap @who
	}
}
`;
    assert.equal(ours(model.receiver)(["-f", "-"], text).err, "");
    model.made.recorder.level = LEVEL.full;
    send(model, { src: "10.9.0.1", sport: 1000, dport: 80, size: 1 });
    const steps = model.made.recorder.take().filter(({ chain }) => chain !== undefined);
    assert.deepEqual(
      steps.map(({ because, tried, chain }) => [because, tried?.map((each) => Object.values(each)), chain?.says]),
      [
        [
          "rule 2 of t in: ip daddr . meta l4proto . th dport is 10.9.0.2 . udp . 80, for which @who has goto web",
          [["1: udp dport 53 accept", "udp dport", "53", "80"]],
          "GOTO",
        ],
        ["rule 1 of t web: dropped", [], "DROP"],
      ],
    );
  });
});
