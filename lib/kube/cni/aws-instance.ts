// What a type of machine may have: network interfaces, and addresses on each.
// Before you edit: github.com/aws/amazon-vpc-cni-k8s pkg/vpc/vpc_ip_resource_limit.go, misc/eni-max-pods.txt.
import { BadInput, didYouMean } from "../../wire/input.ts";

export interface InstanceLimits {
  readonly interfaces: number;
  /** Of each interface, its own included. */
  readonly addresses: number;
}

const LIMITS: Readonly<Record<string, InstanceLimits>> = {
  "t3.nano": { interfaces: 2, addresses: 2 },
  "t3.micro": { interfaces: 2, addresses: 2 },
  "t3.small": { interfaces: 3, addresses: 4 },
  "t3.medium": { interfaces: 3, addresses: 6 },
  "t3.large": { interfaces: 3, addresses: 12 },
  "m5.large": { interfaces: 3, addresses: 10 },
  "m5.xlarge": { interfaces: 4, addresses: 15 },
  "m5.2xlarge": { interfaces: 4, addresses: 15 },
  "m5.4xlarge": { interfaces: 8, addresses: 30 },
  "c5.large": { interfaces: 3, addresses: 10 },
  "c5.xlarge": { interfaces: 4, addresses: 15 },
};

/** Throws BadInput for a type that is not known here. */
export function limitsOf(type: string): InstanceLimits {
  const limits = Object.hasOwn(LIMITS, type) ? LIMITS[type] : undefined;
  if (limits !== undefined) return limits;
  const known = Object.keys(LIMITS);
  throw new BadInput(
    "no instance type of this name",
    type,
    `There are: ${known.join(", ")}.${didYouMean(type, known)}`,
  );
}

/** --max-pods: an address for each pod; aws-node and kube-proxy have the machine's own. */
export function maxPods({ interfaces, addresses }: InstanceLimits): number {
  return interfaces * (addresses - 1) + 2;
}
