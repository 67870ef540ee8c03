#!/bin/sh
# Records lines.json in another kernel, bridge-lines.json, tun-lines.json or fou-lines.json:
# ask-lines.sh NODE DIRECTORY [bridges|tun|fou].
. "$(dirname "$0")/dev.sh"
[ "${3-}" != bridges ] || rmmod ipip 2>/dev/null
exec "$1" "$2/lines.js" "${3-}"
