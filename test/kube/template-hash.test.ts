// The hash in a replica set's name is the one that the deployment controller of Kubernetes gives; goldens of oracle/hash.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { computeHash } from "../../lib/kube/controller/template-hash.ts";
import type { PodTemplate } from "../../lib/kube/shapes.ts";

describe("pod-template-hash", () => {
  const golden = new URL("../../../test/kube/goldens/template-hash.json", import.meta.url);
  const cases = JSON.parse(readFileSync(golden, "utf8")) as readonly { template: PodTemplate; hash: string }[];
  for (const { template, hash } of cases)
    it(`${hash} is that of ${JSON.stringify(template).slice(0, 80)}…`, () =>
      expect(computeHash(template)).to.equal(hash));
});
