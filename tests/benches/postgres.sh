#!/bin/sh
# A PostgreSQL of its own for a benchmark, from the system's package.
#
#   postgres.sh start FOLDER [PID [BUFFERS]]
#                                    starts one over FOLDER/postgres, listening on no port; prints
#                                    the folder of its programs and that of its socket.
#                                    It stops by itself once the process PID is gone.
#                                    BUFFERS is its shared_buffers, 1GB where none are given.
#   postgres.sh stop FOLDER          stops it and removes what it wrote.
#
# Exit status 3: PostgreSQL 15 or later is not here, or cannot use FOLDER.
set -eu

programs() {
    for bin in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) \
        "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
        if [ -x "$bin/initdb" ] && [ -x "$bin/pgbench" ]; then
            version=$("$bin/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
            if [ "$version" -ge 15 ]; then
                echo "$bin"
                return
            fi
        fi
    done
    echo "PostgreSQL 15 or later is not installed; on Debian: apt-get install postgresql" >&2
    exit 3
}

# PostgreSQL refuses to run as root.
as_user() {
    if [ "$(id -u)" -ne 0 ]; then
        "$@"
    elif id postgres >/dev/null 2>&1; then
        runuser -u postgres -- "$@"
    else
        runuser -u nobody -- "$@"
    fi
}

start() {
    bin=$(programs)
    mkdir -p "$data"
    if [ "$(id -u)" -eq 0 ]; then
        chown "$(as_user id -u)" "$data"
    fi
    if ! as_user test -w "$data"; then
        echo "the user that PostgreSQL runs as cannot use the benchmark's folder" >&2
        exit 3
    fi
    trap 'stop' EXIT
    # A socket's path is at most 107 bytes long, so it gets a folder of its own.
    socket=$(as_user mktemp -d /tmp/outlay-postgres.XXXXXX)
    echo "$socket" >"$folder/postgres.socket"
    cd /
    as_user "$bin/initdb" -D "$data/log" -U bench -A trust -E UTF8 --no-locale >"$folder/initdb.log"
    as_user sh -c 'cat >>"$0"' "$data/log/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$socket'
max_connections = 200
fsync = on
synchronous_commit = on
shared_buffers = ${buffers:-1GB}
max_wal_size = 8GB
checkpoint_timeout = 30min
CONF
    as_user "$bin/pg_ctl" -D "$data/log" -l "$data/postgres.log" -w -s start >/dev/null
    trap - EXIT
    if [ -n "$parent" ]; then
        (
            trap '' INT HUP TERM
            while kill -0 "$parent" 2>/dev/null && [ -e "$folder/postgres.socket" ]; do sleep 1; done
            stop
        ) >/dev/null 2>&1 </dev/null &
    fi
    echo "$bin"
    echo "$socket"
}

stop() {
    if [ -e "$data/log/postmaster.pid" ]; then
        (cd / && as_user "$(programs)/pg_ctl" -D "$data/log" -m immediate -w -s stop >/dev/null) || true
    fi
    if [ -e "$folder/postgres.socket" ]; then
        rm -rf "$(cat "$folder/postgres.socket")" "$folder/postgres.socket"
    fi
    rm -rf "$data"
}

command=${1:-}
folder=${2:-}
parent=${3:-}
buffers=${4:-}
data=$folder/postgres
case "$command $folder" in
"start /"*) start ;;
"stop /"*) stop ;;
*)
    echo "usage: postgres.sh start|stop FOLDER [PID [BUFFERS]], FOLDER absolute" >&2
    exit 2
    ;;
esac
