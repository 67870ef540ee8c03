import * as fs from "node:fs";
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import type { Said } from "../tools/real.ts";
import { FOU_GOLDEN, FOU_LINES } from "./fou-lines.ts";
import { BRIDGE_GOLDEN, BRIDGE_LINES, LINES, LINES_GOLDEN } from "./lines.ts";
import { TUN_GOLDEN, TUN_LINES } from "./tun-lines.ts";
import { UNDERLAY_GOLDEN, UNDERLAY_LINES } from "./underlay-lines.ts";

/** Queues and names of namespaces are the machine's; of a neighbour's probe only that it was made counts; IPv6 is off. */
function normal(text: string): string {
  return text
    .replaceAll(/ num[rt]xqueues \d+|"num_[rt]x_queues":\d+,/g, "")
    .replaceAll(/ link-netns(id)? \S+/g, " link-netns")
    .replaceAll(/time \d+ms/g, "time")
    .replaceAll(/^.* inet6 .*\n.*\n/gm, "");
}

/** Timers run as they like, a table is in the order of learning over all VLANs, IPv6 joins groups of its own. */
function normalBridge(text: string): string {
  return normal(text)
    .replaceAll(/(_timer) +\d+\.\d\d/g, "$1")
    .replaceAll(/(_timer":)\d+(\.\d\d)?/g, "$1")
    .replaceAll(/^33:33:(ff|00:00:00:00:(01|6a)).*\n/gm, "")
    .replaceAll(/(^5e:.* static\n)+/gm, (lines) => lines.split("\n").sort().join("\n"));
}

/** How long it took is the machine's. */
const normalPing = (text: string): string =>
  normal(text)
    .replaceAll(/time=\S+ ms/g, "time")
    .replaceAll(/^rtt .*$/gm, "rtt")
    .replaceAll(/expires \d+sec/g, "expires");

interface Recorded {
  readonly title: string;
  readonly lines: readonly string[];
  readonly file: string;
  readonly module: boolean;
  readonly normal: (text: string) => string;
}

const RECORDED: readonly Recorded[] = [
  { title: "ip link, ip tunnel and bridge fdb about tunnels", lines: LINES, file: LINES_GOLDEN, module: true, normal },
  { title: "ip tuntap, and ip link about tun devices", lines: TUN_LINES, file: TUN_GOLDEN, module: true, normal },
  { title: "ip fou, and encap of tunnels", lines: FOU_LINES, file: FOU_GOLDEN, module: true, normal },
  {
    title: "what ping says inside a tunnel of errors outside",
    lines: UNDERLAY_LINES,
    file: UNDERLAY_GOLDEN,
    module: true,
    normal: normalPing,
  },
  { title: "bridges, VLANs", lines: BRIDGE_LINES, file: BRIDGE_GOLDEN, module: false, normal: normalBridge },
];

for (const { title, lines, file, module, normal: plain } of RECORDED)
  describe(`${title}, byte for byte`, () => {
    const golden = JSON.parse(fs.readFileSync(file, "utf8")) as Said[];

    it("the goldens are of these lines", () => {
      expect(golden.map(({ line }) => line)).to.deep.equal(lines);
    });

    it("print what the real tools print on a kernel with all modules, errors and statuses too", () => {
      const lab = new Lab();
      const node = lab.node("node");
      // With the module before the first namespace, as a kernel that has it loaded.
      if (module) node.load("ipip");
      const differs = golden.flatMap(({ line, out, err, status }) => {
        const { text, status: got } = runShell(lab, place(lab, "node"), line);
        const [model, real] = [plain(text), plain(out + err)];
        return model === real && got === status
          ? []
          : [`${line}\n  model (${got}): ${model}\n  real (${status}):  ${real}`];
      });
      expect(differs.join("\n")).to.equal("");
    });
  });
