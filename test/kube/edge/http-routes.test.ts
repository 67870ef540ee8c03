// Which rule a request of HTTP is for, against the tables of the specifications.
// kubernetes.io/docs/concepts/services-networking/ingress: "Examples" of path types, "Hostname wildcards", "Multiple
// matches"; gateway-api apis/v1/httproute_types.go: hostnames, HTTPPathMatch, precedence of HTTPRouteRule.matches.
import { strict as assert } from "node:assert";
import { byPrecedence, type HttpRule, type PathType, ruleFor, weighted } from "../../../lib/kube/edge/http-routes.ts";
import { type Ingress, ingressRules, type Route, routeRules } from "../../../lib/kube/edge/ingress.ts";

const backend = (name: string) => ({ service: { name, port: { number: 80 } } });

function ingress(
  rules: readonly { host?: string; paths: readonly [PathType, string][] }[],
  hasDefault = false,
): Ingress {
  const spec = {
    rules: rules.map(({ host, paths }) => ({
      ...(host !== undefined && { host }),
      http: {
        paths: paths.map(([pathType, path]) => ({
          pathType,
          path,
          backend: backend(path === "/" ? "root" : `of${path.replaceAll("/", "-")}-${pathType.toLowerCase()}`),
        })),
      },
    })),
    ...(hasDefault && { defaultBackend: backend("default") }),
  };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "i", namespace: "d" },
    spec,
  } as unknown as Ingress;
}

/** The path of the rule that a request is for, with its type; `default`, or null: none. */
function answer(
  rules: readonly HttpRule[],
  path: string,
  host = "any.example",
  headers: Record<string, string> = {},
  method = "GET",
) {
  const question = { method, host, path, headers: new Map(Object.entries(headers)) };
  const { rule } = ruleFor(byPrecedence(rules), question);
  if (rule === null) return null;
  return rule.path === "" ? "default" : `${rule.pathType} ${rule.path}`;
}

/** Kind, paths, request, and which path matches; as the documentation's table has it. */
const TABLE: readonly (readonly [PathType, readonly string[], string, string | null])[] = [
  ["Prefix", ["/"], "/any/path", "/"],
  ["Exact", ["/foo"], "/foo", "/foo"],
  ["Exact", ["/foo"], "/bar", null],
  ["Exact", ["/foo"], "/foo/", null],
  ["Exact", ["/foo/"], "/foo", null],
  ["Prefix", ["/foo"], "/foo", "/foo"],
  ["Prefix", ["/foo"], "/foo/", "/foo"],
  ["Prefix", ["/foo/"], "/foo", "/foo/"],
  ["Prefix", ["/foo/"], "/foo/", "/foo/"],
  ["Prefix", ["/aaa/bb"], "/aaa/bbb", null],
  ["Prefix", ["/aaa/bbb"], "/aaa/bbb", "/aaa/bbb"],
  ["Prefix", ["/aaa/bbb/"], "/aaa/bbb", "/aaa/bbb/"],
  ["Prefix", ["/aaa/bbb"], "/aaa/bbb/", "/aaa/bbb"],
  ["Prefix", ["/aaa/bbb"], "/aaa/bbb/ccc", "/aaa/bbb"],
  ["Prefix", ["/aaa/bbb"], "/aaa/bbbxyz", null],
  ["Prefix", ["/", "/aaa"], "/aaa/ccc", "/aaa"],
  ["Prefix", ["/", "/aaa", "/aaa/bbb"], "/aaa/bbb", "/aaa/bbb"],
  ["Prefix", ["/", "/aaa", "/aaa/bbb"], "/ccc", "/"],
  ["Prefix", ["/aaa"], "/ccc", null],
];

/** Host of the rule, host header, and whether it matches. */
const INGRESS_HOSTS = [
  ["*.foo.com", "bar.foo.com", true],
  ["*.foo.com", "baz.bar.foo.com", false],
  ["*.foo.com", "foo.com", false],
  ["foo.bar.com", "foo.bar.com", true],
  ["foo.bar.com", "bar.com", false],
] as const;

const ROUTE_HOSTS = [
  ["*.example.com", "test.example.com", true],
  ["*.example.com", "foo.test.example.com", true],
  ["*.example.com", "example.com", false],
  ["test.example.com", "test.example.com", true],
  ["test.example.com", "foo.test.example.com", false],
] as const;

describe("an Ingress' rules", () => {
  for (const [type, paths, request, expected] of TABLE)
    it(`${type} ${paths.join(", ")}: ${request} ${expected === null ? "fits none" : `is for ${expected}`}`, () => {
      const rules = ingressRules(ingress([{ paths: paths.map((path) => [type, path]) }]));
      assert.equal(answer(rules, request), expected === null ? null : `${type} ${expected}`);
    });

  it("what fits none is for the default backend, if there is one", () => {
    assert.equal(answer(ingressRules(ingress([{ paths: [["Prefix", "/aaa"]] }], true)), "/ccc"), "default");
    assert.equal(answer(ingressRules(ingress([{ paths: [["Prefix", "/foo"]] }], true)), "/foobar"), "default");
  });

  it("of two that are as long the exact one is preferred", () => {
    const rules = ingressRules(
      ingress([
        {
          paths: [
            ["Prefix", "/foo"],
            ["Exact", "/foo"],
          ],
        },
      ]),
    );
    assert.equal(answer(rules, "/foo"), "Exact /foo");
    assert.equal(answer(rules, "/foo/bar"), "Prefix /foo");
  });

  for (const [host, asked, fits] of INGRESS_HOSTS)
    it(`host ${host}: ${asked} ${fits ? "fits" : "does not"}`, () => {
      const rules = ingressRules(ingress([{ host, paths: [["Prefix", "/"]] }]));
      assert.equal(answer(rules, "/", asked), fits ? "Prefix /" : null);
    });

  it("the query is no part of the path, and case counts", () => {
    const rules = ingressRules(ingress([{ paths: [["Exact", "/foo"]] }]));
    assert.equal(answer(rules, "/foo?a=/b"), "Exact /foo");
    assert.equal(answer(rules, "/FOO"), null);
  });
});

const route = (hostnames: readonly string[] | undefined, rules: Route["spec"]["rules"]): Route =>
  ({ metadata: { name: "r", namespace: "d" }, spec: { ...(hostnames && { hostnames }), rules } }) as Route;

describe("an HTTPRoute's rules", () => {
  for (const [host, asked, fits] of ROUTE_HOSTS)
    it(`host ${host}: ${asked} ${fits ? "fits" : "does not"}`, () => {
      assert.equal(answer(routeRules(route([host], [{}]), ""), "/", asked), fits ? "Prefix /" : null);
    });

  it("the documentation's example: one match or the other, and all of a match", () => {
    const matches = [
      { path: { value: "/foo" }, headers: [{ name: "version", value: "v2" }] },
      { path: { value: "/v2/foo" } },
    ];
    const rules = routeRules(route(undefined, [{ matches }]), "");
    assert.equal(answer(rules, "/foo/x", "h", { version: "v2" }), "Prefix /foo");
    assert.equal(answer(rules, "/foo/x"), null);
    assert.equal(answer(rules, "/v2/foo"), "Prefix /v2/foo");
  });

  it("precedence: exact path, longer prefix, method, more headers, more queries, and then the order", () => {
    const header = (name: string) => ({ name, value: "1" });
    const weakest = [
      { path: { value: "/a" } },
      { path: { value: "/a" }, queryParams: [header("q")] },
      { path: { value: "/a" }, headers: [header("x")] },
      { path: { value: "/a" }, headers: [header("x"), header("y")] },
      { path: { value: "/a" }, method: "GET" },
      { path: { value: "/a/b" } },
      { path: { type: "Exact", value: "/a/b" } },
    ];
    const rules = routeRules(
      route(
        undefined,
        weakest.map((match) => ({ matches: [match] })),
      ),
      "",
    );
    const question = {
      method: "GET",
      host: "h",
      path: "/a/b?q=1",
      headers: new Map([
        ["x", "1"],
        ["y", "1"],
      ]),
    };
    // Each one that is taken away leaves the request to the next in rank.
    for (let left = rules.length; left > 0; left--)
      assert.equal(ruleFor(byPrecedence(rules.slice(0, left)), question).rule, rules[left - 1]);
  });

  it("more characters of the host's name go before any path", () => {
    const wide = routeRules(route(["*.example.com"], [{ matches: [{ path: { type: "Exact", value: "/a" } }] }]), "");
    const narrow = routeRules(route(["*.test.example.com"], [{}]), "");
    const exact = routeRules(route(["a.test.example.com"], [{}]), "");
    const first = (rules: HttpRule[]) => byPrecedence(rules).map(({ host }) => host);
    assert.deepEqual(first([...wide, ...narrow, ...exact]), [
      "a.test.example.com",
      "*.test.example.com",
      "*.example.com",
    ]);
  });

  it("a listener's host name leaves what both mean", () => {
    const hosts = (own: string[] | undefined, listener: string) =>
      routeRules(route(own, [{}]), listener).map(({ host }) => host);
    assert.deepEqual(hosts(undefined, "test.example.com"), ["test.example.com"]);
    assert.deepEqual(hosts(["*.example.com"], "test.example.com"), ["test.example.com"]);
    assert.deepEqual(hosts(["test.example.com", "test.example.net"], "*.example.com"), ["test.example.com"]);
  });
});

describe("backends with weights", () => {
  it("get their share of the draws, and none without weight", () => {
    const backends = [
      ["a", 3],
      ["none", 0],
      ["b", 1],
    ].map(([service, weight]) => ({ service, port: 80, weight })) as never;
    const counts: Record<string, number> = {};
    for (let i = 0; i < 1000; i++) {
      const { service } = weighted(backends, i / 1000)!;
      counts[service] = (counts[service] ?? 0) + 1;
    }
    assert.deepEqual(counts, { a: 750, b: 250 });
    assert.equal(weighted([], 0.5), null);
  });
});
