package dashboards

// All are all dashboards.
func All() []Dashboard {
	return []Dashboard{cluster(), functions(), edge(), starts(), uploads(), delivery(), bill()}
}

func cluster() Dashboard {
	return Dashboard{Name: "cluster", Title: "마당 · 클러스터", Since: "6h", Doc: "컨테이너와 노드가 쓰는 것: CPU, 메모리, 파드. 그리고 PostgreSQL, Redis, 지켜보는 것들.", Panels: []Panel{
		one(Stat, "노드", "none", "돈은 노드에 냅니다. 파드가 쓰든 쓰지 않든 같습니다.", `madang_nodes`, "nodes").wide(4),
		one(Stat, "노드 CPU", "percentunit", "모든 프로세서 가운데 쓰는 몫. 80 %를 오래 넘으면 함수가 깨어나기를 기다립니다.", `sum(rate(node_cpu_usage_seconds_total[5m])) / scalar(madang_nodes_cpus)`, "").wide(5),
		one(Stat, "노드 메모리", "percentunit", "모든 메모리 가운데 쓰는 몫. 85 %를 넘으면 파드가 쫓겨납니다.", `sum(node_memory_working_set_bytes) / scalar(madang_nodes_memory_bytes)`, "").wide(5),
		one(Stat, "함수 파드", "none", "지금 있는 함수의 파드. 아무도 찾지 않으면 0입니다.", `sum(madang_pods)`, "pods").wide(5),
		one(Stat, "울리는 경보", "none", "울리는 경보의 수. 무엇을 할지는 docs/operating.md에 있습니다.", `sum(madang_alerts)`, "alerts").wide(5),
		one(Area, "컨테이너 CPU", "cores", "제품의 부분별. queue-proxy는 제 함수에 넣어 셉니다.", `sum by (part) (rate(container_cpu_usage_seconds_total{part!=""}[$__rate_interval]))`, "{{part}}").wide(12),
		one(Area, "컨테이너 메모리", "bytes", "제품의 부분별 working set. 한도와 비교하는 값입니다.", `sum by (part) (container_memory_working_set_bytes{part!=""})`, "{{part}}").wide(12),
		one(Area, "파드", "none", "함수마다의 파드 수.", `sum by (function) (madang_pods)`, "{{function}}"),
		one(Lines, "재시작", "none", "한 시간 안에 다시 시작한 컨테이너: 메모리 부족, 오류, 점검 실패.", `sum by (part) (increase(madang_container_restarts_total[1h]))`, "{{part}}"),
		one(Lines, "PostgreSQL 크기", "bytes", "볼륨에 있는 자리와 나란히.", `madang_database_bytes`, "used").and(`madang_database_limit_bytes`, "room"),
		one(Lines, "PostgreSQL 트랜잭션", "ops", "초당 커밋과 롤백. 롤백은 거절되거나 경쟁에서 진 일이라 조금은 보통입니다.", `rate(madang_database_commits_total[$__rate_interval])`, "commits").and(`rate(madang_database_rollbacks_total[$__rate_interval])`, "rollbacks"),
		one(Lines, "PostgreSQL 연결", "none", "연결 수와 그 한도. 함수의 파드 하나가 4개까지 씁니다.", `madang_database_connections`, "open").and(`madang_database_max_connections`, "most"),
		one(Lines, "PostgreSQL 캐시", "percentunit", "메모리에서 찾은 블록의 비율. 95 % 아래로 오래 있으면 shared_buffers가 작습니다.",
			`rate(madang_database_blocks_hit_total[5m]) / (rate(madang_database_blocks_hit_total[5m]) + rate(madang_database_blocks_read_total[5m]) > 0)`, "found"),
		one(Lines, "Redis 메모리", "bytes", "한도와 나란히. 한도에 닿으면 가장 덜 쓰는 페이지부터 사라집니다.", `madang_redis_bytes`, "used").and(`madang_redis_limit_bytes`, "limit"),
		one(Lines, "Redis 명령", "ops", "초당 명령과, 자리가 없어 사라진 페이지.", `rate(madang_redis_commands_total[$__rate_interval])`, "commands").and(`rate(madang_redis_evicted_total[$__rate_interval])`, "evicted"),
		one(Lines, "지켜보는 것들의 메모리", "bytes", "watch, logs, Prometheus가 쓰는 메모리.", `process_resident_memory_bytes`, "{{job}}"),
		one(Lines, "보관한 로그", "none", "분마다 보관한 줄과 보관하지 못한 줄. flood: 한 컨테이너가 1분에 너무 많이 썼습니다. storage: 저장소가 받지 않았습니다.", `sum(increase(madang_logs_lines_total[1m]))`, "kept").
			and(`sum by (why) (increase(madang_logs_dropped_lines_total[1m]))`, "{{why}}"),
	}}
}

func functions() Dashboard {
	return Dashboard{Name: "functions", Title: "마당 · 함수", Since: "6h", Doc: "함수의 요청, 오류, 응답 시간. 함수가 센 것과 Knative가 본 것.", Panels: []Panel{
		one(Area, "요청", "reqps", "함수까지 온 요청: 로그인한 사람, 또는 아무도 갖지 않은 페이지.", `sum by (function) (rate(madang_requests_total[$__rate_interval]))`, "{{function}}").wide(12),
		one(Lines, "5xx 비율", "percentunit", "우리 잘못인 응답. 0보다 큰 채로 머물면 로그를 보세요.",
			`(sum by (function) (rate(madang_requests_total{status=~"5.."}[5m])) or 0 * sum by (function) (rate(madang_requests_total[5m]))) / (sum by (function) (rate(madang_requests_total[5m])) > 0)`, "{{function}}").wide(12),
		one(Lines, "응답 시간 p50", "s", "함수 안에서만 잰 시간으로, 깨어나는 시간은 뺍니다.", `histogram_quantile(0.5, sum by (function, le) (rate(madang_request_seconds_bucket[5m])) > 0)`, "{{function}}"),
		one(Lines, "응답 시간 p99", "s", "함수 안에서만 잰 시간으로, 깨어나는 시간은 뺍니다. 1초를 넘으면 아래 표에서 경로를 찾으세요.", `histogram_quantile(0.99, sum by (function, le) (rate(madang_request_seconds_bucket[5m])) > 0)`, "{{function}}"),
		one(Lines, "거절", "reqps", "거절을 코드별로: too-many-requests, sign-in-first 등.", `sum by (code) (rate(madang_problems_total[$__rate_interval]))`, "{{code}}"),
		one(Table, "경로별 요청", "none", "이 기간에 경로마다 받은 요청 수. 많은 것부터.", `topk(20, sum by (function, route) (increase(madang_requests_total[$__range])) > 0)`, "").wide(12),
		one(Table, "느린 경로", "s", "이 기간의 평균 응답 시간. 느린 것부터.",
			`topk(20, sum by (function, route) (increase(madang_request_seconds_sum[$__range])) / (sum by (function, route) (increase(madang_request_seconds_count[$__range])) > 0))`, "").wide(12),
		one(Lines, "프로세스 안에서 센 제한", "reqps", "Redis가 없어 파드가 스스로 센 요청 제한. 이때는 파드마다 전체만큼 허락합니다.", `sum by (function) (rate(madang_limits_in_process_total[$__rate_interval]))`, "{{function}}"),
		one(Lines, "저장하지 못한 페이지", "reqps", "답했으나 저장하지 못한 페이지: Redis가 없거나 느렸습니다.", `sum by (function) (rate(madang_pages_not_stored_total[$__rate_interval]))`, "{{function}}"),
		one(Lines, "만든 페이지", "reqps", "함수별로 만든 페이지.", `sum by (function) (rate(madang_pages_rendered_total[$__rate_interval]))`, "{{function}}"),
		one(Lines, "queue-proxy 응답 시간 p99", "s", "Knative의 kn.serving.invocation.duration. queue-proxy가 더하는 시간을 포함합니다. 파드가 있는 동안만 물으므로 파드의 마지막 일은 여기에 없습니다.",
			`histogram_quantile(0.99, sum by (function, le) (rate(kn_serving_invocation_duration_seconds_bucket[5m])))`, "{{function}}"),
		one(Lines, "autoscaler가 바라는 파드", "none", "Revision별 kn.revision.pods.desired.", `sum by (kn_revision_name) (kn_revision_pods_desired)`, "{{kn_revision_name}}"),
		one(Lines, "activator에 있는 요청", "none", "kn.revision.request.concurrency: 깨어나기를 기다리거나 지나가는 요청.", `sum by (kn_revision_name) (kn_revision_request_concurrency)`, "{{kn_revision_name}}"),
	}}
}

func edge() Dashboard {
	return Dashboard{Name: "edge", Title: "마당 · 엣지와 캐시", Since: "6h", Doc: "방문자가 받은 것과, 그 가운데 아무 함수도 깨우지 않은 몫.", Panels: []Panel{
		one(Stat, "홈페이지", "bool_yes_no", "watch가 마지막으로 물었을 때 엣지가 답했는지.", `madang_site_up`, "up").wide(6),
		one(Stat, "캐시에서 답한 비율", "percentunit", "지난 한 시간 방문자의 페이지 가운데 캐시로 답한 몫. 보내고 나서 새로 만드는 옛 페이지도 셉니다.",
			`sum(increase(madang_edge_pages_total{outcome=~"hit|stale|store-away"}[1h])) / (sum(increase(madang_edge_pages_total[1h])) > 0)`, "").wide(6),
		one(Stat, "초당 요청", "reqps", "지난 5분의 모든 요청.", `sum(rate(madang_edge_requests_total[5m]))`, "").wide(6),
		one(Stat, "연결", "none", "모든 복제본의 열린 연결.", `sum(madang_edge_connections)`, "").wide(6),
		one(Area, "응답", "reqps", "상태 코드의 종류별. 5xx: 함수나 함수가 쓰는 것이 없습니다.", `sum by (class) (rate(madang_edge_requests_total[$__rate_interval]))`, "{{class}}").wide(12),
		one(Area, "페이지", "reqps", "hit: 저장된 것. stale: 저장된 것을 보내고 새로 만듦. miss: 함수가 만듦. store-away, function-away: Redis나 함수가 답하지 않아 사본을 보냄. refused: 오류.", `sum by (outcome) (rate(madang_edge_pages_total[$__rate_interval]))`, "{{outcome}}").wide(12),
		one(Lines, "응답 시간 p50", "s", "page: 캐시나 함수에서 온 페이지. function: 그 밖의 것. file: 객체 저장소나 그 사본에서 온 파일.", `histogram_quantile(0.5, sum by (kind, le) (rate(madang_edge_request_seconds_bucket[5m])) > 0)`, "{{kind}}"),
		one(Lines, "응답 시간 p99", "s", "자던 함수가 깨어나는 시간을 포함합니다.", `histogram_quantile(0.99, sum by (kind, le) (rate(madang_edge_request_seconds_bucket[5m])) > 0)`, "{{kind}}"),
		one(Lines, "보낸 양", "Bps", "방문자에게 보낸 바이트. 복제본별.", `sum by (pod) (rate(madang_edge_bytes_total[$__rate_interval]))`, "{{pod}}"),
		one(Table, "캐시를 놓친 페이지", "none", "이 기간에 방문자가 기다리는 동안 함수가 만들어야 했던 페이지.", `topk(20, sum by (route) (increase(madang_edge_pages_total{outcome="miss"}[$__range])))`, ""),
		one(Lines, "파일", "reqps", "공개 파일: 복제본의 사본에서 왔는지, 객체 저장소에서 왔는지.", `sum by (outcome) (rate(madang_edge_files_total[$__rate_interval]))`, "{{outcome}}"),
		one(Lines, "경로별 요청", "reqps", "가장 바쁜 열 가지.", `topk(10, sum by (route) (rate(madang_edge_requests_total[5m])))`, "{{route}}"),
	}}
}

func starts() Dashboard {
	return Dashboard{Name: "starts", Title: "마당 · 콜드 스타트", Since: "24h", Doc: "함수를 얼마나 자주 깨웠고, 얼마나 걸렸고, 미리 깨우는 데 얼마나 썼는지.", Panels: []Panel{
		one(Stat, "깨운 횟수", "none", "이 기간에, 하나도 없을 때 시작한 파드의 수.", `sum(increase(madang_wakes_total[$__range]))`, "").wide(6),
		one(Stat, "방문자가 기다린 시간 p50", "s", "자는 함수를 만난 방문자가 엣지에서 답까지 기다린 시간.", `histogram_quantile(0.5, sum by (le) (increase(madang_start_seconds_bucket{stage="visitor"}[$__range])))`, "").wide(6),
		one(Stat, "방문자가 기다린 시간 p99", "s", "가장 오래 기다린 쪽의 같은 값.", `histogram_quantile(0.99, sum by (le) (increase(madang_start_seconds_bucket{stage="visitor"}[$__range])))`, "").wide(6),
		one(Stat, "잠든 시간", "percentunit", "이 기간 모든 함수의 시간 가운데.", `1 - sum(increase(madang_awake_seconds_total[$__range])) / sum(increase(madang_watched_seconds_total[$__range]))`, "").wide(6),
		one(Area, "깨움", "none", "시간마다, 함수별.", `sum by (function) (increase(madang_wakes_total[1h]))`, "{{function}}").wide(12),
		one(Lines, "실행부터 준비까지 p90", "s", "프로세스의 exec부터 처음 준비되었다고 답할 때까지: 프로그램 자신의 몫.", `histogram_quantile(0.9, sum by (function, le) (increase(madang_start_seconds_bucket{stage="ready"}[1h])) > 0)`, "{{function}}").wide(12),
		one(Lines, "요청부터 응답까지 p90", "s", "엣지부터, 아직 없던 파드의 첫 응답까지: 모든 것을 포함합니다.", `histogram_quantile(0.9, sum by (function, le) (increase(madang_start_seconds_bucket{stage="visitor"}[1h])) > 0)`, "{{function}}").wide(12),
		one(Lines, "파드가 준비될 때까지", "s", "파드가 쿠버네티스에 나타나서 준비될 때까지의 평균: 배치, 샌드박스, 컨테이너, 점검.",
			`sum by (function) (increase(madang_pod_ready_seconds_sum[1h])) / (sum by (function) (increase(madang_pod_ready_seconds_count[1h])) > 0)`, "{{function}}").wide(12),
		one(Lines, "깨어 있는 지", "s", "함수가 쉬지 않고 깨어 있은 시간. 잠들지 않는 함수는 끝없이 돈이 듭니다.", `madang_awake_for_seconds`, "{{function}}").wide(12),
		one(Lines, "미리 깨우기", "s", "게시에 앞서 함수를 깨우는 데 쓴 파드 시간과 하루의 예산.", `madang_warmup_used_seconds`, "used today").and(`madang_warmup_budget_seconds`, "budget"),
		one(Lines, "미리 깨운 함수", "none", "게시 때문에 깨워 두는 동안 1. 그리고 예산이 떨어져 깨우지 못한 횟수.", `madang_warmup_active`, "active").and(`increase(madang_warmup_refused_total[1h])`, "refused"),
	}}
}

func uploads() Dashboard {
	return Dashboard{Name: "uploads", Title: "마당 · 업로드와 저장소", Since: "24h", Doc: "파일: 시작, 완료, 거절, 정리. 그리고 차지하는 자리.", Panels: []Panel{
		one(Stat, "파일", "none", "다 올라왔고 지우지 않은 파일.", `madang_storage_files`, "files").wide(6),
		one(Stat, "저장된 양", "bytes", "데이터베이스가 아는 원본과 변형의 크기.", `madang_storage_bytes`, "bytes").wide(6),
		one(Stat, "끝나지 않은 업로드", "none", "올리는 중이거나, 그만두었고 아직 치우지 않은 것(24시간 뒤 치움).", `madang_storage_unfinished`, "uploads").wide(6),
		one(Stat, "저장소 사용률", "percentunit", "총학생회가 내려는 양(monitoring.limits.storageGiB) 가운데.", `madang_storage_bytes / madang_storage_limit_bytes`, "").wide(6),
		one(Lines, "업로드 요청", "reqps", "경로와 상태별. complete의 409와 422: 도착한 것이 알린 것과 다릅니다.", `sum by (route, status) (rate(madang_requests_total{function="uploads"}[$__rate_interval]))`, "{{route}} {{status}}").wide(12),
		one(Lines, "거절된 업로드", "none", "코드별, 시간마다.", `sum by (code) (increase(madang_problems_total{function="uploads"}[1h]))`, "{{code}}").wide(12),
		one(Lines, "이미지 처리", "none", "완료된 업로드의 이벤트가 어떻게 되었는지: 작은 변형을 만들었거나, 만들 수 없었거나.", `sum by (outcome) (increase(madang_events_total{function="media"}[1h]))`, "{{outcome}}"),
		one(Lines, "치운 것", "none", "sweep이 치운 파일. 시간마다.", `sum by (what) (increase(madang_work_total{function="sweep",what=~"uploads-.*|strays-removed"}[1h]))`, "{{what}}"),
		one(Lines, "저장된 양의 변화", "bytes", "하루 동안 늘어난 양.", `delta(madang_storage_bytes[1d])`, "a day"),
	}}
}

func delivery() Dashboard {
	return Dashboard{Name: "delivery", Title: "마당 · 이벤트 전달", Since: "6h", Doc: "일어난 일에서 알아야 할 함수까지의 이벤트와, sweep이 고친 것.", Panels: []Panel{
		one(Stat, "보내지 못한 이벤트", "none", "기록되었으나 아직 어느 브로커도 받지 않은 것. sweep이 다시 보냅니다.", `madang_events_unsent`, "events").wide(6),
		one(Stat, "가장 오래된 것", "s", "그 가운데 가장 오래된 것이 기다린 시간. 10분을 넘으면 브로커가 없습니다.", `madang_events_unsent_seconds`, "").wide(6),
		one(Stat, "받지 못한 이벤트", "none", "브로커가 거듭 보냈으나 함수가 받지 않은 이벤트. 콘솔의 운영 > 전하지 못한 일.", `madang_dead_letters`, "events").wide(6),
		one(Stat, "마지막 백업", "dateTimeFromNow", "데이터베이스를 마지막으로 저장한 때.", `madang_backup_timestamp_seconds * 1000`, "").wide(6),
		one(Lines, "이벤트", "ops", "받는 함수와 결과별. failed: 다시 보냅니다. dropped: 성공할 수 없습니다.", `sum by (function, outcome) (rate(madang_events_total[$__rate_interval]))`, "{{function}} {{outcome}}").wide(12),
		one(Lines, "종류별", "none", "시간마다.", `sum by (type) (increase(madang_events_total[1h]))`, "{{type}}").wide(12),
		one(Lines, "제때 한 일과 고친 일", "none", "sweep이 시간마다 한 일: 때가 된 공지, 잃어버린 이벤트, 아무도 마치지 않은 업로드.", `sum by (what, outcome) (increase(madang_work_total{function="sweep"}[1h]))`, "{{what}} {{outcome}}").wide(24),
	}}
}

func bill() Dashboard {
	return Dashboard{Name: "bill", Title: "마당 · 청구서", Since: "30d", Doc: "노드에 내는 돈과, 그 가운데 함수가 쓴 몫. 위에서 고른 기간의 값입니다. 콘솔의 운영과 /v1/admin/cost가 같은 것을 밀리초까지 셉니다.", Panels: []Panel{
		one(Stat, "노드 값", "currencyKRW", "이 기간에 노드에 낸 원. 파드가 쓰든 쓰지 않든 같습니다. 로드 밸런서와 볼륨은 들어 있지 않습니다.", `sum(increase(madang_watched_seconds_total[$__range])) / count(madang_watched_seconds_total) / 3600 * scalar(sum(madang_paid_won_per_hour))`, "won").wide(6),
		one(Stat, "그 가운데 함수의 몫", "currencyKRW", "이 기간의 원: 파드마다 노드에서 차지하는 몫에 values의 가격을 곱한 값. 따로 내는 돈이 아닙니다.", `sum(increase(madang_won_total[$__range]))`, "won").wide(6),
		one(Stat, "늘 켜 둔 것의 몫", "percentunit", "엣지, 데이터베이스, Redis처럼 잠들지 않는 파드가 지금 노드에서 차지하는 몫.", `sum(madang_always_on_won_per_hour) / scalar(sum(madang_paid_won_per_hour))`, "").wide(6),
		one(Stat, "잠들어 비운 자리", "percentunit", "함수마다 파드 하나를 늘 두었다면 있었을 파드 시간 가운데 없던 몫. 서버를 줄여야 비용이 줄어듭니다.",
			`1 - sum(increase(madang_pod_seconds_total[$__range])) / (sum(increase(madang_pod_seconds_total[$__range])) + sum(increase(madang_watched_seconds_total[$__range])) - sum(increase(madang_awake_seconds_total[$__range])))`, "").wide(6),
		one(Stat, "지금 시간당", "currencyKRW", "지금 빠르기로 한 시간에 함수가 쓰는 몫. 모두 자면 0입니다.", `sum(rate(madang_won_total[1m])) * 3600`, "won/h").wide(12),
		one(Stat, "파드 시간", "s", "이 기간 모든 파드의 시간.", `sum(increase(madang_pod_seconds_total[$__range]))`, "").wide(12),
		one(Bars, "함수별 몫", "currencyKRW", "이 기간의 원, 노드 값 가운데.", `sort_desc(sum by (function) (increase(madang_won_total[$__range])))`, "{{function}}").wide(12),
		one(Bars, "함수별 잠든 시간", "percentunit", "이 기간 가운데 파드가 없던 몫.", `1 - sum by (function) (increase(madang_awake_seconds_total[$__range])) / sum by (function) (increase(madang_watched_seconds_total[$__range]))`, "{{function}}").wide(12),
		one(Area, "몫의 흐름", "currencyKRW", "시간당 원, 노드 값 가운데.", `sum by (function) (rate(madang_won_total[$__rate_interval])) * 3600`, "{{function}}").wide(12),
		one(Bars, "콜드 스타트", "none", "이 기간에 깨운 수.", `sum by (function) (increase(madang_wakes_total[$__range]))`, "{{function}}").wide(12),
		one(Table, "5분 동안 데워 두었다면: 줄어드는 콜드 스타트", "none", "마지막 요청 뒤 5분 동안 파드를 두었다면 없었을 깨움의 수. 그럴 만하면 functions.window를 정하세요.", `sum by (function) (increase(madang_kept_warm_spared_total[$__range]))`, "").wide(12),
		one(Table, "5분 동안 데워 두었다면: 드는 돈", "currencyKRW", "그렇게 했다면 이 기간에 더 들었을 돈.",
			`sum by (function) (increase(madang_kept_warm_seconds_total[$__range])) * sum by (function) (increase(madang_won_total[$__range])) / (sum by (function) (increase(madang_pod_seconds_total[$__range])) > 0)`, "").wide(12),
		one(Lines, "미리 깨우기에 쓴 파드 시간", "s", "날마다, 함수별: 게시 시각이 있는 공지가 미리 깨웁니다.", `sum by (function) (increase(madang_warmup_seconds_total[1d]))`, "{{function}}").wide(12),
		one(Table, "가격", "currencyKRW", "values에 적은 노드 모두의 시간당 가격과, 그 가운데 늘 켜 둔 것의 몫.", `madang_paid_won_per_hour`, "").and(`madang_always_on_won_per_hour`, "").wide(12),
	}}
}
