-- Which function a path belongs to, and pages for guests. What it says and counts by is Go's:
-- routes.json and edge.json are generated from knative/edge.
-- A page is taken from this worker's copy of the last second, then from Redis, then from
-- its function. Of all who want the same page at once one per worker asks Redis, and one in
-- all workers and replicas asks the function. A page
-- past its time is served while it is rendered again; while Redis or functions are away
-- the last good copy is served and says so (Cache-Status, RFC 9211).
local cjson = require "cjson.safe"
local ok, redis_module = pcall(require, "resty.redis")
if not ok then redis_module = require "nginx.redis" end
local semaphore = require "ngx.semaphore"

local M = {}

local settings = {
  redis_host = os.getenv("REDIS_HOST") or "127.0.0.1",
  redis_port = tonumber(os.getenv("REDIS_PORT") or "6379"),
  redis_password = os.getenv("REDIS_PASSWORD"),
  prefix = os.getenv("PAGE_PREFIX") or "madang:local:",
  domain = os.getenv("FUNCTION_DOMAIN") or "", -- ".<namespace>.svc.cluster.local"
  functions = os.getenv("FUNCTIONS_ADDRESS") or "127.0.0.1:80", -- where all functions answer, by host
}

local function read_json(name)
  local file = assert(io.open(ngx.config.prefix() .. name, "r"))
  local value = assert(cjson.decode(file:read("*a")))
  file:close()
  return value
end

local rules = read_json("edge.json")
local COPY_FRESH = rules.limits.copyFreshSeconds -- for which a worker's own copy is good
local COPY_AWAY = rules.limits.copyAwaySeconds -- how old it may be, while Redis is away, before a function is asked
local COPIES_MAX = rules.limits.copiesMax -- pages in a worker
local REDIS_TIMEOUT = 500 -- milliseconds
local LOCK_TIMEOUT = 4000 -- milliseconds, where two renders hang on it
local REDIS_PAUSE = 1 -- seconds for which a worker does not ask a Redis that did not answer
local RENDER_LOCK = 10 -- seconds after which a render that never ended is given up
local RESULT_LIFE = 2 -- seconds for which one render answers all who wait for it; COPY_AWAY while Redis is away
local ASK_TRIES = 3 -- how often a function is asked that cannot be reached
local ASK_TIMEOUT = 30000 -- milliseconds, for a start and the render
local BODY_MOST = 4 * 1024 * 1024 -- bytes of a page
local WAIT_MOST = 30 -- seconds until who waits for a page is told to come again

-- Routes ---------------------------------------------------------------------------------

local routes = read_json("routes.json")
local literal, templates, by_path = {}, {}, {}

local function parts_of(path)
  local parts = {}
  for part in (path:sub(2) .. "/"):gmatch("([^/]*)/") do parts[#parts + 1] = part end
  return parts
end

for _, r in ipairs(routes) do
  by_path[r.path] = r
  if not r.path:find("{", 1, true) then
    literal[r.path] = r
  else
    r.parts = parts_of(r.path)
    templates[#r.parts] = templates[#r.parts] or {}
    table.insert(templates[#r.parts], r)
  end
end

local function find(uri)
  if literal[uri] then return literal[uri] end
  local parts = parts_of(uri)
  for _, r in ipairs(templates[#parts] or {}) do
    local matches = true
    for i, want in ipairs(r.parts) do
      if not (want == parts[i] or want:byte(1) == 123 and parts[i] ~= "") then matches = false break end
    end
    if matches then return r end
  end
end

-- routes are all there are, and route_of is the one with a path as it is declared.
function M.routes() return routes end
function M.route_of(path) return by_path[path] end

-- A request that could be somebody's never gets a page.
local function has_credentials()
  if ngx.var.http_authorization then return true end
  local cookie = ngx.var.http_cookie
  for _, name in ipairs(cookie and rules.credentials or {}) do
    if cookie:find(name .. "=", 1, true) then return true end
  end
  return false
end

-- first is a query parameter's first value, or "".
local function first(args, name)
  local v = args[name]
  if type(v) == "table" then v = v[1] end
  return type(v) == "string" and v or ""
end

-- What is searched for is no page: hardly anybody else asks for the same.
local function bypassed(route)
  if not route.bypass then return false end
  local args = ngx.req.get_uri_args(100)
  for _, name in ipairs(route.bypass) do
    if first(args, name) ~= "" then return true end
  end
  return false
end

function M.route()
  local r = find(ngx.var.uri)
  if not r then return end
  ngx.var["function"] = r["function"]
  ngx.var.function_host = r["function"] .. settings.domain
  ngx.var.route = r.path
  local method = ngx.req.get_method()
  if r.page and (method == "GET" or method == "HEAD") and (r.forAll or not has_credentials()) and not bypassed(r) then
    return ngx.exec("@page")
  end
  return ngx.exec("@function")
end

function M.unknown()
  return ngx.exit(404)
end

-- Addresses of pages ---------------------------------------------------------------------

local function escape(s) -- as Go's url.QueryEscape
  return (s:gsub("[^%w%-_%.~ ]", function(c) return string.format("%%%02X", c:byte()) end):gsub(" ", "+"))
end

-- The site's language is the path's, so that no cache has to look at anything else; the
-- API's is English where it is preferred to Korean.
local function language(route)
  if route and route.html then
    return (ngx.var.uri == "/en" or ngx.var.uri:sub(1, 4) == "/en/") and "en" or "ko"
  end
  for part in ((ngx.var.http_accept_language or "") .. ","):gmatch("([^,]*),") do
    local primary = part:lower():match("^%s*([%w%*]+)")
    if primary == "ko" or primary == "*" then return "ko" end
    if primary == "en" then return "en" end
  end
  return "ko"
end

local function query_of(route)
  local args = ngx.req.get_uri_args(100)
  local kept = {}
  for _, name in ipairs(route.query or {}) do
    local v = first(args, name)
    if v ~= "" then kept[#kept + 1] = escape(name) .. "=" .. escape(v) end
  end
  table.sort(kept)
  return table.concat(kept, "&")
end

local function escape_path(path)
  return (path:gsub("[^%w%-_%.~/]", function(c) return string.format("%%%02X", c:byte()) end))
end

-- Pages ----------------------------------------------------------------------------------
--
-- A page is what is said at an address, whoever says it: Redis, a function, a copy of either.
--   status    200; another one of a function that refuses or fails
--   rendered  when it was made, in milliseconds
--   segments  what it says from one time until another, in milliseconds, as Redis has them
--             (shared/page): { from, until, body, contentType, etag, header }
--   touched   whether what it shows has changed since
--   at        when it was known to be as it is, in seconds

-- said is a page of one segment, good for as long as a copy.
local function said(status, body, header)
  local now, kept = ngx.now() * 1000, {}
  for _, name in ipairs(rules.headers.kept) do kept[name] = header[name:lower()] end
  return { status = status, rendered = now, segments = {
    { from = now, ["until"] = now + COPY_FRESH * 1000, body = body, contentType = header["content-type"], etag = header.etag, header = kept },
  } }
end

-- none is the page of whom nobody answered.
local function none(status) return said(status, "", {}) end

-- segment_of is what a page says at a time, whether that is still right, and which one it is.
local function segment_of(page, now)
  for i, s in ipairs(page.segments) do
    if now < s["until"] then return s, not page.touched, i end
  end
  return page.segments[#page.segments], false, #page.segments
end

-- Copies and Redis -----------------------------------------------------------------------

local copies, copied = {}, 0

-- keep makes a page this worker's copy.
local function keep(key, page)
  if not copies[key] then
    if copied >= COPIES_MAX then copies, copied = {}, 0 end
    copied = copied + 1
  end
  page.at = page.at or ngx.now()
  copies[key] = page
end

local function forget(key)
  if copies[key] then copies[key] = nil copied = copied - 1 end
end

local asked_again = 0 -- before this time Redis is not asked

local function redis_away(err)
  asked_again = ngx.now() + REDIS_PAUSE
  return nil, err or "no answer"
end

-- connect asks a Redis that did not answer a moment ago only where something hangs on it.
local function connect(patience)
  if not patience and ngx.now() < asked_again then return nil, "away" end
  local client = redis_module:new()
  client:set_timeout(patience or REDIS_TIMEOUT)
  local fine, err = client:connect(settings.redis_host, settings.redis_port)
  if not fine then return redis_away(err) end
  if settings.redis_password and settings.redis_password ~= "" and client:get_reused_times() == 0 then
    local authenticated, why = client:auth(settings.redis_password)
    if not authenticated then return nil, why end
  end
  return client
end

local function load(key, patience)
  local client, err = connect(patience)
  if not client then return nil, err end
  local fields, why = client:hgetall(settings.prefix .. "p:" .. key)
  if not fields then return redis_away(why) end
  client:set_keepalive(30000, 64)
  local hash = {}
  for i = 1, #fields, 2 do hash[fields[i]] = fields[i + 1] end
  if not hash.meta then return false end
  local meta = cjson.decode(hash.meta)
  if type(meta) ~= "table" or type(meta.segments) ~= "table" or #meta.segments == 0 then return false end
  for i, s in ipairs(meta.segments) do s.body = hash["body" .. (i - 1)] or "" end
  return { status = 200, segments = meta.segments, rendered = meta.rendered, touched = hash.touched ~= nil }
end

-- Rendering ------------------------------------------------------------------------------

local locks, results = ngx.shared.locks, ngx.shared.shared_pages

-- lock gives this request the page to render: one in all replicas where Redis answers
-- ("all"), one in this replica where it does not ("here"). Everybody else gets nil.
local function lock(key)
  if not locks:add(key, 1, RENDER_LOCK) then return nil end
  local client = connect(LOCK_TIMEOUT)
  if not client then return "here" end
  local mine = client:set(settings.prefix .. "r:" .. key, "1", "NX", "EX", RENDER_LOCK)
  client:set_keepalive(30000, 64)
  if mine == ngx.null then
    locks:delete(key)
    return nil
  end
  return mine and "all" or "here"
end

local function unlock(key, held)
  locks:delete(key)
  local client = held == "all" and connect(LOCK_TIMEOUT)
  if client then
    client:del(settings.prefix .. "r:" .. key)
    client:set_keepalive(30000, 64)
  end
end

-- share gives what a function said to all workers of this replica. The body is beside the
-- rest: it need not be text.
local function share(key, page)
  local body = page.segments[1].body
  page.at, page.segments[1].body = ngx.now(), nil
  results:set(key, cjson.encode(page) .. "\n" .. body, COPY_AWAY)
  page.segments[1].body = body
end

local function shared(key, away)
  local v = results:get(key)
  if not v then return nil end
  local line = v:find("\n", 1, true)
  local page = cjson.decode(v:sub(1, line - 1))
  if ngx.now() - page.at >= (away and COPY_AWAY or RESULT_LIFE) then return nil end
  page.segments[1].body = v:sub(line + 1)
  return page
end

local function read_body(socket, header)
  if (header["transfer-encoding"] or ""):lower():find("chunked", 1, true) then
    local parts, size = {}, 0
    while true do
      local line, err = socket:receive("*l")
      local length = line and tonumber(line:match("^%x+") or "", 16)
      if not length then return nil, err or "not a chunk" end
      if length == 0 then return table.concat(parts) end
      size = size + length
      if size > BODY_MOST then return nil, "too large" end
      parts[#parts + 1], err = socket:receive(length)
      if err then return nil, err end
      socket:receive(2)
    end
  end
  local length = tonumber(header["content-length"] or "")
  if length == 0 then return "" end
  if length and length > BODY_MOST then return nil, "too large" end
  return socket:receive(length or "*a")
end

local function read_answer(socket)
  local line, err = socket:receive("*l")
  local status = line and tonumber(line:match("^HTTP/1%.[01] (%d%d%d)"))
  if not status then return nil, err or "not HTTP" end
  local header = {}
  while true do
    line, err = socket:receive("*l")
    if not line then return nil, err end
    if line == "" then break end
    local name, value = line:match("^([^:]+):%s*(.-)%s*$")
    if name then header[name:lower()] = value end
  end
  local body, why = read_body(socket, header)
  if not body then return nil, why end
  return said(status, body, header)
end

-- ask has a function render a page, which also stores it. It is asked as nobody, with
-- nothing of the visitor's request but what header says. Nginx's own way to do this,
-- ngx.location.capture, is refused in HTTP/2 requests (openresty/lua-nginx-module#1195).
local function ask(host, target, header)
  local request = { "GET ", target, " HTTP/1.1\r\nHost: ", host, "\r\nConnection: close\r\n" }
  for name, value in pairs(header) do request[#request + 1] = name .. ": " .. value .. "\r\n" end
  request[#request + 1] = "\r\n"
  local page, err = nil, nil
  for try = 1, ASK_TRIES do
    if try > 1 then ngx.sleep(0.1) end
    local socket = ngx.socket.tcp()
    socket:settimeouts(2000, 10000, ASK_TIMEOUT)
    local fine
    fine, err = socket:connect(settings.functions:match("^(.*):(%d+)$"))
    if fine then fine, err = socket:send(request) end
    if fine then
      page, err = read_answer(socket)
      socket:close()
    end
    if page and page.status ~= 502 and page.status ~= 503 and page.status ~= 504 then return page end
    if err == "timeout" then break end
  end
  if not page then ngx.log(ngx.WARN, host, " was asked for ", target, ": ", err) end
  return page or none(502)
end

-- from_visitor are the headers with which a function is asked for a visitor's page.
local function from_visitor(lang)
  return {
    ["Accept-Language"] = lang, ["X-Forwarded-For"] = ngx.var.remote_addr, ["X-Forwarded-Proto"] = ngx.var.scheme,
    ["X-Request-Id"] = ngx.var.request_id, ["traceparent"] = ngx.var.trace, ["X-Request-Start"] = ngx.var.msec,
  }
end

-- stored is what Redis has by now of a page that was not there.
local function stored(key, patience)
  local page = load(key, patience)
  if page and select(2, segment_of(page, ngx.now() * 1000)) then
    keep(key, page)
    return page
  end
end

-- render gets a page that nobody has: this request has it rendered, or waits for the one
-- that does. asked says that it is what a function answered just now.
local function render(key, target, lang, away)
  local deadline, pause = ngx.now() + WAIT_MOST, 0.005
  while ngx.now() < deadline do
    local page = shared(key, away)
    if page then return page, true end
    local held = lock(key)
    if held then
      -- Another replica may have rendered it since.
      page = stored(key, held == "all" and LOCK_TIMEOUT or nil)
      local asked = not page
      if asked then
        page = shared(key, away)
        if not page then
          page = ask(ngx.var.function_host, target, from_visitor(lang))
          share(key, page)
        end
      end
      unlock(key, held)
      return page, asked
    end
    ngx.sleep(pause)
    pause = math.min(pause * 1.5, 0.1)
    if not locks:get(key) then -- another replica renders it
      page = stored(key)
      if page then return page, false end
    end
  end
  return none(504), true
end

-- obtain gets a page that this worker has no fresh copy of. detail is what the visitor is
-- told of where it comes from (Cache-Status): nil for Redis, "asked" for a function.
local function obtain(key, target, lang)
  local page, err = load(key)
  if page then
    keep(key, page)
    return { page = page }
  end
  local copy, asked = copies[key], nil
  if err and copy and ngx.now() - copy.at < COPY_AWAY then return { page = copy, detail = "store-away" } end
  page, asked = render(key, target, lang, err ~= nil)
  if not asked then return { page = page } end
  if page.status == 200 then
    keep(key, page)
  elseif page.status < 500 then
    forget(key)
  elseif copy then
    return { page = copy, detail = "function-away" }
  end
  return { page = page, detail = "asked" }
end

local flights = {} -- by key: the request of this worker that obtains the page

-- together is obtain, once for all who ask for the page meanwhile.
local function together(key, target, lang)
  local flight = flights[key]
  if flight then
    flight.waiting = flight.waiting + 1
    flight.landed:wait(WAIT_MOST)
    return flight.result or { page = none(504), detail = "asked" }
  end
  flight = { landed = semaphore.new(), waiting = 0 }
  flights[key] = flight
  local fine, result = pcall(obtain, key, target, lang)
  if not fine then
    ngx.log(ngx.ERR, "page ", key, ": ", result)
    result = { page = none(500), detail = "asked" }
  end
  flights[key] = nil
  flight.result = result
  if flight.waiting > 0 then flight.landed:post(flight.waiting) end
  return result
end

-- refresh asks the function outside of any visitor's request.
local function refresh(premature, host, key, target, lang)
  local held = not premature and lock(key)
  if not held then return end
  ask(host, target, { ["Accept-Language"] = lang })
  unlock(key, held)
  forget(key)
end

local function refresh_later(key, target, lang)
  if not locks:get(key) then ngx.timer.at(0, refresh, ngx.var.function_host, key, target, lang) end
end

-- Answers --------------------------------------------------------------------------------

local function matches(tag)
  local list = ngx.var.http_if_none_match
  return list ~= nil and tag ~= nil and tag ~= "" and (list == "*" or list:find(tag, 1, true) ~= nil)
end

-- send says a page's segment.
local function send(route, status, s)
  local h = ngx.header
  for name, value in pairs(rules.headers.page) do h[name] = value end
  if status ~= 200 then h["Cache-Control"] = "no-store" end
  if not route.html then h["Vary"] = "Accept-Language" end
  h["ETag"] = s.etag
  for name, value in pairs(s.header or {}) do h[name] = value end
  if status == 200 and matches(s.etag) then
    ngx.status = 304
    ngx.send_headers()
    return ngx.exit(ngx.OK)
  end
  ngx.status = status
  h["Content-Type"] = s.contentType
  h["Content-Length"] = #s.body
  if ngx.req.get_method() ~= "HEAD" then ngx.print(s.body) else ngx.send_headers() end
  return ngx.exit(ngx.OK)
end

function M.page()
  local route = find(ngx.var.uri)
  local lang, query = language(route), query_of(route)
  local key = lang .. ":" .. ngx.var.uri .. (query ~= "" and "?" .. query or "")
  local target = escape_path(ngx.var.uri) .. (query ~= "" and "?" .. query or "")
  local page, detail = copies[key], nil
  if not (page and ngx.now() - page.at < COPY_FRESH and select(2, segment_of(page, ngx.now() * 1000))) then
    local result = together(key, target, lang)
    page, detail = result.page, result.detail
  end
  if page.status >= 500 then return ngx.exit(503) end
  local now = ngx.now() * 1000
  local s, fresh, at = segment_of(page, now)
  if detail == "asked" then
    ngx.header["Cache-Status"] = "madang; fwd=uri-miss"
    return send(route, page.status, s)
  end
  local left = math.floor((s["until"] - now) / 1000)
  if detail == "store-away" then
    left = 0
  elseif detail == "function-away" then
    left = -1
  elseif not fresh then
    left, detail = math.min(-1, left), "stale"
  end
  if detail == "stale" or fresh and at == #page.segments and at > 1 then refresh_later(key, target, lang) end
  ngx.header["Cache-Status"] = "madang; hit; ttl=" .. left .. (detail and "; detail=" .. detail or "")
  ngx.header["Age"] = math.floor(math.max(0, now - page.rendered) / 1000)
  return send(route, page.status, s)
end

local REQUEST_ID = rules.requestId:gsub("%p", "%%%0") -- as a pattern

-- problem is what the edge itself answers: a page to browsers, a document of RFC 9457 to all
-- others.
function M.problem()
  local status = ngx.status
  if status == 494 then status = 431 end
  if status == 598 then status = 429 end
  if status >= 500 or not rules.problems[tostring(status)] then status = 503 end
  local lang = language({ html = true }) == "en" and "en" or language()
  local problem = rules.problems[tostring(status)][lang]
  local answer = (ngx.var.http_accept or ""):find("text/html", 1, true) and problem.page or problem.document
  ngx.status = status
  for name, value in pairs(answer.header) do ngx.header[name] = value end
  ngx.print((answer.body:gsub(REQUEST_ID, function() return ngx.var.request_id end)))
end

return M
