// Files that a kubelet and its runtime give to a pod: /etc/resolv.conf, /etc/hosts, and what its volumes bring.
// Before you edit: pkg/kubelet/network/dns/dns.go (GetPodDNS), pkg/kubelet/kubelet_pods.go (managedHostsFileContent),
// containerd internal/cri/server/sandbox_run_linux.go (parseDNSOptions), pkg/volume/configmap.
import type { Machine } from "../../lab/machine.ts";
import type { KubeObject } from "../api/object.ts";
import type { Client } from "../controller/client.ts";
import { CLUSTER_DNS, CLUSTER_DOMAIN } from "../dns/manifests.ts";
import type { Pod } from "../shapes.ts";

/** A runtime takes at most so many (maxDNSNameservers, maxDNSSearchPaths). */
const NAMESERVERS = 3;
const SEARCHES = 32;

/** What a file of the resolver says, in its order. */
interface ResolverFile {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

function readResolver(text: string): ResolverFile {
  const words = (keyword: string) =>
    text
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([first]) => first === keyword)
      .map(([, ...rest]) => rest);
  return {
    nameservers: words("nameserver").map(([first = ""]) => first),
    searches: words("search").at(-1) ?? [],
    options: words("options").flat(),
  };
}

const once = (list: readonly string[]): string[] => [...new Set(list)];

/** /etc/resolv.conf of a pod by its dnsPolicy; `host` is that of its node. */
export function resolverFile({ metadata: { namespace }, spec }: Pod, host: string): string {
  const { dnsPolicy = "ClusterFirst", dnsConfig, hostNetwork = false } = spec;
  const node = readResolver(host);
  const isCluster = dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && !hostNetwork);
  const own = [`${namespace}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN];
  const nothing = { nameservers: [], searches: [], options: [] };
  const base: ResolverFile = isCluster
    ? { nameservers: [CLUSTER_DNS], searches: [...own, ...node.searches], options: ["ndots:5"] }
    : dnsPolicy === "None"
      ? nothing
      : node;
  const options = new Map(base.options.map((each) => [each.split(":")[0]!, each]));
  for (const { name, value } of dnsConfig?.options ?? [])
    options.set(name, value === undefined || value === "" ? name : `${name}:${value}`);
  const searches = once([...base.searches, ...(dnsConfig?.searches ?? [])]).slice(0, SEARCHES);
  const nameservers = once([...base.nameservers, ...(dnsConfig?.nameservers ?? [])]).slice(0, NAMESERVERS);
  return [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}\n`] : []),
    ...nameservers.map((each) => `nameserver ${each}\n`),
    ...(options.size > 0 ? [`options ${[...options.values()].join(" ")}\n`] : []),
  ].join("");
}

/** /etc/hosts of a pod. */
export function hostsFile({ metadata, spec }: Pod, address: string): string {
  const { hostname = metadata.name.slice(0, 63), subdomain, hostAliases = [] } = spec;
  const full = subdomain === undefined ? "" : `${hostname}.${subdomain}.${metadata.namespace}.svc.${CLUSTER_DOMAIN}\t`;
  const aliases = hostAliases.map(({ ip, hostnames }) => `${ip}\t${hostnames.join("\t")}\n`);
  return [
    `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
${address}\t${full}${hostname}
`,
    ...(aliases.length > 0 ? ["\n# Entries added by HostAliases.\n", ...aliases] : []),
  ].join("");
}

type Files = ReadonlyMap<string, string>;

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Files of the pod's volumes of type configMap, by their path; a text is why the pod must wait. */
export function volumeFiles({ metadata: { namespace }, spec }: Pod, client: Client): Map<string, string> | string {
  const files = new Map<string, string>();
  for (const { name, configMap } of spec.volumes ?? []) {
    if (configMap === undefined) continue;
    const found = client.get("configmaps", namespace!, configMap.name) as ConfigMap | undefined;
    if (found === undefined)
      return `MountVolume.SetUp failed for volume "${name}" : configmap "${configMap.name}" not found`;
    const { data = {} } = found;
    const items = configMap.items ?? Object.keys(data).map((key) => ({ key, path: key }));
    for (const { volumeMounts = [] } of [...(spec.initContainers ?? []), ...spec.containers])
      for (const mount of volumeMounts.filter((each) => each.name === name))
        for (const { key, path } of items)
          if (data[key] !== undefined) files.set(`${mount.mountPath.replace(/\/$/, "")}/${path}`, data[key]);
  }
  return files;
}

/** Gives the namespace of a pod its files: those of its volumes, and those every pod has. */
export function mountFiles(machine: Machine, where: string, pod: Pod, address: string, volumes: Files): void {
  const host = machine.files.get("/etc/resolv.conf");
  const files = new Map(volumes);
  files.set("/etc/resolv.conf", resolverFile(pod, host === undefined ? "" : new TextDecoder().decode(host)));
  files.set("/etc/hosts", hostsFile(pod, address));
  const encoder = new TextEncoder();
  machine.mounts.set(where, new Map([...files].map(([path, text]) => [path, encoder.encode(text)])));
}
