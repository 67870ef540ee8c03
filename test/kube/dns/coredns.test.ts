// CoreDNS answers, and writes into its log, what a real one did for the same objects and the same questions (record.ts).
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { alike, alikeLog, messageOf, QUESTIONS } from "./asked.ts";
import { ask, named } from "./tools.ts";

const GOLDEN = JSON.parse(readFileSync("test/kube/goldens/coredns.json", "utf8")) as {
  answer: unknown;
  log: string[];
}[];

describe("CoreDNS", () => {
  const server = named();

  for (const [i, question] of QUESTIONS.entries()) {
    const { name, type = "A", size, overTcp = false } = question;
    it(`${type} ${name}${size === undefined ? "" : ` (${size})`}${overTcp ? " by TCP" : ""}`, () => {
      const before = server.log().length;
      const { message } = ask(server, messageOf(question, i + 1), overTcp);
      const log = server.log().slice(before).trimEnd().split("\n").map(alikeLog);
      expect({ answer: alike(message), log }).to.deep.equal(GOLDEN[i]);
    });
  }
});
