// kubectl as a command of the lab's shell.
import type { Lab } from "../../lab/lab.ts";
import { fileText } from "../../tools/files.ts";
import { install } from "../../tools/installed.ts";
import type { ApiServer } from "../api/server.ts";
import type { Clock } from "../controller/client.ts";
import { kubectl } from "./kubectl.ts";
import type { Files } from "./session.ts";

/** Files that no machine of the lab has. */
const NONE: Files = { read: () => null, list: () => null };

/** Every shell of the lab gets kubectl; `-f` names files of the machine it runs on, or of `elsewhere`. */
export function installKubectl(lab: Lab, server: ApiServer, clock: Clock, elsewhere: Files = NONE): void {
  install(lab, "kubectl", ({ ns, args, stdin, out, err }) => {
    const files: Files = {
      read: (name) => fileText({ lab, ns }, name) ?? elsewhere.read(name),
      list: (folder) => {
        const prefix = `${folder.replace(/\/$/, "")}/`;
        const names = [...(lab.machines.get(ns.node)?.files.keys() ?? [])].filter((name) => name.startsWith(prefix));
        return names.length === 0 ? elsewhere.list(folder) : names.map((name) => name.slice(prefix.length));
      },
    };
    return kubectl({ server, clock, files }, args, { stdin, out, err });
  });
}
