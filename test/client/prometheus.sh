#!/bin/bash
# Prometheus scrapes an endpoint: its text, the alert rules, and every query of the dashboard and of the rules.
. "$(dirname "$0")/../lib.sh"
. "$top/test/client/install.sh"
install_prometheus
. "$top/test/client/endpoint.sh"

start_endpoint
export DDB_HTTP_PORT=$DDB_HTTP_PORT_OF_CLIENTS PROMETHEUS=http://127.0.0.1:$(free_port) RULES=$top/monitoring/alerts.yml DASHBOARD=$top/monitoring/ddb-dashboard.json

# A rule's tests look for it beside themselves.
mkdir "$DDB_WORK/rules"
cp "$RULES" "$top/test/client/prometheus/alerts_test.yml" "$DDB_WORK/rules"
ok "the alert rules are good" "$prometheus/promtool" check rules --lint-fatal "$RULES"
ok "and say what they should" "$prometheus/promtool" test rules "$DDB_WORK/rules/alerts_test.yml"

cat >"$DDB_WORK/prometheus.yml" <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ['$RULES']
scrape_configs:
  - job_name: ddb
    static_configs: [{targets: ['127.0.0.1:$DDB_HTTP_PORT']}]
END
"$prometheus/prometheus" --config.file="$DDB_WORK/prometheus.yml" --storage.tsdb.path="$DDB_WORK/series" \
	--web.listen-address="${PROMETHEUS#http://}" 2>"$DDB_WORK/prometheus.log" &
trap 'kill $! 2>/dev/null || true' EXIT
python3 "$top/test/client/prometheus/scraped.py" || { echo "not ok - scraped.py ended with an error" && tail -n 20 "$DDB_WORK/prometheus.log"; }
ok "promtool finds nothing to say of the text" test -z "$(curl -sS "http://127.0.0.1:$DDB_HTTP_PORT/metrics" | "$prometheus/promtool" check metrics 2>&1)"
