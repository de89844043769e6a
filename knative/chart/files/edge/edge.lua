-- Which function a path belongs to, and pages for guests. What it says and counts by is Go's:
-- routes.json and edge.json are generated from knative/edge.
-- A page is taken from this worker's copy of the last second, then from Redis, then from
-- its function. Of all who want the same page at once one per worker asks Redis, and one in
-- all workers and replicas asks the function. Whether a page is right is asked where it is
-- read (shared/page): one that was touched is served for some seconds while it is rendered
-- again, one that is known to be wrong is waited for. While Redis or functions are away the
-- last good copy is served and says so (Cache-Status, RFC 9211): where a machine died with
-- both, a function that takes the question and is silent is not waited for.
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
  name = os.getenv("HOSTNAME") or "edge", -- of this replica
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
local COPY_PATIENCE = rules.limits.copyPatienceSeconds -- for which a function is waited for, where a copy may be right
local AFTER_AWAY = rules.limits.afterAwaySeconds -- between two failures of Redis that are one, and after the last
local COPIES_BYTES = rules.limits.copiesBytes -- of all copies of a worker
local GRACE = rules.limits.graceSeconds * 1000 -- milliseconds after a touch in which the old page may be served
local RENEW_EVERY = rules.limits.renewEverySeconds -- how often pages are looked for that will be wrong soon
local RENEW_AHEAD = rules.limits.renewAheadSeconds -- how soon
local RENEW_MOST = rules.limits.renewMost -- pages at a time
local WAKE_PAUSE = rules.limits.wakePauseSeconds -- for which a function is woken once
local REDIS_TIMEOUT = 500 -- milliseconds
local LOCK_TIMEOUT = 4000 -- milliseconds, where two renders hang on it
local REDIS_PAUSE = 1 -- seconds for which a worker does not ask a Redis that did not answer
local RENDER_LOCK = 10 -- seconds after which a render that never ended is given up
local RESULT_LIFE = 30 -- seconds for which a render is remembered for who waits for it; while Redis is away, for everybody
local SHARED = { [200] = true, [404] = true, [410] = true } -- statuses of answers about the page, whoever asked
local ASK_TRIES = 3 -- how often a function is asked that cannot be reached
local ASK_TIMEOUT = 30000 -- milliseconds, for a start and the render
local ASKED_LIFE = 60 -- seconds after which a question that never ended is given up
local BODY_MOST = 4 * 1024 * 1024 -- bytes of a page
local ROUTES_EVERY = 1 -- seconds until a worker has seen that other routes serve
local WAIT_MOST = 30 -- seconds until who waits for a page is told to come again

-- Routes ---------------------------------------------------------------------------------

-- Which function answers where. A release keeps what serves in serving/routes.json and moves it
-- when it moves traffic (knative/release): each worker looks at it once a second. Until the first
-- one has, the chart's own are what serves.
local routes, literal, templates, by_path = {}, {}, {}, {}
local lost = {} -- by language, the route of what browsers see at addresses of nothing
local version = "" -- a checksum of the file, as knative/release counts it

local function parts_of(path)
  local parts = {}
  for part in (path:sub(2) .. "/"):gmatch("([^/]*)/") do parts[#parts + 1] = part end
  return parts
end

local function content_of(name)
  local file = io.open(ngx.config.prefix() .. name, "r")
  if not file then return nil end
  local content = file:read("*a")
  file:close()
  return content
end

-- read_routes goes by what serves now. What cannot be read changes nothing; it says whether
-- something did.
local function read_routes()
  local content = content_of("serving/routes.json") or content_of("routes.json")
  local now = content and string.format("%08x", ngx.crc32_long(content))
  local list = now and now ~= version and cjson.decode(content)
  if type(list) ~= "table" then return false end
  routes, version, literal, templates, by_path, lost = list, now, {}, {}, {}, {}
  for _, r in ipairs(routes) do
    by_path[r.path] = r
    if r.lost then lost[r.path:find("^/en/") and "en" or "ko"] = r end
    if not r.path:find("{", 1, true) then
      literal[r.path] = r
    else
      r.parts = parts_of(r.path)
      templates[#r.parts] = templates[#r.parts] or {}
      table.insert(templates[#r.parts], r)
    end
  end
  return true
end

assert(read_routes(), "no routes")

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

-- routes are all that serve, and route_of is the one with a path as it is declared.
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

-- hidden says whether an address hides a "/", a "?" or a control character in a segment: it is
-- one of nothing, since decoded it looks like another.
local function hidden()
  local path = ngx.var.request_uri:match("^[^?#]*"):lower()
  return path:find("%%2f") or path:find("%%3f") or path:find("%%[01]%x") or path:find("%%7f")
end

function M.route()
  local r = not hidden() and find(ngx.var.uri)
  if not r then return end
  ngx.var["function"] = r["function"]
  ngx.var.function_host = r["function"] .. settings.domain
  ngx.var.route = r.path
  local method = ngx.req.get_method()
  if r.page and (method == "GET" or method == "HEAD") and (r.forAll or not has_credentials()) and not bypassed(r) then
    return ngx.exec("@page")
  end
  -- Nginx sends again what it has sent already, unless it is a POST, a PATCH or a LOCK. Any
  -- method but those that only read is to be sent once; the function is told which it is.
  if method ~= "GET" and method ~= "HEAD" and method ~= "OPTIONS" then ngx.req.set_method(ngx.HTTP_POST) end
  return ngx.exec("@function")
end

-- versioned leaves an answer with a strong tag as it is: Nginx makes the tag of what it
-- compresses a weak one, and who reads a version to write with If-Match needs the strong one.
function M.versioned()
  local tag = ngx.header["ETag"]
  if tag and tag:sub(1, 2) ~= "W/" then ngx.req.clear_header("Accept-Encoding") end
end

-- Addresses of pages ---------------------------------------------------------------------

local function escape(s) -- as Go's url.QueryEscape
  return (s:gsub("[^%w%-_%.~ ]", function(c) return string.format("%%%02X", c:byte()) end):gsub(" ", "+"))
end

-- The site's language is the path's, so that no cache has to look at anything else; the
-- API's is English where it is preferred to Korean: the greater weight counts, of equal ones
-- the first, and 0 means not acceptable. Functions decide alike (function.Language).
local function language(route)
  if route and route.html then
    return (ngx.var.uri == "/en" or ngx.var.uri:sub(1, 4) == "/en/") and "en" or "ko"
  end
  local first, weights = nil, {}
  for part in ((ngx.var.http_accept_language or ""):lower() .. ","):gmatch("([^,]*),") do
    local primary, parameters = part:match("^%s*([^%s;%-]*)[^;]*(.*)$")
    if primary == "ko" or primary == "en" or primary == "*" then
      local q = tonumber(parameters:match("^;%s*q%s*=%s*(.-)%s*$"))
      if not q or not (q >= 0 and q <= 1) then q = 1 end
      first = first or primary
      weights[primary] = math.max(weights[primary] or 0, q)
    end
  end
  local unnamed = weights["*"] or 0.0001
  local ko, en = weights.ko or unnamed, weights.en or unnamed
  if en > ko or en == ko and first == "en" then return "en" end
  return "ko"
end

-- language_of is the language of an address that is none of a route's: the path's, or what the visitor prefers.
local function language_of(uri)
  return (uri:find("^/en/") or uri == "/en") and "en" or language()
end

-- An address with a slash at its end leads to the page without it. A browser at any other is shown the site's own page
-- of what is not there, if there is one: M.page and the function make a 404 of it.
function M.unknown()
  local method = ngx.req.get_method()
  local reads = (method == "GET" or method == "HEAD") and not hidden()
  if reads and ngx.var.uri:find("/$") then
    local r = find((ngx.var.uri:gsub("/+$", "")))
    if r and r.html then
      local path = ngx.var.request_uri:match("^[^?#]*"):gsub("/+$", ""):gsub("^/+", "/") -- two slashes would lead to another host
      return ngx.redirect(path .. (ngx.var.is_args or "") .. (ngx.var.args or ""), 308)
    end
  end
  local page = lost[language_of(ngx.var.uri)]
  if reads and page and not ngx.var.uri:find("^/v1/") and (ngx.var.http_accept or ""):find("text/html", 1, true) then
    ngx.req.set_uri(page.path, false)
    ngx.req.set_uri_args("")
    return M.route()
  end
  return ngx.exit(404)
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
--   wrong     from when on it is known to be wrong, in milliseconds; nil where that is not known
--   since     from when on what it shows may have changed, in milliseconds; 0 where it has not
--   at        when it was known to be as it is, in seconds

-- said is what was answered: how long that is right is not known, so it is for those who
-- wanted it before it was asked for, and else the last good copy.
local function said(status, body, header, asked)
  local now, kept = (asked or ngx.now()) * 1000, {}
  for _, name in ipairs(rules.headers.kept) do kept[name] = header[name:lower()] end
  return { status = status, rendered = now, since = 0, at = now / 1000, segments = {
    { from = now, ["until"] = now, body = body, contentType = header["content-type"], etag = header.etag, header = kept },
  } }
end

-- none is the page of whom nobody answered.
local function none(status) return said(status, "", {}) end

-- segment_of is what a page says at a time, what it is then, and which segment that is (as
-- page.At in Go): "fresh"; "old", which may be served while it is rendered again; or "wrong".
local function segment_of(page, now)
  local state = "fresh"
  if page.since ~= 0 then state = now - page.since < GRACE and "old" or "wrong" end
  for i, s in ipairs(page.segments) do
    if now < s["until"] then return s, state, i end
  end
  if page.wrong and now >= page.wrong then
    state = "wrong"
  elseif state == "fresh" then
    state = "old"
  end
  return page.segments[#page.segments], state, #page.segments
end

local function state_of(page)
  local _, state = segment_of(page, ngx.now() * 1000)
  return state
end

-- Copies and Redis -----------------------------------------------------------------------

-- This worker's copies: those that were used of late, and those before them, each no larger
-- than half of COPIES_BYTES. When the first are full they become the second, which go.
local copies, before, bytes = {}, {}, 0

local function size_of(key, page)
  local n = #key + 1000 -- tables and headers
  for _, s in ipairs(page.segments) do n = n + #s.body + 500 end
  return n
end

-- keep makes a page this worker's copy.
local function keep(key, page)
  local n = size_of(key, page)
  bytes = bytes - (copies[key] and copies[key].bytes or 0)
  copies[key], before[key] = nil, nil
  if n > COPIES_BYTES / 2 then return end
  if bytes + n > COPIES_BYTES / 2 then copies, before, bytes = {}, copies, 0 end
  page.at, page.bytes = page.at or ngx.now(), n
  copies[key], bytes = page, bytes + n
end

local function copy_of(key)
  if not copies[key] and before[key] then keep(key, before[key]) end
  return copies[key]
end

local function forget(key)
  if copies[key] then bytes = bytes - copies[key].bytes end
  copies[key], before[key] = nil, nil
end

local asked_again = 0 -- before this time Redis is not asked
local away_since, away_at = 0, -math.huge -- when Redis first did not answer this worker of late, and last
local memory -- of Redis, as it was last known (page.Read)

local function redis_away(err)
  local now = ngx.now()
  if now - away_at > AFTER_AWAY then away_since = now end
  away_at, asked_again = now, now + REDIS_PAUSE
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
  local asked = ngx.now()
  local fields, why = client:eval(rules.scripts.read, 1, settings.prefix .. "p:" .. key, settings.prefix .. "g:", settings.prefix .. "memory", settings.name .. ngx.now())
  if not fields then return redis_away(why) end
  client:set_keepalive(30000, 64)
  local hash = {}
  for i = 1, #fields, 2 do hash[fields[i]] = fields[i + 1] end
  memory = hash.memory
  if not hash.meta then return false end
  local meta = cjson.decode(hash.meta)
  if type(meta) ~= "table" or type(meta.segments) ~= "table" or #meta.segments == 0 then return false end
  for i, s in ipairs(meta.segments) do s.body = hash["body" .. (i - 1)] or "" end
  return { status = 200, segments = meta.segments, rendered = meta.rendered, wrong = meta.wrong, since = tonumber(hash.since), at = asked, memory = memory }
end

-- Rendering ------------------------------------------------------------------------------

local locks, results = ngx.shared.locks, ngx.shared.shared_pages

local owners = 0 -- of locks, of this worker

-- release_here gives a lock of this replica back, unless it may be another's by now.
local function release_here(key, held)
  if ngx.now() - held.at < RENDER_LOCK and locks:get(key) == held.owner then locks:delete(key) end
end

-- lock gives this request the page to render: one in all replicas where Redis answers
-- (everywhere), one in this replica where it does not. Everybody else gets nil.
local function lock(key)
  owners = owners + 1
  local held = { owner = settings.name .. ":" .. ngx.worker.pid() .. ":" .. owners, at = ngx.now() }
  if not locks:add(key, held.owner, RENDER_LOCK) then return nil end
  local client = connect(LOCK_TIMEOUT)
  if not client then return held end
  local mine = client:set(settings.prefix .. "r:" .. key, held.owner, "NX", "EX", RENDER_LOCK)
  client:set_keepalive(30000, 64)
  if mine == ngx.null then
    release_here(key, held)
    return nil
  end
  held.everywhere = mine ~= nil and mine ~= false
  return held
end

-- unlock gives back what is still this request's: a render may take longer than its lock.
local function unlock(key, held)
  release_here(key, held)
  local client = held.everywhere and connect(LOCK_TIMEOUT)
  if client then
    client:eval("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0", 1, settings.prefix .. "r:" .. key, held.owner)
    client:set_keepalive(30000, 64)
  end
end

-- share gives what a function said about a page to all workers of this replica: never what it
-- said to a visitor, as that one asked too often, nor that it failed. The body is beside the
-- rest: it need not be text.
local function share(key, page)
  if not SHARED[page.status] then return end
  local body = page.segments[1].body
  page.segments[1].body = nil
  results:set(key, cjson.encode(page) .. "\n" .. body, RESULT_LIFE)
  page.segments[1].body = body
end

-- shared is what was said to somebody who asked for it after this request wanted it; while
-- Redis is away, also what was said not long ago.
local function shared(key, began, away)
  local v = results:get(key)
  if not v then return nil end
  local line = v:find("\n", 1, true)
  local page = cjson.decode(v:sub(1, line - 1))
  if page.at < began and not (away and ngx.now() - page.at < COPY_AWAY) then return nil end
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

local function read_answer(socket, asked)
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
  return said(status, body, header, asked)
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
    local socket, asked = ngx.socket.tcp(), ngx.now()
    socket:settimeouts(2000, 10000, ASK_TIMEOUT)
    local reached, fine
    reached, err = socket:connect(settings.functions:match("^(.*):(%d+)$"))
    if reached then fine, err = socket:send(request) end
    if fine then
      page, err = read_answer(socket, asked)
      socket:close()
    end
    if page and page.status ~= 502 and page.status ~= 503 and page.status ~= 504 then return page end
    if reached and err == "timeout" then break end -- it is not known what became of it, and nobody waits as long again
  end
  if not page then ngx.log(ngx.WARN, host, " was asked for ", target, ": ", err) end
  return page or none(502)
end

-- from_visitor are the headers with which a function is asked for a visitor's page.
local function from_visitor(lang)
  return {
    ["Accept-Language"] = lang, ["X-Forwarded-For"] = ngx.var.remote_addr, ["X-Forwarded-Proto"] = ngx.var.spoken,
    ["X-Request-Id"] = ngx.var.request_id, ["traceparent"] = ngx.var.trace, ["X-Request-Start"] = ngx.var.msec,
  }
end

-- stored is what Redis has by now of a page that was not there.
local function stored(key, patience)
  local page = load(key, patience)
  if page and state_of(page) == "fresh" then
    keep(key, page)
    return page
  end
end

-- render gets a page that nobody has: this request has it rendered, or waits for the one
-- that does. asked says that it is what a function answered just now.
local function render(key, target, lang, began, away)
  local deadline, pause = ngx.now() + WAIT_MOST, 0.005
  while ngx.now() < deadline do
    local page = shared(key, began, away)
    if page then return page, true end
    local held = lock(key)
    if held then
      -- Another replica may have rendered it since.
      page = stored(key, held.everywhere and LOCK_TIMEOUT or nil)
      local asked = not page
      if asked then
        page = shared(key, began, away)
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

-- unsure says whether nobody knows if a copy is right: it was known to be shortly before Redis
-- went away, which is away still or came back with nothing in it.
local function unsure(copy, away)
  return copy ~= nil and ngx.now() - away_at < AFTER_AWAY and copy.at >= away_since - AFTER_AWAY
    and (away or copy.memory ~= memory) and state_of(copy) ~= "wrong"
end

-- ask_aside has a function asked in nobody's request, so that who wants the page can leave: by
-- one of all replicas, unless Redis is away.
local function ask_aside(premature, host, key, target, header, away)
  local held = not premature and (away or lock(key))
  if held then
    local page = ask(host, target, header)
    if SHARED[page.status] then share(key, page) else locks:set("failed:" .. key, ngx.now(), ASKED_LIFE) end
    if not away then unlock(key, held) end
  end
  locks:delete("asked:" .. key)
end

-- soon is what a function says of a page within COPY_PATIENCE of being asked, once at a time;
-- nil where it says nothing by then, or fails.
local function soon(key, target, lang, began, away)
  local pause = 0.005
  while true do
    local page = shared(key, began, away) or not away and stored(key) or nil
    local since = math.min(locks:get("asked:" .. key) or began, began)
    if page or ngx.now() - since >= COPY_PATIENCE or (locks:get("failed:" .. key) or 0) >= began then return page end
    if locks:add("asked:" .. key, ngx.now(), ASKED_LIFE) and not ngx.timer.at(0, ask_aside, ngx.var.function_host, key, target, from_visitor(lang), away) then
      locks:delete("asked:" .. key)
    end
    ngx.sleep(pause)
    pause = math.min(pause * 1.5, 0.1)
  end
end

-- obtain gets a page that this worker has no fresh copy of. detail is what the visitor is
-- told of where it comes from (Cache-Status): nil for Redis, "asked" for a function.
local function obtain(key, target, lang, began)
  local last = copy_of(key)
  local page, err = load(key)
  if page then
    keep(key, page)
    if state_of(page) ~= "wrong" then return { page = page } end
    last = page
  end
  if err and last and ngx.now() - last.at < COPY_AWAY then return { page = last, detail = "store-away" } end
  local asked = true
  if unsure(last, err ~= nil) then
    page = soon(key, target, lang, began, err ~= nil)
    if not page then return { page = last, detail = "function-away" } end
  else
    page, asked = render(key, target, lang, began, err ~= nil)
  end
  if not asked then return { page = page } end
  if page.status == 200 then
    keep(key, page)
  elseif SHARED[page.status] then
    forget(key)
  elseif page.status >= 500 and last then
    return { page = last, detail = "function-away" }
  end
  return { page = page, detail = "asked" }
end

local flights = {} -- by key: the request of this worker that obtains the page

-- together is obtain, once for all who ask for the page meanwhile. What a function says to the
-- one who asks, as that this is too often, is for that one alone: the next of them asks. That
-- it failed is true for all of them: together they have asked as often as it makes sense.
local function together(key, target, lang, began)
  local deadline = ngx.now() + WAIT_MOST
  while flights[key] do
    local flight = flights[key]
    flight.waiting = flight.waiting + 1
    flight.landed:wait(math.max(0, deadline - ngx.now()))
    local status = flight.result and flight.result.page.status
    if not status or ngx.now() >= deadline then return { page = none(504), detail = "asked" } end
    if SHARED[status] or status >= 500 then return flight.result end
  end
  local flight = { landed = semaphore.new(), waiting = 0 }
  flights[key] = flight
  local fine, result = pcall(obtain, key, target, lang, began)
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
  if route.lost then h["Vary"], h["Cache-Control"] = "Accept, Accept-Language", "no-store" end
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
  if not route then return ngx.exit(404) end -- it went while this was asked
  local lang, query = language(route), query_of(route)
  local key = lang .. ":" .. ngx.var.uri .. (query ~= "" and "?" .. query or "")
  local target = escape_path(ngx.var.uri) .. (query ~= "" and "?" .. query or "")
  local page, detail = copy_of(key), nil
  if not (page and ngx.now() - page.at < COPY_FRESH and state_of(page) == "fresh") then
    local result = together(key, target, lang, ngx.now())
    page, detail = result.page, result.detail
  end
  local status = route.lost and page.status < 500 and 404 or page.status
  if status >= 500 then return ngx.exit(route.lost and 404 or 503) end
  local now = ngx.now() * 1000
  local s, state, at = segment_of(page, now)
  if detail == "asked" then
    ngx.header["Cache-Status"] = "madang; fwd=uri-miss"
    return send(route, status, s)
  end
  local left = math.floor((s["until"] - now) / 1000)
  if detail == "store-away" then
    left = 0
  elseif detail == "function-away" then
    left = -1
  elseif state ~= "fresh" then
    left, detail = math.min(-1, left), "stale"
  end
  -- One that comes to its last segment is moved on before it is wrong.
  if detail == "stale" or page.wrong and at == #page.segments and at > 1 then refresh_later(key, target, lang) end
  ngx.header["Cache-Status"] = "madang; hit; ttl=" .. left .. (detail and "; detail=" .. detail or "")
  ngx.header["Age"] = math.floor(math.max(0, now - page.rendered) / 1000)
  return send(route, status, s)
end

-- What is done for nobody's request --------------------------------------------------------

-- renew renders anew what will be wrong soon, so that its first reader need not wait. Whether
-- it runs, and when, makes no answer wrong.
local function renew(premature)
  local client = not premature and connect(LOCK_TIMEOUT)
  if not client then return end
  local now = ngx.now() * 1000
  local names = client:eval(rules.scripts.ending, 1, settings.prefix .. "ends", settings.prefix .. "p:",
    string.format("%.0f", now + RENEW_AHEAD * 1000), RENEW_MOST, string.format("%.0f", now))
  client:set_keepalive(30000, 64)
  for _, name in ipairs(names or {}) do
    local fn, key = name:match("^([^ ]+) (.*)$")
    local lang, path, query = key:match("^(%a+):([^?]*)(.*)$")
    if path then refresh(false, fn .. settings.domain, key, escape_path(path) .. query, lang) end
  end
end

local function say_version() locks:set("routes:" .. (ngx.worker.id() or 0), version) end

-- follow has this worker go by the routes that serve.
local function follow(premature)
  if premature or not read_routes() then return end
  say_version()
  M.changed()
end

-- version says which routes this replica goes by: one checksum, or several while its workers change.
function M.version()
  local all, seen = {}, {}
  for id = 0, ngx.worker.count() - 1 do
    local v = locks:get("routes:" .. id) or "none"
    if not seen[v] then all[#all + 1] = v end
    seen[v] = true
  end
  return table.concat(all, " ")
end

-- begin is called in each worker as it starts; changed when there are other routes.
function M.begin(changed)
  M.changed = changed
  follow()
  say_version()
  assert(ngx.timer.every(ROUTES_EVERY, follow))
  if (ngx.worker.id() or 0) == 0 then assert(ngx.timer.every(RENEW_EVERY, renew)) end
end

-- start has a function start, and waits for it.
local function start(premature, name)
  if premature then return end
  local client = connect()
  if client then
    local mine = client:set(settings.prefix .. "w:" .. name, "1", "NX", "EX", WAKE_PAUSE)
    client:set_keepalive(30000, 64)
    if mine == ngx.null then return end -- another replica has
  end
  local socket = ngx.socket.tcp()
  socket:settimeouts(2000, 10000, ASK_TIMEOUT)
  local fine = socket:connect(settings.functions:match("^(.*):(%d+)$"))
  if fine and socket:send("GET /readyz?form HTTP/1.1\r\nHost: " .. name .. settings.domain .. "\r\nConnection: close\r\n\r\n") then socket:receive("*l") end
  socket:close()
end

-- wake starts the functions that who was just answered will ask next, while that one types:
-- each once in a while, however many visitors there are. It returns their names.
function M.wake()
  local route = by_path[ngx.var.route]
  local woken = {}
  if not route or not route.wakes or ngx.status >= 400 or ngx.req.get_method() ~= "GET" then return woken end
  for _, name in ipairs(route.wakes) do
    if locks:add("wake:" .. name, 1, WAKE_PAUSE) and ngx.timer.at(0, start, name) then woken[#woken + 1] = name end
  end
  return woken
end

local REQUEST_ID = rules.requestId:gsub("%p", "%%%0") -- as a pattern

-- problem is what the edge itself answers: a page to browsers, a document of RFC 9457 to all
-- others.
function M.problem()
  local status = ngx.status
  if status == 598 then status = 429 end
  if status >= 500 or not rules.problems[tostring(status)] then status = 503 end
  local lang = language_of((ngx.var.request_uri or ""):match("^[^?]*"))
  local problem = rules.problems[tostring(status)][lang]
  local answer = (ngx.var.http_accept or ""):find("text/html", 1, true) and problem.page or problem.document
  ngx.status = status
  for name, value in pairs(answer.header) do ngx.header[name] = value end
  ngx.print((answer.body:gsub(REQUEST_ID, function() return ngx.var.request_id end)))
end

return M
