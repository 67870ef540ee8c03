#!/bin/sh
# Runs ask.js in another kernel: ask.sh NODE DIRECTORY KINDS FIRST COUNT OUT.
. "$(dirname "$0")/dev.sh"
node=$1
directory=$2
shift 2
# Only labs of ipip have its tunl0, which takes an index in every namespace.
[ "$1" = ipip ] || rmmod ipip 2>/dev/null
exec "$node" "$directory/ask.js" "$@"
