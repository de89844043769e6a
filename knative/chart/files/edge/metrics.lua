-- What this replica did, for Prometheus: counters in a dictionary that all workers share.
-- Every series is there from the start, at zero: of a series that begins at 5, Prometheus
-- would count 5 too few. Their number is bounded by the routes.
local edge = require "edge"

local M = {}

local counters = ngx.shared.metrics

local CLASSES = { "2xx", "3xx", "4xx", "5xx" }
local PAGE_OUTCOMES = { "hit", "stale", "miss", "store-away", "function-away", "refused" }
local FILE_OUTCOMES = { "hit", "stale", "miss", "refused" }
local KINDS = { "page", "function", "file", "none" }
local BOUNDS = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 }

local function series(name, ...)
  local labels = { ... }
  local parts = {}
  for i = 1, #labels, 2 do parts[#parts + 1] = labels[i] .. '="' .. labels[i + 1] .. '"' end
  return name .. "{" .. table.concat(parts, ",") .. "}"
end

local function requests(route, class) return series("madang_edge_requests_total", "function", route["function"] or "", "route", route.path, "class", class) end
local function pages(path, outcome) return series("madang_edge_pages_total", "route", path, "outcome", outcome) end
local function files(outcome) return series("madang_edge_files_total", "outcome", outcome) end
-- The two objectives: what is read, and what is written (docs/operating.md, "Objectives"). An answer is good unless
-- it says that the site failed.
local function answers(objective, good) return series("madang_edge_answers_total", "objective", objective, "good", good) end
local function wakes(name) return series("madang_edge_wakes_total", "function", name) end
local function bucket(kind, bound) return series("madang_edge_request_seconds_bucket", "kind", kind, "le", bound) end

-- What has no route: files, and addresses that do not exist.
local FILES, NONE = { path = "/files" }, { path = "none" }

function M.begin()
  local all = { FILES, NONE }
  for _, r in ipairs(edge.routes()) do all[#all + 1] = r end
  for _, r in ipairs(all) do
    for _, class in ipairs(CLASSES) do counters:add(requests(r, class), 0) end
    if r.page then
      for _, outcome in ipairs(PAGE_OUTCOMES) do counters:add(pages(r.path, outcome), 0) end
    end
  end
  for _, outcome in ipairs(FILE_OUTCOMES) do counters:add(files(outcome), 0) end
  for _, objective in ipairs({ "reads", "writes" }) do
    counters:add(answers(objective, "true"), 0)
    counters:add(answers(objective, "false"), 0)
  end
  for _, kind in ipairs(KINDS) do
    for _, bound in ipairs(BOUNDS) do counters:add(bucket(kind, bound), 0) end
    counters:add(bucket(kind, "+Inf"), 0)
    counters:add(series("madang_edge_request_seconds_sum", "kind", kind), 0)
    counters:add(series("madang_edge_request_seconds_count", "kind", kind), 0)
  end
  for _, r in ipairs(edge.routes()) do
    for _, name in ipairs(r.wakes or {}) do counters:add(wakes(name), 0) end
  end
  counters:add("madang_edge_bytes_total", 0)
end

local function class(status)
  if status < 300 then return "2xx" elseif status < 400 then return "3xx" elseif status < 500 then return "4xx" end
  return "5xx"
end

-- page_outcome reads what the edge told the visitor (Cache-Status).
local function page_outcome(told, status)
  if not told then return status >= 400 and "refused" or nil end -- somebody's own request: no page
  if told:find("detail=store-away", 1, true) then return "store-away" end
  if told:find("detail=function-away", 1, true) then return "function-away" end
  if told:find("detail=stale", 1, true) then return "stale" end
  if told:find("fwd=", 1, true) then return "miss" end
  return "hit"
end

local FILE_OUTCOME = { HIT = "hit", REVALIDATED = "hit", STALE = "stale", UPDATING = "stale", MISS = "miss", EXPIRED = "miss", BYPASS = "miss" }

-- log counts a request that was answered. A visitor who goes away before (499) is no answer.
function M.log()
  local var = ngx.var
  local status, seconds = ngx.status, tonumber(var.request_time) or 0
  if status == 499 then return end
  for _, name in ipairs(edge.wake()) do counters:incr(wakes(name), 1, 0) end
  local route = edge.route_of(var.route) or (var.route == FILES.path and FILES) or NONE
  counters:incr(requests(route, class(status)), 1, 0)
  local method = var.request_method
  local objective = (method == "GET" or method == "HEAD") and "reads" or "writes"
  counters:incr(answers(objective, status < 500 and "true" or "false"), 1, 0)
  local kind = "none"
  if route == FILES then
    kind = "file"
    counters:incr(files(status < 400 and FILE_OUTCOME[var.upstream_cache_status or ""] or "refused"), 1, 0)
  elseif route ~= NONE then
    local outcome = route.page and page_outcome(var.sent_http_cache_status, status)
    kind = outcome and "page" or "function"
    if outcome then counters:incr(pages(route.path, outcome), 1, 0) end
  end
  for i = #BOUNDS, 1, -1 do
    if seconds > BOUNDS[i] then break end
    counters:incr(bucket(kind, BOUNDS[i]), 1, 0)
  end
  counters:incr(bucket(kind, "+Inf"), 1, 0)
  counters:incr(series("madang_edge_request_seconds_sum", "kind", kind), seconds, 0)
  counters:incr(series("madang_edge_request_seconds_count", "kind", kind), 1, 0)
  counters:incr("madang_edge_bytes_total", tonumber(var.bytes_sent) or 0, 0)
end

-- write answers a scrape, on a port that visitors do not reach.
function M.write()
  ngx.header["Content-Type"] = "text/plain; version=0.0.4"
  local names = counters:get_keys(0)
  table.sort(names)
  for _, name in ipairs(names) do ngx.say(name, " ", counters:get(name) or 0) end
  ngx.say("madang_edge_connections ", ngx.var.connections_active or 0)
end

return M
