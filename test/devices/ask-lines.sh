#!/bin/sh
# Records lines.json in another kernel: ask-lines.sh NODE DIRECTORY.
. "$(dirname "$0")/dev.sh"
exec "$1" "$2/lines.js"
