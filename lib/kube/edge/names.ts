// How a cloud calls its load balancers.
// Before you edit: github.com/kubernetes-sigs/aws-load-balancer-controller pkg/service/model_build_load_balancer.go and
// pkg/ingress/model_build_load_balancer.go (buildLoadBalancerName), staging/src/k8s.io/cloud-provider/cloud.go
// (DefaultLoadBalancerName).
import { createHash } from "node:crypto";
import type { Lab } from "../../lab/lab.ts";
import type { KubeObject } from "../api/object.ts";

export const REGION = "us-east-1";

export type BalancerKind = "nlb" | "elb" | "alb";

/** The public name of a load balancer for an object, with digits that the cloud draws. */
export function publicName(lab: Lab, kind: BalancerKind, { metadata }: KubeObject): string {
  const { namespace = "", name, uid = "" } = metadata;
  const digits = (count: number, base: number) =>
    Array.from({ length: count }, () => lab.below(base).toString(base)).join("");
  if (kind === "elb")
    return `a${uid.replaceAll("-", "")}`.slice(0, 32).concat(`-${digits(10, 10)}.${REGION}.elb.amazonaws.com`);
  const hash = createHash("sha256").update(`packetwalk${uid}internet-facing`).digest("hex").slice(0, 10);
  const plain = (text: string) => text.replace(/[\W_]/g, "").slice(0, 8);
  const own = `k8s-${plain(namespace)}-${plain(name)}-${hash}`;
  return kind === "nlb"
    ? `${own}-${digits(16, 16)}.elb.${REGION}.amazonaws.com`
    : `${own}-${digits(10, 10)}.${REGION}.elb.amazonaws.com`;
}

/** The name of its machine in the lab: `nlb-web`, or `nlb-beta-web`. */
export function machineName(kind: BalancerKind, { metadata: { namespace, name } }: KubeObject): string {
  return namespace === "default" ? `${kind}-${name}` : `${kind}-${namespace}-${name}`;
}
