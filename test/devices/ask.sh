#!/bin/sh
# Runs ask.js in another kernel: ask.sh NODE DIRECTORY KINDS FIRST COUNT OUT.
. "$(dirname "$0")/dev.sh"
node=$1
directory=$2
shift 2
# Only these have the tunl0 of ipip, which takes an index in every namespace.
[ "$1" = ipip ] || [ "$1" = fou ] || rmmod ipip 2>/dev/null
exec "$node" "$directory/ask.js" "$@"
