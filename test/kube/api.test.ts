// The API server answers as a real one did (test/kube/record.ts), call for call.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { handle, type Response } from "../../lib/kube/api/rest.ts";
import { ApiServer } from "../../lib/kube/api/server.ts";
import { ALL_KINDS } from "../../lib/kube/kinds/all.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { Alike } from "./answers.ts";
import { CONVERSATIONS } from "./conversations/all.ts";

function newServer(): ApiServer {
  const lab = new Lab();
  const world = {
    get now() {
      return lab.now;
    },
    random: () => lab.random(),
    later: (delay: number, action: () => void, background?: boolean) => lab.later(delay, action, background),
    time: "2025-01-01T00:00:00Z",
  };
  const server = new ApiServer(world, ALL_KINDS, "10.100.0.0/16");
  handle(server, { method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "talk" } } });
  return server;
}

describe("the API server answers as the real one", () => {
  for (const [name, requests] of Object.entries(CONVERSATIONS)) {
    const recorded = JSON.parse(readFileSync(`test/kube/goldens/${name}.json`, "utf8")) as Response[];
    const server = newServer();
    const alike = new Alike(name.startsWith("applies"));
    describe(name, () => {
      for (const [i, request] of requests.entries()) {
        const { method, path, query, contentType, body } = request;
        const said = [
          method,
          path,
          query && JSON.stringify(query),
          contentType,
          body && JSON.stringify(body).slice(0, 80),
        ];
        it(said.filter(Boolean).join(" "), () => {
          const answer = JSON.parse(JSON.stringify(alike.of(handle(server, request))));
          expect(answer).to.deep.equal(recorded[i]);
        });
      }
    });
  }
});
