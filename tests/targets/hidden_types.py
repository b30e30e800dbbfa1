"""Types of all kinds that programs pass around without seeing them, and the programs that do.

A `Kind` is a type's definition and the parts of it that hold values. `kinds` are those that ABIs tell apart, `random_kinds`
what nobody has thought of. `programs` makes of them a module that owns the types, one that makes and measures values, and one that passes these on by value in every way that C has, and has
imported only the second. The same texts as plain C, with headers, are what they are compared with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from modcore.ctype import Enum, Floating, Integer, bare
from modcore.target.asked import layouts
from modcore.target.layout import NoLayout
from modcore.target.probe import probe
from modcore.target.spelling import spelled
from targets.random_types import RandomTypes
from targets.toolchains import Toolchain

_NOT_EVERYWHERE = re.compile(r"_Atomic|_BitInt|_Float16|__bf16|__fp16|_Decimal|vector_size\((?:64|128|256)\)")
"""What needs a library beside C's, or is passed only where the compiler has instructions for it."""

INTEGERS = ("char", "short", "int", "long", "long long", "_Bool", "unsigned char")
FLOATS = ("float", "double", "long double")


class Kind(NamedTuple):
    """A type: its definition with those that it needs, each on a line, how it is named, and its parts that hold values.

    `@` stands for its tag or name. A part that begins with `*` holds a pointer. `guard` is a condition without which
    the type is left out, `promoted` what its values become among the arguments of a variadic function.
    """

    definition: str
    name: str
    parts: tuple[str, ...]
    guard: str = ""
    promoted: str = ""


def struct(members: str, *parts: str, after: str = "", keyword: str = "struct", guard: str = "") -> Kind:
    return Kind(f"{keyword} @ {{ {members} }}{after};", f"{keyword} @", parts, guard)


def numbered(type: str, count: int) -> Kind:
    """A struct of some members of one type."""
    names = [f"m{number}" for number in range(count)]
    return struct(" ".join(f"{type} {name};" for name in names), *names)


def kinds() -> Iterator[Kind]:
    """The types, in an order that never changes."""
    for type in (*FLOATS, "int", "char", "short", "long long"):
        for count in (1, 2, 3, 4, 5):
            yield numbered(type, count)
    for type in ("float", "double", "char"):
        yield numbered(type, 8)
        yield numbered(type, 9)
    for type in (*INTEGERS, *FLOATS):  # behind or before another one
        yield struct(f"{type} a; float b[1];", "a", "b[0]")
        yield struct(f"double a; {type} b;", "a", "b")
        yield struct(f"char a; {type} b; char c;", "a", "b", "c")
    for type in ("float", "double", "char", "int"):  # arrays
        yield struct(f"{type} a[2];", "a[0]", "a[1]")
        yield struct(f"{type} a[4];", "a[0]", "a[3]")
        yield struct(f"{type} a[2][2]; int b;", "a[0][1]", "a[1][0]", "b")
        yield struct(f"{type} a[17];", "a[0]", "a[16]")
    # nested ones
    yield struct("struct { float x; } a; struct { float y, z; } b;", "a.x", "b.y", "b.z")
    yield struct("struct { struct { double x; } in[2]; } a;", "a.in[0].x", "a.in[1].x")
    yield struct("struct { char c; double d; } a[2]; short s;", "a[0].c", "a[1].d", "s")
    yield struct("struct { int x; }; union { float f; int i; };", "x", "i")
    yield struct("struct { float x; } a; int b;", "a.x", "b")
    yield struct("float x; struct { } nothing; float y;", "x", "y")
    # bit-fields
    yield struct("unsigned a : 3; unsigned b : 5;", "a", "b")
    yield struct("unsigned a : 7; signed b : 9; unsigned long long c : 33;", "a", "b", "c")
    yield struct("unsigned a : 3; unsigned : 4; unsigned b : 6;", "a", "b")
    yield struct("unsigned a : 3; unsigned : 0; unsigned b : 6;", "a", "b")
    yield struct("char a; int : 0; char b;", "a", "b")
    yield struct("float f; unsigned : 0; float g;", "f", "g")
    yield struct("float f; int b : 7; double d;", "f", "b", "d")
    yield struct("unsigned char a : 6; short b; _Bool c : 1;", "a", "b", "c")
    yield struct("long long a : 20; int b : 12; char c : 7;", "a", "b", "c")
    yield struct("float f; int : 0;", "f")
    yield struct("double a; int : 5; double b;", "a", "b")
    # unions
    yield struct("int a; float b;", "a", keyword="union")
    yield struct("float a; float b[3];", "b[0]", "b[2]", keyword="union")
    yield struct("double a; long long b;", "a", keyword="union")
    yield struct("struct { float x, y; } a; double b;", "a.x", "a.y", keyword="union")
    yield struct("char a[3]; short b;", "a[0]", "a[2]", keyword="union")
    yield struct("long double a; char b;", "a", keyword="union")
    yield struct("int a[5];", "a[0]", "a[4]", keyword="union")
    yield struct("union { int a; float b; } u; double d;", "u.a", "d")
    yield struct("int a : 5; unsigned b : 20;", "b", keyword="union")
    # attributes
    for after in ("packed", "aligned(2)", "aligned(8)", "aligned(16)", "aligned(32)", "packed, aligned(4)"):
        attribute = f" __attribute__(({after}))"
        yield struct("char a; int b; short c;", "a", "b", "c", after=attribute)
        yield struct("float a, b;", "a", "b", after=attribute)
        yield struct("char a; double b;", "a", "b", after=attribute)
        yield struct("char a;", "a", after=attribute)
    yield struct("char a; int b __attribute__((packed)); char c;", "a", "b", "c")
    yield struct("char a; int b __attribute__((aligned(16)));", "a", "b")
    yield struct("float a __attribute__((aligned(8))); float b;", "a", "b")
    yield struct("_Alignas(16) char a; char b;", "a", "b")
    # pointers
    yield struct("int *a;", "*a")
    yield struct("struct @ *a; int b;", "*a", "b")
    yield struct("int (*a)(int); float b;", "b")
    yield struct("void *a[3];", "*a[0]", "*a[2]")
    yield struct("double a; char *b; char c;", "a", "*b", "c")
    # complex numbers, vectors, wide integers
    for type in FLOATS:
        yield struct(f"_Complex {type} a;", "a")
        yield struct(f"_Complex {type} a; int b;", "a", "b")
    yield struct("_Complex float a[2];", "a[0]", "a[1]")
    yield struct("_Complex int a; char b;", "a", "b")
    for type, size in (("float", 8), ("int", 8), ("float", 16), ("double", 16), ("short", 16), ("char", 4)):
        vector = f"{type} v __attribute__((vector_size({size})));"
        yield struct(vector, "v[0]", "v[1]")
        yield struct(f"{vector} int b;", "v[0]", "v[1]", "b")
    yield Kind(
        "typedef float @v __attribute__((vector_size(16)));\nstruct @ { @v v[2]; };", "struct @", ("v[0][1]", "v[1][0]")
    )
    yield struct("__int128 a;", "a", guard="defined __SIZEOF_INT128__")
    yield struct("int a; unsigned __int128 b;", "a", "b", guard="defined __SIZEOF_INT128__")
    yield struct("_Atomic int a; char b;", "a", "b")
    yield struct("_Atomic char a; double b;", "a", "b")
    # nothing, or without an end
    yield struct("")
    yield struct("struct { } a; int b;", "b")
    yield struct("int a; char b[];", "a")
    yield struct("double a; float b[0];", "a")
    yield struct("char a; struct { int x; char rest[]; } b;", "a", "b.x")
    # what is no struct
    yield Kind("enum @ { @_A, @_B = 9 };", "enum @", ("",))
    yield Kind("enum @ { @_A = -3, @_B = 70 };", "enum @", ("",))
    yield Kind("enum @ { @_A = 1, @_B = 200 } __attribute__((packed));", "enum @", ("",), promoted="int")
    yield struct("enum { @_A, @_B } a; enum { @_C = -1, @_D } b : 4;", "a", "b")
    for type in ("long double", "_Complex double", "long long", "double"):
        yield Kind(f"typedef {type} @;", "@", ("",))
    for type, promoted in (("float", "double"), ("unsigned char", "int"), ("short", "int"), ("_Bool", "int")):
        yield Kind(f"typedef {type} @;", "@", ("",), promoted=promoted)
    yield Kind("typedef struct { float x; float y[2]; } @;", "@", (".x", ".y[1]"))
    yield Kind("typedef int *@;", "@", ("*",))
    yield Kind(  # clang 14 itself does not find it among the arguments of a variadic function
        "typedef float @ __attribute__((vector_size(16)));", "@", ("[0]", "[3]"),
        "!(defined __clang__ && defined __i386__)",
    )  # fmt: skip
    yield Kind("typedef struct { char c[8]; } @ __attribute__((aligned(8)));", "@", (".c[0]", ".c[7]"))
    # types inside others, with names of their own
    yield Kind("struct @i { float x, y; };\nstruct @ { struct @i in[2]; };", "struct @", ("in[0].y", "in[1].x"))
    yield Kind("struct @i { char c; long long l; };\nstruct @ { struct @i in; short s; };", "struct @", ("in.c", "in.l", "s"))
    yield Kind("union @i { float f; int i; };\nstruct @ { union @i in; char c; };", "struct @", ("in.i", "c"))
    yield Kind(  # clang 14 itself reads it from where it is not
        "typedef double @i __attribute__((aligned(4)));\nstruct @ { char c; @i d; };", "struct @", ("c", "d"),
        "!defined __clang__",
    )  # fmt: skip
    yield Kind("typedef short @i[3];\nstruct @ { @i a, b; };", "struct @", ("a[0]", "b[2]"))
    yield Kind("enum @e { @_A = 5 };\nstruct @ { enum @e e; float f; };", "struct @", ("e", "f"))


def random_kinds(one: Toolchain, count: int, seed: object) -> Iterator[Kind]:
    """Structs and unions of all sorts that the compiler of a target takes, as many as wanted."""
    facts = probe(one.cc, one.flags)
    source = RandomTypes(facts, seed)
    while count > 0:
        records = source.records(count)
        for record, layout in zip(records, layouts(records, facts, one.cc, one.flags), strict=True):
            text = spelled(record, facts, "@")
            if isinstance(layout, NoLayout) or layout.size > 1 << 12 or _NOT_EVERYWHERE.search(text.declarations):
                continue
            values = (Integer, Floating, Enum)
            parts = [f"m{k}" for k, one in enumerate(record.members) if one.name and isinstance(bare(one.type), values)]
            count -= 1
            yield Kind(text.declarations.rstrip(), text.name, tuple(parts[: 1 if record.kind == "union" else None]))


def _named(kind: Kind, number: int) -> tuple[str, str]:
    tag = f"t{number}"
    return kind.definition.replace("@", tag), kind.name.replace("@", tag)


def _part(part: str) -> tuple[str, str]:
    """An lvalue for a part of `*p`, and its cast to an integer."""
    pointer, path = part.startswith("*"), part.removeprefix("*")
    if not path:
        lvalue = "(*p)"
    elif path[0] in ".[":
        lvalue = f"(*p){path}"
    else:
        lvalue = f"p->{path}"
    return lvalue, "(void *)(__SIZE_TYPE__)" if pointer else ""


MAKER = """\
export {name} make{n}(int seed) {{ union {{ {name} v; char c[sizeof({name}) + 1]; }} u = {{ .c = {{0}} }}; {name} *p = &u.v; {fill} return *p; }}
export {name} global{n};
export struct box{n} {{ char before; {name} v; char after; }};
export long long digest{n}({name} v) {{ {name} *p = &v; long long d = {n}; {digest} return d; }}
export long long pointed{n}({name} *p) {{ return digest{n}(*p); }}
export long long many{n}(int count, ...)
{{
    __builtin_va_list list; __builtin_va_start(list, count); long long d = 0;
    while (count--) {{ int before = __builtin_va_arg(list, int); {name} v = __builtin_va_arg(list, {promoted}); double after = __builtin_va_arg(list, double); d = d * 5 + before + digest{n}(v) + (long long)after; }}
    __builtin_va_end(list); return d;
}}
export long long back{n}({name} (*f)(char, {name}, float, {name})) {{ {name} v = f(1, make{n}(5), 2, make{n}(6)); return digest{n}(v); }}
export void set{n}(void) {{ global{n} = make{n}(9); }}
export long long boxed{n}(struct box{n} b) {{ return b.before + digest{n}(b.v) + b.after; }}
"""
USER = """\
static {name} kept{n}, row{n}[3];
static {name} choose{n}(char a, {name} v, float b, {name} w) {{ kept{n} = a < b ? w : v; return kept{n}; }}
static {name} through{n}({name} v) {{ {name} copy = v, *p = &copy; row{n}[1] = *p; return row{n}[1]; }}
static __attribute__((noinline)) void test{n}(void)
{{
    {name} a = make{n}(1), b = make{n}(2), c = a;
    struct {{ char before; {name} v; int after; }} local = {{0}};
    struct box{n} box = {{1, a, 2}};
    local.v = b; a = through{n}(b);
    {name} (*call)({name}) = through{n};
    set{n}();
    printf("{n}: %lld %lld %lld %lld", digest{n}(a), digest{n}(local.v), digest{n}(call(c)), pointed{n}(&c));
    printf(" %lld %lld %lld", many{n}(3, 1, a, 2.0, 2, c, 3.0, 3, make{n}(4), 4.0), back{n}(choose{n}), digest{n}(kept{n}));
    printf(" %lld %lld %d %d\\n", digest{n}(global{n}), boxed{n}(box), local.before, (int)sizeof box);
}}
"""


def programs(kinds: Iterable[Kind]) -> tuple[dict[str, str], dict[str, str]]:
    """The modules that use some types, and the same in plain C; both by file."""
    owner, maker, user, tests = [], [], [], []
    for number, kind in enumerate(kinds):
        definition, name = _named(kind, number)
        fill = digest = ""
        for at, part in enumerate(kind.parts):
            lvalue, cast = _part(part)
            fill += f"{lvalue} = {cast}((seed * {7 + at} + {at}) % 31); "
            digest += f"d = d * 7 + (long long){'(__SIZE_TYPE__)' if cast else ''}{lvalue}; "
        guard, end = (f"#if {kind.guard}\n", "#endif\n") if kind.guard else ("", "")
        words = {"name": name, "n": number, "promoted": kind.promoted or name}
        exported = (line if line.startswith("#") else f"export {line}" for line in definition.splitlines())
        owner.append("\n".join((guard + next(exported), *exported, end)))
        maker.append(guard + MAKER.format(**words, fill=fill, digest=digest) + end)
        user.append(guard + USER.format(**words) + end)
        tests.append(f"{guard}    test{number}();\n{end}")
    main = f"int main(void)\n{{\n{''.join(tests)}    return 0;\n}}\n"
    modules = {
        "owner.cm": "module;\n" + "".join(owner),
        "maker.cm": "module;\nimport owner;\n" + "".join(maker),
        "main.cm": 'module;\nimport maker;\nextern "C" int printf(const char *, ...);\n' + "".join(user) + main,
    }
    return modules, _plain(owner, maker, user, main)


def _plain(owner: list[str], maker: list[str], user: list[str], main: str) -> dict[str, str]:
    """The programs with headers instead of imports."""
    types = "".join(owner).replace("export ", "")
    declared = []
    for line in "".join(maker).splitlines():
        if line.startswith("#"):
            declared.append(line)
        elif line.startswith("export struct"):
            is_type = line.startswith("export struct box")
            declared.append(line.removeprefix("export ") if is_type else _prototype(line))
        elif line.startswith("export"):
            declared.append(_prototype(line))
    defined = [line.removeprefix("export ") for line in "".join(maker).splitlines() if not line.startswith("export struct box")]
    return {
        "types.h": types,
        "maker.h": "\n".join(declared) + "\n",
        "maker.c": '#include "types.h"\n#include "maker.h"\n' + "\n".join(defined) + "\n",
        "main.c": '#include "types.h"\n#include "maker.h"\nextern int printf(const char *, ...);\n' + "".join(user) + main,
    }


def _prototype(line: str) -> str:
    """The declaration of what a line of `MAKER` exports."""
    head = line.removeprefix("export ").split(" {")[0].rstrip(";")
    return f"extern {head};"
