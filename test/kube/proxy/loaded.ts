// What kube-proxy's IPVS mode leaves on a node, as a real kernel gives it back after it was loaded there.
// As root, on a kernel with IPVS, whose sets, virtual servers and rules are replaced (ipvsadm, ipset, iptables):
// node dist/test/kube/proxy/loaded.js
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { said } from "../../../lib/kube/proxy/tool.ts";
import { type ProxyCase, proxyCase } from "./cases.ts";
import { ipvsNodes } from "./text.ts";

const GOLDEN = resolve(import.meta.dirname, "../../../../test/kube/goldens/kube-proxy-ipvs-loaded.json.gz");
const CASES = 60;

/** In the formats of `ipset save`, `ipvsadm -Sn` and `iptables-save`. */
export interface Left {
  readonly sets: string;
  readonly servers: string;
  readonly rules: string;
}

/** The cases of IPv4: IPVS mode is modelled for it alone. */
export function loadedCases(): ProxyCase[] {
  const all = Array.from({ length: CASES }, (_, i) => proxyCase(`real ${i}`));
  return all.filter(({ Settings }) => Settings.Family === 4);
}

/** What is left after each sync. */
export function leftOf(asked: ProxyCase): Left[] {
  return ipvsNodes(asked, (place) =>
    comparable({
      sets: said(place, ["ipset", "save"]),
      servers: said(place, ["ipvsadm", "-Sn"]),
      rules: said(place, ["iptables-save"]),
    }),
  );
}

/** Neither elements of a set nor tables are in an order; what stands above a table names its program, or counts. */
function comparable({ sets, servers, rules }: Left): Left {
  const sorted = sets.split(/^(?=create )/m).map((set) => {
    const [create, ...elements] = set.trimEnd().split("\n");
    return [create, ...elements.sort()].join("\n");
  });
  const plain = rules.replace(/^#.*\n/gm, "").replace(/ \[\d+:\d+\]$/gm, "");
  return {
    sets: sorted.join("\n"),
    servers,
    rules: plain
      .split(/^(?=\*)/m)
      .sort()
      .join(""),
  };
}

/** The kernel's, case by case, sync by sync. */
export function readLoaded(): Left[][] {
  return JSON.parse(gunzipSync(readFileSync(GOLDEN)).toString("utf8"));
}

const END = "=end";
const here = (command: string, input: string) => `${command} <<'${END}'\n${input}\n${END}\n`;

/** For a shell: sets come before the rules that look into them, and go after them. */
function loading({ sets, servers, rules }: Left): string {
  const none = [...rules.matchAll(/^\*.*$/gm)].map(([table]) => `${table}\nCOMMIT`).join("\n");
  return [
    here("ipset restore", sets),
    here("ipvsadm -R", servers),
    here("iptables-legacy-restore", rules),
    ...["ipset save", "ipvsadm -Sn", "iptables-legacy-save"].map((save) => `${save}; echo ${END}\n`),
    here("iptables-legacy-restore", none),
    "ipvsadm -C; ipset destroy\n",
  ].join("");
}

if (process.argv[1]?.endsWith("loaded.js")) {
  const left = loadedCases().map(leftOf);
  const given = execFileSync("sh", ["-e"], {
    input: left.flat().map(loading).join(""),
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  const texts = given.split(`${END}\n`).values();
  const next = () => texts.next().value!;
  const loaded = left.map((syncs) => syncs.map(() => comparable({ sets: next(), servers: next(), rules: next() })));
  writeFileSync(GOLDEN, gzipSync(JSON.stringify(loaded), { level: 9 }));
}
