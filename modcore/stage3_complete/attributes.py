"""What the attributes of a declaration say about its type: packing, alignment, vectors and modes.

In come ranges of tokens (`__attribute__((…))`, `[[gnu::…]]`, `_Alignas(…)`, `__declspec(…)`); out goes an
`Attributes`. An attribute that changes no layout is skipped. Arguments are constant expressions and are evaluated by
functions that come in too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from modcore.ctype import STORAGE_ORDER, Enum, Floating, Integer, Record, Type, Unknown
from modcore.syntax.classify import KEYWORDS, closing
from modcore.syntax.tree import Aggregate, Enumeration, Range, Specifiers
from modcore.target.arithmetic import is_signed
from modcore.target.facts import Facts


class Attributes(msgspec.Struct, frozen=True, gc=False):
    """Alignments and sizes are in bytes.

    `vectors` are those that make vectors which only the compiler knows more of, `record` those that change how a struct
    or union is laid out, passed or accessed; both as they are written.
    """

    packed: bool = False
    align: int | None = None
    vector: int | None = None
    mode: str | None = None
    vectors: tuple[str, ...] = ()
    record: tuple[str, ...] = ()


NONE = Attributes()
_OF_RECORDS = frozenset(("transparent_union", "may_alias", STORAGE_ORDER, "ms_struct", "gcc_struct"))
_VECTORS = frozenset(
    ("altivec", "ext_vector_type", "neon_vector_type", "neon_polyvector_type", "arm_sve_vector_bits", "riscv_rvv_vector_bits")
)
_INTEGER_MODES = {
    "QI": 1, "HI": 2, "SI": 4, "DI": 8, "TI": 16, "byte": 1,
}  # fmt: skip
_FLOATING_MODES = {"HF": 2, "SF": 4, "DF": 8, "XF": 0, "TF": 16}


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
    record: list[str] = []
    for attribute in ranges:
        for name, low, high in named_attributes(words, attribute):
            if name == "packed":
                packed = True
            elif name in ("aligned", "align"):
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
            elif name in _OF_RECORDS:
                record.append(f"{name}({' '.join(words[low:high])})" if low < high else name)
    return Attributes(packed, align or None, vector, mode, tuple(vectors), tuple(record))


def in_order(record: Record, order: str, facts: Facts) -> Record:
    """A struct or union with the attribute for the order that a pragma, or else a flag, has it stored in."""
    order = order or facts.storage_order
    if not facts.storage_order or record.storage_order or order == f"{facts.endian}-endian":
        return record
    return msgspec.structs.replace(record, attributes=(*record.attributes, f'{STORAGE_ORDER}("{order}")'))


def type_attributes(words: list[str], node: object, specifiers: Specifiers | None) -> list[Range]:
    """The attributes that belong to a type defined here: after its keyword, and right after its brace."""
    if not isinstance(node, (Aggregate, Enumeration)):
        return []
    found: list[Range] = []
    k = node.low + 1
    while KEYWORDS.get(words[k]) == "ATTRIBUTE" or words[k] == "[":
        end = closing(words, k if words[k] == "[" else k + 1)
        found.append(Range(k, end))
        k = end
    following = node.high
    for attribute in sorted(specifiers.attributes if specifiers is not None else (), key=lambda one: one.low):
        if attribute.low == following:
            found.append(attribute)
            following = attribute.high
    return found


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


def in_mode(type: Type, mode: str, facts: Facts) -> Type:
    """The type that `mode` makes of a type: of its kind, with the mode's size, `int` before others."""
    if isinstance(type, Enum):
        type = type.underlying
    if isinstance(type, Integer):
        size = facts.scalars["void *"].size if mode in ("word", "pointer", "unwind_word") else _INTEGER_MODES.get(mode)
        signed = is_signed(type, facts)
        for kind in ("int", "signed char", "short", "long", "long long", "__int128"):
            if kind in facts.scalars and facts.scalars[kind].size == size:
                unsigned = "unsigned " + kind.removeprefix("signed ")
                return Integer(kind if signed else unsigned)
    if isinstance(type, Floating) and mode in _FLOATING_MODES:
        for kind in ("_Float16", "float", "double", "long double", "__float128"):
            if kind in facts.scalars and facts.scalars[kind].size == _FLOATING_MODES[mode]:
                return Floating(kind)
    return Unknown(f"the mode '{mode}' is not known")
