// nft asked, the model's and the real one: a text goes in, the ruleset or the complaint comes out.
import { spawnSync } from "node:child_process";
import { Lab } from "../../../lib/lab/lab.ts";
import type { Netns } from "../../../lib/netns/netns.ts";
import { COMMANDS } from "../../../lib/tools/registry.ts";

export interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}
export type Nft = (args: readonly string[], stdin?: string) => Said;

/** The model's, in a namespace of its own. */
export function ours(ns: Netns = new Lab({ seed: "nft" }).node("node").root): Nft {
  return (args, stdin = "") => {
    let [out, err] = ["", ""];
    const status = COMMANDS.nft!({
      ...{ lab: ns.cables as Lab, ns, container: null, args, stdin },
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      run: () => {
        throw new Error("nft runs nothing else");
      },
    });
    return { status: status as number, out, err };
  };
}

/** The real one, in a namespace of the kernel that is made for it; null where there is no nft, or nobody may. */
export function real(name: string): { readonly nft: Nft; readonly end: () => void } | null {
  if (process.getuid?.() !== 0 || spawnSync("nft", ["--version"]).status !== 0) return null;
  if (spawnSync("ip", ["netns", "add", name]).status !== 0) return null;
  return {
    nft: (args, stdin = "") => {
      const { status, stdout, stderr } = spawnSync("ip", ["netns", "exec", name, "nft", ...args], {
        input: stdin,
        encoding: "utf8",
        timeout: 10000,
      });
      return { status: status ?? 1, out: stdout, err: stderr };
    },
    end: () => void spawnSync("ip", ["netns", "del", name]),
  };
}

/** What is listed after the text went in; the complaint, when it did not. */
export function told(nft: Nft, text: string, list: readonly string[] = ["list", "ruleset"]): string {
  const { status, err } = nft(["-f", "-"], text);
  return status === 0 ? nft(list).out : err;
}
