// Who subscribes is welcomed before anything else reaches it, whatever the kernel is saying meanwhile (JEP 65).
import { expect } from "chai";
import { Subscriber } from "zeromq";
import { openSockets } from "../../lib/jupyter/sockets.ts";
import { freePorts } from "./client.ts";

describe("the output socket", () => {
  it("welcomes before anything else, in 30 starts amid a stream of output", async () => {
    for (let round = 0; round < 30; round++) {
      const [shell_port = 0, control_port = 0, iopub_port = 0, stdin_port = 0, hb_port = 0] = await freePorts(5);
      const ports = { shell_port, control_port, iopub_port, stdin_port, hb_port };
      const subscriber = new Subscriber({ linger: 0 });
      subscriber.subscribe();
      subscriber.connect(`tcp://127.0.0.1:${iopub_port}`);
      const connection = { transport: "tcp" as const, ip: "127.0.0.1", ...ports, key: "", signature_scheme: "" };
      const sockets = await openSockets(
        connection,
        () => {},
        () => ["welcome"],
      );
      const streaming = setInterval(() => sockets.send("iopub", ["output"]), 1);
      for (let i = 0; i < 50; i++) sockets.send("iopub", ["output"]);
      const first = String(await subscriber.receive());
      const second = String(await subscriber.receive());
      clearInterval(streaming);
      subscriber.close();
      await sockets.flushed();
      sockets.close();
      expect([first, second], `round ${round}`).to.deep.equal(["welcome", "output"]);
    }
  });
});
