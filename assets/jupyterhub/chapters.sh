#!/bin/bash
# Runs before a student's server starts, when the home folder of a hub is mounted over the image's own: puts the
# chapters into it, once. What is there is the student's and stays; `rm -r ~/packetwalk` brings fresh ones.
if [ ! -e "${HOME}/packetwalk" ]; then
  mkdir "${HOME}/packetwalk"
  mkdir "${HOME}/packetwalk/assets"
  cp -r /opt/packetwalk/notebooks "${HOME}/packetwalk/notebooks"
  cp -r /opt/packetwalk/assets/manifests "${HOME}/packetwalk/assets/manifests"
fi
