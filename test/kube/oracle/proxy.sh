#!/bin/bash
# Asks the code of kube-proxy, its kernel faked as in its own tests: proxy.sh MODULE MODE ASK ANSWER, where MODULE is a
# directory whose go.mod requires k8s.io/kubernetes (build.sh makes one), MODE is iptables, ipvs or nftables, and the files
# are JSON.
set -e
HERE=$(cd "$(dirname "$0")" && pwd)
ASK=$(realpath "$3")
ANSWER=$(realpath "$4")
cd "$1"
FOLDER=$(go list -f '{{.Dir}}' "k8s.io/kubernetes/pkg/proxy/$2")
# A copy of the package, its tests left out: files of the module cache cannot be laid over.
COPY=asked/$2
mkdir -p "$COPY"
for file in "$FOLDER"/*.go; do
  case "$file" in *_test.go) ;; *) install -m 644 "$file" "$COPY" ;; esac
done
for test in ask "ask_$2"; do sed "s/^package asked/package $2/" "$HERE/${test}_test.go" > "$COPY/${test}_test.go"; done
ASK=$ASK ANSWER=$ANSWER go test -count=1 -run TestAsk "./$COPY"
rm -r asked
