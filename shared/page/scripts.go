package page

// A generation is "<last>.<first>.<before>.<name>", times in milliseconds:
//
//	last    when the tag was touched
//	first   the first of the touches of which none came later than Grace after another
//	before  the name of the generation before that touch; empty where there was none
//	name    of this one, random, so that none is used twice
//
// From these a reader knows since when a page may be wrong at the longest: since first, if the
// page has the generation that before names; else since it was rendered. So no number of later
// touches hides how long ago the first one was.
//
// "|<write>:<when>" follows for each write that was announced and not yet settled.

// Read is the script by which a page is read, of KEYS[1], the page, and ARGV: what stands
// before a tag, a key, and a text that was never used. It is the hash's fields and values but
// for generations, and first of them "memory", the text that was first kept under that key: as
// long as it is the same, Redis was not emptied, and what is not there is rightly not there;
// then "since" (Page.Since), where there is a page. The edge's Lua has it from here.
//
// The tags' keys are not in KEYS: this needs one Redis, not a cluster of shards.
const Read = `redis.pcall('SET', ARGV[2], ARGV[3], 'NX', 'EX', 2592000)
local memory = redis.call('GET', ARGV[2]) or ''
local fields = redis.call('HGETALL', KEYS[1])
if #fields == 0 then return {'memory', memory} end
local rendered, since, shown = 0, 0, {'memory', memory, 'since', '0'}
for i = 1, #fields, 2 do
  if fields[i] == 'rendered' then rendered = tonumber(fields[i+1]) end
end
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 2) == 'g:' then
    local now = redis.call('GET', ARGV[1] .. string.sub(fields[i], 3))
    if now ~= fields[i+1] then
      local from = rendered
      local first, before = string.match(now or '', '^%d+%.(%d+)%.(%w+)%.')
      if first and before == string.match(fields[i+1], '%.(%w+)[^.]*$') then from = math.max(rendered, tonumber(first)) end
      if since == 0 or from < since then since = from end
    end
  elseif fields[i] ~= 'rendered' then
    shown[#shown+1] = fields[i]
    shown[#shown+1] = fields[i+1]
  end
end
shown[4] = string.format('%.0f', since)
return shown`

// begin reads the generations of tags and of those that a stored page has, and makes the ones
// that are missing.
// KEYS: page. ARGV: before a tag, life in seconds, now, random, tags.
const begin = `local tags, out = {}, {}
for i = 5, #ARGV do tags[#tags+1] = ARGV[i] end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 2) == 'g:' then tags[#tags+1] = string.sub(field, 3) end
end
for _, tag in ipairs(tags) do
  local key = ARGV[1] .. tag
  local value = redis.call('GET', key)
  if value then
    redis.call('EXPIRE', key, ARGV[2])
  else
    value = ARGV[3] .. '.' .. ARGV[3] .. '..' .. ARGV[4]
    redis.call('SET', key, value, 'EX', ARGV[2])
  end
  out[#out+1] = tag
  out[#out+1] = value
end
return out`

// touch gives each tag another generation. A write is announced by "+" and settled by "-";
// of others that were announced, those are kept that may still be under way.
// ARGV: before a tag, life in seconds, now, random, grace and patience in milliseconds, sign,
// write, tags.
const touch = `local now = tonumber(ARGV[3])
for i = 9, #ARGV do
  local key = ARGV[1] .. ARGV[i]
  local last, first, before, under = now, now, '', ''
  local was = redis.call('GET', key)
  local l, f, b, name, writes = string.match(was or '', '^(%d+)%.(%d+)%.(%w*)%.(%w+)(.*)$')
  if l then
    last, before = math.max(now, tonumber(l)), name
    if b ~= '' and now - tonumber(l) <= tonumber(ARGV[5]) then first, before = tonumber(f), b end
    for write, at in string.gmatch(writes, '|([^|:]+):(%d+)') do
      if write ~= ARGV[8] and now - tonumber(at) < tonumber(ARGV[6]) then under = under .. '|' .. write .. ':' .. at end
    end
  end
  if ARGV[7] == '+' then under = under .. '|' .. ARGV[8] .. ':' .. ARGV[3] end
  redis.call('SET', key, string.format('%.0f.%.0f.%s.%s%s', last, first, before, ARGV[4], under), 'EX', ARGV[2])
end`

// save stores a page whose tags have the generations that it was rendered under: 1. It
// stores nothing where one was touched since: 0, or where a write of one is under way: -1.
// KEYS: page, ends. ARGV: before a tag, life in seconds, now and patience in milliseconds,
// when the page is wrong ("" for never), its name in ends, number of tags, tags and
// generations, fields and values.
const save = `local n = tonumber(ARGV[7])
local set = {}
for i = 8, 6 + 2*n, 2 do
  local value = redis.call('GET', ARGV[1] .. ARGV[i])
  if value ~= ARGV[i+1] then return 0 end
  for at in string.gmatch(value, '|[^|:]+:(%d+)') do
    if tonumber(ARGV[3]) - tonumber(at) < tonumber(ARGV[4]) then return -1 end
  end
  set[#set+1] = 'g:' .. ARGV[i]
  set[#set+1] = value
end
redis.call('DEL', KEYS[1])
for i = 1, #set, 2 do redis.call('HSET', KEYS[1], set[i], set[i+1]) end
for i = 8 + 2*n, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i+1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
if ARGV[5] == '' then
  redis.call('ZREM', KEYS[2], ARGV[6])
else
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[6])
end
return 1`

// Ending is the script by which pages are found that will be wrong before a time, named
// "<function> <key>"; those that are no longer stored, or were wrong an hour ago and could not
// be rendered since, are forgotten on the way. The edge's Lua has it from here.
//
// KEYS: ends. ARGV: before a page, time, how many, now; times in milliseconds.
const Ending = `local out = {}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', tonumber(ARGV[4]) - 3600000))
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])) do
  if redis.call('EXISTS', ARGV[1] .. string.match(name, '^[^ ]* (.*)$')) == 1 then
    out[#out+1] = name
  else
    redis.call('ZREM', KEYS[1], name)
  end
end
return out`
