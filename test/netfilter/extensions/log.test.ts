// -j LOG writes the line that the real kernel writes.
import { strict as assert } from "node:assert";
import type { Skb } from "../../../lib/netfilter/skb.ts";
import { logLine } from "../../../lib/netfilter/target/log-line.ts";
import { batchOf } from "./counts.ts";
import { readLogGoldens } from "./logs.ts";

describe("-j LOG", () => {
  it("writes what the real kernel wrote, of random packets of both families", () => {
    for (const { seed, options, mark, prefix, lines } of readLogGoldens()) {
      const { frames } = batchOf(seed);
      const details = options.includes("--log-tcp");
      const flags = { sequence: details, tcpOptions: details, macDecode: options.includes("macdecode") };
      const ours = frames.map((frame) => {
        const about = { mark, ct: null, hook: "PREROUTING", in: { name: "eth0", index: 2 }, out: null } as const;
        const skb = { ...about, physIn: null, physOut: null, frame, packet: frame.payload } as unknown as Skb;
        return logLine(skb, prefix, flags).trimEnd();
      });
      assert.deepEqual(
        ours,
        lines.map((line) => line.trimEnd()),
        `${seed} ${options}`,
      );
    }
  });
});
