// What a real kubectl sends as Go's own octets is the object it prints.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { readProtobuf } from "../../lib/kube/api/protobuf.ts";
import { decode } from "../../lib/kube/api/schema.ts";

interface Sent {
  readonly command: string;
  readonly printed: { readonly apiVersion: string; readonly kind: string };
  readonly sent: string;
}

const goldens = JSON.parse(readFileSync("test/kube/goldens/sent.json", "utf8")) as Sent[];

describe("protobuf", () => {
  for (const { command, printed, sent } of goldens)
    it(`kubectl ${command}`, () => {
      const { apiVersion, kind } = printed;
      const read = decode(apiVersion, kind, readProtobuf(Buffer.from(sent, "base64")));
      const known = decode(apiVersion, kind, printed);
      expect(read.unknown).to.deep.equal([]);
      expect(read.draft).to.deep.equal(known.draft);
    });

  it("says so when octets end too early, wherever", () => {
    const octets = Buffer.from(goldens[1]!.sent, "base64");
    for (let length = 0; length < 20; length++)
      expect(() => readProtobuf(octets.subarray(0, length)), `${length} octets`).to.throw();
  });
});
