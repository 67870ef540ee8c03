// What a student writes into the exercises of chapter 0.
import type { Answers } from "./solutions.ts";

const SHOP = 'kubectl("get services").print(); //';
const TAKE_OUT = 'kubectl("get pod " + chosen).print(); //';
const MEND = 'kubectl("get service typo").print(); //';
const CONTROLLER = '  // ← me.get("pods", "default", "guard"), me.create("pods", "default", guard)';
const ORDER = `const order = ["containerd", "kubelet", "kubectl", "flannel", "kube-scheduler",
  "replicaset-controller", "deployment-controller"];`;

export const KUBERNETES_BASICS: Answers = {
  rows: Array.from({ length: 19 }, (_, i) => `B${`${i + 1}`.padStart(2, "0")}`),
  // A whole cluster, and the network's three rules.
  most: { cells: 75, words: 2700 },
  exercises: [
    {
      cell: "exercise-1",
      right: [
        [
          ORDER,
          'const order = ["kubectl", "deployment-controller", "replicaset-controller", "kube-scheduler", "kubelet", "containerd", "flannel"];',
        ],
      ],
      // As if pods were made before anybody asked for them.
      wrong: [
        [
          ORDER,
          'const order = ["kubectl", "kube-scheduler", "deployment-controller", "replicaset-controller", "kubelet", "containerd", "flannel"];',
        ],
      ],
      because: /Not kube-scheduler after kubectl/,
    },
    {
      cell: "exercise-2",
      right: [['["?"]', '["restarts", "container ID"]']],
      wrong: [['["?"]', '["restarts", "address"]']],
      because: /Not address: whose is it/,
      unusual: [['["?"]', '["container ID", "restarts", "restarts"]']],
      alsoWrong: { changes: [['["?"]', '["restarts"]']], because: /1 of 2 so far/ },
    },
    {
      cell: "exercise-3",
      right: [["= 0; //", "= 31; //"]],
      // From now on.
      wrong: [["= 0; //", "= 40; //"]],
      because: /something is missed/,
      alsoWrong: { changes: [["= 0; //", "= 30; //"]], because: /you hear "31 MODIFIED one" again/ },
    },
    {
      cell: "exercise-4",
      right: [[SHOP, 'kubectl("expose deployment word --name=shop --port=8000 --target-port=3021").print(); //']],
      // The pods do not listen there.
      wrong: [[SHOP, 'kubectl("expose deployment word --name=shop --port=8000").print(); //']],
      because: /Its slices: shop-\S+ +IPv4 +8000 /,
      unusual: [[SHOP, 'kubectl("expose service word --name=shop --port=8000 --target-port=3021"); //']],
      // It selects app=shop.
      alsoWrong: {
        changes: [[SHOP, 'kubectl("create service clusterip shop --tcp=8000:3021").print(); //']],
        because: /Its slices: shop-\S+ +IPv4 +<unset> +<unset>/,
      },
    },
    {
      cell: "exercise-5",
      right: [[TAKE_OUT, 'kubectl("exec " + chosen + " -- curl -s localhost:3021/healthz/fail"); //']],
      wrong: [[TAKE_OUT, 'kubectl("delete pod " + chosen); //']],
      because: /not unharmed: Error from server \(NotFound\)/,
      // It is selected no more, and another pod is made in its place.
      unusual: [[TAKE_OUT, 'kubectl("label pod " + chosen + " app-"); //']],
      alsoWrong: { changes: [[TAKE_OUT, 'kubectl("delete service word"); //']], because: /whole Service is silent/ },
    },
    {
      cell: "exercise-6",
      right: [
        [
          MEND,
          'kubectl(`patch service typo -p \'{"spec": {"selector": {"app": "word"}, "ports": [{"port": 80, "targetPort": 3021}]}}\'`); //',
        ],
      ],
      // One of two mistakes.
      wrong: [[MEND, 'kubectl(`patch service typo -p \'{"spec": {"selector": {"app": "word"}}}\'`); //']],
      because: /Its slices: typo-\S+ +IPv4 +3012 /,
      unusual: [
        [
          MEND,
          'kubectl("apply -f -", "{apiVersion: v1, kind: Service, metadata: {name: typo}, spec: {selector: {app: word}, ports: [{port: 80, targetPort: 3021}]}}"); //',
        ],
      ],
    },
    {
      cell: "exercise-7",
      right: [
        [CONTROLLER, '  if (me.get("pods", "default", "guard") === undefined) me.create("pods", "default", guard);'],
      ],
      // It acts on what it was told, and does not look at what is.
      wrong: [[CONTROLLER, '  me.create("pods", "default", guard);']],
      because: /pods "guard" already exists/,
      unusual: [[CONTROLLER, '  try { me.create("pods", "default", guard); } catch { /* there is one */ }']],
    },
    {
      cell: "exercise-8",
      right: [['["?"]', '["d", "e"]']],
      wrong: [['["?"]', '["d"]']],
      because: /What of e\? node-1 is 192\.168\.0\.11/,
      unusual: [['["?"]', '["e", "d"]']],
      alsoWrong: { changes: [['["?"]', '["c", "d", "e"]']], because: /What of c\?/ },
    },
  ],
  guesses: [
    { cell: "predict-heal", right: '"replicaset-controller"', wrong: '"kubelet/node-1"' },
    { cell: "predict-restart", right: '"the same"', wrong: '"another"' },
    { cell: "predict-ready", right: "0", wrong: "1" },
  ],
};
