#!/bin/sh
# Records lines.json in another kernel, bridge-lines.json, tun-lines.json, fou-lines.json or underlay-lines.json:
# ask-lines.sh NODE DIRECTORY [bridges|tun|fou|underlay].
. "$(dirname "$0")/dev.sh"
[ "${3-}" != bridges ] || rmmod ipip 2>/dev/null
exec "$1" "$2/lines.js" "${3-}"
