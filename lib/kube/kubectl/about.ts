// kubectl version, cluster-info, api-resources, api-versions, config: what one speaks with.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/{version,clusterinfo,apiresources,config}/*.go.

import { notModelled } from "../../tools/command.ts";
import { version as versionInfo } from "../api/discovery.ts";
import { apiVersionOf, type Resource } from "../api/resource.ts";
import { Failure, usage } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { jsonText, yamlText } from "./object-text.ts";
import type { Session } from "./session.ts";
import { ROWS, setOut } from "./tabwriter.ts";

export const VERSION = flagsOf("client? output:o");
export const CLUSTER_INFO = flagsOf("");
export const API_RESOURCES = flagsOf("api-group namespaced? verbs* output:o no-headers? sort-by cached? categories*");
export const API_VERSIONS = flagsOf("");
export const TOP = flagsOf(
  "selector:l all-namespaces:A? containers? sort-by no-headers? field-selector sum? show-swap? use-protocol-buffers? show-capacity?",
);
export const CONFIG = flagsOf("minify? flatten? raw? output:o all-namespaces? no-headers?");

/** The kustomize that kubectl 1.36 has in it. */
const KUSTOMIZE = "v5.8.1";
/** Where the API server of a cluster listens. */
export const ADDRESS = "https://192.168.0.10:6443";

export function version(session: Session): number {
  const { flags, words } = session;
  if (words.length > 0) throw new Failure(`extra arguments: [${words.join(" ")}]`);
  const info = versionInfo();
  const all = { clientVersion: info, kustomizeVersion: KUSTOMIZE, ...(!flags.is("client") && { serverVersion: info }) };
  const output = flags.text("output");
  if (output === "json") session.out(`${JSON.stringify(all, null, 2)}\n`);
  else if (output === "yaml") session.out(`${yamlText(all)}\n`);
  else if (output !== "") throw new Failure("--output must be 'yaml' or 'json'");
  else {
    session.out(`Client Version: ${info.gitVersion}\nKustomize Version: ${KUSTOMIZE}\n`);
    if (!flags.is("client")) session.out(`Server Version: ${info.gitVersion}\n`);
  }
  return 0;
}

export function clusterInfo(session: Session): number {
  if (session.words[0] === "dump") throw notModelled("kubectl cluster-info", "dump", "cluster-info alone");
  const resource = session.server.resource("services", "")!;
  const query = { labelSelector: "kubernetes.io/cluster-service=true" };
  const namespace = session.flags.has("namespace") ? session.namespace : "kube-system";
  session.out(`Kubernetes control plane is running at ${ADDRESS}\n`);
  for (const { metadata, spec } of session.items({ resource, namespace }, query)) {
    const [port] = spec.ports ?? [];
    const scheme = port?.name === "https" || port?.port === 443 ? "https:" : "";
    const name =
      port === undefined
        ? metadata.name
        : `${scheme}${metadata.name}${scheme === "" && !port.name ? "" : `:${port.name ?? ""}`}`;
    const shown = metadata.labels?.["kubernetes.io/name"] || metadata.name;
    session.out(`${shown} is running at ${ADDRESS}/api/v1/namespaces/${metadata.namespace}/services/${name}/proxy\n`);
  }
  session.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
  return 0;
}

const VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"];

export function apiResources(session: Session): number {
  const { flags, words, server } = session;
  if (words.length > 0) throw usage("kubectl api-resources", `unexpected arguments: [${words.join(" ")}]`);
  const sortBy = flags.text("sort-by");
  if (!["", "name", "kind"].includes(sortBy)) throw new Failure("--sort-by accepts only name or kind");
  const chosen = server.all.filter(
    (each) =>
      (!flags.has("api-group") || each.group === flags.text("api-group")) &&
      (!flags.has("namespaced") || each.namespaced === flags.is("namespaced")) &&
      flags.list("verbs").every((verb) => VERBS.includes(verb)) &&
      flags.list("categories").every((category) => each.categories.includes(category)),
  );
  const keyOf = (each: Resource) => (sortBy === "name" ? each.resource : sortBy === "kind" ? each.kind : each.group);
  const ordered = [...chosen].sort((a, b) => compare(keyOf(a), keyOf(b)) || compare(a.resource, b.resource));
  const output = flags.text("output");
  if (output === "name") {
    for (const { resource, group } of ordered) session.out(`${group === "" ? resource : `${resource}.${group}`}\n`);
    return 0;
  }
  if (output === "json" || output === "yaml") throw notModelled("kubectl api-resources -o", output, "name, wide");
  if (output !== "" && output !== "wide")
    throw new Failure(
      `unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: json,name,wide,yaml`,
    );
  const isWide = output === "wide";
  const rows = ordered.map((each) =>
    [
      each.resource,
      each.shortNames.join(","),
      apiVersionOf(each),
      String(each.namespaced),
      each.kind,
      ...(isWide ? [VERBS.join(","), each.categories.join(",")] : []),
    ].join("\t"),
  );
  const header = [
    "NAME",
    "SHORTNAMES",
    "APIVERSION",
    "NAMESPACED",
    "KIND",
    ...(isWide ? ["VERBS", "CATEGORIES"] : []),
  ].join("\t");
  session.out(setOut(`${[...(flags.is("no-headers") ? [] : [header]), ...rows].join("\n")}\n`, ROWS));
  return 0;
}

/** kubectl top: nobody measures the use of CPU and memory here, as in a cluster without a metrics server. */
export function top(): never {
  throw new Failure("Metrics API not available");
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function apiVersions(session: Session): number {
  const { words } = session;
  if (words.length > 0) throw usage("kubectl api-versions", `unexpected arguments: [${words.join(" ")}]`);
  for (const each of [...new Set(session.server.all.map(apiVersionOf))].sort()) session.out(`${each}\n`);
  return 0;
}

/** The kubeconfig that kubeadm writes for who administers a cluster. */
const KUBECONFIG = {
  apiVersion: "v1",
  clusters: [{ cluster: { "certificate-authority-data": "DATA+OMITTED", server: ADDRESS }, name: "kubernetes" }],
  contexts: [{ context: { cluster: "kubernetes", user: "kubernetes-admin" }, name: "kubernetes-admin@kubernetes" }],
  "current-context": "kubernetes-admin@kubernetes",
  kind: "Config",
  users: [
    {
      name: "kubernetes-admin",
      user: { "client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED" },
    },
  ],
};

export function config(session: Session): number {
  const { flags, path } = session;
  switch (path) {
    case "kubectl config view":
      session.out(flags.text("output") === "json" ? `${jsonText(KUBECONFIG, "    ")}\n` : yamlText(KUBECONFIG));
      return 0;
    case "kubectl config current-context":
      session.out(`${KUBECONFIG["current-context"]}\n`);
      return 0;
    case "kubectl config get-contexts":
      session.out(
        setOut(
          `CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n*\t${KUBECONFIG["current-context"]}\tkubernetes\tkubernetes-admin\t\n`,
          ROWS,
        ),
      );
      return 0;
    default:
      session.out("NAME\nkubernetes\n");
      return 0;
  }
}
