#!/bin/sh
# Runs ask.js in another kernel: ask.sh NODE DIRECTORY KINDS FIRST COUNT OUT.
. "$(dirname "$0")/dev.sh"
node=$1
directory=$2
shift 2
exec "$node" "$directory/ask.js" "$@"
