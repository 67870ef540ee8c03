// Whatever happens to a cluster, nothing is left behind: no device, route, address, rule, namespace or endpoint of what is gone.
import { expect } from "chai";
import { PLUGINS } from "../../lib/kube/cluster.ts";
import { churn } from "./churn.ts";

describe("churn", function () {
  this.timeout(60_000);
  for (const { name } of PLUGINS)
    it(`${name}: leaves nothing, whatever happens`, () => {
      expect(churn(name, "test", 40)).to.equal(null);
    });
});
