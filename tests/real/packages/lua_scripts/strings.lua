-- Patterns, formats, packing and UTF-8.

local text = [[
The quick brown fox jumps over the lazy dog. THE END.
   key1 = value1,   key_2=value two ; k3 =
]]
local words = {}
for word in text:gmatch("%a+") do words[#words + 1] = word:lower() end
assert(#words == 17 and table.concat(words, " ", 1, 3) == "the quick brown")
assert(text:find("fox", 1, true) == 17 and text:match("(%w+)%s*=%s*(%w+)") == "key1")
assert(select(2, text:gsub("%s+", " ")) == 19)
assert(("hello world"):gsub("o", {o = "0"}) == "hell0 w0rld" and ("abc"):gsub("%w", "%0%0", 2) == "aabbc")
assert(("THE (quick) fox"):find("%((%a+)%)") == 5 and ("[[nested]]"):match("%b[]") == "[[nested]]")
assert(("THE (quick) fox"):gsub("%f[%a]%a+", string.upper) == "THE (QUICK) FOX")
assert(("x"):rep(3, ",") == "x,x,x" and ("abc"):reverse() == "cba" and ("abc"):byte(-1) == 99 and #("\0\u{48}\x41\z
        b") == 4)
assert(("%s|%10s|%-10s|%.2s"):format(true, "right", "left", "cut") == "true|     right|left      |cu")
assert(("%q"):format('a\n"b"\0c') == '"a\\\n\\"b\\"\\0c"')
assert(not pcall(string.rep, "x", 1 << 40) and not pcall(string.format, "%d", 1.5))
assert(not pcall(string.find, "a", "[a") and not pcall(string.gsub, "a", "a", "%2"))

local packed = string.pack("<i4 >I2 z s1 d !8 i8", -2, 258, "zero", "short", 1.5, 7)
local a, b, c, d, e, f, at = string.unpack("<i4 >I2 z s1 d !8 i8", packed)
assert(a == -2 and b == 258 and c == "zero" and d == "short" and e == 1.5 and f == 7 and at == #packed + 1)
assert(string.packsize("i4 i8 !8 i8") == 24)

local greeting = "grüße, 世界 🌍"
assert(utf8.len(greeting) == 11 and #greeting == 20 and utf8.char(0x4e16, 0x754c) == "世界")
local points = {}
for _, point in utf8.codes(greeting) do points[#points + 1] = point end
assert(points[3] == 0xfc and points[#points] == 0x1f30d and utf8.codepoint(greeting, utf8.offset(greeting, -1)) == 0x1f30d)
assert(utf8.len("\xff") == nil and not pcall(utf8.codepoint, "\xff"))

-- a little parser: expressions by precedence climbing, against what load makes of them
local function evaluate(source)
  local tokens, at = {}, 1
  for number, operator in source:gmatch("(%d*)([-+*/%%()^]?)") do
    if number ~= "" then tokens[#tokens + 1] = tonumber(number) end
    if operator ~= "" then tokens[#tokens + 1] = operator end
  end
  local strength = {["+"] = 1, ["-"] = 1, ["*"] = 2, ["/"] = 2, ["%"] = 2, ["^"] = 4}
  local expression
  local function primary()
    local token = tokens[at]
    at = at + 1
    if token == "(" then
      local value = expression(1)
      assert(tokens[at] == ")")
      at = at + 1
      return value
    elseif token == "-" then
      return -expression(3)
    end
    return token
  end
  function expression(least)
    local left = primary()
    while strength[tokens[at]] and strength[tokens[at]] >= least do
      local operator = tokens[at]
      at = at + 1
      local right = expression(operator == "^" and strength[operator] or strength[operator] + 1)
      if operator == "+" then left = left + right
      elseif operator == "-" then left = left - right
      elseif operator == "*" then left = left * right
      elseif operator == "/" then left = left / right
      elseif operator == "%" then left = left % right
      else left = left ^ right end
    end
    return left
  end
  return expression(1)
end
for _, source in ipairs {"1+2*3", "(1+2)*3", "2^3^2", "-2^2", "10%4-3/2", "((7))*-(3-8)", "100/8/2"} do
  assert(evaluate(source) == load("return " .. source)(), source)
end
print("patterns, packing and UTF-8 are fine")
