# How Platen is run, wherever it is: sourced by the launcher of a clone (../platen) and by that of a package.
#
# Expects: java          the Java to run it on
#          app           the built application, a directory
#          archive, client_archive   its AOT caches, which may be missing
#          say           a function that tells people something

flags=(
  --enable-native-access=ALL-UNNAMED
  --sun-misc-unsafe-memory-access=allow
  -XX:+UseSerialGC
  -Xmx256m
  # Whatever a thread was doing when memory ran out stays half done: a new process takes the jobs up again.
  -XX:+ExitOnOutOfMemoryError
  -Djava.util.logging.manager=org.jboss.logmanager.LogManager
)

client_flags=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx128m)

# Starts the server once on an empty directory, for the JDK to note what a start loads, and captures a disk with it, so
# that the compilers know from the first capture on which methods are hot. It is told to end by SIGTERM. The libvirt of this
# host is none of its business.
train() {
  local data pid
  data=$(mktemp -d)
  "$java" "${flags[@]}" -XX:AOTCacheOutput="$archive" -jar "$app/quarkus-run.jar" serve --data "$data" --port 0 \
    --hypervisor none \
    >"$data/out" 2>"$data/log" &
  pid=$!
  for _ in $(seq 2400); do
    grep -q 'listening on' "$data/log" && break
    kill -0 $pid 2>/dev/null || break
    sleep 0.5
  done
  # Bytes like those of a disk: what compresses and what does not.
  cat "$app"/lib/main/*.jar "$(dirname "$java")/../lib/modules" | head -c 192M >"$data/disk.raw"
  "$java" "${flags[@]}" -jar "$app/quarkus-run.jar" import "$data/disk.raw" --format raw --name training --data "$data" || true
  train_client "$data"
  kill $pid 2>/dev/null || true
  wait $pid || true
  cat "$data/log"
  rm -rf "$data"
  [ -f "$archive" ]
}

# What the commands that work over HTTP load, noted while one of them asks the server that is trained.
train_client() {
  local url key
  url=$(sed -n 's/^export PAPERSPACE_API_URL=//p' "$1/out")
  key=$(sed -n 's/^export PAPERSPACE_API_KEY=//p' "$1/out")
  client_classes
  PAPERSPACE_API_URL=$url PAPERSPACE_API_KEY=$key "$java" "${client_flags[@]}" -XX:AOTCacheOutput="$client_archive" \
    -cp "$classes" io.platen.client.Main template list || true
}

# The class path of the commands that work over HTTP; the archive holds for exactly this one.
client_classes() {
  local name jar
  classes=
  for name in io.platen.platen-client info.picocli.picocli com.fasterxml.jackson.core.jackson-{annotations,core,databind} \
      org.jspecify.jspecify; do
    for jar in "$app/lib/main/$name"-[0-9]*.jar; do
      classes+=${classes:+:}$jar
    done
  done
}

# Whether a command works over HTTP, and so without the server's classes. Help is the server's: it knows all commands.
is_client() {
  local word
  case "${1:-} ${2:-}" in
    "machine adopt" | "machine recover" | "machine help" | "template help") return 1 ;;
    "machine "?* | "template "?* | "snapshot "?* | "event "?* | "login "?*) ;;
    *) return 1 ;;
  esac
  for word; do
    case $word in --data | --data=* | --config | --config=*) return 1 ;; esac
  done
  [[ $2 != -* ]] || [ "$1" = login ]
}

run_client() {
  client_classes
  [ -f "$client_archive" ] && client_flags+=(-XX:AOTCache="$client_archive" -Xlog:aot=off -Xlog:cds=off)
  exec "$java" "${client_flags[@]}" -cp "$classes" io.platen.client.Main "$@"
}

# The value of an option among the arguments, the last one where there are several.
option() {
  local name=$1 value= word previous=
  shift
  for word; do
    case $word in "$name="*) value=${word#*=} ;; esac
    [ "$previous" = "$name" ] && value=$word
    previous=$word
  done
  printf '%s' "$value"
}

# The data directory that a command works on, as ConfigFile finds it. A configuration that spells "data" in another way than
# a line of its own is not understood here; the command itself then refuses another user's directory.
data_directory() {
  local data config
  data=$(option --data "$@")
  config=$(option --config "$@")
  config=${config:-${PLATEN_CONFIG:-}}
  data=${data:-${PLATEN_DATA:-}}
  if [ -z "$data" ] && [ -n "$config" ] && [ -r "$config" ]; then
    data=$(sed -n "s/^data: *[\"']\{0,1\}\([^\"'#]*[^\"'# ]\).*/\1/p" "$config")
  fi
  printf '%s' "${data:-data}"
}

# Whose data directory it is, by number, where root runs a command on somebody else's; nothing otherwise.
other_owner() {
  local directory used
  [ "$(id -u)" = 0 ] && [ "${1:-}" != demo ] || return 0
  directory=$(data_directory "$@")
  for used in "$directory/platen.lock" "$directory/platen.db" "$directory"; do
    if [ -e "$used" ]; then
      stat -c %u "$used" | grep -vx 0 || true
      return
    fi
  done
}

# Whether a command names disks that the server is to read.
names_disks() {
  case "${1:-} ${2:-}" in "machine adopt" | "import "*) ;; *) return 1 ;; esac
  [[ " $* " != *\ @(-h|--help|-V|--version)\ * ]]
}

# Runs a command as the user whose data directory it is: what root made there, that user's server could not read.
run() {
  local owner name program
  [ -f "$archive" ] && flags+=(-XX:AOTCache="$archive" -Xlog:aot=off -Xlog:cds=off)
  program=("$java" "${flags[@]}" -jar "$app/quarkus-run.jar")
  owner=$(other_owner "$@")
  [ -n "$owner" ] || exec "${program[@]}" "$@"
  name=$(getent passwd "$owner" | cut -d: -f1)
  if [ -z "$name" ]; then
    say "$(data_directory "$@") belongs to the user $owner, whom this host does not know: give it to one that it knows with chown"
    exit 1
  fi
  # What only root may read it lets that user read, if it is told to.
  if names_disks "$@"; then "${program[@]}" "$@" --reader "$name:$(id -g "$name")" || exit $?; fi
  HOME=$(getent passwd "$owner" | cut -d: -f6) exec setpriv --reuid "$owner" --regid "$(id -g "$name")" --init-groups \
    --inh-caps=-all "${program[@]}" "$@"
}
