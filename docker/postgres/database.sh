#!/bin/sh
# Runs once, when the database's volume is new: passwords of the three roles, and the database that the owner owns.
set -e
psql -v ON_ERROR_STOP=1 -U postgres -v app="$APP_PASSWORD" -v owner="$OWNER_PASSWORD" -v worker="$WORKER_PASSWORD" <<'SQL'
alter role commonpot_app password :'app';
alter role commonpot_owner password :'owner';
alter role commonpot_worker password :'worker';
create database commonpot owner commonpot_owner;
SQL
