"""What the attributes of a declaration say about its type: packing, alignment, vectors and modes.

In come ranges of tokens (`__attribute__((…))`, `[[gnu::…]]`, `_Alignas(…)`, `__declspec(…)`); out goes an
`Attributes`. An attribute that changes no layout is skipped. Arguments are constant expressions and are evaluated by
functions that come in too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from modcore.ctype import STORAGE_ORDER, Complex, Enum, Floating, Integer, Record, Said, Type
from modcore.syntax.classify import closing, expression_end
from modcore.syntax.tree import Range
from modcore.target.arithmetic import is_signed
from modcore.target.facts import Facts


class Attributes(msgspec.Struct, frozen=True, gc=False):
    """Alignments and sizes are in bytes.

    `vectors` and `matrix` make types which only the compiler knows more of, `space` is the address space that pointers
    to the type point into, and `record` are those that change how a struct or union is laid out, passed or accessed;
    all as they are written.
    """

    packed: bool = False
    align: int | None = None
    vector: int | None = None
    mode: str | None = None
    vectors: tuple[str, ...] = ()
    matrix: str = ""
    space: str = ""
    record: tuple[str, ...] = ()


NONE = Attributes()
_OF_RECORDS = frozenset(("transparent_union", "may_alias", STORAGE_ORDER, "ms_struct", "gcc_struct"))
_VECTORS = frozenset(
    ("altivec", "ext_vector_type", "neon_vector_type", "neon_polyvector_type", "arm_sve_vector_bits", "riscv_rvv_vector_bits")
)
_COMMA = frozenset(",")
_INTEGER_MODES = {"QI": 1, "HI": 2, "SI": 4, "DI": 8, "TI": 16, "byte": 1}
_FLOATING_MODES = {"SF": 4, "DF": 8}
_MODES_OF_MACHINES = frozenset(("word", "unwind_word", "libgcc_cmp_return", "libgcc_shift_count"))
"""Modes of integers that have another size on each machine; that of pointers is known."""


def attributes(
    words: Sequence[str],
    ranges: Iterable[Range],
    constant: Callable[[int, int], int],
    alignment: Callable[[int, int], int],
    facts: Callable[[], Facts],
) -> Attributes:
    """What some attributes say together; `alignment` answers for `_Alignas` with a type or an expression."""
    packed, align, vector, mode = False, 0, None, None
    vectors: list[str] = []
    matrix = space = ""
    record: list[str] = []
    for attribute in ranges:
        for name, low, high in named_attributes(words, attribute):
            if words[attribute.low] == "__declspec":
                align = max(align, constant(low, high) if name == "align" else 0)  # the only one with a word on layouts
            elif name == "packed":
                packed = True
            elif name == "aligned":
                align = max(align, constant(low, high) if low < high else facts().max_align)
            elif name == "_Alignas":
                align = max(align, alignment(low, high))
            elif name == "vector_size":
                vector = constant(low, high)
            elif name == "mode":
                mode = words[low].strip("_")
            elif name in _VECTORS:
                argument = words[low] if name == "altivec" else constant(low, high)
                vectors.append(f"__attribute__(({name}({argument})))")
            elif name == "matrix_type":
                lengths = ", ".join(str(constant(*one)) for one in _listed(words, low, high))
                matrix = f"__attribute__((matrix_type({lengths})))"
            elif name == "address_space":
                space = f"__attribute__((address_space({constant(low, high)})))"
            elif name in _OF_RECORDS:
                record.append(f"{name}({' '.join(words[low:high])})" if low < high else name)
    return Attributes(packed, align or None, vector, mode, tuple(vectors), matrix, space, tuple(record))


def in_order(record: Record, order: str, facts: Facts) -> Record:
    """A struct or union with the attribute for the order that a pragma, or else a flag, has it stored in."""
    order = order or facts.storage_order
    if not facts.storage_order or record.storage_order or order == f"{facts.endian}-endian":
        return record
    return msgspec.structs.replace(record, attributes=(*record.attributes, f'{STORAGE_ORDER}("{order}")'))


def _listed(words: Sequence[str], low: int, high: int) -> Iterator[tuple[int, int]]:
    """The arguments of an attribute that has several."""
    while low < high:
        end = expression_end(list(words), low, _COMMA) if "," in words[low:high] else high
        yield low, min(end, high)
        low = end + 1


def named_attributes(words: Sequence[str], attribute: Range) -> Iterator[tuple[str, int, int]]:
    """Each attribute in a range: its name without underscores, and the tokens of its argument."""
    low, high = attribute.low, attribute.high
    if words[low] in ("_Alignas", "alignas"):
        yield "_Alignas", low + 2, high - 1
        return
    k, end = (low + 2, high - 2) if words[low] == "[" else (low + 2, high - 1)
    if words[low].startswith("__attribute"):
        k, end = low + 3, high - 2
    while k < end:
        name = words[k]
        if words[k + 1] in ("::", ":") and words[low] == "[":
            k += 2 if words[k + 1] == "::" else 3
            name = words[k]
        first = last = k + 1
        if words[k + 1] == "(":
            last = closing(list(words), k + 1)
            first, k = k + 2, last
            last -= 1
        else:
            k += 1
        if name != ",":
            yield name[2:-2] if name.startswith("__") and name.endswith("__") else name, first, last


def in_mode(type: Type, mode: str, facts: Facts, size: Callable[[Type], int | None]) -> Type:
    """The type that `mode` makes of a type: of its kind, with the mode's size, `int` before others.

    `size` is a type's size by the compiler's word. What is no type by another name stays as it is said.
    """
    if isinstance(type, Enum):
        type = type.underlying
    said = Said(type, f"{{}} __attribute__((mode({mode})))")
    if isinstance(type, Integer):
        wanted = facts.scalars["void *"].size if mode == "pointer" else _INTEGER_MODES.get(mode)
        if mode in _MODES_OF_MACHINES:
            wanted = size(said)
        signed = is_signed(type, facts)
        for kind in ("int", "signed char", "short", "long", "long long", "__int128"):
            if kind in facts.scalars and facts.scalars[kind].size == wanted:
                unsigned = "unsigned " + kind.removeprefix("signed ")
                return Integer(kind if signed else unsigned)
    if isinstance(type, Complex) and mode in ("SC", "DC"):
        part = in_mode(type.of, f"{mode[0]}F", facts, size)
        return Complex(part) if isinstance(part, Floating) else said
    if isinstance(type, Floating) and mode in _FLOATING_MODES:
        for kind in ("float", "double", "long double"):
            if facts.scalars[kind].size == _FLOATING_MODES[mode]:
                return Floating(kind)
    return said
