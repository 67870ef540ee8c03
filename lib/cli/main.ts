#!/usr/bin/env node
// The `packetwalk` command. Each subcommand is loaded when it is asked for, so
// that the kernel starts without the rest.
import { Mistake } from "./options.ts";

const HELP = `packetwalk: Linux and Kubernetes networking that explains itself

  packetwalk lab [--check]                  open the chapters in JupyterLab (--check: prove that it works, and end)
  packetwalk run FILE.ipynb... [--check] [--out FILE] [--set NAME=VALUE]...
                                            run notebooks and write their outputs into them (--check: compare only;
                                            --set: with parameters, as papermill sets them)
  packetwalk slides FILE.ipynb... [--out FILE]
                                            chapters as decks to be projected, each one HTML file that works offline
  packetwalk clean FILE.ipynb... [--out DIR]
                                            copies of chapters with headings, code and exercises only
  packetwalk book [--out DIR]               chapters, homework and reference as a book of HTML pages
  packetwalk explain --iptables FILE [--addr FILE] [--route FILE] ... --packet "in eth0 tcp A:PORT > B:PORT"
                                            what a real machine does with a packet, from what its tools printed
  packetwalk search --iptables FILE ... [--to ADDRESS --in DEVICE | --against FILE]
                                            rules that no packet meets; what can come to an address; what other rules change
  packetwalk ipvs SCENARIO.json             play histories of virtual services, and print which real server took what
  packetwalk proxy --mode iptables --objects FILE --node NAME (--rules | --packet "tcp A:PORT > B:PORT" ...) [--json]
                                            what kube-proxy on a node makes of Services: its rules, or a packet's ways
  packetwalk grade DIR [--homework NAME] [--out FILE] [--secret TEXT] [--jobs N] [--timeout SECONDS] [--again] [--json]
                                            grade a folder of students' notebooks by what their answers do
  packetwalk serve [--nodes N] [--cni P]    a Kubernetes cluster on loopback, for a real kubectl
  packetwalk kernel install (--user | --sys-prefix | --prefix DIR)
                                            make the kernel known to Jupyter
  packetwalk kernel uninstall (--user | --sys-prefix | --prefix DIR)
  packetwalk kernel start --connection-file FILE
                                            what Jupyter calls
  packetwalk --help, --version
`;

const COMMANDS: Record<string, () => Promise<{ command(args: string[]): Promise<number> }>> = {
  lab: () => import("./lab.ts"),
  run: () => import("./run.ts"),
  slides: () => import("./slides.ts"),
  clean: () => import("./clean.ts"),
  book: () => import("./book.ts"),
  explain: () => import("./explain.ts"),
  search: () => import("./search.ts"),
  ipvs: () => import("./ipvs.ts"),
  proxy: () => import("./proxy.ts"),
  grade: () => import("./grade.ts"),
  serve: () => import("./serve.ts"),
  kernel: () => import("./kernel.ts"),
};

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  if (name === "--version") {
    const { packetwalkVersion } = await import("../jupyter/info.ts");
    process.stdout.write(`${packetwalkVersion()}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load)
    throw new Mistake(
      `unknown command "${name}"; there are lab, run, slides, clean, book, explain, search, ipvs, proxy, grade, serve and kernel (see packetwalk --help)`,
    );
  return (await load()).command(args);
}

/** Not awaited at the top: a command may stand in one file with what this file has of its own, and would wait for itself. */
async function run(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    process.stderr.write(`packetwalk: ${error.message}\n`);
    process.exitCode = 2;
  }
}

run();
