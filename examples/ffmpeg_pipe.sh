#!/usr/bin/env bash
# ochre between two ffmpegs: for what `ochre video IN -o OUT` has no option for, such as filters before and after.
#   examples/ffmpeg_pipe.sh IN.mp4 OUT.mp4
set -euo pipefail
ochre=${OCHRE:-build/tools/ochre}
ffmpeg -v error -nostdin -i "$1" -f yuv4mpegpipe -pix_fmt yuv420p - |
  "$ochre" video - -o - --quiet |
  ffmpeg -v error -y -f yuv4mpegpipe -i - -i "$1" -map 0:v -map '1:a?' -c:a copy -c:v libx264 -crf 18 "$2"
