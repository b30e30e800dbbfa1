-- Metatables, closures, coroutines, errors and the garbage collector.

local Vector = {}
Vector.__index = Vector
Vector.__name = "Vector"
local function vector(x, y) return setmetatable({x = x, y = y}, Vector) end
function Vector.__add(a, b) return vector(a.x + b.x, a.y + b.y) end
function Vector.__mul(a, k) if type(a) == "number" then a, k = k, a end return vector(a.x * k, a.y * k) end
function Vector.__eq(a, b) return a.x == b.x and a.y == b.y end
function Vector.__lt(a, b) return a:length() < b:length() end
function Vector.__le(a, b) return not (b < a) end
function Vector.__unm(a) return vector(-a.x, -a.y) end
function Vector.__len() return 2 end
function Vector.__concat(a, b) return tostring(a) .. tostring(b) end
function Vector.__tostring(a) return ("(%g, %g)"):format(a.x, a.y) end
function Vector.__call(a, name) return a[name] end
function Vector:length() return (self.x ^ 2 + self.y ^ 2) ^ 0.5 end
local v = vector(3, 4)
assert(v:length() == 5 and v + v == 2 * v and -v == v * -1 and #v == 2 and v("y") == 4 and v < v * 2 and v <= v)
assert(v .. "!" == "(3, 4)!" and tostring(v) == "(3, 4)" and rawequal(v, v) and rawlen({1, 2}) == 2)

local log = {}
local guarded = setmetatable({}, {
  __index = function(_, key) log[#log + 1] = "get " .. key return key .. "!" end,
  __newindex = function(t, key, value) log[#log + 1] = "set " .. key rawset(t, key, value) end,
  __pairs = function() return function(_, k) if not k then return 1, "one" end end, nil, nil end,
})
guarded.a = guarded.b
assert(guarded.a == "b!" and table.concat(log, ";") == "get b;set a")
for key, value in pairs(guarded) do assert(key == 1 and value == "one") end

local function counter()
  local count = 0
  return function() count = count + 1 return count end, function() return count end
end
local up, now = counter()
up() up()
assert(now() == 2)

-- coroutines: generators, and a producer with a filter
local function generate(f) return coroutine.wrap(function() f(coroutine.yield) end) end
local function permute(list, n, yield)
  n = n or #list
  if n <= 1 then yield(table.concat(list)) return end
  for i = 1, n do
    list[n], list[i] = list[i], list[n]
    permute(list, n - 1, yield)
    list[n], list[i] = list[i], list[n]
  end
end
local seen = {}
for word in generate(function(yield) permute({"a", "b", "c", "d"}, 4, yield) end) do seen[#seen + 1] = word end
assert(#seen == 24 and seen[1] == "bcda")
local thread = coroutine.create(function(a, b)
  local c = coroutine.yield(a + b)
  local ok, message = pcall(function() coroutine.yield(c * 2) error({code = 7}) end)
  return ok, message.code, select("#", coroutine.yield())
end)
assert(select(2, coroutine.resume(thread, 3, 4)) == 7 and select(2, coroutine.resume(thread, 5)) == 10)
coroutine.resume(thread)
local ok, failed, code, number = coroutine.resume(thread, nil, nil)
assert(ok and failed == false and code == 7 and number == 2 and coroutine.status(thread) == "dead")
assert(not coroutine.resume(thread) and coroutine.isyieldable() == false)

-- errors, with handlers, levels and variables that close
local trace = {}
do
  local function closing(name) return setmetatable({}, {__close = function(_, e) trace[#trace + 1] = name .. tostring(e) end}) end
  pcall(function()
    local a <close> = closing("a")
    local b <close> = closing("b")
    local c <const> = 1
    error("x", 0)
  end)
end
assert(table.concat(trace) == "bxax")
local handled = select(2, xpcall(function() local t = nil; return t.field end, function(m) return "handled: " .. m end))
assert(handled:find("attempt to index a nil value %(local 't'%)"))
assert(select(2, pcall(error)) == nil and select(2, pcall(error, setmetatable({}, {__tostring = function() return "T" end}))))
local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end
assert(deep(10000) == 10000 and not pcall(function() local function f() return 1 + f() end return f() end))
assert(not load("x = = 1") and load("return ...", "chunk", "t", {})(5) == 5)
assert(debug.getinfo(1, "S").what == "main" and debug.traceback("here", 1):find("^here\nstack traceback:"))

-- weak tables and finalizers
local weak, finalized = setmetatable({}, {__mode = "v"}), 0
for i = 1, 100 do weak[i] = setmetatable({}, {__gc = function() finalized = finalized + 1 end}) end
collectgarbage()
collectgarbage()
assert(finalized == 100 and next(weak) == nil)
for _, mode in ipairs {"generational", "incremental"} do
  collectgarbage(mode)
  local root = {}
  for i = 1, 20000 do root[i % 100] = {i, {tostring(i)}, root[(i + 7) % 100] and #root} end
  collectgarbage("step")
end
assert(collectgarbage("count") > 0)
print("metatables, coroutines and errors are fine")
