// Whose time is up first, curl's or that of a neighbour who does not answer. What is expected was read off curl 7.88 and
// Linux 6.18, where three unanswered requests take 3 s at least and never less than a time-out of 3 s.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { addAddress } from "../../lib/netns/configure.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ipv4 } from "../../lib/wire/address.ts";

const FAILED = "Failed to connect to 10.0.0.77 port 80 after";

const LINES: readonly (readonly [line: string, status: number, text: string])[] = [
  ["curl -sS --connect-timeout 1 10.0.0.77", 28, `${FAILED} 1000 ms: Timeout was reached`],
  ["curl -sS --connect-timeout 3 10.0.0.77", 28, `${FAILED} 3000 ms: Timeout was reached`],
  ["curl -sS -m 3 10.0.0.77", 28, "Connection timed out after 3000 milliseconds"],
  ["curl -sS --connect-timeout 5 10.0.0.77", 7, `${FAILED} 3000 ms: Couldn't connect to server`],
];

describe("curl and a neighbour who does not answer", () => {
  for (const isFailed of [false, true])
    for (const [line, status, text] of LINES)
      it(`${line}${isFailed ? ", when he has just failed" : ""}`, () => {
        const lab = new Lab();
        lab.node("a");
        lab.node("b");
        const [eth0] = lab.cable("a", "eth0", "b", "eth0");
        addAddress(lab.netns("a"), eth0, ipv4("10.0.0.1"), 24);
        const a = place(lab, "a");
        if (isFailed) runShell(lab, a, "curl -s 10.0.0.77");
        const said = runShell(lab, a, line);
        expect(said.text).to.equal(`curl: (${status}) ${text}\n`);
        expect(said.status).to.equal(status);
      });
});
