# A dump on standard input becomes the database, in the pod of whoever runs the server:
#   kubectl exec -i postgres-0 -- sh /etc/madang/restore.sh <madang.dump                                         the chart
#   kubectl exec -i $db -c postgres -- sh -c "$(cat knative/chart/files/postgres/restore.sh)" <madang.dump   CloudNativePG
# The restored database takes the name of the one that served, which is kept beside it. A dump
# that is broken changes nothing.
set -eu
test ! -S /tmp/.s.PGSQL.5432 || export PGHOST=/tmp
program=$(command -v postgres || ls /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
bin=$(dirname "$program")
sql() { "$bin/psql" -U postgres -q -v ON_ERROR_STOP=1 "$@"; }
kept=madang_until_$(date -u +%Y%m%d_%H%M%S)
sql -c "DROP DATABASE IF EXISTS restored" -c "CREATE DATABASE restored OWNER madang" postgres
"$bin/pg_restore" -U postgres --no-owner --no-privileges --role=madang --exit-on-error -d restored
sql postgres <<SQL
ALTER DATABASE madang WITH ALLOW_CONNECTIONS false;
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname IN ('madang', 'restored');
ALTER DATABASE madang RENAME TO $kept;
ALTER DATABASE restored RENAME TO madang;
SQL
echo "restored; what served until now is the database $kept"
