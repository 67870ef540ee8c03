// What of a log may be asked: the API server judges it before it asks a kubelet.
import type { Conversations } from "./asked.ts";

const PODS = "/api/v1/namespaces/talk/pods";
const pod = (name: string, spec: object) => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec });
const [a, b] = ["a", "b"].map((name) => ({ name, image: "nginx" }));

export const LOG_CONVERSATIONS: Conversations = {
  logs: [
    { method: "POST", path: PODS, body: pod("one", { containers: [a] }) },
    { method: "POST", path: PODS, body: pod("two", { containers: [a, b] }) },
    { method: "POST", path: PODS, body: pod("init", { containers: [a], initContainers: [b] }) },
    { method: "POST", path: PODS, body: pod("all", { containers: [a, b], initContainers: [{ ...a, name: "c" }] }) },
    ...[
      "one",
      "one?container=nobody",
      "two",
      "two?container=b",
      "init",
      "init?container=b",
      "all",
      "nobody",
      "nobody?tailLines=-1",
      "one?tailLines=-1",
      "one?tailLines=x",
      "one?limitBytes=0",
      "one?sinceSeconds=0",
      "one?sinceSeconds=-3",
      "one?sinceTime=yesterday",
      "one?sinceSeconds=3&sinceTime=2025-01-01T00:00:00Z",
      "one?tailLines=-1&limitBytes=-1&sinceSeconds=-1",
      "one?timestamps=perhaps&previous=0",
    ].map((said) => {
      const [name, query] = said.split("?");
      return {
        method: "GET" as const,
        path: `${PODS}/${name}/log`,
        query: Object.fromEntries(new URLSearchParams(query)),
      };
    }),
  ],
};
