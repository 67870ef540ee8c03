// Ingresses and HTTPRoutes, read as rules.
// Before you edit: github.com/kubernetes-sigs/aws-load-balancer-controller pkg/ingress/model_build_listener_rules.go,
// pkg/ingress/enhanced_backend_builder.go (actions), gateway-api apis/v1/{gateway,httproute}_types.go.
import type { KubeObject } from "../api/object.ts";
import { keyOf } from "../controller/informer.ts";
import type { Backend, HttpRule, PathType } from "./http-routes.ts";
import { NotServed } from "./service-balancer.ts";

interface IngressBackend {
  readonly service?: { readonly name: string; readonly port: { readonly name?: string; readonly number?: number } };
}

export interface Ingress extends KubeObject {
  readonly spec: {
    readonly ingressClassName?: string;
    readonly defaultBackend?: IngressBackend;
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[];
    readonly rules?: readonly {
      readonly host?: string;
      readonly http?: {
        readonly paths: readonly {
          readonly path?: string;
          readonly pathType: PathType;
          readonly backend: IngressBackend;
        }[];
      };
    }[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly hostname?: string }[] } };
}

export interface Gateway extends KubeObject {
  readonly spec: {
    readonly gatewayClassName: string;
    readonly listeners: readonly {
      readonly name: string;
      readonly port: number;
      readonly protocol: string;
      readonly hostname?: string;
    }[];
  };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly value: string }[] };
}

interface Match {
  readonly type?: string;
  readonly name: string;
  readonly value: string;
}

export interface Route extends KubeObject {
  readonly spec: {
    readonly parentRefs?: readonly { readonly name: string; readonly namespace?: string }[];
    readonly hostnames?: readonly string[];
    readonly rules?: readonly {
      readonly matches?: readonly {
        readonly path?: { readonly type?: string; readonly value?: string };
        readonly method?: string;
        readonly headers?: readonly Match[];
        readonly queryParams?: readonly Match[];
      }[];
      readonly filters?: readonly { readonly type: string }[];
      readonly backendRefs?: readonly {
        readonly name: string;
        readonly namespace?: string;
        readonly port?: number;
        readonly weight?: number;
      }[];
    }[];
  };
}

export const ALB = "alb.ingress.kubernetes.io/";
/** The name of a port that says: what to do stands in an annotation. */
const USE_ANNOTATION = "use-annotation";

const PLAIN = { isDeepWildcard: false, method: null, headers: [], queries: [] };

/** The rules of an Ingress, the default backend last. Throws NotServed for what is not modelled. */
export function ingressRules(ingress: Ingress): HttpRule[] {
  const { rules = [], defaultBackend } = ingress.spec;
  const from = `ingress ${keyOf(ingress)}`;
  const read = rules.flatMap(({ host = "", http }) =>
    (http?.paths ?? []).map(
      ({ path = "", pathType, backend }): HttpRule => ({
        ...PLAIN,
        host: host.toLowerCase(),
        pathType,
        path,
        backends: backendsOf(ingress, backend),
        from,
      }),
    ),
  );
  if (defaultBackend === undefined) return read;
  const backends = backendsOf(ingress, defaultBackend);
  return [...read, { ...PLAIN, host: "", pathType: "Prefix", path: "", backends, from: `${from}, default backend` }];
}

function backendsOf({ metadata }: Ingress, { service }: IngressBackend): readonly Backend[] {
  if (service === undefined) throw new NotServed("a resource as backend is not modelled");
  const { name, port } = service;
  const { namespace } = metadata;
  if (port.name !== USE_ANNOTATION)
    return [{ service: `${namespace}/${name}`, port: port.name ?? port.number!, weight: 1 }];
  const text = metadata.annotations?.[`${ALB}actions.${name}`];
  if (text === undefined) throw new NotServed(`missing actions.${name} configuration`);
  const action = JSON.parse(text);
  if (action.type !== "forward") throw new NotServed(`the action ${action.type} is not modelled, but forward`);
  const groups = (action.forwardConfig?.targetGroups ?? []) as {
    serviceName: string;
    servicePort: number | string;
    weight?: number;
  }[];
  return groups.map(({ serviceName, servicePort, weight = 1 }) => ({
    service: `${namespace}/${serviceName}`,
    port: /^\d+$/.test(`${servicePort}`) ? Number(servicePort) : servicePort,
    weight,
  }));
}

/** The rules of an HTTPRoute for a listener with this host name (`""`: every). Throws NotServed for what is not modelled. */
export function routeRules(route: Route, listenerHost: string): HttpRule[] {
  const { hostnames = [""], rules = [{}] } = route.spec;
  const from = `httproute ${keyOf(route)}`;
  const hosts = hostnames.map((host) => intersection(host, listenerHost)).filter((host) => host !== null);
  return hosts.flatMap((host) =>
    rules.flatMap(({ matches = [{}], filters = [], backendRefs = [] }) => {
      if (filters.length > 0) throw new NotServed(`the filter ${filters[0]!.type} is not modelled`);
      const backends = backendRefs.map(({ name, namespace = route.metadata.namespace, port = 80, weight = 1 }) => ({
        service: `${namespace}/${name}`,
        port,
        weight,
      }));
      return matches.map(({ path = {}, method = null, headers = [], queryParams = [] }): HttpRule => {
        const { type = "PathPrefix", value = "/" } = path;
        if (type !== "Exact" && type !== "PathPrefix") throw new NotServed(`a path of type ${type} is not modelled`);
        const pathType = type === "Exact" ? "Exact" : "Prefix";
        const named = headers.map((each) => exact(each.name.toLowerCase(), each));
        // Of several with one name only the first counts.
        const first = named.filter(([name], i) => named.findIndex(([other]) => other === name) === i);
        const queries = queryParams.map((each) => exact(each.name, each));
        return { host, isDeepWildcard: true, pathType, path: value, method, headers: first, queries, backends, from };
      });
    }),
  );
}

function exact(name: string, { type = "Exact", value }: Match): readonly [string, string] {
  if (type !== "Exact") throw new NotServed(`a match of type ${type} is not modelled`);
  return [name, value];
}

/** What both a route and a listener mean; null: nothing. */
function intersection(route: string, listener: string): string | null {
  if (listener === "" || route === listener) return route;
  if (route === "") return listener;
  if (listener.startsWith("*.") && route.endsWith(listener.slice(1))) return route;
  return route.startsWith("*.") && listener.endsWith(route.slice(1)) ? listener : null;
}
