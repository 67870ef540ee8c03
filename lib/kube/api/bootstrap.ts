// What is in a cluster before anybody has asked for anything.
// Before you edit: pkg/controlplane/controller/{systemnamespaces,kubernetesservice}/*.go.
import { Ipv4, prefix4 } from "../../wire/address.ts";
import type { ApiServer } from "./server.ts";

const AGENT = "kube-apiserver";

/** The system's namespaces, and the Service by which pods find the API server. */
export function bootstrap(server: ApiServer): void {
  const namespaces = server.resource("namespaces", "")!;
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"])
    server.create(AGENT, { resource: namespaces, namespace: null, name: "" }, { metadata: { name } });
  const services = server.resource("services", "");
  if (services === undefined) return;
  server.create(
    AGENT,
    { resource: services, namespace: "default", name: "" },
    {
      metadata: { name: "kubernetes", labels: { component: "apiserver", provider: "kubernetes" } },
      spec: {
        clusterIP: Ipv4.of(prefix4(server.serviceRange).address.bits + 1).text,
        ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 6443 }],
      },
    },
  );
}
