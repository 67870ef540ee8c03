// Runs command lines with the real tools, in a network namespace of their own that goes when they end. It stands for a
// machine: its loopback is up, namespaces made in it have names that only it sees.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Said {
  readonly line: string;
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

/** As every lab begins; a machine's own default is to send them. */
const NO_REDIRECTS = "sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0";
const NO_IPV6 = "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1";

/** Why the real tools cannot be asked here, or null when they can. */
export function unavailable(): string | null {
  if (process.platform !== "linux") return "not Linux";
  if (process.getuid?.() !== 0) return "not root";
  try {
    execFileSync(
      "unshare",
      ["-n", "-m", "sh", "-c", `ip link add a0 type veth peer name a1 && ip link add b0 type bridge && ${NO_IPV6}`],
      {
        stdio: "pipe",
      },
    );
    const versions = execFileSync("sh", ["-c", "ip -V; tcpdump --version 2>&1; arp -V; bridge -V"]).toString();
    for (const version of ["iproute2-6.1.0", "tcpdump version 4.99", "net-tools 2.10", "bridge utility, 6.1.0"])
      if (!versions.includes(version)) return `no ${version}`;
    return null;
  } catch (failure) {
    return `no namespaces: ${String((failure as Error).message).split("\n")[0]}`;
  }
}

/** A capture beside a command ends with its line in the model; a real one is told to, when it had time to see all. */
function captured(line: string): string {
  const [, watch, command] = /^(.*(?:tcpdump|ip .*monitor) .*) & (.*)$/.exec(line) ?? [];
  if (watch === undefined) return line;
  const now = watch.replace("tcpdump ", "tcpdump --immediate-mode ").replace(/^ip (?=.*monitor)/, "stdbuf -oL ip ");
  return `${now} &\nP=$!; sleep 0.5; ${command}; S=$?; sleep 0.2; kill $P 2>/dev/null; wait $P; (exit $S)`;
}

/** How a machine begins, in a namespace of its own. */
export const BEGIN = [
  "mkdir -p /run/netns",
  "mount -t tmpfs tmpfs /run/netns",
  "mount -t sysfs sys /sys",
  NO_IPV6,
  NO_REDIRECTS,
  "ip link set lo up",
];

/** What each line says, one after the other on one machine. */
export function runReal(lines: readonly string[]): Said[] {
  const room = mkdtempSync(join(tmpdir(), "packetwalk-tools-"));
  try {
    // Who is asked for names refuses at once: behind a gateway that is not there they would be waited for.
    writeFileSync(join(room, "resolv.conf"), "nameserver 127.0.0.1\n");
    // Files that lines make go with it.
    const script = [...BEGIN, `mount --bind ${room}/resolv.conf /etc/resolv.conf`, `cd ${room}`];
    for (const [i, line] of lines.entries()) {
      writeFileSync(join(room, `${i}.sh`), captured(line));
      script.push(`. ${room}/${i}.sh >${room}/${i}.out 2>${room}/${i}.err </dev/null; echo $? >${room}/${i}.status`);
      const made = /^ip netns add ([\w-]+)$/.exec(line)?.[1];
      if (made !== undefined) script.push(`ip netns exec ${made} ${NO_IPV6} 2>/dev/null`);
    }
    writeFileSync(join(room, "all.sh"), script.join("\n"));
    // Some tools quote with other marks in other languages.
    const env = { ...process.env, LC_ALL: "C.UTF-8" };
    execFileSync("unshare", ["-n", "-m", "bash", join(room, "all.sh")], { stdio: ["ignore", "pipe", "pipe"], env });
    const read = (name: string) => readFileSync(join(room, name), "utf8");
    return lines.map((line, i) => ({
      line,
      out: read(`${i}.out`),
      err: read(`${i}.err`),
      status: Number(read(`${i}.status`)),
    }));
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}
