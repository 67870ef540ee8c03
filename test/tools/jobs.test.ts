// Background jobs: bash's numbering (bash(1), JOB CONTROL) and what they say after their shell has ended.
import { assert } from "chai";
import { lab, sh } from "../../lib/index.ts";
import { BadInput } from "../../lib/wire/input.ts";

describe("background jobs", () => {
  beforeEach(() => {
    const net = lab({ seed: "jobs" });
    const node = net.node("node-1");
    node.bridge("cni0", { address: "10.244.1.1/24" });
    node.pod("web", { bridge: "cni0", address: "10.244.1.2/24" });
    node.pod("client", { bridge: "cni0", address: "10.244.1.3/24" });
  });

  it("go on when their shell has ended, and what they say is shown by the next shell there, once", () => {
    sh("web", "nc -l 8080 &");
    assert.equal(sh("client", "echo hello | nc -N 10.244.1.2 8080").status, 0);
    assert.equal(sh("web", "true").text, "hello\n");
    assert.equal(sh("web", "true").text, "");
  });

  it("keep their numbers while others end", () => {
    sh("web", "nc -lk 8080 & nc -lk 8081 & nc -lk 8082 &");
    assert.deepEqual(
      sh("web", "jobs").lines.map((line) => line.slice(0, 4)),
      ["[1] ", "[2]-", "[3]+"],
    );
    const { text, status } = sh("web", "kill %2; kill %2");
    assert.equal(text, "bash: kill: %2: no such job\n");
    assert.equal(status, 1);
    assert.deepEqual(
      sh("web", "jobs").lines.map((line) => line.slice(0, 4)),
      ["[1]-", "[3]+"],
    );
  });

  it("give their ports back when they are killed", () => {
    sh("web", "python3 -m http.server 8080 &");
    assert.match(sh("web", "python3 -m http.server 8080").text, /Address already in use/);
    sh("web", "kill %1; python3 -m http.server 8080 &");
    assert.lengthOf(sh("web", "jobs").lines, 1);
  });

  it("that are refused have ended, and so has the shell that waited meanwhile", () => {
    assert.throws(() => sh("web", "nc -lk 8080 & jobs -l & sleep 1; nc -lk 8081 &"), BadInput, "-l");
    assert.deepEqual(
      sh("web", "jobs").lines.map((line) => line.slice(0, 4)),
      ["[1]+"],
    );
    sh("web", "sleep 3; nc -lk 8082 &");
    assert.deepEqual(
      sh("web", "jobs").lines.map((line) => line.slice(0, 4)),
      ["[1]-", "[2]+"],
    );
  });

  it("belong to their namespace", () => {
    sh("web", "nc -lk 8080 &");
    assert.equal(sh("client", "jobs").text, "");
    assert.equal(sh("client", "kill %1").status, 1);
  });
});
