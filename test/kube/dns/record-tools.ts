// Writes goldens/dns-tools.json anew: the real nslookup, dig, getent and busybox ask our CoreDNS, in a namespace of this
// machine's kernel that has nothing else (root; bind9-dnsutils, busybox): npm run build && node dist/test/kube/dns/record-tools.js
import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { Framed, fitting, framed } from "../../../lib/tools/dns/server.ts";
import { datagramSize } from "../../../lib/wire/dns.ts";
import { dnsBytes } from "../../../lib/wire/dns-bytes.ts";
import { parseDns } from "../../../lib/wire/dns-parse.ts";
import { alikeText, ask, BUSYBOX, COMMANDS, named, RESOLV_CONF, SERVER } from "./tools.ts";

const SPACE = "dns-record";
const FILES = `/etc/netns/${SPACE}`;
const inside = process.argv[2] === "inside";

if (!inside) {
  execFileSync("ip", ["netns", "add", SPACE]);
  mkdirSync(FILES, { recursive: true });
  writeFileSync(`${FILES}/resolv.conf`, RESOLV_CONF);
  writeFileSync(`${FILES}/hosts`, "127.0.0.1\tlocalhost\n");
  try {
    for (const line of [`ip link set lo up`, `ip addr add ${SERVER}/32 dev lo`])
      execFileSync("ip", ["netns", "exec", SPACE, ...line.split(" ")]);
    const words = ["netns", "exec", SPACE, process.execPath, process.argv[1]!, "inside"];
    execFileSync("ip", words, { stdio: "inherit", timeout: 120_000 });
  } finally {
    execFileSync("ip", ["netns", "del", SPACE]);
    rmSync(FILES, { recursive: true });
  }
} else {
  const server = named();
  const udp = createSocket("udp4", (octets, from) => {
    const asked = parseDns(octets)!;
    const { message } = ask(server, asked, false);
    udp.send(fitting(message, datagramSize(asked)).octets, from.port, from.address);
  });
  udp.bind(53, SERVER);
  const tcp = createServer((socket) => {
    const pieces = new Framed();
    socket.on("data", (data) => {
      for (const octets of pieces.of(data))
        socket.write(framed(dnsBytes(ask(server, parseDns(octets)!, true).message)));
    });
  }).listen(53, SERVER);
  const said: Record<string, string> = {};
  for (const line of [...COMMANDS, ...BUSYBOX.map((each) => `busybox ${each}`)])
    said[line] = alikeText(await run(line));
  writeFileSync("test/kube/goldens/dns-tools.json", `${JSON.stringify(said, null, 1)}\n`);
  udp.close();
  tcp.close();
}

function run(line: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", `${line} 2>&1; echo "exit $?"`], { env: { ...process.env, TZ: "UTC" } });
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
    });
    child.on("close", () => resolve(text));
  });
}
