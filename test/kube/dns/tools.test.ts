// nslookup, dig, getent and busybox print what the real ones printed of the same CoreDNS (record-tools.ts).
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { alikeText, BUSYBOX, COMMANDS, named, RESOLV_CONF, SERVER } from "./tools.ts";

const GOLDEN = JSON.parse(readFileSync("test/kube/goldens/dns-tools.json", "utf8")) as Record<string, string>;

describe("tools that ask for names", () => {
  const { k8s, address } = named();
  const { lab } = k8s;
  const sh = (where: string, text: string) => runShell(lab, place(lab, where), text);
  for (const where of ["client.beta", "busybox.beta", "old.beta"])
    sh(where, `echo -n '${RESOLV_CONF.replace(SERVER, address)}' > /etc/resolv.conf`);
  const said = (where: string, line: string): string => {
    const { text, status } = sh(where, line.replaceAll(SERVER, address));
    return alikeText(`${text.replaceAll(address, SERVER)}exit ${status}\n`);
  };

  it("busybox before 1.29 prints as the notes have it, quirk included", () => {
    const { text } = sh("old.beta", "nslookup 172.20.254.146");
    expect(text).to.equal(`nslookup: can't resolve '(null)': Name does not resolve

Name:      172.20.254.146
Address 1: 172.20.254.146 172-20-254-146.word-v5-beta.beta.svc.cluster.local
`);
  });

  for (const line of COMMANDS) it(line, () => expect(said("client.beta", line)).to.equal(GOLDEN[line]));
  for (const line of BUSYBOX)
    it(`busybox ${line}`, () => expect(said("busybox.beta", line)).to.equal(GOLDEN[`busybox ${line}`]));
});
