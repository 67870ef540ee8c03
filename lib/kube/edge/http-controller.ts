// The controller of application load balancers: one for each Ingress of its class, and for each Gateway with its routes.
// Before you edit: github.com/kubernetes-sigs/aws-load-balancer-controller controllers/ingress/group_controller.go,
// pkg/ingress/{class_loader,model_build_target_group}.go; gateway-api apis/v1/gateway_types.go (status).
import { SECOND } from "../../trace/world.ts";
import type { KubeObject } from "../api/object.ts";
import type { Cluster } from "../cluster.ts";
import { type Client, unlessGone } from "../controller/client.ts";
import { EventRecorder } from "../controller/events.ts";
import { Informer, keyOf } from "../controller/informer.ts";
import type { ProxiedService } from "../proxy/service-port.ts";
import { type EndpointSlice, isReady, type Node } from "../shapes.ts";
import type { InternetGateway } from "./exit.ts";
import { HTTP_CHECK } from "./health-check.ts";
import { backendKey, HttpBalancer, type HttpListener } from "./http-balancer.ts";
import { type Backend, byPrecedence, type HttpRule } from "./http-routes.ts";
import { ALB, type Gateway, type Ingress, ingressRules, type Route, routeRules } from "./ingress.ts";
import { machineName, publicName } from "./names.ts";
import { mayCarry, NotServed, nodeTargets, podTargets, serviceOfSlice, zoneOf } from "./service-balancer.ts";
import { TargetGroup, type WantedTarget } from "./target-group.ts";

const INGRESS_CONTROLLER = "ingress.k8s.aws/alb";
const GATEWAY_CONTROLLER = "gateway.k8s.aws/alb";
const IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class";
const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const KNOWN = ["target-type", "scheme", "certificate-arn"];

interface IngressClass extends KubeObject {
  readonly spec: { readonly controller: string };
}

interface GatewayClass extends KubeObject {
  readonly spec: { readonly controllerName: string };
}

interface Served {
  readonly balancer: HttpBalancer;
  readonly hostname: string;
}

export class HttpController {
  /** By kind and key: `ingress default/shop`, `gateway default/shop`. */
  readonly balancers = new Map<string, Served>();
  private readonly k8s: Cluster;
  private readonly gateway: InternetGateway;
  private readonly client: Client;
  private readonly events: EventRecorder;
  private readonly nodes: Informer<Node>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly services: Informer<ProxiedService>;
  private readonly classes: Informer<IngressClass>;
  private readonly ingresses: Informer<Ingress>;
  /** Null where the Gateway API is not installed. */
  private readonly api: {
    readonly classes: Informer<GatewayClass>;
    readonly gateways: Informer<Gateway>;
    readonly routes: Informer<Route>;
  } | null;
  private isDue = false;

  /** Makes a class of its own, `alb`, and one of gateways where there are any. */
  constructor(k8s: Cluster, gateway: InternetGateway) {
    this.k8s = k8s;
    this.gateway = gateway;
    this.client = k8s.client("aws-load-balancer-controller");
    this.events = new EventRecorder(this.client, "ingress");
    const metadata = { name: "alb" };
    this.client.create("ingressclasses", null, { metadata, spec: { controller: INGRESS_CONTROLLER } });
    const watch = <Kind extends KubeObject>(name: string) =>
      new Informer<Kind>(this.client, name).on(() => this.later());
    this.nodes = new Informer<Node>(this.client, "nodes").on((now, before) => {
      if (now === null || before === null || isReady(now) !== isReady(before)) this.later();
    });
    this.slices = watch("endpointslices");
    this.services = watch("services");
    this.classes = watch("ingressclasses");
    this.ingresses = watch("ingresses");
    for (const each of [this.nodes, this.slices, this.services, this.classes, this.ingresses]) each.start();
    if (k8s.server.resource("gateways") === undefined) this.api = null;
    else {
      this.client.create("gatewayclasses", null, { metadata, spec: { controllerName: GATEWAY_CONTROLLER } });
      this.api = { classes: watch("gatewayclasses"), gateways: watch("gateways"), routes: watch("httproutes") };
      for (const each of Object.values(this.api)) each.start();
    }
  }

  private later(): void {
    if (this.isDue) return;
    this.isDue = true;
    this.k8s.lab.later(SECOND, () => {
      this.isDue = false;
      this.sync();
    });
  }

  private sync(): void {
    const wanted = new Set<string>();
    for (const ingress of this.ingresses.objects.values())
      if (this.isOurs(ingress)) this.serve(wanted, "ingress", ingress, (key) => this.serveIngress(key, ingress));
    for (const gateway of this.api?.gateways.objects.values() ?? [])
      if (this.api!.classes.get(gateway.spec.gatewayClassName)?.spec.controllerName === GATEWAY_CONTROLLER)
        this.serve(wanted, "gateway", gateway, (key) => this.serveGateway(key, gateway));
    for (const [key, { balancer, hostname }] of this.balancers) {
      if (wanted.has(key)) continue;
      balancer.stop();
      this.k8s.publicNames.set(hostname, []);
      this.balancers.delete(key);
    }
  }

  private serve(wanted: Set<string>, kind: string, object: KubeObject, make: (key: string) => void): void {
    const key = `${kind} ${keyOf(object)}`;
    wanted.add(key);
    try {
      make(key);
    } catch (failure) {
      if (!(failure instanceof NotServed)) throw failure;
      this.events.event(object, "Warning", "FailedBuildModel", `Failed build model due to ${failure.message}`);
    }
  }

  /** Its class says so, or an annotation, or it has no class and this one is everybody's. */
  private isOurs({ metadata, spec }: Ingress): boolean {
    const named = spec.ingressClassName;
    if (named !== undefined) return this.classes.get(named)?.spec.controller === INGRESS_CONTROLLER;
    const noted = metadata.annotations?.[CLASS_ANNOTATION];
    if (noted !== undefined) return noted === "alb";
    const isEverybodys = ({ metadata: own }: IngressClass) => own.annotations?.[IS_DEFAULT] === "true";
    return [...this.classes.objects.values()].find(isEverybodys)?.spec.controller === INGRESS_CONTROLLER;
  }

  private serveIngress(key: string, ingress: Ingress): void {
    const { annotations = {} } = ingress.metadata;
    for (const name of Object.keys(annotations))
      if (name.startsWith(ALB) && !name.startsWith(`${ALB}actions.`) && !KNOWN.includes(name.slice(ALB.length)))
        throw new NotServed(`the annotation ${name} is not modelled`);
    const rules = byPrecedence(ingressRules(ingress));
    const secrets = (ingress.spec.tls ?? []).map(({ secretName = "" }) => secretName);
    const certificate =
      annotations[`${ALB}certificate-arn`] ?? (secrets.length > 0 ? `Secret ${secrets.join(", ")}` : null);
    const plain: HttpListener = { port: 80, rules, certificate: null };
    const listeners = certificate === null ? [plain] : [plain, { port: 443, rules, certificate }];
    const hostname = this.apply(key, ingress, listeners, annotations[`${ALB}target-type`] ?? "instance");
    if (ingress.status?.loadBalancer?.ingress?.[0]?.hostname === hostname) return;
    this.write("ingresses", { ...ingress, status: { loadBalancer: { ingress: [{ hostname }] } } } as Ingress);
    this.events.event(ingress, "Normal", "SuccessfullyReconciled", "Successfully reconciled");
  }

  private serveGateway(key: string, gateway: Gateway): void {
    const routes = [...this.api!.routes.objects.values()]
      .filter(({ metadata, spec }) =>
        (spec.parentRefs ?? []).some(
          ({ name, namespace = metadata.namespace }) => `${namespace}/${name}` === keyOf(gateway),
        ),
      )
      // The oldest goes first, and of those as old the first by name.
      .sort((a, b) => ageOf(a).localeCompare(ageOf(b)) || keyOf(a).localeCompare(keyOf(b)));
    const listeners = gateway.spec.listeners.map(({ port, protocol, name, hostname = "" }): HttpListener => {
      if (protocol !== "HTTP" && protocol !== "HTTPS") throw new NotServed(`a listener of ${protocol} is not modelled`);
      const rules = byPrecedence(routes.flatMap((route) => routeRules(route, hostname)));
      return { port, rules, certificate: protocol === "HTTPS" ? `listener ${name}` : null };
    });
    const hostname = this.apply(key, gateway, listeners, "ip");
    if (gateway.status?.addresses?.[0]?.value === hostname) return;
    const at = { lastTransitionTime: this.client.clock.time, observedGeneration: 1, message: "" };
    const conditions = [
      { type: "Accepted", status: "True", reason: "Accepted", ...at },
      { type: "Programmed", status: "True", reason: "Programmed", ...at },
    ];
    this.write("gateways", {
      ...gateway,
      status: { addresses: [{ type: "Hostname", value: hostname }], conditions },
    } as Gateway);
  }

  /** Makes the load balancer what is wanted; its public name. */
  private apply(key: string, object: KubeObject, listeners: readonly HttpListener[], targetType: string): string {
    if (targetType !== "instance" && targetType !== "ip") throw new NotServed(`unknown target type: ${targetType}`);
    const wanted = new Map<string, readonly WantedTarget[]>();
    for (const backend of listeners.flatMap(({ rules }) => rules).flatMap(({ backends }: HttpRule) => backends)) {
      const targets = this.targetsOf(backend, targetType);
      if (targets !== null) wanted.set(backendKey(backend), targets);
    }
    const { balancer, hostname } = this.balancers.get(key) ?? this.make(key, object);
    for (const [name, group] of balancer.groups) {
      if (wanted.has(name)) continue;
      group.stop();
      balancer.groups.delete(name);
    }
    for (const [name, targets] of wanted) {
      const group =
        balancer.groups.get(name) ?? new TargetGroup(this.gateway.lab, balancer.balancer.ns, HTTP_CHECK, true);
      balancer.groups.set(name, group);
      group.set(targets);
    }
    balancer.set(listeners);
    return hostname;
  }

  /** null: there is no such Service, or no such port of it. */
  private targetsOf({ service: key, port }: Backend, targetType: "instance" | "ip"): readonly WantedTarget[] | null {
    const service = this.services.get(key);
    const found = service?.spec.ports?.find((each) => each.port === port || each.name === port);
    if (found === undefined) return null;
    const nodes = [...this.nodes.objects.values()];
    if (targetType === "instance") {
      if (!found.nodePort)
        throw new NotServed(`service ${key} must be of type NodePort or LoadBalancer when target-type is instance`);
      return nodeTargets(found.nodePort, nodes);
    }
    const slices = [...this.slices.objects.values()].filter((each) => serviceOfSlice(each) === key);
    return podTargets(found.name ?? "", nodes, slices);
  }

  private make(key: string, object: KubeObject): Served {
    const zones = [...new Set([...this.nodes.objects.values()].filter(mayCarry).map(zoneOf))].sort();
    const balancer = this.gateway.attach(machineName("alb", object), zones);
    if (balancer === null) throw new NotServed("TooManyLoadBalancers");
    const hostname = publicName(this.gateway.lab, "alb", object);
    const served = { balancer: new HttpBalancer(this.gateway, balancer), hostname };
    this.balancers.set(key, served);
    this.k8s.publicNames.set(
      hostname,
      balancer.fronts.map((front) => `${front.public}`),
    );
    return served;
  }

  private write(resource: string, object: KubeObject): void {
    unlessGone(() => this.client.update(resource, object, "status"));
  }
}

const ageOf = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? "";
