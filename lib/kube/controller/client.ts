// How a component of the control plane speaks with the API server: in its own name, about kinds it names by their plural.
// Before you edit: staging/src/k8s.io/client-go/kubernetes/clientset.go, .../tools/record/event.go.
import type { Timer } from "../../trace/world.ts";
import type { DeleteOptions, Door, Surroundings } from "../api/call.ts";
import type { KubeObject } from "../api/object.ts";
import type { PatchType } from "../api/patch.ts";
import type { Resource } from "../api/resource.ts";
import type { ApiServer } from "../api/server.ts";
import { ApiError } from "../api/status.ts";
import { bind } from "../api/subresource.ts";

/** The clock of a lab: a background timer does not keep it from being quiet. */
export interface Clock extends Surroundings {
  later(delay: number, action: () => void, background?: boolean): Timer;
}

export class Client {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly agent: string;

  constructor(server: ApiServer, clock: Clock, agent: string) {
    this.server = server;
    this.clock = clock;
    this.agent = agent;
  }

  /** The same server, spoken to by somebody else. */
  as(agent: string): Client {
    return new Client(this.server, this.clock, agent);
  }

  /** The kind with this plural. The server serves every kind a component asks for, so none is a bug. */
  resource(name: string): Resource {
    const found = this.server.resource(name);
    if (found === undefined) throw new Error(`the API server does not serve ${name}`);
    return found;
  }

  create(resource: string, namespace: string | null, body: object): KubeObject {
    return this.server.create(this.agent, this.door(resource, namespace, ""), body);
  }

  update(resource: string, object: KubeObject, subresource?: string): KubeObject {
    const { namespace, name } = object.metadata;
    return this.server.update(this.agent, this.door(resource, namespace ?? null, name, subresource), object);
  }

  patch(
    resource: string,
    { metadata: { namespace, name } }: KubeObject,
    patch: object,
    { subresource, type = "application/strategic-merge-patch+json" }: { subresource?: string; type?: PatchType } = {},
  ): KubeObject {
    return this.server.patch(this.agent, this.door(resource, namespace ?? null, name, subresource), patch, type);
  }

  delete(resource: string, { metadata: { namespace, name } }: KubeObject, options: DeleteOptions = {}): void {
    this.server.delete(this.agent, this.door(resource, namespace ?? null, name), options);
  }

  /** Binds a pod to a node (POST …/pods/NAME/binding). Throws ApiError when it is gone or bound already. */
  bind({ metadata: { name, namespace } }: KubeObject, node: string): void {
    const binding = { apiVersion: "v1", kind: "Binding", metadata: { name }, target: { kind: "Node", name: node } };
    bind(this.server, this.agent, this.door("pods", namespace!, name, "binding"), binding);
  }

  /** The object, or undefined when there is none. */
  get(resource: string, namespace: string | null, name: string): KubeObject | undefined {
    return unlessGone(() => this.server.get(this.agent, this.door(resource, namespace, name)));
  }

  private door(resource: string, namespace: string | null, name: string, subresource?: string): Door {
    const of = this.resource(resource);
    return subresource === undefined
      ? { resource: of, namespace, name }
      : { resource: of, namespace, name, subresource };
  }
}

/** What `action` gives, or undefined when what it is about is gone already. */
export function unlessGone<Value>(action: () => Value): Value | undefined {
  try {
    return action();
  } catch (failure) {
    if (failure instanceof ApiError && failure.reason === "NotFound") return undefined;
    throw failure;
  }
}
