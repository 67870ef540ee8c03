#!/bin/bash
# A real Kubernetes control plane on loopback, for tests only: whoever can reach the port and knows the token is root.
# [PORT=26443] up.sh BIN DATA [all|api]
# `api` is etcd, kube-apiserver and the controller that ends namespaces, so that nobody changes what a test made;
# `all` adds every other controller and the scheduler. Stop with: kill $(cat DATA/*.pid)
set -e
BIN=$(cd "$1" && pwd)
mkdir -p "$2"
cd "$2"
DATA=$PWD
PORT=${PORT:-26443}
ETCD=http://127.0.0.1:$((PORT - 2000))
PEER=http://127.0.0.1:$((PORT - 1999))
if [ ! -f sa.key ]; then
  openssl genrsa -out sa.key 2048 2> /dev/null
  openssl rsa -in sa.key -pubout -out sa.pub 2> /dev/null
  echo "secret,admin,1,system:masters" > tokens.csv
fi
start() {
  local name=$1
  shift
  "$@" > "$name.log" 2>&1 < /dev/null &
  echo $! > "$name.pid"
}
start etcd etcd --data-dir "$DATA/etcd" --listen-client-urls "$ETCD" --advertise-client-urls "$ETCD" \
  --listen-peer-urls "$PEER" --initial-advertise-peer-urls "$PEER" --initial-cluster "default=$PEER"
start kube-apiserver "$BIN/kube-apiserver" --etcd-servers "$ETCD" --secure-port "$PORT" --bind-address 127.0.0.1 \
  --advertise-address 127.0.0.1 --cert-dir "$DATA/certs" --service-cluster-ip-range 10.100.0.0/16 \
  --service-account-issuer https://kubernetes.default.svc --service-account-key-file sa.pub \
  --service-account-signing-key-file sa.key --token-auth-file tokens.csv --authorization-mode RBAC \
  --disable-admission-plugins ServiceAccount --endpoint-reconciler-type none
cat > kubeconfig << END
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: https://127.0.0.1:$PORT, insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: secret}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
END
for _ in $(seq 120); do
  "$BIN/kubectl" --kubeconfig kubeconfig get --raw /readyz > /dev/null 2>&1 && break
  sleep 1
done
manager() {
  start kube-controller-manager "$BIN/kube-controller-manager" --kubeconfig kubeconfig --leader-elect=false \
    --use-service-account-credentials=false --service-account-private-key-file sa.key --secure-port 0 "$@"
}
if [ "${3:-all}" = api ]; then
  manager --controllers=namespace-controller
else
  manager --controllers='*,-root-ca-certificate-publisher-controller' --allocate-node-cidrs \
    --cluster-cidr 10.244.0.0/16 --service-cluster-ip-range 10.100.0.0/16
  start kube-scheduler "$BIN/kube-scheduler" --kubeconfig kubeconfig --leader-elect=false --secure-port 0
fi
echo "The API server listens at https://127.0.0.1:$PORT, token secret, $DATA/kubeconfig"
