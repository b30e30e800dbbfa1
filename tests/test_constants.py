"""Types and constants of stage 3 over modules in memory; single expressions are compared with the compiler's answer."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import pytest

from modcore.ctype import (
    Aligned,
    Array,
    BitInt,
    Enum,
    Floating,
    Function,
    Integer,
    Pointer,
    Record,
    RecordRef,
    Type,
    Unknown,
    Vector,
    Void,
)  # fmt: skip
from modcore.entities import Entity
from modcore.finder import Module
from modcore.stage1_names import OwnStatement, Unit, names_of
from modcore.stage2_scopes import entity_of
from modcore.stage3_bind.definitions import Bound, BoundBody, bind_declaration, bind_initializer
from modcore.stage3_complete.constants import Constant, ConstantCycle, Constants, NotConstant
from modcore.stage3_complete.types_of import Incomplete, InfiniteSize, Types
from modcore.syntax import SyntaxProblem, Tokens
from modcore.syntax.tokens import spell
from modcore.target.asked import Layouts
from modcore.target.facts import Facts
from modcore.target.layout import Layout, NoLayout
from modcore.target.probe import probe

CC = os.environ.get("CC", "gcc")


@lru_cache
def host() -> Facts:
    return probe((CC,))


class Modules:
    """Definitions of modules in memory, which all see each other's names; a text of "header" is header text."""

    def __init__(self, header: str = "", facts: Facts | None = None, **texts: str) -> None:
        self.units = {name: _unit(name, text, header) for name, text in texts.items()}
        self.loaded: list[str] = []
        self._facts = facts
        self.types = Types(self)
        self.constants = self.types.constants

    def facts(self) -> Facts:
        return self._facts or host()

    def layouts(self, types: Sequence[Type]) -> list[Layout | NoLayout]:
        return Layouts(self.facts(), (CC,)).of(types)

    def resolver(self, unit: Unit, origin: str) -> Callable[[str, str, str | None], Entity | None]:
        def resolve(space: str, name: str, path: str | None) -> Entity | None:
            kind = unit.headers.kind(space, name)
            if origin == "header":
                return Entity("header", unit.module.file, space, name, kind) if kind else None
            for other in (unit, *self.units.values()):
                symbol = other.names.get((space, name))
                if symbol is not None:
                    return entity_of(other, symbol)
            return Entity("header", unit.module.file, space, name, kind) if kind else None

        return resolve

    def bound(self, entity: Entity) -> Bound:
        unit = self.units[entity.file.removesuffix(".cm")]
        self.loaded.append(entity.name)
        if entity.origin == "header":
            for number in unit.headers.declaring(entity.space, entity.name):
                header = unit.headers.statements[number]
                if any((d.space, d.name) == (entity.space, entity.name) for d in unit.headers.names(number)):
                    statement = OwnStatement(header.text, header.start, header.body, False, (), True)
                    return bind_declaration(entity, statement, self.resolver(unit, "header"), True)
            raise KeyError(entity.name)
        statement = unit.statements[unit.names[(entity.space, entity.name)].statement]
        bound = bind_declaration(entity, statement, self.resolver(unit, "module"), False)
        assert bound.missing == (), bound.missing
        return bound

    def initializer(self, entity: Entity) -> BoundBody | None:
        unit = self.units[entity.file.removesuffix(".cm")]
        return bind_initializer(self.bound(entity), self.resolver(unit, entity.origin), False)

    def entity(self, name: str) -> Entity:
        """`x` or `struct S` of any module, else of the headers of the first."""
        keyword, _, tag = name.rpartition(" ")
        space, name = ("tag", tag) if keyword else ("name", name)
        for unit in self.units.values():
            symbol = unit.names.get((space, name))
            if symbol is not None:
                return entity_of(unit, symbol)
        found = self.resolver(next(iter(self.units.values())), "header")(space, name, None)
        assert found is not None, name
        return found

    def type_of(self, name: str) -> object:
        return self.types.type_of(self.entity(name))

    def value(self, name: str) -> int | None:
        constant = self.constants.value(self.entity(name))
        return constant.value if constant is not None else None

    def size(self, name: str) -> int:
        return self.types.layout_of(self.entity(name)).size

    def folded(self, name: str) -> Constant:
        """The constant that initializes a variable of any type."""
        entity = self.entity(name)
        bound, initializer = self.bound(entity), self.initializer(entity)
        at = bound.entry.declarator.initializer
        return self.constants.evaluate(initializer, at.low, at.high)


def _unit(name: str, text: str, header: str) -> Unit:
    module = Module(name, f"{name}.cm")
    whole = f'# 1 "{name}.h" 1\n{header}\n# 1 "{name}.cm" 2\nmodule;\n{text}\n'
    unit = names_of(module, whole, lambda file: ())
    assert unit.diagnostics == (), unit.diagnostics
    return unit


def modules(text: str, header: str = "") -> Modules:
    return Modules(header, m=text)


# against the compiler

WORLD = """
struct Pair {char c; int i; struct {short low, high;}; union {long l; char bytes[3];} u; unsigned bits : 5;};
enum Choice {NO, YES = 7, MAYBE, BIG = 0x80000000u};
typedef struct Pair Pair; typedef Pair Pairs[3]; typedef char *Text; typedef unsigned short Small;
struct Flexible {int n; long data[];};
struct Packed {char c; int i;} __attribute__((packed));
Pair pair, pairs[4], *pointer; int matrix[3][5]; char text[] = "hello"; double real; float single;
long long wide; unsigned char byte; Small small; char letter; enum Choice choice;
int function(int i, char *t) { return i; }
int designated[] = {1, [7] = 2, 3}; Pair listed[] = {{1}, [3] = {.i = 2}, 1, 2, 3}; Text words[] = {"a", "b", "c"};
struct {int x, y;} flat[] = {1, 2, 3, 4, 5}; char cut[] = {"brace"}; wchar wide_text[] = L"wide"; int nested[][2] = {1, 2, {3}, 4};
struct {int a[2]; struct {char b; short c[2];} d;} deep[] = {1, 2, 3, 4, 5, 6, [2].d.c[0] = 7, 8, {}, [1] = {}};
union {int i; char c[4];} united[] = {1, 2, {.c = "x"}, [5].c[1] = 3, 4};
"""
HEADER = "typedef int wchar;"

EXPRESSIONS = [
    "1 + 2 * 3 - 4 / 2 % 3", "-7 / 2", "-7 % 2", "1 << 4 | 3 & 6 ^ 1", "~0u", "~0", "-1 < 0u", "-1 < 0", "1u - 2",
    "0x7fffffff", "0x80000000", "2147483648", "0xffffffffffffffff", "-2147483647 - 1", "1 ? 2 : 3u", "0 ? 2 : 3l",
    "5 && 0", "0 || 3", "1 || 1 / 0", "0 && 1 / 0", "1 ? 5 : 1 / 0", "7 ?: 2", "0 ?: 2", "!3", "!!3", "+'a'", "'\\n'", "'ab'",
    "'\\xff'", "L'x'", "(char)300", "(unsigned char)-1", "(_Bool)3", "(_Bool)0.5", "(int)3.99", "(int)-3.99", "(int)(2.5 * 3)",
    "(int)1e9f", "3.5 > 3", "1.0 == 1", "(long)(1.0f / 3 * 3)", "(short)0x12345", "-2147483648", "1ll << 40", "1u << 31",
    "1 << 31", "-1 >> 3", "-1u >> 28", "sizeof(int)", "sizeof(long double)", "sizeof(struct Pair)", "sizeof(Pairs)",
    "sizeof(Pair[2])", "sizeof(Text)", "sizeof pair", "sizeof pairs / sizeof pairs[0]", "sizeof *pointer",
    "sizeof pointer->u.bytes", "sizeof(pointer->high)", "sizeof matrix[1]", "sizeof text", "sizeof \"abc\"", "sizeof L\"abc\"",
    "sizeof 'a'", "sizeof(char)", "sizeof 1.0f", "sizeof 1ll", "sizeof(1 ? 1 : 1.0)", "sizeof(letter + letter)",
    "sizeof(byte << wide)", "sizeof(wide << byte)", "sizeof(small + 1l)", "sizeof(real * single)", "sizeof(single * byte)",
    "sizeof function(1, 0)", "sizeof &function", "sizeof(&pairs)", "sizeof *&pairs", "sizeof(pairs + 1)", "sizeof(&pairs[1] - pairs)",
    "sizeof(int (*)(void))", "sizeof(int *[3])", "sizeof(int (*)[3])", "sizeof(struct {char c; double d;})", "sizeof(union {char c; short s;})",
    "sizeof(enum Choice)", "sizeof choice", "sizeof(choice = NO)", "sizeof(matrix[0][0]++)", "sizeof(-letter)", "sizeof !real",
    "sizeof((char)1)", "sizeof((Pair){0})", "sizeof((int[]){1, 2, 3})", "sizeof((char[]){\"four\"})", "sizeof(letter, wide)",
    "sizeof(struct Flexible)", "sizeof(struct Packed)", "sizeof(__typeof__(pair.u))", "sizeof(__typeof__(int *))",
    "sizeof(__int128)", "sizeof(_Complex double)", "sizeof __real__(_Complex float){0}", "sizeof(_Bool)", "sizeof(_Atomic(short))",
    "sizeof designated", "sizeof listed", "sizeof words", "sizeof flat", "sizeof cut", "sizeof wide_text", "sizeof nested", "sizeof deep",
    "sizeof united", "sizeof(void *)", "sizeof(long[sizeof(int)])", "sizeof(int[YES][MAYBE])", "sizeof(pointer ? pointer : 0)",
    "_Alignof(struct Pair)", "_Alignof(long double)", "_Alignof(char[9])", "__alignof__(double)", "__alignof__ pair.u", "__alignof__(struct Packed)",
    "__builtin_offsetof(struct Pair, i)", "__builtin_offsetof(Pair, high)", "__builtin_offsetof(Pair, u.bytes[2])", "__builtin_offsetof(struct Flexible, data[3])",
    "(unsigned long)&((struct Pair *)0)->u.bytes[1]", "(long)&((Pair *)16)->low", "(char *)&((Pair *)0)->i - (char *)0", "&((Pair *)0)->high - (short *)0",
    "(long)((Pair *)0 + 2)", "(long)&((Pair *)0)[3].c", "(int *)0 == 0", "!(void *)0", "(long)(((Pair *)0)->u.bytes + 1)",
    "NO", "YES + MAYBE", "BIG", "BIG > 0", "sizeof BIG", "sizeof YES", "-(long)BIG", "(enum Choice)1", "YES == 7 ? MAYBE : NO",
    "_Generic(1, int: 1, default: 2)", "_Generic('a', char: 1, int: 2)", "_Generic(1.0f, double: 1, float: 2)", "_Generic(letter, char: 1, int: 2)",
    "_Generic(choice, unsigned: 1, int: 2, default: 3)", "_Generic(pair, struct Pair: 4, default: 3)", "_Generic(1l + 1u, long: 1, default: 3)",
    "_Generic(small + small, int: 1, default: 3)", "_Generic(real ? 1 : 2u, unsigned: 1, int: 2)", 
    "_Generic(+pair.bits, unsigned: 1, int: 2)", "_Generic(pair.bits + 1u, unsigned: 1, int: 2)", "_Generic(pair.bits << 1, unsigned: 1, int: 2)",
    "_Generic(sizeof 1, unsigned long: 1, default: 2)", "_Generic(&pair - pointer, long: 1, default: 2)", "_Generic(1 == 1.0, int: 1, default: 2)",
    "__builtin_types_compatible_p(int, signed)", "__builtin_types_compatible_p(int, unsigned)", "__builtin_types_compatible_p(char *, Text)",
    "__builtin_types_compatible_p(const int, int)", "__builtin_types_compatible_p(char *, const char *)", "__builtin_types_compatible_p(const Text, Text)",
    "__builtin_types_compatible_p(int[], int[3])", "__builtin_types_compatible_p(__typeof__(pair), struct Pair)", "__builtin_types_compatible_p(int *, long *)",
    "__builtin_types_compatible_p(char *const *, char **)", "__builtin_types_compatible_p(int *const, int *)",
    "__builtin_choose_expr(1, 5, 6)", "sizeof(__builtin_choose_expr(0, 5, 6.0))", "__builtin_constant_p(5)", "__builtin_constant_p(pair.i)",
    "__builtin_expect(5, 1)", "__builtin_bswap32(0x11223344)", "__builtin_bswap16(0x1234)", "__extension__ 5", "(3)",
]  # fmt: skip


def asked(expressions: list[str], folder: Path) -> list[tuple[int, int, int]]:
    """Value, size and signedness of each expression as the compiler works it out at run time."""
    lines = [
        f'printf("%lld %d %d\\n", (long long)({text}), (int)sizeof({text}), (__typeof__({text}))-1 < 0);'
        for text in expressions
    ]
    source = f"#include <stdio.h>\n{HEADER}\n{WORLD}\nint main(void) {{\n" + "\n".join(lines) + "\nreturn 0; }\n"
    program = folder / "program"
    subprocess.run([CC, "-w", "-x", "c", "-", "-o", program], input=source.encode(), check=True)
    output = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return [tuple(map(int, line.split())) for line in output.splitlines()]


def test_expressions_have_the_compilers_values_and_types(tmp_path: Path) -> None:
    names = [f"x{number}" for number in range(len(EXPRESSIONS))]
    world = modules(WORLD + "\n".join(f"long {name} = {text};" for name, text in zip(names, EXPRESSIONS)), HEADER)
    wrong = []
    for name, text, (value, size, signed) in zip(names, EXPRESSIONS, asked(EXPRESSIONS, tmp_path), strict=True):
        try:
            constant = world.folded(name)
        except NotConstant as problem:
            wrong.append(f"{text}: {problem.reason}")
            continue
        found = constant.value - (1 << 64 if constant.value >= 1 << 63 else 0)
        width = {"_Bool": 1}.get(constant.type.kind) or host().scalars[constant.type.kind].size
        is_signed = constant.type.kind != "_Bool" and not constant.type.kind.startswith("unsigned")
        if (found, width, is_signed) != (value, size, bool(signed)):
            wrong.append(f"{text}: {found} in {width} bytes, not {value} in {size}")
    assert not wrong, "\n".join(wrong)


UNFOLDABLE = {
    "pair.i": "an object", "function(1, 0)": "'function'", "real": "'real'", "pointer": "'pointer'", "1 / 0": "division by zero",
    "1 % 0": "division by zero", "2147483647 + 1": "does not fit 'int'", "-2147483647 - 2": "does not fit", "65536 * 65536": "does not fit",
    "(-2147483647 - 1) / -1": "does not fit", "-(-2147483647 - 1)": "does not fit", "1 << 32": "shift", "1 << -1": "shift",
    "1, 2": "no value", "1.5": "no integer", '"text"': "a string", "letter = 1": "no value", "letter++": "no value", "&pair": "linked",
    "({ 1; })": "no value", "(int)1e30": "does not fit", "1.0 / 0": "division by zero", "08": "'08'", "sizeof(struct Flexible[])": "without a length",
    "function": "a function", "_Generic(pointer, struct Pair *: 1, default: 2)": "cannot be told", "_Generic(pair.bits, unsigned: 1, default: 2)": "cannot be told", "__builtin_unheard_of(1)": "'__builtin_unheard_of'",
    "matrix[1][1]": "an object", "(long)&pair.i": "linked", "1 +": "expected an expression",
}  # fmt: skip


@pytest.mark.parametrize("text", UNFOLDABLE)
def test_what_is_no_constant_says_why(text: str) -> None:
    world = modules(WORLD + f"enum {{x = {text if ',' not in text else f'({text})'}}};", HEADER)
    with pytest.raises(NotConstant) as caught:
        world.constants.value(world.entity("x"))
    assert UNFOLDABLE[text] in caught.value.reason
    assert caught.value.entity is not None and caught.value.low < caught.value.high


# constants of modules


def test_constants_across_modules_in_any_order() -> None:
    texts = {
        "a": "const int first = second + 1; enum {ROWS = third, COLUMNS, AREA = ROWS * COLUMNS};",
        "b": "const unsigned char second = 300; constexpr int third = sizeof(int[AREA_BASE]) / 4; static const long AREA_BASE = 3;",
    }
    for order in (["a", "b"], ["b", "a"]):
        world = Modules(**{name: texts[name] for name in order})
        assert [world.value(name) for name in ("first", "ROWS", "COLUMNS", "AREA", "second")] == [45, 3, 4, 12, 44]
    assert world.constants.value(world.entity("second")).type == Integer("unsigned char")
    assert world.constants.value(world.entity("AREA")).type == Integer("int")


def test_what_is_a_constant_by_nature() -> None:
    text = """
    typedef const int Fixed; typedef int Plain; typedef Fixed Twice; int get() { return 1; }
    const int yes = 1; Fixed by_typedef = 2; Twice twice = 3; static const short small = 70000; const int braced = {4}; constexpr int exact = 5;
    const _Bool flag = 7; const enum {A, B} choice = B; const int from_float = 3.7; const char letter = 'x'; int const trailing = 8;
    int variable = 1; const int uninitialized; Plain plain = 1; const double real = 1.5; const int *pointer = 0; int *const fixed = 0;
    const int array[1] = {1}; const volatile int changing = 1; const int computed = get(); const int impossible = 1 / 0; const int of_variable = variable;
    """
    world = modules(text)
    found = {name: world.value(name) for name in (
        "yes by_typedef twice small braced exact flag choice from_float letter trailing variable uninitialized plain real pointer fixed"
        " array changing computed impossible of_variable get").split()}  # fmt: skip
    assert {name: value for name, value in found.items() if value is not None} == {
        "yes": 1, "by_typedef": 2, "twice": 3, "small": 4464, "braced": 4, "exact": 5, "flag": 1, "choice": 1, "from_float": 3,
        "letter": 120, "trailing": 8,
    }  # fmt: skip


def test_use_of_no_constant_names_the_use() -> None:
    world = modules(
        "int variable = 3; const int computed = variable; int a[2 + variable]; int b[computed]; struct S {int bits : variable;};"
    )
    for name, word in (("a", "variable"), ("b", "computed"), ("struct S", "variable")):
        with pytest.raises(NotConstant) as caught:
            world.type_of(name)
        assert caught.value.reason == f"'{word}' is no constant"
        assert caught.value.entity == world.entity(name)
        tokens = world.bound(caught.value.entity).tokens
        assert tokens.words[caught.value.low : caught.value.high] == [word]


def test_not_constant_stands_in_the_enum_that_fails() -> None:
    world = Modules(a="int array[FAULTY];", b="int variable; enum E {GOOD = 3, FAULTY = variable};")
    with pytest.raises(NotConstant) as caught:
        world.type_of("array")
    assert caught.value.entity.name in ("FAULTY", "E")
    assert world.value("GOOD") == 3


def test_enumerators() -> None:
    text = """
    enum Small {S0, S1 = 255} __attribute__((packed)); enum Negative {N = -1, M}; enum Big {B0 = 0x100000000, B1, B2 = 1};
    enum Counted {C0 = 0x7fffffff, C1}; enum Own {O0 = 1, O1 = O0 << 3, O2 = O1 | O0, O3}; enum {ANONYMOUS = 5} holder;
    enum Huge {H = 0xffffffffffffffff}; enum Mixed {X0 = -1, X1 = 0x80000000};
    """
    world = modules(text)
    assert [world.value(name) for name in ("S0", "S1", "N", "M", "B1", "B2", "C1", "O2", "O3", "ANONYMOUS")] == [
        0, 255, -1, 0, 0x100000001, 1, 0x80000000, 9, 10, 5,
    ]  # fmt: skip
    kinds = {
        name: world.type_of(f"enum {name}").underlying.kind
        for name in ("Small", "Negative", "Big", "Counted", "Own", "Huge", "Mixed")
    }
    assert kinds == {
        "Small": "unsigned char", "Negative": "int", "Big": "unsigned long", "Counted": "unsigned int", "Own": "unsigned int",
        "Huge": "unsigned long", "Mixed": "long",
    }  # fmt: skip
    assert isinstance(world.type_of("holder"), Enum)
    assert world.constants.value(world.entity("B0")).type == Integer("unsigned long")
    assert world.constants.value(world.entity("B2")).type == Integer("int")


def test_an_enum_of_many_constants_is_counted_without_recursion() -> None:
    text = "enum E {" + ", ".join(f"E{number}" for number in range(3000)) + "};"
    assert modules(text).value("E2999") == 2999


def test_header_names() -> None:
    header = """
    enum { HEADER_ENUM = 5, NEXT }; static const int header_const = 6; struct header_pair { char c; long l; };
    typedef struct { int quot, rem; unsigned char raw[HEADER_ENUM]; } div_t; typedef enum { RED = NEXT, GREEN } colour; struct opaque;
    typedef __builtin_va_list va_list; extern int table[HEADER_ENUM]; typedef div_t *handle; int puts(const char *); struct opaque *make();
    """
    text = "enum {BOTH = HEADER_ENUM + NEXT + GREEN}; const int third = header_const + sizeof(struct header_pair); struct S {div_t d; colour c; handle h;};"
    world = modules(text, header)
    assert (world.value("BOTH"), world.value("third"), world.size("struct S")) == (18, 22, 32)
    assert world.types.type_of(world.entity("table")) == Array(Integer("int"), 5)
    assert world.type_of("puts") == Function(Integer("int"), (Pointer(Integer("char")),))
    assert world.type_of("make") == Function(Pointer(RecordRef("struct", "opaque", "opaque")), None)
    assert isinstance(world.types.complete(world.type_of("handle").to), Record)


# types


def test_types_of_declarations() -> None:
    text = """
    typedef struct Node Node; struct Node {Node *next; int (*compare)(const Node *, Node);}; typedef Node *List, Pair[2]; typedef int F(char, ...);
    int *f[2], (*g)(int[3], int (int)), (*(*deep)(long))[4]; int h() { return 1; } unsigned long long int u; long double ld; _Complex float z; F *pf; _BitInt(9) b;
    unsigned _BitInt(9) ub; int vector __attribute__((vector_size(16))); int mode __attribute__((mode(DI))); __typeof__(f[0]) t; __typeof__(Pair) tt;
    typedef int Aligned __attribute__((aligned(16))); short x, y[] = {1, 2}; char s[] = "abc"; int flat[][2] = {{1}, {2}, {3}}; Pair pair; int v(void) { return 1; }
    """
    world = modules(text)
    node = RecordRef("struct", "m.cm::Node", "Node")
    int_, long_ = Integer("int"), Integer("long")
    expected = {
        "List": Pointer(node), "f": Array(Pointer(int_), 2), "h": Function(int_, ()), "u": Integer("unsigned long long"),
        "g": Pointer(Function(int_, (Pointer(int_), Pointer(Function(int_, (int_,)))))),
        "deep": Pointer(Function(Pointer(Array(int_, 4)), (long_,))), "ld": Floating("long double"),
        "pf": Pointer(Function(int_, (Integer("char"),), True)), "b": BitInt(9), "ub": BitInt(9, False),
        "vector": Vector(int_, 16), "mode": long_, "t": Pointer(int_), "tt": Array(world.type_of("struct Node"), 2),
        "Aligned": Aligned(int_, 16), "x": Integer("short"), "y": Array(Integer("short"), 2), "s": Array(Integer("char"), 4),
        "flat": Array(Array(int_, 2), 3), "v": Function(int_, ()),
    }  # fmt: skip
    for name, type in expected.items():
        assert world.type_of(name) == type, name
    record = world.type_of("struct Node")
    assert record.members[0].type == Pointer(node)
    assert record.members[1].type == Pointer(Function(int_, (Pointer(node), node)))
    assert world.type_of("pair") == Array(record, 2)


def test_layouts() -> None:
    text = """
    struct Bits {unsigned a : 3; int : 0; unsigned b : 5, : 2, c : WIDTH; signed char d : 1;}; enum {WIDTH = 7};
    struct Anonymous {union {int i; struct {short low, high;};}; char last;}; struct Flexible {int n; int data[];};
    struct __attribute__((packed)) Packed {char c; int i;}; struct After {char c; int i;} __attribute__((packed, aligned(2)));
    struct Aligned {char c; _Alignas(16) char d;}; struct Member {char c; int i __attribute__((packed)); char d __attribute__((aligned(4)));};
    struct Alignas {char c; _Alignas(double) char d; alignas(2) char e;}; struct [[gnu::packed]] Standard {char c; int i;};
    struct Outer {char c; struct Inner {int x; char y;} inner; struct {char z; struct Inner again;} plain[2];};
    typedef int Wide __attribute__((aligned(16))); struct Typedef {char c; Wide w;}; struct Default {char c; char d __attribute__((aligned));};
    """
    world = modules(text)
    sizes = {name: (world.types.layout_of(world.entity(f"struct {name}")).size, world.types.layout_of(world.entity(f"struct {name}")).align)
             for name in "Bits Anonymous Flexible Packed After Aligned Member Alignas Standard Outer Inner Typedef Default".split()}  # fmt: skip
    assert sizes == {
        "Bits": (8, 4), "Anonymous": (8, 4), "Flexible": (4, 4), "Packed": (5, 1), "After": (6, 2), "Aligned": (32, 16),
        "Member": (12, 4), "Alignas": (16, 8), "Standard": (5, 1), "Outer": (36, 4), "Inner": (8, 4), "Typedef": (32, 16), "Default": (32, 16),
    }  # fmt: skip


def test_definitions_behind_pointers_are_not_loaded() -> None:
    world = Modules(
        a="struct A {struct B *b; struct B (*f)(struct B); T *t; int i;};",
        b="struct B {struct C c;}; typedef struct B T; struct C {int x;};",
    )
    world.type_of("struct A")
    assert "B" not in world.loaded and "C" not in world.loaded and "T" in world.loaded


# what cannot be


def names(problem: InfiniteSize | ConstantCycle) -> list[str]:
    return [entity.name for entity, _ in problem.links]


CYCLES = {
    "struct A {struct A a;};": ("struct A", ["A"]),
    "struct A {struct B b;}; struct B {struct A a[2];};": ("struct A", ["A", "B"]),
    "struct A {T t;}; typedef struct A T;": ("struct A", ["A", "T"]),
    "union U {struct {struct V v;} inner; int i;}; struct V {union U u;};": ("union U", ["U", "V"]),
    "struct Uses {struct A a;}; struct A {struct A a;};": ("struct Uses", ["A"]),
    "typedef struct A T[3]; struct A {T t;}; struct X {T *t;}; struct Y {T t;};": ("struct Y", ["T", "A"]),
}


@pytest.mark.parametrize("text", CYCLES)
def test_infinite_types(text: str) -> None:
    start, links = CYCLES[text]
    world = modules(text)
    with pytest.raises(InfiniteSize) as caught:
        world.type_of(start)
    assert names(caught.value) == links
    for number, (entity, at) in enumerate(caught.value.links):
        following = links[(number + 1) % len(links)]
        assert world.bound(entity).tokens.words[at] == following
    with pytest.raises(InfiniteSize):
        world.types.require_layout(world.entity(start))


CONSTANT_CYCLES = {
    "struct S {char c[sizeof(struct S)];};": ("struct S", ["S"]),
    "const int first = second + 1; const int second = first;": ("first", ["first", "second"]),
    "enum {ONE = sizeof(struct T)}; struct T {char c[ONE];};": ("ONE", ["ONE", "T"]),
    "int self[sizeof self];": ("self", ["self"]),
    "enum E {A = B, B = A};": ("enum E", ["A", "B"]),
    "enum E {A = sizeof(struct S)}; struct S {enum F {C = A} f;};": ("A", ["A", "S", "F", "C"]),
    "struct S {int bits : N;}; enum {N = _Alignof(struct S)};": ("struct S", ["S", "N"]),
    "struct S {_Alignas(N) char c;}; const int N = __builtin_offsetof(struct S, c);": ("N", ["N", "S"]),
    "typedef int T[sizeof(T)];": ("T", ["T"]),
    "struct S {char c[sizeof x];}; struct S x;": ("struct S", ["S", "x"]),
    "int a[sizeof b], b[sizeof a];": ("a", ["a", "b"]),
}


@pytest.mark.parametrize("text", CONSTANT_CYCLES)
def test_constants_that_need_themselves(text: str) -> None:
    start, links = CONSTANT_CYCLES[text]
    world = modules(text)
    entity = world.entity(start)
    with pytest.raises(ConstantCycle) as caught:
        world.types.type_of(entity) if entity.kind not in ("enumerator",) and start not in (
            "first",
            "N",
        ) else world.constants.value(entity)
    assert names(caught.value) == links
    again = modules(text)
    with pytest.raises(ConstantCycle):
        for entity, _ in caught.value.links[-1:]:
            again.constants.value(entity) if entity.kind in ("enumerator", "variable") else None
            again.types.type_of(entity)


FINE = [
    "struct S {struct S *s; char c[sizeof(struct S *)];};",
    "enum {ONE = sizeof(struct T *), TWO = ONE * 2}; struct T {char c[ONE]; char d[TWO];};",
    "const int N = sizeof(N); int a[N];",
    "typedef struct Wrapped *Alias; typedef Alias Alias2[3]; struct Wrapped {int i; Alias2 member;};",
    "union U {struct {struct V *v;} inner; int i;}; struct V {union U u;};",
    "struct A {struct B *b; struct B (*f)(struct A, struct B);}; struct B {struct A a[2];};",
    "int x = sizeof x, a[] = {sizeof(a[0]), sizeof(int)};",
    "const int n = sizeof(a); int a[] = {1, 2, 3};",
    "struct S {int n; char c[sizeof(((struct T *)0)->x)];}; struct T {long x; struct S *s;};",
]


@pytest.mark.parametrize("text", FINE)
def test_what_only_looks_like_a_cycle(text: str) -> None:
    world = modules(text)
    for unit in world.units.values():
        for symbol in unit.names.values():
            entity = entity_of(unit, symbol)
            world.types.require_layout(entity)
            world.constants.value(entity)
            world.types.layout_of(entity)


def test_incomplete_types() -> None:
    header = (
        "struct handle; typedef struct stream stream; struct handle *open_handle(void); struct later; enum forward;"
    )
    text = """
    struct handle *fine; struct S {stream *s; struct handle *table[4]; stream *(*next)(stream *); enum forward *e;} s; typedef stream Alias;
    struct Bad {stream s;}; struct handle h; struct later a[3]; typedef struct later Several[2]; enum {MEASURED = sizeof(struct handle)};
    union Deep {struct {int i; Alias alias;} inner;};
    """
    world = modules(text, header)
    for name in ("fine", "s", "struct S", "Alias"):
        world.types.require_layout(world.entity(name))
    bad = {
        "struct Bad": ("stream", "stream"),
        "h": ("handle", "handle"),
        "a": ("later", "later"),
        "Several": ("later", "later"),
        "union Deep": ("stream", "Alias"),
    }
    for name, (missing, word) in bad.items():
        with pytest.raises(Incomplete) as caught:
            world.types.require_layout(world.entity(name))
        assert caught.value.entity.name == missing
        assert world.bound(caught.value.owner).tokens.words[caught.value.at] == word
    with pytest.raises(Incomplete) as caught:
        world.constants.value(world.entity("MEASURED"))
    assert caught.value.owner.name in ("MEASURED", "{MEASURED}")


def test_negative_lengths_and_widths() -> None:
    world = modules("int a[-1]; struct S {int b : -1;};")
    for name in ("a", "struct S"):
        with pytest.raises(NotConstant, match="negative"):
            world.type_of(name)


def test_unknown_types_are_no_errors() -> None:
    world = modules("typedef _Imaginary float V; int a[3]; V *p;")
    assert isinstance(world.type_of("V"), Unknown)
    assert world.type_of("p") == Pointer(world.type_of("V"))
    assert not isinstance(world.type_of("a"), Void)


def test_array_length_of_a_bound_definition() -> None:
    world = modules('int a[] = {1, [4] = 2, 3}, b[7], c; char s[] = "four"; struct {int x, y;} p[] = {1, 2, 3};')
    lengths = {name: world.constants.array_length(world.bound(world.entity(name))) for name in "abcsp"}
    assert lengths == {"a": 6, "b": 7, "c": None, "s": 5, "p": 2}
    assert Constants(world, world.types).array_length(world.bound(world.entity("a"))) == 6


def test_broken_expressions_raise_nothing_else(tmp_path: Path) -> None:
    """Tokens left out, doubled or swapped: a value or one of the four exceptions, never another."""
    chosen = random.Random(5)
    world = modules(WORLD, HEADER)
    entity = world.entity("wide")
    unit = world.units["m"]
    for _ in range(int(os.environ.get("MODCORE_MUTATIONS", "3")) * 100):
        words = Tokens(chosen.choice(EXPRESSIONS)).words
        other = Tokens(chosen.choice(EXPRESSIONS)).words
        at = chosen.randrange(len(words))
        words[at : at + chosen.randrange(3)] = chosen.sample(other, min(len(other), chosen.randrange(3)))
        statement = OwnStatement(f"long wide = {spell(words)};", 0, -1, False, (), False)
        try:
            bound = bind_declaration(entity, statement, world.resolver(unit, "module"), False)
            initializer = bind_initializer(bound, world.resolver(unit, "module"), False)
            world.constants.evaluate(initializer, 3, len(bound.tokens.words) - 1)
        except (SyntaxProblem, NotConstant, Incomplete, ConstantCycle, InfiniteSize, StopIteration):
            pass


def test_deep_expressions() -> None:
    deep = "+".join(["1"] * 3000)
    assert modules(f"enum {{X = {deep}}};").value("X") == 3000
    with pytest.raises(NotConstant, match="nested too deeply"):
        modules(f"enum {{X = {'+'.join(['1'] * 60000)}}};").value("X")


def setup_module() -> None:
    sys.setrecursionlimit(20000)
