#!/bin/bash
# What kube-proxy says at a health check node port: health.sh MODULE > ../goldens/kube-proxy-health.json, where MODULE is a
# directory whose go.mod requires k8s.io/kubernetes (build.sh makes one). It listens at 127.0.0.1, port 31999.
set -e
HERE=$(cd "$(dirname "$0")" && pwd)
cd "$1"
mkdir asked-health
trap 'rm -r asked-health' EXIT
cp "$HERE/health/main.go" asked-health
go run ./asked-health
