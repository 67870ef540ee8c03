// Writes test/kube/goldens/sent.json anew: what a real kubectl 1.36 sends as protobuf, beside the same object as it prints it.
// npm run build && node dist/test/kube/record-sent.js KUBECTL
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const COMMANDS = [
  "create namespace shop",
  "create deployment web --image=nginx --replicas=3 --port=80",
  "create deployment none --image=nginx --image=busybox --replicas=0",
  "create deployment job --image=busybox -- sleep 100",
  "create configmap settings --from-literal=a=b --from-literal=long=äöü --from-literal=empty=",
  "create service clusterip web --tcp=80:8080 --tcp=443:https",
  "create service clusterip none --clusterip=None",
  "create service nodeport web --tcp=80:80 --node-port=30100",
  "create service externalname out --external-name=example.com",
  "create ingress web --class=nginx --rule=a.example.com/path*=web:http,tls=secret --default-backend=web:80",
  "create serviceaccount robot",
];

const [kubectl] = process.argv.slice(2);
if (kubectl === undefined) throw new Error("Say where kubectl is.");

let sent = "";
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.headers["content-type"]?.includes("protobuf")) sent = Buffer.concat(chunks).toString("base64");
  response.writeHead(403).end();
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const run = (line: string): Promise<string> =>
  new Promise((resolve) => execFile(kubectl, ["--server", to, ...line.split(" ")], (_, out) => resolve(out)));

const goldens: object[] = [];
for (const command of COMMANDS) {
  sent = "";
  const [line, ...program] = command.split(" -- ");
  await run(command);
  const rest = program.length === 0 ? "" : ` -- ${program}`;
  const printed = JSON.parse(await run(`${line} --dry-run=client -o json${rest}`)) as object;
  if (sent === "") throw new Error(`sent no protobuf: ${command}`);
  goldens.push({ command, printed, sent });
}
server.close();
writeFileSync("test/kube/goldens/sent.json", `${JSON.stringify(goldens, null, 1)}\n`);
