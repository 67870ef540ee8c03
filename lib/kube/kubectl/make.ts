// kubectl create KIND and run: objects made of words.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/create/create_*.go, .../run/run.go,
// .../pkg/generate/versioned/run.go.
import { configKey, dnsSubdomain } from "../api/names.ts";
import { type Draft, draftOf } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { asDry, validation } from "./apply.ts";
import { Failure, Refusal, usage } from "./failure.ts";
import { type Flag, flagsOf } from "./flags.ts";
import { report } from "./print.ts";
import type { Session } from "./session.ts";

export const MAKING =
  "output:o template dry-run=unchanged field-manager save-config? validate=strict show-managed-fields? allow-missing-template-keys? ";
export const CREATE_KIND = flagsOf(
  `${MAKING} image* replicas:r# port# from-literal+ from-file* !from-env-file* !append-hash?`,
);
/** Each type of Service has its own. */
export const CREATE_SERVICE: Readonly<Record<string, readonly Flag[]>> = {
  clusterip: flagsOf(`${MAKING} tcp* clusterip`),
  externalname: flagsOf(`${MAKING} tcp* external-name`),
  loadbalancer: flagsOf(`${MAKING} tcp*`),
  nodeport: flagsOf(`${MAKING} tcp* node-port#`),
};
export const RUN = flagsOf(
  `${MAKING} image image-pull-policy env+ port labels:l restart command? annotations+ quiet:q? expose? ` +
    "!rm? !stdin:i? !tty:t? !attach? !overrides !privileged? !leave-stdin-open? !record?",
);
export const kind = (session: Session, plural: string, group = ""): Resource => session.server.resource(plural, group)!;

/** Sends it, or only shows it; what the server refuses is told with `doing` before it. */
export function make(session: Session, resource: Resource, object: Draft, doing = ""): number {
  const namespace = resource.namespaced ? session.namespace : null;
  const isSaid = resource.namespaced && session.flags.has("namespace");
  const shown = isSaid ? { ...object, metadata: { ...object.metadata, namespace } } : object;
  let made = shown;
  if (session.isDry !== "client")
    try {
      const query = { ...asDry(session), fieldValidation: validation(session) };
      made = session.ask("POST", { resource, namespace }, { query, body: draftOf(shown) });
    } catch (failure) {
      if (doing === "" || !(failure instanceof Refusal)) throw failure;
      throw new Failure(`${doing}: ${failure.message}`);
    }
  report(session, { resource, name: object.metadata.name }, "created", made);
  return 0;
}

export function nameOf(session: Session): string {
  const [name, ...more] = session.words;
  if (name === undefined || more.length > 0)
    throw usage(session.path, `exactly one NAME is required, got ${session.words.length}`);
  return name;
}

/** Throws Failure in strconv's words. */
export function portOf(text: string, how = "Atoi"): number {
  if (!/^[-+]?\d+$/.test(text)) throw new Failure(`strconv.${how}: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

const must = ({ flags }: Session, ...names: readonly string[]): void => {
  const missing = names.filter((name) => !flags.has(name));
  if (missing.length > 0)
    throw new Failure(`required flag(s) ${missing.map((name) => JSON.stringify(name)).join(", ")} not set`);
};

/** What stands behind the last slash of an image, without tag. */
const containerName = (image: string): string =>
  image.split("/").at(-1)!.split(":")[0]!.split("@")[0]!.replace(/[_.]/g, "-");

export function createDeployment(session: Session): number {
  must(session, "image");
  const name = nameOf(session);
  const { flags } = session;
  const command = flags.behind;
  const images = flags.list("image");
  if (images.length > 1 && command !== null) throw new Failure("cannot specify multiple --image options and command");
  const port = flags.text("port");
  const containers = images.map((image, i) => ({
    ...(command !== null && { command }),
    image,
    name: containerName(image),
    ...(port !== "" && i === 0 && { ports: [{ containerPort: Number(port) }] }),
    resources: {},
  }));
  const labels = { app: name };
  const object = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { labels, name },
    spec: {
      replicas: flags.number("replicas", 1),
      selector: { matchLabels: labels },
      strategy: {},
      template: { metadata: { labels }, spec: { containers } },
    },
    status: {},
  };
  return make(session, kind(session, "deployments", "apps"), object, "failed to create deployment");
}

export const createNamespace = (session: Session): number =>
  make(session, kind(session, "namespaces"), {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: nameOf(session) },
    spec: {},
    status: {},
  });

export const createServiceAccount = (session: Session): number =>
  make(
    session,
    kind(session, "serviceaccounts"),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: nameOf(session) } },
    "failed to create serviceaccount",
  );

export function createConfigMap(session: Session): number {
  const name = nameOf(session);
  const data: Draft = {};
  const put = (key: string, value: string) => {
    const wrong = configKey(key);
    if (wrong.length > 0)
      throw new Failure(`${JSON.stringify(key)} is not a valid key name for a ConfigMap: ${wrong.join(",")}`);
    if (key in data)
      throw new Failure(
        `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ConfigMap ${JSON.stringify(name)}`,
      );
    data[key] = value;
  };
  const { files } = session.setting;
  for (const source of session.flags.list("from-file")) {
    const [first = "", second] = source.split("=");
    const path = second ?? first;
    const inside = files.list(path);
    if (inside !== null && second !== undefined) throw new Failure("cannot give a key name for a directory path");
    for (const each of inside === null ? [path] : [...inside].sort().map((file) => `${path}/${file}`)) {
      const text = files.read(each);
      if (text === null && inside === null) throw new Failure(`error reading ${each}: no such file or directory`);
      if (text !== null) put(second === undefined ? each.split("/").at(-1)! : first, text);
    }
  }
  for (const source of session.flags.list("from-literal")) {
    const at = source.indexOf("=");
    if (at < 1) throw new Failure(`invalid literal source ${source}, expected key=value`);
    put(source.slice(0, at), source.slice(at + 1).replace(/^(["'])(.*)\1$/s, "$2"));
  }
  const object = {
    apiVersion: "v1",
    ...(Object.keys(data).length > 0 && { data }),
    kind: "ConfigMap",
    metadata: { name },
  };
  return make(session, kind(session, "configmaps"), object, "failed to create configmap");
}

const TYPES: Readonly<Record<string, string>> = {
  clusterip: "ClusterIP",
  nodeport: "NodePort",
  loadbalancer: "LoadBalancer",
  externalname: "ExternalName",
};

export const createService =
  (word: string) =>
  (session: Session): number => {
    const { flags } = session;
    const type = TYPES[word]!;
    if (type === "ExternalName") must(session, "external-name");
    const name = nameOf(session);
    const outside = flags.text("external-name");
    if (outside !== "" && dnsSubdomain(outside).length > 0)
      throw new Failure(`invalid service external name ${outside}`);
    const tcp = flags.list("tcp");
    const clusterIP = flags.text("clusterip");
    if (clusterIP !== "None" && tcp.length === 0 && type !== "ExternalName")
      throw new Failure("at least one tcp port specifier must be provided");
    const ports = tcp.map((text) => {
      const [port, target = port] = text.split(":");
      const nodePort = flags.number("node-port", 0);
      return {
        name: text.replaceAll(":", "-"),
        ...(nodePort !== 0 && { nodePort }),
        port: portOf(port!, "ParseUint"),
        protocol: "TCP",
        targetPort: /^\d+$/.test(target!) ? Number(target) : target,
      };
    });
    const spec = {
      ...(clusterIP !== "" && { clusterIP }),
      ...(outside !== "" && { externalName: outside }),
      ...(ports.length > 0 && { ports }),
      selector: { app: name },
      type,
    };
    const metadata = { labels: { app: name }, name };
    const object = { apiVersion: "v1", kind: "Service", metadata, spec, status: { loadBalancer: {} } };
    return make(session, kind(session, "services"), object, `failed to create ${type} service`);
  };

/** `a=b,c=d`. Throws Failure. */
export function pairsOf(text: string): Draft {
  const pairs = text.split(",").filter((each) => each !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = "", value, ...more] = pair.split("=");
      if (value === undefined || more.length > 0) throw new Failure(`unexpected label spec: ${pair}`);
      return [key, value];
    }),
  );
}

export function run(session: Session): number {
  const { flags } = session;
  const [name, ...words] = session.words;
  must(session, "image");
  if (name === undefined) throw usage("kubectl run", "NAME is required for run");
  const image = flags.text("image");
  if (image === "") throw new Failure("--image is required");
  if (!/^[\w.:/@-]+$/.test(image) || /[A-Z]/.test(image.split(":")[0]!))
    throw new Failure(`Invalid image name ${JSON.stringify(image)}: invalid reference format`);
  const restart = flags.text("restart", "Always");
  if (!["Always", "OnFailure", "Never"].includes(restart))
    throw usage("kubectl run", `invalid restart policy: ${restart}`);
  if (flags.is("expose") && !flags.has("port"))
    throw usage("kubectl run", "--port must be set when exposing a service");
  const labels = flags.has("labels") ? pairsOf(flags.text("labels")) : { run: name };
  const args = [...words, ...(flags.behind ?? [])];
  const env = flags.list("env").map((each) => {
    const at = each.indexOf("=");
    if (at < 1) throw new Failure(`invalid env: ${each}`);
    return { name: each.slice(0, at), value: each.slice(at + 1) };
  });
  const annotations = pairsOf(flags.list("annotations").join(","));
  const container = {
    ...(args.length > 0 && { [flags.is("command") ? "command" : "args"]: args }),
    ...(env.length > 0 && { env }),
    image,
    ...(flags.has("image-pull-policy") && { imagePullPolicy: flags.text("image-pull-policy") }),
    name,
    ...(flags.has("port") && { ports: [{ containerPort: portOf(flags.text("port")) }] }),
    resources: {},
  };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...(Object.keys(annotations).length > 0 && { annotations }), labels, name },
    spec: { containers: [container], dnsPolicy: "ClusterFirst", restartPolicy: restart },
    status: {},
  };
  if (flags.is("expose")) {
    const port = Number(flags.text("port"));
    const spec = { ports: [{ port, protocol: "TCP", targetPort: port }], selector: labels };
    make(session, kind(session, "services"), {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec,
      status: { loadBalancer: {} },
    });
  }
  return make(session, kind(session, "pods"), pod);
}
