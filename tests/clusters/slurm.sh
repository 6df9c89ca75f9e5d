#!/usr/bin/env bash
# The commands of docs/clusters.md, as they stand there: slurm.sh OCHRE. Colours a folder by a Slurm of one machine, of
# which tasks are killed and begun anew, by GNU parallel, and by what the Kubernetes job starts; each time every picture
# must have the bytes that one undisturbed run gives it. Installs Slurm, munge, GNU parallel and a YAML parser of Debian
# if they are missing; exits with 77 if they cannot be had. All daemons listen on 127.0.0.1 and end with this script.
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/setup.sh"
set -euo pipefail
page=$root/docs/clusters.md
[ -x "${1:?the program ochre}" ]
ochre=$(readlink -f "$1")

packages=
for program in munged:munge slurmctld:slurm-wlm slurmd:slurm-wlm sbatch:slurm-wlm parallel:parallel ffmpeg:ffmpeg; do
  PATH=$PATH:/usr/sbin command -v ${program%:*} >/dev/null || packages="$packages ${program#*:}"
done
python3 -c 'import yaml' 2>/dev/null || packages="$packages python3-yaml"
(install_packages $packages) || exit 77

work=$(mktemp -d)
# munged refuses a folder for its socket that not everybody may pass.
chmod 755 "$work"
mkdir "$work/bin"
ln -s "$ochre" "$work/bin/ochre"
export PATH=$work/bin:/usr/sbin:$PATH SLURM_CONF=$work/slurm.conf
daemons=()

# What came of our daemons, by the configuration in its environment: the steps of Slurm are no children of this shell.
# grep itself is none of them.
ours() {
  local found
  found=$(env -u SLURM_CONF grep -lzxF "SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ 2>/dev/null) || true
  found=${found//\/environ/}
  echo "${found//\/proc\//}"
}

finish() {
  local status=$? pid
  trap - EXIT
  if [ $status != 0 ]; then tail -n 5 "$work"/*.log "$work"/*.out 2>/dev/null || true; fi
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in {1..50}; do [ -n "$(ours)" ] || break; sleep 0.1; done
  for pid in $(ours); do kill -KILL "$pid" 2>/dev/null || true; done
  wait || true
  rm -rf "$work"
  exit $status
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

fail() {
  echo "slurm.sh: $*" >&2
  exit 1
}

within() {  # within SECONDS WHAT COMMAND...: waits until the command succeeds
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "$what: not in time"
    sleep 0.01
  done
}

# The one block of the page that holds TEXT. Two of them, or none, is an error.
block() {  # block TEXT
  awk -v text="$1" '
    /^```/ { if (inside && index(lines, text)) { printf "%s", lines; ++found }; inside = !inside; lines = ""; next }
    inside { lines = lines $0 "\n" }
    END { exit found != 1 }' "$page" || fail "docs/clusters.md has not one block with \"$1\""
}

checked=0
same_as_undisturbed() {  # same_as_undisturbed FOLDER [videos]: the same names and bytes, hidden ones too
  diff -rq "$work/undisturbed${2:+_$2}" "$1" | head -n 10 || fail "$1 is not what one run makes"
  checked=$((checked + 1))
}

# Enough pictures that a task is still at work when it is killed, all different, with names of which a shell must not
# make two words.
mkdir "$work/grey"
for picture in "$root"/examples/pictures/*.jpg; do
  ffmpeg -v error -loop 1 -i "$picture" -frames:v 15 -vf "crop=480:360:2*n:4*n" -pix_fmt gray \
    "$work/grey/$(basename "$picture" .jpg) %02d.png"
done
[ "$(ls "$work/grey" | wc -l)" = 60 ]
cd "$work"
ochre colorize grey -o undisturbed --quiet
[ "$(ls undisturbed | wc -l)" = 60 ]
mkdir grey_videos
for number in 1 2 3 4 5 6 7 8; do
  ffmpeg -v error -loop 1 -i "$root/examples/pictures/china.jpg" -frames:v 4 -vf "crop=96:64:20*$number+n:99,hue=s=0" \
    -pix_fmt yuv420p "grey_videos/camera $number.y4m"
done
ochre video grey_videos -o undisturbed_videos --quiet
[ "$(ls undisturbed_videos | wc -l)" = 8 ]

free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo $port
}

start_slurm() {
  local host user
  host=$(hostname -s)
  user=$(id -un)
  head -c 1024 /dev/urandom >munge.key
  chmod 600 munge.key
  # No cgroups, no accounting, no user but this one: a container may have none. A task that is begun anew waits until
  # its credential is old, cred_expire, so that its two lives cannot meet.
  cat >"$SLURM_CONF" <<END
ClusterName=ochre
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket,cred_expire=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 RealMemory=8192
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
  mkdir state spool
  munged --foreground --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munge.pid" \
    --seed-file="$work/munge.seed" --log-file="$work/munge.log" >munged.out 2>&1 &
  daemons+=($!)
  within 20 "munged starts" test -S munge.socket
  slurmctld -D -i >slurmctld.out 2>&1 &
  daemons+=($!)
  slurmd -D >slurmd.out 2>&1 &
  daemons+=($!)
  within 30 "the node is ready" node_is idle
}

node_is() { [ "$(sinfo -h -o %t)" = "$1" ]; }
task_is() { scontrol show job "${job}_$1" | grep "$2" >/dev/null; }  # task_is I WHAT_SLURM_SAYS
queue_is_empty() { [ -z "$(squeue -h)" ]; }
two_tasks_run() { [ -n "$(pid_of_task 1)" ] && [ -n "$(pid_of_task 2)" ]; }
outputs() { find coloured -name '*.png' -printf '%f %i %C@\n' | sort; }  # another file of the same name shows
some_outputs() { [ "$(outputs | wc -l)" -ge "$1" ]; }
pid_of_task() {  # the task's shell has become ochre itself
  local pid
  for pid in $(ours); do
    if grep -qzxF "SLURM_ARRAY_TASK_ID=$1" "/proc/$pid/environ"; then echo "$pid"; fi
  done
}

# Shares 1 and 2 are stopped with their work half done: the process of one is killed, as for want of memory, the other
# is taken away by Slurm, as from a machine that is wanted for something else. Both are begun anew.
test_slurm() {
  local first other early i
  start_slurm
  block '#SBATCH' >colour.sbatch
  mkdir coloured
  job=$(sbatch --parsable --array=1-4%2 colour.sbatch grey coloured)
  within 30 "the first two tasks" two_tasks_run
  first=$(pid_of_task 1) other=$(pid_of_task 2)
  within 30 "the first pictures" some_outputs 4
  kill -STOP "$first" "$other" || fail "the tasks were over before they could be stopped"
  early=$(outputs)
  kill -KILL "$first"
  scontrol requeue "${job}_2"
  within 30 "the end of the killed task" task_is 1 JobState=FAILED
  scontrol requeue "${job}_1"
  within 60 "the end of all tasks" queue_is_empty
  for i in 1 2 3 4; do task_is $i JobState=COMPLETED || fail "task $i: $(scontrol show job "${job}_$i")"; done
  task_is 1 Restarts=1 && task_is 2 Restarts=1 || fail "no task was begun anew"
  [ -z "$(comm -23 <(echo "$early") <(outputs))" ] || fail "pictures were coloured again that were there"
  checked=$((checked + 1))
}

# What a kill may leave behind, and a picture that is missing: the commands for afterwards.
test_afterwards() {
  touch coloured/.ochre-1-0.part coloured/.ochre-1-0.part.mkv
  find coloured -name '.ochre-*' -exec touch -d '2 days ago' {} +
  block 'find coloured' >remove.sh
  bash -eu remove.sh
  same_as_undisturbed coloured
  rm "coloured/china 07.png"
  block 'grey -o coloured --skip-existing' >missing.sh
  bash -eu missing.sh 2>missing.out
  grep -q '^ochre: 1 picture coloured in .* s, 59 skipped$' missing.out || fail "of one missing picture: $(cat missing.out)"
  same_as_undisturbed coloured
}

# Shares that no one disturbs; each file is in one of them, and so coloured by one run.
in_shares() {  # in_shares FOLDER pictures|videos COMMAND...
  local folder=$1 count=60 grey=../grey videos=
  if [ "$2" = videos ]; then count=8 grey=../grey_videos videos=videos; fi
  mkdir "$folder"
  ln -s $grey "$folder/grey"
  (cd "$folder" && "${@:3}") >"$folder.out" 2>&1 || fail "$folder: ended with $?"
  [ "$(awk '/^ochre: [0-9]+ (picture|video)s? coloured/ { sum += $2 } END { print sum }' "$folder.out")" = $count ] ||
    fail "$folder: not $count $2"
  same_as_undisturbed "$folder/coloured" $videos
}

# The machines of the list are this one, for which GNU parallel needs no ssh. Six shares: each costs a start.
test_parallel() {
  block 'parallel --sshloginfile' | sed 's/\<200\>/6/g' >machines.sh
  echo : >machines.txt
  in_shares machines pictures bash -euc 'cp ../machines.txt . && . ../machines.sh'
  [ "$(wc -l <machines/colour.joblog)" = 7 ] || fail "the log of GNU parallel has not a line for each share"
  block 'parallel --jobs' | sed 's/\<16\>/6/g' >one_machine.sh
  in_shares one_machine videos bash -eu "$work/one_machine.sh"
}

# That the page's sizes of shares are those of the program.
test_sizes() {
  local largest
  largest=$(awk '{ if ($2 > most) most = $2 } END { print most }' machines.out)
  [ "$(block 'hashlib' | sed 's/\<200\>/6/g' | bash -eu)" = "10.0 files a share, the largest has $largest" ] ||
    fail "the page's sizes of shares are not the program's"
  checked=$((checked + 1))
}

# The container's command for each index; and that the two numbers of shares are one.
test_kubernetes() {
  block 'kind: Job' >colour.yaml
  python3 - >container.sh <<'END'
import shlex, yaml
job = yaml.safe_load(open("colour.yaml"))
assert (job["apiVersion"], job["kind"], job["spec"]["completionMode"]) == ("batch/v1", "Job", "Indexed"), job
pod = job["spec"]["template"]["spec"]
[container] = pod["containers"]
assert {"name": "SHARDS", "value": str(job["spec"]["completions"])} in container["env"], container
[mount], [volume] = container["volumeMounts"], pod["volumes"]
assert mount["name"] == volume["name"] and mount["mountPath"] == container["workingDir"], container
print(shlex.join(container["command"] + container["args"]))
END
  in_shares indexed pictures bash -euc 'for JOB_COMPLETION_INDEX in 0 1 2 3; do
    export JOB_COMPLETION_INDEX SHARDS=4
    . ../container.sh
  done'
}

test_slurm
test_afterwards
test_parallel
test_sizes
test_kubernetes
echo "$checked passed, 0 failed"
