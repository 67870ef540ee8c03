// A real JupyterLab on loopback, over a folder of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

export interface JupyterLab {
  /** The address of a notebook in the folder, token included, in a workspace where nothing else is open. */
  at(file: string): string;
  readonly log: () => string;
  stop(): Promise<void>;
}

/** Starts JupyterLab over `folder`; throws with its log when it does not come up. */
export async function startJupyterLab(python: string, folder: string): Promise<JupyterLab> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  const token = randomBytes(16).toString("hex");
  const args = [
    ...["-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1", `--port=${port}`, "--ServerApp.port_retries=0"],
    ...[`--ServerApp.root_dir=${folder}`, `--IdentityProvider.token=${token}`, "--LabApp.news_url="],
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
  // Settings and workspaces of whoever runs the tests stay out of it.
  const homes = {
    JUPYTER_CONFIG_DIR: `${folder}/.config`,
    JUPYTERLAB_SETTINGS_DIR: `${folder}/.settings`,
    JUPYTERLAB_WORKSPACES_DIR: `${folder}/.workspaces`,
  };
  const env = { ...process.env, JUPYTER_PREFER_ENV_PATH: "1", ...homes };
  const server: ChildProcess = spawn(python, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env });
  let log = "";
  for (const stream of [server.stdout, server.stderr])
    stream?.on("data", (text) => {
      log += text;
    });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    server.kill("SIGTERM");
    const late = setTimeout(() => server.kill("SIGKILL"), 10_000);
    if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
    clearTimeout(late);
    // Kernels have its ends of the pipes too: until they saw that it is gone they would hold this process.
    for (const stream of [server.stdout, server.stderr]) stream?.destroy();
  };
  for (const end = Date.now() + 60_000; Date.now() < end && server.exitCode === null; ) {
    const answer = await fetch(`${url}/api/status?token=${token}`).catch(() => undefined);
    if (answer?.ok)
      return {
        at: (file) => `${url}/lab/workspaces/${randomBytes(4).toString("hex")}/tree/${file}?token=${token}`,
        log: () => log,
        stop,
      };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  throw new Error(`JupyterLab did not start:\n${log}`);
}
