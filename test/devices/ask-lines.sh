#!/bin/sh
# Records lines.json in another kernel, bridge-lines.json or tun-lines.json:
# ask-lines.sh NODE DIRECTORY [bridges|tun].
. "$(dirname "$0")/dev.sh"
[ "${3-}" != bridges ] || rmmod ipip 2>/dev/null
exec "$1" "$2/lines.js" "${3-}"
