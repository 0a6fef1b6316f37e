#!/bin/sh
# Follows what the database writes, for ever, from the moment at which this was first started; more options go to pg_receivewal.
# Needs PGHOST, PGUSER, PGPASSWORD; BACKUPS (where to).
set -eu
umask 077
mkdir -p "$BACKUPS/journal"
# The server keeps the journal from here on until it is taken: a copy made meanwhile finds all that follows it.
echo "SELECT pg_create_physical_replication_slot('journal', true)
      WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'journal');" | psql -X -q -A -t -d postgres
exec pg_receivewal --directory="$BACKUPS/journal" --slot=journal --compress=gzip --no-password "$@"
