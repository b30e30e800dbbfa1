-- Searching, sorting and arithmetic: what the virtual machine does all day.

local function queens(n)
  local columns, up, down, found = {}, {}, {}, 0
  local function place(row)
    if row > n then found = found + 1 return end
    for column = 1, n do
      local u, d = row + column, row - column + n
      if not (columns[column] or up[u] or down[d]) then
        columns[column], up[u], down[d] = true, true, true
        place(row + 1)
        columns[column], up[u], down[d] = nil, nil, nil
      end
    end
  end
  place(1)
  return found
end
assert(queens(6) == 4 and queens(8) == 92)

local function primes(limit)
  local sieve, out = {}, {}
  for number = 2, limit do
    if not sieve[number] then
      out[#out + 1] = number
      for multiple = number * number, limit, number do sieve[multiple] = true end
    end
  end
  return out
end
local found = primes(20000)
assert(#found == 2262 and found[#found] == 19997)

-- a generator of numbers that is the same everywhere, unlike math.random's seed
local state = 12345
local function random(limit)
  state = (state * 6364136223846793005 + 1442695040888963407) & math.maxinteger
  return (state >> 33) % limit + 1
end
local list = {}
for at = 1, 5000 do list[at] = random(1000000) end
local copy = table.move(list, 1, #list, 1, {})
table.sort(list)
table.sort(copy, function(a, b) return a > b end)
for at = 2, #list do assert(list[at - 1] <= list[at] and copy[at - 1] >= copy[at]) end
assert(list[1] == copy[#copy])

local function ackermann(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ackermann(m - 1, 1) end
  return ackermann(m - 1, ackermann(m, n - 1))
end
assert(ackermann(2, 30) == 63)

local function loop(n) if n == 0 then return "tail calls need no stack" end return loop(n - 1) end
assert(loop(300000))

-- integers and floats
assert(7 // 2 == 3 and -7 // 2 == -4 and 7 % -3 == -2 and 7.5 // 2 == 3.0 and 2^10 == 1024.0)
assert(1 // 0.0 == math.huge and not pcall(function() return 1 // 0 end) and 0 / 0 ~= 0 / 0)
assert(math.maxinteger + 1 == math.mininteger and math.ult(1, -1) and 1 << 63 == math.mininteger and 1 << 64 == 0)
assert(math.tointeger(3.0) == 3 and math.tointeger(3.5) == nil and math.type(1) == "integer" and math.type(1.0) == "float")
assert("10" + 5 == 15 and "0x10" + 0 == 16 and 10 .. 20 == "1020" and tonumber("z", 36) == 35 and tonumber("8", 8) == nil)
assert(string.format("%.14g %5.2f %d %x %q", 0.1, 3.14159, -42, 255, 1 / 3) == "0.1  3.14 -42 ff 0x1.5555555555555p-2")
assert(3 & 5 == 1 and 3 | 5 == 7 and 3 ~ 5 == 6 and ~0 == -1 and -1 >> 60 == 15)

-- floats as keys, and the table's two parts
local mixed = {10, 20, 30, nil, 50, x = 1, [2.0] = "two", [2^53] = "big"}
assert(mixed[2] == 20)
assert(mixed[2^53 | 0] == "big" and select("#", table.unpack(mixed, 1, 5)) == 5)
for at = 1, 1000 do mixed[at] = at end
for at = 1, 990 do mixed[at] = nil end
local count = 0
for _ in pairs(mixed) do count = count + 1 end
assert(count == 12)

goto done
do error("never") end
::done::
print("queens, primes, sorting and numbers are fine")
