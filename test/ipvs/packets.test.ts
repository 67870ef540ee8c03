// Packets in any order, and what a director makes of them: goldens/packets.json has random walks through the states of
// TCP and SCTP, in every mode, with and without secure_tcp, drop_packet and persistence, as packets.py recorded them on a
// real kernel. Compared are the octets that came out at either side, states, timers, servers' counts, and listings.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Lab } from "../../lib/lab/lab.ts";
import { transmit } from "../../lib/link/forward.ts";
import { ipvsConnFile, ipvsFile, ipvsStatsFile } from "../../lib/tools/ipvs-proc.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { NOT_RECORDED } from "../../lib/trace/step.ts";
import { MILLISECOND } from "../../lib/trace/world.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { mac } from "../../lib/wire/mac.ts";
import type { Frame } from "../../lib/wire/packet.ts";
import { parseIpv4 } from "../../lib/wire/parse.ts";

type Side = "c" | "r";

interface Step {
  /** Seconds from the walk's beginning. */
  readonly at: number;
  readonly from: Side;
  /** In hexadecimal digits, as all packets here. */
  readonly packet: string;
  readonly came: Readonly<Record<Side, readonly string[]>>;
  /** Lines of /proc/net/ip_vs_conn and /proc/net/ip_vs. */
  readonly connections: readonly string[];
  readonly servers: readonly string[];
}

interface Walk {
  readonly before: readonly string[];
  readonly steps: readonly Step[];
  /** What ipvsadm prints at the end. */
  readonly listed: string;
  /** When, in seconds from the walk's beginning: the counters are estimated by then. */
  readonly looked: number;
  readonly after: readonly string[];
}

interface Golden {
  readonly kernel: string;
  readonly setup: readonly string[];
  readonly walks: readonly Walk[];
  /** A packet, many packets right behind the next estimation, and /proc/net/ip_vs_stats after each that changed it. */
  readonly burst: {
    readonly before: string;
    readonly first: string;
    readonly packets: readonly (readonly [from: Side, packet: string])[];
    readonly seen: readonly string[];
  };
}

const HERE = dirname(fileURLToPath(import.meta.url));
const MACS = {
  c: [mac("02:00:00:00:00:01"), mac("02:00:00:00:01:01")],
  r: [mac("02:00:00:00:00:02"), mac("02:00:00:00:01:02")],
} as const;

const LINKS = `
modprobe ipip
ip netns add c; ip netns add d; ip netns add r
ip link add c0 type veth peer name u1; ip link set u1 netns c; ip link set c0 netns d
ip link add r0 type veth peer name u2; ip link set u2 netns r; ip link set r0 netns d
ip -n c link set u1 name eth0; ip -n r link set u2 name eth0
ip -n c link set eth0 up; ip -n r link set eth0 up
ip -n d link set lo up; ip -n d link set c0 address 02:00:00:00:01:01 up; ip -n d link set r0 address 02:00:00:00:01:02 up
`;

/** What was seen after a step: packets, connections with their seconds left, servers. */
interface Seen {
  readonly came: Readonly<Record<Side, readonly string[]>>;
  readonly connections: readonly string[];
  readonly left: readonly number[];
  readonly servers: readonly string[];
}

function seen(
  { c, r }: Readonly<Record<Side, readonly string[]>>,
  conns: readonly string[],
  servers: readonly string[],
): Seen {
  const lines = conns.map((line) => /^(.*\S) +(\d+)$/.exec(line.trimEnd())!);
  return {
    came: { c: c.map(withoutId), r: r.map(withoutId) },
    connections: lines.map(([, line]) => line!),
    left: lines.map(([, , left]) => Number(left)),
    servers: servers.map((line) => line.trimEnd()),
  };
}

/** The identification, and so the checksum, of an ICMP error is by chance. */
const withoutId = (packet: string) => packet.replace(/^(.{8}).{4}(.{6}01).{4}/, "$1....$2....");

/** A second may pass between a packet and a look. */
function isSame(real: Seen, own: Seen): boolean {
  const plain = ({ came, connections, servers }: Seen) => JSON.stringify({ came, connections, servers });
  return plain(real) === plain(own) && real.left.every((left, i) => Math.abs(left - own.left[i]!) <= 1);
}

const octets = (digits: string) => new Uint8Array(Buffer.from(digits, "hex"));

class Replay {
  private readonly lab = new Lab();
  private came: Record<Side, string[]> = { c: [], r: [] };

  constructor(setup: readonly string[]) {
    this.lab.node("n");
    assert.equal(runShell(this.lab, place(this.lab, "n"), LINKS).text, "");
    for (const line of setup) assert.deepEqual([this.say(line), line], ["", line]);
    for (const side of ["c", "r"] as const)
      this.device(side).taps = [
        (frame, direction) => {
          if (direction === "in" && frame.payload.kind === "ipv4")
            this.came[side].push(Buffer.from(frameBytes(frame)).subarray(14).toString("hex"));
        },
      ];
  }

  private device(side: Side) {
    return this.lab.netns(side).devices.get("eth0")!;
  }

  private say(line: string): string {
    return runShell(this.lab, place(this.lab, "d"), line).text;
  }

  private send(from: Side, packet: string): void {
    const [src, dst] = MACS[from];
    const frame: Frame = { dst, src, payload: parseIpv4(octets(packet)) };
    transmit(this.lab, this.device(from), frame, NOT_RECORDED);
  }

  /** What the estimator makes of it. */
  burst({ before, first, packets, seen }: Golden["burst"]): string[] {
    const director = this.lab.netns("d");
    this.say(before);
    const own = [ipvsStatsFile(director)];
    const wait = () => {
      while (ipvsStatsFile(director) === own.at(-1)) this.lab.runFor(10 * MILLISECOND);
      own.push(ipvsStatsFile(director));
    };
    this.send("c", first);
    wait();
    for (const [from, packet] of packets) this.send(from, packet);
    while (own.length <= seen.length) wait();
    return own.slice(1);
  }

  private runUntil(at: number): void {
    this.lab.runFor(Math.max(at - this.lab.now, 0));
  }

  /** What came out otherwise. */
  walk({ before, steps, looked, listed, after }: Walk): unknown[] {
    for (const line of before) assert.deepEqual([this.say(line), line], ["", line]);
    const began = this.lab.now;
    const port = Number(/:(\d+)/.exec(before.at(-1)!)![1])
      .toString(16)
      .toUpperCase()
      .padStart(4, "0");
    const wrong = steps.flatMap((step, i) => {
      this.runUntil(began + Math.round(step.at * 1000) * MILLISECOND);
      this.came = { c: [], r: [] };
      this.send(step.from, step.packet);
      this.lab.runFor(MILLISECOND);
      const real = seen(step.came, step.connections, step.servers);
      const ns = this.lab.netns("d");
      const conns = ipvsConnFile(ns)
        .split("\n")
        .filter((line) => line.includes(` ${port} `));
      const servers = ipvsFile(ns)
        .split("\n")
        .filter((line) => line.includes("-> 0"));
      const own = seen(this.came, conns.sort(), servers);
      return isSame(real, own) ? [] : [{ before, i, packet: step.packet, real, own }];
    });
    this.runUntil(began + Math.round(looked * 1000) * MILLISECOND);
    const own = this.say("ipvsadm -Ln; ipvsadm -Ln --stats --exact; ipvsadm -Sn");
    for (const line of after) this.say(line);
    return wrong.length > 0 ? wrong.slice(0, 1) : own === listed ? [] : [{ before, listed, own }];
  }
}

describe("packets in any order", () => {
  const golden = JSON.parse(
    gunzipSync(readFileSync(join(HERE, "../../../test/ipvs/goldens/packets.json.gz"))).toString("utf8"),
  ) as Golden;

  it(`come out as on ${golden.kernel}, and leave the same states and timers, in ${golden.walks.length} walks`, () => {
    const replay = new Replay(golden.setup);
    assert.deepEqual(
      golden.walks.flatMap((walk) => replay.walk(walk)),
      [],
    );
  });

  it("are counted, and their rates fade, as there", () => {
    assert.deepEqual(new Replay(golden.setup).burst(golden.burst), golden.burst.seen);
  });
});
