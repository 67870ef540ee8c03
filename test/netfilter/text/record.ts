// Asks the real iptables 1.8.9 all cases and writes down what it says: node dist/test/netfilter/text/record.js (as root).
import { writeFileSync } from "node:fs";
import { casesOf } from "./cases.ts";
import { RealTool, timeless, whyNot } from "./real.ts";

const missing = whyNot();
if (missing !== null) throw new Error(missing);
for (const backEnd of ["nft", "legacy"] as const) {
  const tool = new RealTool(backEnd);
  const golden = casesOf(backEnd).map(([group, lines]) => {
    tool.renew();
    const said = lines.map((line) => {
      const { out, err, status } = tool.run(line);
      return { line, out: timeless(out), err, status };
    });
    return [group, said] as const;
  });
  tool.end();
  writeFileSync(
    `test/netfilter/text/goldens/${backEnd}.json`,
    `${JSON.stringify(Object.fromEntries(golden), null, 1)}\n`,
  );
}
