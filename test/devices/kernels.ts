// Which kernel is asked: this machine's, if it has the kind of device, else the fuller one that PACKETWALK_KERNEL names.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { whyNotReal } from "../conform/real.ts";
import { type Asked, ask, casesOf } from "./ask.ts";
import type { LabSet } from "./goldens.ts";

/** A program that runs a script in a fuller kernel, as `$PACKETWALK_KERNEL SCRIPT ARGUMENT...`; used if it is named. */
const PROGRAM = process.env.PACKETWALK_KERNEL;
const HERE = path.dirname(fileURLToPath(import.meta.url));

/** What `ip` is told so that the kernel shows whether it can. */
const WORDS: Readonly<Record<LabSet["device"], string>> = {
  ipip: "link add x0 type ipip remote 192.0.2.1",
  vxlan: "link add x0 type vxlan id 1 dstport 4789",
  tun: "tuntap add x0 mode tun",
  fou: "fou add port 5555 gue",
  bridge: "link add x0 type bridge",
  br_netfilter: "link add x0 type bridge",
  vlan: "link add x0 type bridge vlan_filtering 1",
};

/** Whether this machine's own kernel has the kind of device. */
function has(kind: LabSet["device"]): boolean {
  if (whyNotReal() !== null) return false;
  const ns = `pw-kind-${process.pid}`;
  spawnSync("ip", ["netns", "add", ns]);
  const { status } = spawnSync("ip", ["-n", ns, ...WORDS[kind].split(" ")]);
  spawnSync("ip", ["netns", "del", ns]);
  const isThere = () =>
    fs.existsSync("/proc/sys/net/bridge") && spawnSync("iptables", ["-t", "nat", "-S"]).status === 0;
  return status === 0 && (kind !== "br_netfilter" || isThere());
}

function inFullerKernel({ kinds, count }: LabSet): Asked {
  const out = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk-")), "asked.json.gz");
  const script = path.join(HERE, "../../../test/devices/ask.sh");
  const run = spawnSync(PROGRAM!, [script, process.execPath, HERE, kinds.join(","), "0", `${count}`, out]);
  if (run.status !== 0) throw new Error(`${PROGRAM}: ${run.stdout} ${run.stderr}`);
  return JSON.parse(gunzipSync(fs.readFileSync(out)).toString()) as Asked;
}

/** What a kernel answers now and which it was, or null when there is none to ask. */
export async function askKernel(set: LabSet): Promise<{ asked: Asked; how: string } | null> {
  if (has(set.device)) {
    const asked = await ask(casesOf(set.kinds, 0, set.count));
    return { asked, how: `this machine's kernel ${asked.kernel}, live` };
  }
  if (PROGRAM === undefined) return null;
  const asked = inFullerKernel(set);
  return { asked, how: `a fuller kernel ${asked.kernel}, live` };
}
