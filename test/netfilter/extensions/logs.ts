// Lines that -j LOG writes into the real kernel's log. `node dist/test/netfilter/extensions/logs.js` records them; while
// it runs, all namespaces may write there (net.netfilter.nf_log_all_netns).
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { frameBytes } from "../../../lib/wire/bytes.ts";
import { batchOf, SENDER } from "./counts.ts";
import { RECEIVER } from "./packets.ts";

const HERE = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../../test/netfilter/extensions");
const GOLDENS = path.join(HERE, "goldens", "logs.json.gz");
const SWITCH = "/proc/sys/net/netfilter/nf_log_all_netns";
const [FROM, TO] = ["tx-from", "tx-to"];

export const OPTIONS = ["", "--log-tcp-sequence --log-tcp-options --log-ip-options", "--log-macdecode"] as const;

export interface LogGolden {
  readonly seed: string;
  readonly options: string;
  readonly mark: number;
  readonly prefix: string;
  readonly lines: readonly string[];
}

export function readLogGoldens(): LogGolden[] {
  return JSON.parse(gunzipSync(fs.readFileSync(GOLDENS)).toString());
}

function record(): LogGolden[] {
  const run = (ns: string, ...words: string[]) =>
    execFileSync("ip", ["netns", "exec", ns, ...words], { encoding: "utf8" });
  const before = fs.readFileSync(SWITCH);
  for (const ns of [FROM, TO]) execFileSync("ip", ["netns", "add", ns]);
  try {
    fs.writeFileSync(SWITCH, "1");
    execFileSync("ip", ["link", "add", "v0", "netns", FROM, "type", "veth", "peer", "name", "eth0", "netns", TO]);
    run(FROM, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
    run(TO, "ip", "link", "set", "eth0", "address", RECEIVER.mac.text, "addrgenmode", "none");
    run(FROM, "ip", "link", "set", "v0", "up");
    run(TO, "ip", "link", "set", "eth0", "up");
    spawnSync("sleep", ["0.5"]);
    return [4, 6].flatMap((family) =>
      OPTIONS.flatMap((options, mark) =>
        [0, 1, 2].map((i) => {
          const seed = `log/${i}/${family}`;
          const prefix = `tx${family}${i}${mark}:`;
          const tool = family === 4 ? "iptables-nft" : "ip6tables-nft";
          run(TO, tool, "-t", "mangle", "-F");
          run(TO, tool, "-t", "mangle", "-A", "PREROUTING", "-j", "MARK", "--set-mark", `${mark}`);
          run(
            TO,
            tool,
            "-t",
            "mangle",
            "-A",
            "PREROUTING",
            "-i",
            "eth0",
            "-j",
            "LOG",
            "--log-prefix",
            prefix,
            ...options.split(" ").filter(Boolean),
          );
          const frames = batchOf(seed).frames.map((frame) => `${Buffer.from(frameBytes(frame)).toString("hex")}\n`);
          spawnSync("ip", ["netns", "exec", FROM, "python3", "-c", SENDER], { input: frames.join("") });
          const log = execFileSync("dmesg", ["-t"], { encoding: "utf8" }).split("\n");
          return { seed, options, mark, prefix, lines: log.filter((line) => line.startsWith(prefix)) };
        }),
      ),
    );
  } finally {
    fs.writeFileSync(SWITCH, before);
    for (const ns of [FROM, TO]) execFileSync("ip", ["netns", "del", ns]);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const goldens = record();
  fs.writeFileSync(GOLDENS, gzipSync(JSON.stringify(goldens)));
  console.log(`${goldens.flatMap(({ lines }) => lines).length} lines recorded`);
}
