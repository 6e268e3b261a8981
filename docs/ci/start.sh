#!/usr/bin/env bash
# start.sh DIRECTORY: runs the build in that directory, with the broker it wants, at 127.0.0.1:3000, in the foreground.
# A comparison ends it with a SIGTERM to its whole process group: nothing that it starts may leave that group.
# Its API takes tokens signed (HS256) with STOMPEDE_JWT_SECRET, of users 1, 2, 3 ...
set -euo pipefail
# Before anything is started that would stay.
: "${STOMPEDE_JWT_SECRET:?name the secret that tokens are signed with: export STOMPEDE_JWT_SECRET=...}"
cd "$1"

# A broker of its own, with your configuration; without a container its processor time counts too.
rabbitmq-server > broker.log 2>&1 &
until rabbitmqctl await_startup > /dev/null 2>&1; do sleep 1; done

# How your chat is built and what it calls its settings is yours to fill in.
PORT=3000 JWT_SECRET="$STOMPEDE_JWT_SECRET" exec node dist/main.js
