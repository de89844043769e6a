-- Reads public files from object storage for everybody. The bucket itself stays closed:
-- each request to it is signed here (AWS Signature Version 4), so originals, proofs and
-- whatever else lies in the bucket have no public address. libcrypto is in every Nginx
-- that can speak TLS.
local ffi = require "ffi"
ffi.cdef [[
unsigned char *SHA256(const unsigned char *d, size_t n, unsigned char *md);
const void *EVP_sha256(void);
unsigned char *HMAC(const void *md, const void *key, int key_len, const unsigned char *d, size_t n, unsigned char *out, unsigned int *out_len);
]]

local M = {}

local settings = {
  endpoint = os.getenv("S3_ENDPOINT") or "",
  region = os.getenv("S3_REGION") or "KR1",
  bucket = os.getenv("S3_BUCKET") or "madang",
  access_key = os.getenv("S3_ACCESS_KEY") or "",
  secret_key = os.getenv("S3_SECRET_KEY") or "",
}
local host = settings.endpoint:gsub("^https?://", "")

-- The hash of no body, which every signed request here has.
local EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

local out, length = ffi.new("unsigned char[32]"), ffi.new("unsigned int[1]")

local function hmac(key, text)
  ffi.C.HMAC(ffi.C.EVP_sha256(), key, #key, text, #text, out, length)
  return ffi.string(out, 32)
end

local function sha256(text)
  ffi.C.SHA256(text, #text, out)
  return ffi.string(out, 32)
end

local function hex(bytes)
  return (bytes:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

local key_day, key

local function signing_key(day)
  if key_day ~= day then
    key = hmac(hmac(hmac(hmac("AWS4" .. settings.secret_key, day), settings.region), "s3"), "aws4_request")
    key_day = day
  end
  return key
end

-- signature is the Authorization of a GET of path at time ("20260301T000000Z").
function M.signature(path, time)
  local scope = time:sub(1, 8) .. "/" .. settings.region .. "/s3/aws4_request"
  local canonical = "GET\n" .. path .. "\n\nhost:" .. host .. "\nx-amz-content-sha256:" .. EMPTY .. "\nx-amz-date:" .. time
    .. "\n\nhost;x-amz-content-sha256;x-amz-date\n" .. EMPTY
  local signed = hmac(signing_key(time:sub(1, 8)), "AWS4-HMAC-SHA256\n" .. time .. "\n" .. scope .. "\n" .. hex(sha256(canonical)))
  return "AWS4-HMAC-SHA256 Credential=" .. settings.access_key .. "/" .. scope
    .. ",SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=" .. hex(signed)
end

-- sign prepares the request to storage for a path whose form the location has checked:
-- nothing in it needs to be escaped.
function M.sign()
  local method = ngx.req.get_method()
  if method ~= "GET" and method ~= "HEAD" then
    ngx.header["Allow"] = "GET, HEAD"
    return ngx.exit(405)
  end
  local path = "/" .. settings.bucket .. ngx.var.uri:sub(#"/files" + 1)
  local time = os.date("!%Y%m%dT%H%M%SZ", ngx.time())
  ngx.var.storage_host = host
  ngx.var.storage_address = settings.endpoint .. path
  ngx.var.storage_time = time
  ngx.var.storage_hash = EMPTY
  ngx.var.storage_authorization = M.signature(path, time)
end

return M
