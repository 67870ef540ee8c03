// What kubectl is asked about the cluster of kubectl-states.ts: first what only reads, then what changes something.

/** A command, and what it reads from standard input. */
export interface Question {
  readonly args: readonly string[];
  readonly input?: string;
}

const READING = `
get pods
get pdb
get pdb -A -o wide
describe pdb web
describe pdb
get pdb some -o yaml
get pods -o wide
get po
get pod -A
get pods -A -o wide
get pods --show-labels
get pods -L app,tier
get pods -l app=web
get pods -l app!=web
get pods -l 'app in (web,rolling)'
get pods -l '!app'
get pods -l 'a=b=c'
get pods --field-selector status.phase=Running
get pods --field-selector spec.nodeName=node-1 -A
get pods --field-selector nonsense=1
get pods --no-headers
get pods --sort-by .metadata.name
get pods --sort-by={.status.startTime}
get pods --sort-by .spec.nothing
get pods --sort-by=.status.containerStatuses[0].restartCount
get pods -o name
get pods -n other
get pods -n nothing
get pods -n other -o name
get pods,services
get pods,svc,cm -l app=web
get pod/crash svc/web
get pod crash pending
get pod crash nobody
get pod nobody nowhere else
get pod nobody
get pod nobody --ignore-not-found
get pods --ignore-not-found -n nothing
get all
get all -A
get deploy
get deployments.apps web -o wide
get deployment.v1.apps/web
get rs
get rs -o wide
get ds -A -o wide
get nodes
get nodes -o wide
get no node-1 --show-labels
get svc
get svc -o wide
get services --all-namespaces
get ep
get endpoints web
get endpointslices
get endpointslices -A
get ing
get netpol
get cm
get ns
get ns --show-labels
get namespace other -o yaml
get sa -A
get lease -A
get events
get events -A --sort-by=.lastTimestamp
get ingressclass
get nothings
get pods nothing/web
get pods/crash/web
get pod crash -A
get
get pods -o nonsense
get pods -o json --show-labels
get --foo
get -z
get pods --watch=maybe
get pods -n
get pods --chunk-size=x
get cm settings -o yaml
get cm settings -o json
get pod crash -o yaml
get pod crash -o json
get deploy web -o yaml
get node node-1 -o yaml
get svc web -o yaml
get netpol some -o yaml
get ing web -o yaml
get pods -o json -l app=crash
get pods -o yaml -l app=none
get pods nobody -o yaml
get pods crash nobody -o name
get svc -o jsonpath={.items[*].metadata.name}
get pods -o jsonpath='{range .items[*]}{.metadata.name}{"\\t"}{.status.podIP}{"\\n"}{end}'
get pods -o jsonpath='{.items[0].metadata.labels}'
get pods -o jsonpath='{.items[?(@.status.phase=="Running")].metadata.name}'
get pods -o jsonpath='{.items[?(@.spec.nodeName)].metadata.name}'
get pods -o jsonpath='{.items[-1].metadata.name}'
get pods -o jsonpath='{.items[0:3].metadata.name}'
get pods -o jsonpath='{.items[0:5:2].metadata.name}'
get pods -o jsonpath='{..image}'
get pod crash -o jsonpath='{.metadata.name}/{.status.phase} {.nothing}'
get pod crash -o jsonpath="{.metadata['name','namespace']}"
get pod crash -o jsonpath='{.spec.containers[*].name'
get pod crash -o jsonpath
get cm settings -o jsonpath='{.data.plain}{.data.empty}{.data.quote}'
get node node-1 -o jsonpath='{.metadata.labels.kubernetes\\.io/hostname}'
get deploy web -o jsonpath-as-json={.spec.template.spec.containers}
get pods -o custom-columns=NAME:.metadata.name,IP:.status.podIP
get pods -o custom-columns=NAME:metadata.name,IMAGES:.spec.containers[*].image,L:.metadata.labels --no-headers
get pod crash -o custom-columns=A:.nothing,B:.status.containerStatuses
get pods -o custom-columns=NAME
get pods -o custom-columns
describe pod crash
describe pod pending
describe pod nowhere
describe pod no-image
describe pod stays
describe pod done
describe pod -l app=web
describe pods rolling
describe pod nobody
describe deploy web
describe deploy rolling
describe deploy
describe rs -l app=rolling
describe ds agent
describe node node-1
describe node node-2
describe nodes
describe svc
describe svc web
describe endpoints web
describe endpointslice -l kubernetes.io/service-name=web
describe endpointslices
describe ing web
describe netpol
describe cm settings
describe ns other default
describe ns
describe sa default
describe lease -n kube-node-lease node-1
describe event
describe
describe nothings
describe pod crash --show-events=false
describe pods -n nothing
describe svc/web pod/crash
events
events -A
events --for pod/crash
events --types=Warning
events --types=Sorrow
events -n nothing
rollout history deploy/web
rollout history deploy/web --revision=1
rollout history deploy/web --revision=9
rollout history pod/crash
rollout status deploy/web
rollout status deploy/rolling --watch=false
rollout status ds/agent
rollout status
rollout status deploy/web --revision=1
rollout status pod/crash
api-resources
api-resources -o wide
api-resources -o name --namespaced=false
api-resources --api-group=apps --sort-by=name
api-versions
wait --for=condition=Ready pod/nobody
wait --for=condition=Available deploy/web
wait --for=condition=Ready pod -l app=web
wait --for=jsonpath={.status.phase}=Running pod/crash
wait --for=sorrow pod/crash
wait --for=delete pod/nobody
wait --for=condition=Ready pod/crash --timeout=1s
nothing
gett pods
set image
logs
exec crash
exec crash ls
logs nobody
get pods.v1
get pods.v1.
get deployments.v2.apps
get services.core
get deployments.Apps
get ingresses.networking
get pods ''
describe pod ''
get pods crash done -w --request-timeout=1s
get po,no -o wide -A
get pod crash --subresource=status -o name
get deploy web --subresource=scale -o yaml
get deploy web --subresource=nonsense
get deploy --subresource=scale
get --raw /api/v1/namespaces/default/configmaps?labelSelector=none
get --raw /readyz
get --raw /nothing
get --raw nothing
get --raw /version x
describe ingressclass
logs --since=1x crash
logs --since=5m3 crash
exec node/node-1 -- ls
rollout statu deploy/web
rollout history deploy/web -o yaml
rollout history deploy/web --revision=1 -o name
wait
wait pod/crash
wait --for=condition=Ready
wait --for=condition=ready pod/crash --timeout=0
wait --for=condition=Ready pods --all --timeout=1s
api-versions extra
top pods
-n
--nonsense
`;

const CHANGING = `
apply -f pod.yaml
apply -f pod.yaml
apply -f pod.yaml --dry-run=client
apply -f pod.yaml --dry-run=server
apply -f folder
apply -f folder -f pod.yaml
apply -f nothing.yaml
apply -f object.json
apply -f object.json -o yaml
get cm from-json -o yaml
create -f object.json
create -f invalid.yaml
apply -f invalid.yaml
apply -f tab.yaml
apply -f indent.yaml
apply -f colon.yaml
apply -f open.yaml
apply -f quote.yaml
apply -f kindless.yaml
apply -f versionless.yaml
apply -f field.yaml
apply -f field.yaml --validate=false
apply -f field.yaml --validate=warn
apply -f field.yaml --validate=perhaps
apply -f type.yaml
apply -f words.yaml
apply -f words2.yaml
apply -f octal.yaml
apply
apply -f pod.yaml extra
apply -f pod.yaml -n other
create
create -f pod.yaml
create -f folder --dry-run=client
create -f folder --dry-run=sometimes
create deployment made
create deployment
create deployment shown --image=nginx --dry-run=client -o yaml
create deployment two --image=busybox --image=nginx --dry-run=client -o name
create deployment cmd --image=busybox --dry-run=client -o yaml -- sleep 1
create ns made --dry-run=client -o yaml
create cm made --from-literal=a=1 --from-literal=b=two --dry-run=client -o yaml
create cm made --from-file=pod.yaml --from-file=key=object.json --dry-run=client -o yaml
create service clusterip made --tcp=80:8080 --dry-run=client -o yaml
create svc nodeport made --tcp=80 --dry-run=client -o yaml
create svc externalname made --external-name=a.example --dry-run=client -o yaml
create svc clusterip made
create sa made --dry-run=client -o yaml
run one --image=nginx
run one --image=nginx
run two --image=nginx --port=80 --labels=a=b,c=d --env=X=1 --dry-run=client -o yaml
run three --image=busybox --restart=Never --dry-run=client -o yaml -- sh -c 'echo 1'
run four --image=busybox --command --dry-run=client -o yaml -- sleep 1
run
run five
run six --image=Bad
expose deploy web --name=exposed --port=81 --target-port=http --dry-run=client -o yaml
expose pod crash
expose pod one --port=80
expose svc web --name=again --dry-run=client -o yaml
expose deploy web --name=many --dry-run=client -o yaml
expose node node-1 --port=1
scale deploy web --replicas=5
scale deploy/web deploy/rolling --replicas=2
scale deploy web --replicas=1 --current-replicas=9
scale deploy web
scale deploy web --replicas=-1
scale deploy nobody --replicas=1
scale pod crash --replicas=1
scale deploy web --replicas=2 --resource-version=1
label deploy web dry=yes --dry-run=client -o name
label deploy web dry=yes --dry-run=client -o jsonpath={.metadata.labels}
set image svc/web a=b
set image deploy/web nothing
set image deploy/web web=nginx --local
patch deploy web -p '{bad'
patch deploy web -p '{"spec":{"replicas":1}} x'
patch deploy web -p '{"spec":{"replicas":1,}}'
patch deploy web -p '{"a":tru}'
patch deploy web -p '{"a":"b'
patch deploy web -p '{"a":01}'
patch deploy web -p '{"a":[1 2]}'
patch deploy web -p '{"spec":{"replicas":4}}' --dry-run=client
patch deploy web --patch-file=nothing
rollout restart cm/settings
run seven --image=nginx --port=x
expose deploy web --port=x --name=y
create svc clusterip made --tcp=x
create svc externalname made --external-name=x_y
create cm made --from-literal='a b=c' --dry-run=client
create cm made --from-literal=a=1,2 --dry-run=client -o yaml
create deployment made --image= --dry-run=client -o yaml
create nothing made
delete cm nobody --cascade=false
delete pod pending --dry-run=server
delete cm settings --dry-run=server
get pod/pending cm/settings -o name
label pod crash color=red
label pod crash color=blue
label pod crash color=blue --overwrite
label pod crash color=blue
label pod crash color-
label pod crash color-
label pods -l app=web round=2
label pod crash
label pod crash a=b=c
label pod crash 'a b=c'
label pod crash --list
annotate pod crash note=hello
annotate pod crash note=again
annotate pod crash note-
annotate pods --all seen=yes --overwrite
set image deploy/web web=nginx:1.29
set image deploy/web web=nginx:1.29
set image deploy/web nobody=nginx
set image deploy/rolling '*=nginx:2'
set image deploy/web
patch svc web -p '{"spec":{"ports":[{"port":443,"name":"https","targetPort":8443}]}}'
patch svc web -p '{"spec":{"type":"Sorrow"}}'
patch pod crash --type=json -p '[{"op":"add","path":"/metadata/labels/x","value":"y"}]'
patch pod crash --type=json -p '[{"op":"test","path":"/metadata/labels/x","value":"n"}]'
patch pod crash --type=merge -p '{"metadata":{"labels":{"x":null}}}'
patch pod crash -p '{}'
patch pod crash
patch pod crash -p x --type=sorrow
rollout restart deploy/rolling
rollout restart pod/crash
rollout pause deploy/web
rollout pause deploy/web
rollout undo deploy/web
rollout restart deploy/web
rollout resume deploy/web
rollout resume deploy/web
rollout undo deploy/web
rollout undo deploy/web --to-revision=9
rollout undo deploy/made
cordon node-1
cordon node-1
uncordon node-1 node-2
cordon nobody
cordon
taint node node-1 x=y:NoSchedule
taint node node-1 x=y:NoSchedule
taint node node-1 x=z:NoSchedule --overwrite
taint node node-1 x:NoSchedule-
taint node node-1 x-
taint node node-1 x=y:Sorrow
taint node node-1 x
drain node-1
drain node-1 --ignore-daemonsets --force --dry-run=client
delete pod crash --now --wait=false
delete pod nobody
delete pod nobody --ignore-not-found
delete pod done --force --wait=false
delete pods -l app=web --grace-period=0 --force --wait=false
delete -f folder --wait=false --dry-run=client
delete -f object.json
delete cm nobody settings
delete svc --all --dry-run=client
delete svc named headless -o name
delete deploy web --cascade=orphan --wait=false
delete deploy rolling --cascade=sorrow
delete ing,netpol --all
delete
delete pods
delete pods --all -l app=x
delete ns other --wait=false -n default
get all
`;

/** Asked of a real server: a real kubectl writes some bodies, and reads some schemas, that are not modelled. */
const MAKING = `
apply -f list.yaml
apply -f unknown.yaml
apply -f words.yaml
create deployment made --image=nginx:1.27 --replicas=2 --port=80
create deployment made --image=nginx
create deployment made --image=nginx --dry-run=server
create cm made --from-literal=a=1
create cm made --from-literal=a=1
diff -f list.yaml
diff -f list2.yaml
diff -f list2.yaml -l a=b
diff -f words.yaml
diff -f words2.yaml
diff -f octal.yaml
diff -f pod.yaml
diff -f pod.yaml -f words2.yaml
diff -f folder
diff -f invalid.yaml
diff -f unknown.yaml -f words2.yaml
diff -f tab.yaml
diff
diff pods
apply --server-side -f owned.yaml
apply --server-side -f owned.yaml
apply --server-side -f owned2.yaml --field-manager=other
diff --server-side -f owned2.yaml --field-manager=other
diff --server-side -f owned2.yaml --field-manager=other --force-conflicts
apply --server-side -f owned2.yaml --field-manager=other --force-conflicts --dry-run=server
apply --server-side -f owned2.yaml --field-manager=other --force-conflicts
annotate cm owned note=x
label cm owned tier=a
patch cm owned -p '{"data":{"x":"9"}}'
get cm owned -o yaml --show-managed-fields
get cm owned -o yaml
get cm owned -o json
apply --server-side -f owned.yaml
apply --server-side -f owned.yaml --force-conflicts -o yaml
apply --server-side -f owned.yaml --force-conflicts -o name
diff --server-side -f owned.yaml
apply --server-side -f list.yaml
apply -f owned.yaml --force-conflicts
apply -f owned.yaml --server-side --dry-run=client
apply -f owned.yaml --server-side --force
apply -f invalid.yaml --server-side
apply -f field.yaml --server-side
apply -f words.yaml --server-side
create deployment a.b --image=nginx
run a.b --image=nginx
expose deploy a.b --port=80 --name=dotted --selector=a=b
get svc dotted -o jsonpath={.spec.selector}
patch deploy a.b -p '{"spec":{"replicas":"x"}}'
patch deploy a.b -p '{"spec":{"replicas":1.5}}'
patch deploy a.b -p '{"metadata":{"labels":{"a":1}}}'
patch deploy a.b -p '{"metadata":{"labels":[]}}'
patch deploy a.b -p '{"spec":"x"}'
patch deploy a.b -p '{"spec":{"template":{"spec":{"hostname":{},"containers":{}}}}}'
patch deploy a.b -p '{"spec":{"nothing":1,"template":{"spec":{"never":2}}}}'
patch deploy a.b --type=json -p '{}'
patch deploy a.b --type=merge -p '{"spec":{"nothing":null,"paused":true}}'
patch deploy a.b --subresource=scale --type=merge -p '{"spec":{"replicas":2}}'
delete ns default --dry-run=server
delete ns kube-system
create -f twice.yaml
create -f field.yaml --validate=warn
delete -f twice.yaml
delete deploy,pod,svc a.b dotted
create sa made
create svc clusterip made --tcp=80:8080
create svc clusterip made --tcp=80:8080
create svc nodeport other --tcp=80 --clusterip=nonsense
create pdb made --selector=app=made --min-available=1
create pdb made --selector=app=made --min-available=1
create pdb percent --selector='app in (a, b),tier,!old,x=y' --max-unavailable=50% --dry-run=client -o yaml
create poddisruptionbudget other --selector=app=made,a==b --max-unavailable=0 --dry-run=server
create pdb other --selector=app=made
create pdb other --min-available=1
create pdb other --selector=app=made --min-available=1 --max-unavailable=1
create pdb other --selector=app=made --min-available=1Mi
create pdb other --selector=app=made --max-unavailable=-1
create pdb other --selector=a!=b --max-unavailable=1
create pdb other --selector=a>3 --max-unavailable=1
create pdb other --selector='a in' --max-unavailable=1
create pdb other --selector='app=no good' --max-unavailable=1
create pdb
get deploy,cm,sa,svc,pdb made -o name
describe pdb made
describe deploy made
get deploy made -o jsonpath={.spec}
run bad_name --image=nginx
scale deploy made --replicas=3
label deploy made 'x=a b'
delete pod nobody from-list --now
delete deploy,svc,cm,sa,pdb made
`;

const wordsOf = (line: string): string[] =>
  (line.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []).map((word) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double),
  );

const questions = (text: string): Question[] =>
  text
    .trim()
    .split("\n")
    .map((line) => ({ args: wordsOf(line) }));

/** Manifests that are no objects, or hardly: what a slip of the finger makes of one. */
const SLIPS = [
  "x",
  "[1]",
  "# nothing",
  "{}",
  '{"kind":"Pod"}',
  '{"kind":"Pod","apiVersion":"v1"}',
  '{"kind":"Pod","apiVersion":"v1",}',
  '{"kind":"Pod","apiVersion":"v1","metadata":5}',
  '{"kind":"Pod","apiVersion":"v1","metadata":{"name":5}}',
  '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"slip"}} x',
  '{"kind":"Pod" "apiVersion":"v1"}',
  "apiVersion: v1\nkind: pod\nmetadata: {name: x}\n",
  "apiVersion: v2\nkind: Pod\nmetadata: {name: x}\n",
  "apiVersion: v1\nkind: Deployment\nmetadata: {name: x}\n",
  "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers:\n  - name: a\n    image: b\n   env: []",
  "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers:\n    name: a\n",
  "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  labels: {app: yes}\n",
  "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  labels: {app: 1}\n",
  "apiVersion: v1\nkind: Pod\nmetadata: {name: x",
  'apiVersion: v1\nkind: Pod\nmetadata: "x',
  "apiVersion: v1\nkind: Pod\nmetadata: *x\n",
  "apiVersion: v1\nkind: Pod\nmetadata: x\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: slip}\n---\nkind: Pod\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: late}\n",
  "apiVersion: v1\nkind: List\nitems: [{kind: Pod}]\n",
  "apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: q}}]\n",
  "apiVersion: v1\nkind: Pod\nmetadata: {generateName: g-}\nspec: {containers: [{name: a, image: b}]}\n",
].map((input): Question => ({ args: ["apply", "-f", "-"], input }));

export const MADE: readonly Question[] = [...questions(MAKING), ...SLIPS];
export const QUESTIONS: readonly Question[] = [...questions(READING), ...questions(CHANGING)];
