#!/bin/bash
# Builds the programs of a Kubernetes release from their published Go modules into BIN.
# build.sh VERSION BIN, as build.sh 1.36.3 ~/kubernetes-1.36.3. Needs Go of the release's version, 8 GB of disk, patience.
set -e
VERSION=$1
BIN=$(mkdir -p "$2" && cd "$2" && pwd)
STAGING=0.${VERSION#1.}
cd "$(mktemp -d)"
go mod init oracle
MODULE=$(go mod download -json "k8s.io/kubernetes@v$VERSION" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
# The modules of the release require each other at v0.0.0: say which versions belong to it.
{
  echo "module oracle"
  sed -n 's/^go .*/&/p' "$MODULE"
  echo "require ("
  echo "k8s.io/kubernetes v$VERSION"
  sed -n "s/^\s*\(k8s.io\/[a-z0-9-]*\) v0\.0\.0\$/\1 v$STAGING/p" "$MODULE" | sort -u
  echo ")"
} > go.mod
PROGRAMS="kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy"
{
  echo "//go:build tools"
  echo "package tools"
  for program in $PROGRAMS; do echo "import _ \"k8s.io/kubernetes/cmd/$program\""; done
} > tools.go
go mod tidy
MINOR=${STAGING#0.}
FLAGS="-s -w -X k8s.io/component-base/version.gitVersion=v$VERSION"
FLAGS="$FLAGS -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${MINOR%%.*}"
for program in $PROGRAMS; do go build -o "$BIN/$program" -ldflags "$FLAGS" "k8s.io/kubernetes/cmd/$program"; done
