// Writes the golden anew with a real CoreDNS on a real API server (test/kube/oracle/README.md says how to get them):
// npm run build && SERVER=https://127.0.0.1:26443 TOKEN=secret NODE_TLS_REJECT_UNAUTHORIZED=0 \
//   node dist/test/kube/dns/record.js COREDNS KUBECONFIG
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressRecord, replyTo } from "../../../lib/kube/dns/kubernetes.ts";
import { Framed, framed } from "../../../lib/tools/dns/server.ts";
import { DNS_FLAG, DNS_TYPE, RCODE } from "../../../lib/wire/dns.ts";
import { dnsBytes } from "../../../lib/wire/dns-bytes.ts";
import { parseDns } from "../../../lib/wire/dns-parse.ts";
import { askReal } from "../ask-real.ts";
import { alike, alikeLog, messageOf, NAMESPACE, OUTSIDE, QUESTIONS, SERVICES, SLICES } from "./asked.ts";

const [coredns = "", kubeconfig = ""] = process.argv.slice(2);
const PORT = 21053;
const UPSTREAM = 21054;
const COREFILE = `.:${PORT} {
    log
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       kubeconfig ${kubeconfig} x
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    forward . 127.0.0.1:${UPSTREAM}
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loadbalance
}
`;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const post = async (path: string, body: object) => {
  const { name } = (body as { metadata: { name: string } }).metadata;
  if ((await askReal({ method: "GET", path: `${path}/${name}` })).code === 200) return;
  const { code, body: said } = await askReal({ method: "POST", path, body });
  if (code !== 201) throw new Error(JSON.stringify(said));
};

/** As lib/kube/dns/internet.ts answers. */
const upstream = createSocket("udp4", (octets, from) => {
  const message = parseDns(octets)!;
  const question = message.questions[0]!;
  const address = (OUTSIDE as Readonly<Record<string, string>>)[question.name.toLowerCase().slice(0, -1)];
  const answer = replyTo(message, address === undefined ? RCODE.NXDOMAIN : RCODE.NOERROR, DNS_FLAG.ra);
  const isThere = address !== undefined && question.type === DNS_TYPE.A;
  const answers = isThere ? [addressRecord(question.name, address, 300)] : [];
  upstream.send(dnsBytes({ ...answer, answers }), from.port, from.address);
});
upstream.bind(UPSTREAM, "127.0.0.1");

function byUdp(octets: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4", (answer) => {
      socket.close();
      resolve(answer);
    });
    socket.send(octets, PORT, "127.0.0.1");
  });
}

function byTcp(octets: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const pieces = new Framed();
    const socket = createConnection(PORT, "127.0.0.1", () => socket.write(framed(octets)));
    socket.on("data", (data) => {
      const [answer] = pieces.of(data);
      if (answer === undefined) return;
      socket.destroy();
      resolve(answer);
    });
  });
}

await post("/api/v1/namespaces", { metadata: { name: NAMESPACE } });
for (const each of SERVICES) await post(`/api/v1/namespaces/${NAMESPACE}/services`, each);
const path = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`;
for (const each of SLICES) await post(path, each);
const file = join(mkdtempSync(join(tmpdir(), "packetwalk-")), "Corefile");
writeFileSync(file, COREFILE);
const server = spawn(coredns, ["-conf", file]);
let log = "";
server.stdout.on("data", (data) => {
  log += data;
});
await wait(4000);
const answers: unknown[] = [];
for (const [i, question] of QUESTIONS.entries()) {
  log = "";
  const octets = dnsBytes(messageOf(question, i + 1));
  const answer = parseDns(await (question.overTcp ? byTcp(octets) : byUdp(octets)))!;
  await wait(20);
  answers.push({ answer: alike(answer), log: log.trimEnd().split("\n").map(alikeLog) });
}
writeFileSync("test/kube/goldens/coredns.json", `${JSON.stringify(answers, null, 1)}\n`);
process.stdout.write(`${answers.length} answers\n`);
server.kill();
upstream.close();
