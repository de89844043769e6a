package dashboards

// All are all dashboards.
func All() []Dashboard {
	return []Dashboard{cluster(), functions(), edge(), starts(), uploads(), delivery(), bill()}
}

func cluster() Dashboard {
	return Dashboard{Name: "cluster", Title: "마당 · 클러스터", Since: "6h", Doc: "What containers and nodes use: CPU, memory, pods; PostgreSQL, Redis, and what watches.", Panels: []Panel{
		one(Stat, "노드", "none", "Nodes are what is paid for, whether pods use them or not.", `madang_nodes`, "nodes").wide(4),
		one(Stat, "노드 CPU", "percentunit", "Of all processors. Above 80 % for long: a start has to wait for its turn.", `sum(rate(node_cpu_usage_seconds_total[5m])) / scalar(madang_nodes_cpus)`, "").wide(5),
		one(Stat, "노드 메모리", "percentunit", "Of all memory. Above 85 %: pods are put out.", `sum(node_memory_working_set_bytes) / scalar(madang_nodes_memory_bytes)`, "").wide(5),
		one(Stat, "함수 파드", "none", "Pods of functions now. None while nobody needs one.", `sum(madang_pods)`, "pods").wide(5),
		one(Stat, "울리는 경보", "none", "Alerts that fire; docs/operating.md says what to do about each.", `sum(madang_alerts)`, "alerts").wide(5),
		one(Area, "컨테이너 CPU", "cores", "By part of the product, queue-proxy with its function.", `sum by (part) (rate(container_cpu_usage_seconds_total{part!=""}[$__rate_interval]))`, "{{part}}").wide(12),
		one(Area, "컨테이너 메모리", "bytes", "Working set by part of the product: what counts against the limit.", `sum by (part) (container_memory_working_set_bytes{part!=""})`, "{{part}}").wide(12),
		one(Area, "파드", "none", "Pods of each function.", `sum by (function) (madang_pods)`, "{{function}}"),
		one(Lines, "재시작", "none", "Containers that began again within the hour: memory, a crash, a probe.", `sum by (part) (increase(madang_container_restarts_total[1h]))`, "{{part}}"),
		one(Lines, "PostgreSQL 크기", "bytes", "Beside the room on its volume.", `madang_database_bytes`, "used").and(`madang_database_limit_bytes`, "room"),
		one(Lines, "PostgreSQL 트랜잭션", "ops", "Commits and rollbacks a second. Rollbacks are refusals and lost races; a few are normal.", `rate(madang_database_commits_total[$__rate_interval])`, "commits").and(`rate(madang_database_rollbacks_total[$__rate_interval])`, "rollbacks"),
		one(Lines, "PostgreSQL 연결", "none", "Connections beside how many there may be. Each function's pod takes up to 4.", `madang_database_connections`, "open").and(`madang_database_max_connections`, "most"),
		one(Lines, "PostgreSQL 캐시", "percentunit", "Blocks that were found in memory. Below 95 % for long: shared_buffers is too small.",
			`rate(madang_database_blocks_hit_total[5m]) / (rate(madang_database_blocks_hit_total[5m]) + rate(madang_database_blocks_read_total[5m]) > 0)`, "found"),
		one(Lines, "Redis 메모리", "bytes", "Beside where the least used page goes first.", `madang_redis_bytes`, "used").and(`madang_redis_limit_bytes`, "limit"),
		one(Lines, "Redis 명령", "ops", "Commands a second, and pages that had to go for want of room.", `rate(madang_redis_commands_total[$__rate_interval])`, "commands").and(`rate(madang_redis_evicted_total[$__rate_interval])`, "evicted"),
		one(Lines, "지켜보는 것들의 메모리", "bytes", "The watch and Prometheus themselves.", `process_resident_memory_bytes`, "{{job}}"),
	}}
}

func functions() Dashboard {
	return Dashboard{Name: "functions", Title: "마당 · 함수", Since: "6h", Doc: "Requests, errors and latency of functions, by themselves and as Knative sees them.", Panels: []Panel{
		one(Area, "요청", "reqps", "Requests that reached a function: signed in, or a page that nobody had.", `sum by (function) (rate(madang_requests_total[$__rate_interval]))`, "{{function}}").wide(12),
		one(Lines, "5xx 비율", "percentunit", "Answers that were our fault. Anything that stays above 0 is worth a look into the logs.",
			`(sum by (function) (rate(madang_requests_total{status=~"5.."}[5m])) or 0 * sum by (function) (rate(madang_requests_total[5m]))) / (sum by (function) (rate(madang_requests_total[5m])) > 0)`, "{{function}}").wide(12),
		one(Lines, "응답 시간 p50", "s", "In the function alone, without its start.", `histogram_quantile(0.5, sum by (function, le) (rate(madang_request_seconds_bucket[5m])) > 0)`, "{{function}}"),
		one(Lines, "응답 시간 p99", "s", "In the function alone, without its start. Above a second: look for the route in the table.", `histogram_quantile(0.99, sum by (function, le) (rate(madang_request_seconds_bucket[5m])) > 0)`, "{{function}}"),
		one(Lines, "거절", "reqps", "Refusals by their code: too-many-requests, sign-in-first, and so on.", `sum by (code) (rate(madang_problems_total[$__rate_interval]))`, "{{code}}"),
		one(Table, "경로별 요청", "none", "How often each route was asked in the range, the most first.", `topk(20, sum by (function, route) (increase(madang_requests_total[$__range])) > 0)`, "").wide(12),
		one(Table, "느린 경로", "s", "Mean time of an answer in the range, the slowest first.",
			`topk(20, sum by (function, route) (increase(madang_request_seconds_sum[$__range])) / (sum by (function, route) (increase(madang_request_seconds_count[$__range])) > 0))`, "").wide(12),
		one(Lines, "프로세스 안에서 센 제한", "reqps", "Limits that a pod counted by itself, since Redis was away: each pod then allows as much as all together should.", `sum by (function) (rate(madang_limits_in_process_total[$__rate_interval]))`, "{{function}}"),
		one(Lines, "저장하지 못한 페이지", "reqps", "Pages that were answered but not kept: Redis was away or slow.", `sum by (function) (rate(madang_pages_not_stored_total[$__rate_interval]))`, "{{function}}"),
		one(Lines, "만든 페이지", "reqps", "Pages rendered, by function.", `sum by (function) (rate(madang_pages_rendered_total[$__rate_interval]))`, "{{function}}"),
		one(Lines, "queue-proxy 응답 시간 p99", "s", "Knative's kn.serving.invocation.duration: what queue-proxy adds included. It is asked while a pod is there; what a pod did last is missing here.",
			`histogram_quantile(0.99, sum by (function, le) (kn_serving_invocation_duration_seconds_bucket))`, "{{function}}"),
		one(Lines, "autoscaler가 바라는 파드", "none", "kn.revision.pods.desired by Revision.", `sum by (kn_revision_name) (kn_revision_pods_desired)`, "{{kn_revision_name}}"),
		one(Lines, "activator에 있는 요청", "none", "kn.revision.request.concurrency: requests that wait for a start, or pass by.", `sum by (kn_revision_name) (kn_revision_request_concurrency)`, "{{kn_revision_name}}"),
	}}
}

func edge() Dashboard {
	return Dashboard{Name: "edge", Title: "마당 · 엣지와 캐시", Since: "6h", Doc: "What visitors got, and how much of it woke nobody.", Panels: []Panel{
		one(Stat, "누리집", "bool_yes_no", "Whether the edge answered the watch the last time.", `madang_site_up`, "up").wide(6),
		one(Stat, "캐시에서 답한 비율", "percentunit", "Of visitors' pages in the last hour: hits and stale ones that are renewed behind the visitor's back.",
			`sum(increase(madang_edge_pages_total{outcome=~"hit|stale|store-away"}[1h])) / (sum(increase(madang_edge_pages_total[1h])) > 0)`, "").wide(6),
		one(Stat, "초당 요청", "reqps", "All requests of the last five minutes.", `sum(rate(madang_edge_requests_total[5m]))`, "").wide(6),
		one(Stat, "연결", "none", "Open connections of all replicas.", `sum(madang_edge_connections)`, "").wide(6),
		one(Area, "응답", "reqps", "By class of status. 5xx: a function or what it needs is away.", `sum by (class) (rate(madang_edge_requests_total[$__rate_interval]))`, "{{class}}").wide(12),
		one(Area, "페이지", "reqps", "hit: kept; stale: kept and renewed; miss: a function had to; store-away, function-away: Redis or functions did not answer, a copy did; refused: an error.", `sum by (outcome) (rate(madang_edge_pages_total[$__rate_interval]))`, "{{outcome}}").wide(12),
		one(Lines, "응답 시간 p50", "s", "page: from the cache or a function; function: everything else; file: from object storage or its copy.", `histogram_quantile(0.5, sum by (kind, le) (rate(madang_edge_request_seconds_bucket[5m])) > 0)`, "{{kind}}"),
		one(Lines, "응답 시간 p99", "s", "With starts: a function that slept is part of it.", `histogram_quantile(0.99, sum by (kind, le) (rate(madang_edge_request_seconds_bucket[5m])) > 0)`, "{{kind}}"),
		one(Lines, "보낸 양", "Bps", "Bytes to visitors, by replica.", `sum by (pod) (rate(madang_edge_bytes_total[$__rate_interval]))`, "{{pod}}"),
		one(Table, "캐시를 놓친 페이지", "none", "Pages of the range that a function had to make while a visitor waited.", `topk(20, sum by (route) (increase(madang_edge_pages_total{outcome="miss"}[$__range])))`, ""),
		one(Lines, "파일", "reqps", "Public files: from the replica's copy or from object storage.", `sum by (outcome) (rate(madang_edge_files_total[$__rate_interval]))`, "{{outcome}}"),
		one(Lines, "경로별 요청", "reqps", "The busiest ten.", `topk(10, sum by (route) (rate(madang_edge_requests_total[5m])))`, "{{route}}"),
	}}
}

func starts() Dashboard {
	return Dashboard{Name: "starts", Title: "마당 · 콜드 스타트", Since: "24h", Doc: "How often functions had to be woken, how long that took, and what waking them ahead took.", Panels: []Panel{
		one(Stat, "깨운 횟수", "none", "In the range: pods that began while there was none.", `sum(increase(madang_wakes_total[$__range]))`, "").wide(6),
		one(Stat, "방문자가 기다린 시간 p50", "s", "Of visitors who met a sleeping function, from the edge to the answer.", `histogram_quantile(0.5, sum by (le) (increase(madang_start_seconds_bucket{stage="visitor"}[$__range])))`, "").wide(6),
		one(Stat, "방문자가 기다린 시간 p99", "s", "The same for the slowest.", `histogram_quantile(0.99, sum by (le) (increase(madang_start_seconds_bucket{stage="visitor"}[$__range])))`, "").wide(6),
		one(Stat, "잠든 시간", "percentunit", "Of all functions' time in the range.", `1 - sum(increase(madang_awake_seconds_total[$__range])) / sum(increase(madang_watched_seconds_total[$__range]))`, "").wide(6),
		one(Area, "깨움", "none", "In each hour, by function.", `sum by (function) (increase(madang_wakes_total[1h]))`, "{{function}}").wide(12),
		one(Lines, "실행부터 준비까지 p90", "s", "From exec of the function's process to its first yes to readiness: the program's own part.", `histogram_quantile(0.9, sum by (function, le) (increase(madang_start_seconds_bucket{stage="ready"}[1h])) > 0)`, "{{function}}").wide(12),
		one(Lines, "요청부터 응답까지 p90", "s", "From the edge to the first answer of a pod that did not exist yet: everything included.", `histogram_quantile(0.9, sum by (function, le) (increase(madang_start_seconds_bucket{stage="visitor"}[1h])) > 0)`, "{{function}}").wide(12),
		one(Lines, "파드가 준비될 때까지", "s", "Mean from the pod's appearance in Kubernetes to its readiness: scheduling, sandbox, containers, probes.",
			`sum by (function) (increase(madang_pod_ready_seconds_sum[1h])) / (sum by (function) (increase(madang_pod_ready_seconds_count[1h])) > 0)`, "{{function}}").wide(12),
		one(Lines, "깨어 있는 지", "s", "How long a function has had a pod without a break. One that never sleeps costs without end.", `madang_awake_for_seconds`, "{{function}}").wide(12),
		one(Lines, "미리 깨우기", "s", "Pod time that was spent on waking functions ahead of a publication, beside the budget of a day.", `madang_warmup_used_seconds`, "used today").and(`madang_warmup_budget_seconds`, "budget"),
		one(Lines, "미리 깨운 함수", "none", "1 while functions are kept awake for a publication; and turns in which the budget was used up.", `madang_warmup_active`, "active").and(`increase(madang_warmup_refused_total[1h])`, "refused"),
	}}
}

func uploads() Dashboard {
	return Dashboard{Name: "uploads", Title: "마당 · 업로드와 저장소", Since: "24h", Doc: "Files: started, completed, refused, cleaned up; and what they take.", Panels: []Panel{
		one(Stat, "파일", "none", "Completed files that were not deleted.", `madang_storage_files`, "files").wide(6),
		one(Stat, "저장된 양", "bytes", "Originals and variants, as the database knows them.", `madang_storage_bytes`, "bytes").wide(6),
		one(Stat, "끝나지 않은 업로드", "none", "Under way, or given up and not yet tidied (after 24 hours).", `madang_storage_unfinished`, "uploads").wide(6),
		one(Stat, "저장소 사용률", "percentunit", "Of what the council wants to pay for (monitoring.limits.storageGiB).", `madang_storage_bytes / madang_storage_limit_bytes`, "").wide(6),
		one(Lines, "업로드 요청", "reqps", "By route and status. 409 and 422 at complete: what arrived is not what was declared.", `sum by (route, status) (rate(madang_requests_total{function="uploads"}[$__rate_interval]))`, "{{route}} {{status}}").wide(12),
		one(Lines, "거절된 업로드", "none", "By code, in each hour.", `sum by (code) (increase(madang_problems_total{function="uploads"}[1h]))`, "{{code}}").wide(12),
		one(Lines, "그림 처리", "none", "Events of completed uploads, by what became of them: smaller variants were made, or never could be.", `sum by (outcome) (increase(madang_events_total{function="media"}[1h]))`, "{{outcome}}"),
		one(Lines, "치운 것", "none", "What sweep tidied of files, in each hour.", `sum by (what) (increase(madang_work_total{function="sweep",what=~"uploads-.*|strays-removed"}[1h]))`, "{{what}}"),
		one(Lines, "저장된 양의 변화", "bytes", "Growth in a day.", `delta(madang_storage_bytes[1d])`, "a day"),
	}}
}

func delivery() Dashboard {
	return Dashboard{Name: "delivery", Title: "마당 · 이벤트 전달", Since: "6h", Doc: "Events from what happened to who wants to know, and what sweep had to repair.", Panels: []Panel{
		one(Stat, "보내지 못한 이벤트", "none", "Recorded, and accepted by no broker yet. sweep publishes them again.", `madang_events_unsent`, "events").wide(6),
		one(Stat, "가장 오래된 것", "s", "How long the oldest of them has waited. More than 10 minutes: the broker is away.", `madang_events_unsent_seconds`, "").wide(6),
		one(Stat, "받지 못한 이벤트", "none", "Events that a consumer never took, however often the broker tried (/v1/admin/dead-letters).", `madang_dead_letters`, "events").wide(6),
		one(Stat, "마지막 백업", "dateTimeFromNow", "When the database was saved last.", `madang_backup_timestamp_seconds * 1000`, "").wide(6),
		one(Lines, "이벤트", "ops", "By consumer and outcome. failed: will be delivered again; dropped: can never succeed.", `sum by (function, outcome) (rate(madang_events_total[$__rate_interval]))`, "{{function}} {{outcome}}").wide(12),
		one(Lines, "종류별", "none", "In each hour.", `sum by (type) (increase(madang_events_total[1h]))`, "{{type}}").wide(12),
		one(Lines, "제때 한 일과 고친 일", "none", "What sweep did in each hour, by task: notices that were due, events that were lost, uploads that nobody completed.", `sum by (what, outcome) (increase(madang_work_total{function="sweep"}[1h]))`, "{{what}} {{outcome}}").wide(24),
	}}
}

func bill() Dashboard {
	return Dashboard{Name: "bill", Title: "마당 · 청구서", Since: "30d", Doc: "What functions cost, beside servers that are always on. Choose the time above: everything here is of that time. /v1/admin/cost says the same to the millisecond.", Panels: []Panel{
		one(Stat, "함수 비용", "currencyKRW", "Won of the range: each pod's part of its node, by the prices in the values.", `sum(increase(madang_won_total[$__range]))`, "won").wide(6),
		one(Stat, "항상 켠 서버라면", "currencyKRW", "Won of the same time for the servers that the values compare with.", `sum(increase(madang_watched_seconds_total[$__range])) / count(madang_watched_seconds_total) / 3600 * scalar(sum(madang_servers_won_per_hour))`, "won").wide(6),
		one(Stat, "지금 시간당", "currencyKRW", "Won an hour at this moment's rate. 0 while everybody sleeps.", `sum(rate(madang_won_total[1m])) * 3600`, "won/h").wide(6),
		one(Stat, "파드 시간", "s", "Of all pods in the range.", `sum(increase(madang_pod_seconds_total[$__range]))`, "").wide(6),
		one(Bars, "함수별 비용", "currencyKRW", "Won of the range.", `sort_desc(sum by (function) (increase(madang_won_total[$__range])))`, "{{function}}").wide(12),
		one(Bars, "함수별 잠든 시간", "percentunit", "The part of the range in which there was no pod.", `1 - sum by (function) (increase(madang_awake_seconds_total[$__range])) / sum by (function) (increase(madang_watched_seconds_total[$__range]))`, "{{function}}").wide(12),
		one(Area, "비용의 흐름", "currencyKRW", "Won an hour.", `sum by (function) (rate(madang_won_total[$__rate_interval])) * 3600`, "{{function}}").wide(12),
		one(Bars, "콜드 스타트", "none", "Wakes of the range.", `sum by (function) (increase(madang_wakes_total[$__range]))`, "{{function}}").wide(12),
		one(Table, "5분 동안 데워 두었다면: 줄어드는 콜드 스타트", "none", "Wakes of the range that keeping the last pod for 5 minutes after its last request had spared. Set functions.window where it is worth it.", `sum by (function) (increase(madang_kept_warm_spared_total[$__range]))`, "").wide(12),
		one(Table, "5분 동안 데워 두었다면: 드는 돈", "currencyKRW", "What that had cost more in the range.",
			`sum by (function) (increase(madang_kept_warm_seconds_total[$__range])) * sum by (function) (increase(madang_won_total[$__range])) / (sum by (function) (increase(madang_pod_seconds_total[$__range])) > 0)`, "").wide(12),
		one(Lines, "미리 깨우기에 쓴 파드 시간", "s", "In each day, by function: a notice with a publication time wakes them ahead.", `sum by (function) (increase(madang_warmup_seconds_total[1d]))`, "{{function}}").wide(12),
		one(Table, "가격", "currencyKRW", "An hour, from the values: of a node, and of the servers that are compared with.", `madang_node_won_per_hour`, "").and(`madang_servers_won_per_hour`, "").wide(12),
	}}
}
