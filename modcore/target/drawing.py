"""A layout for people to read, as pahole draws it: members with their places, holes, padding, cache lines.

In come a type and its layout; out go lines of text. Offsets and sizes are in bytes, those of bit-fields in bits from
there. The members of an anonymous member stand below it, further in.
"""

from __future__ import annotations

from collections.abc import Iterator

from modcore.ctype import (
    Aligned,
    Array,
    Atomic,
    BitInt,
    Builtin,
    Complex,
    Enum,
    Floating,
    Function,
    Integer,
    Opaque,
    Pointer,
    Record,
    RecordRef,
    Said,
    Type,
    Vector,
    Void,
    bare,
)  # fmt: skip
from modcore.target.layout import Layout, MemberLayout
from modcore.target.spelling import words

CACHE_LINE = 64
_WIDTH = 44


def drawn(title: str, type: Type, layout: Layout, order: str = "") -> str:
    """One type, by the name that its title gives it; `order` is how it is stored, if not in the target's order."""
    record = bare(type)
    if not isinstance(record, Record):
        return f"{declared(type, title) if title.isidentifier() else title};  /* size {layout.size}, align {layout.align} */"
    lines = [f"{title} {{{f'  /* stored {order} */' if order else ''}"]
    end = 0  # of the members so far, in bits
    holes: list[int] = []
    line = 1
    for member in layout.members:
        start, stop = _bits(member)
        if member.depth == 0 and record.kind == "struct":
            if start > end:
                holes.append(start - end)
                lines.append(f"    /* a hole of {_extent(start - end)} */")
            if start >= 8 * CACHE_LINE * line:
                line, behind = divmod(start // 8, CACHE_LINE)
                lines.append(f"    /* --- cache line {line}{f' began {behind} bytes ago' if behind else ''} --- */")
                line += 1
        lines.append(_line(member))
        if member.depth == 0:
            end = max(end, stop)
    padding = 8 * layout.size - end
    if padding > 0:
        lines.append(f"    /* padding of {_extent(padding)} */")
    return "\n".join([*lines, *_summary(layout, holes), "};"])


def _bits(member: MemberLayout) -> tuple[int, int]:
    start = 8 * member.offset + (member.bit_offset or 0)
    return start, start + (member.bit_width if member.bit_width is not None else 8 * (member.size or 0))


def _line(member: MemberLayout) -> str:
    indent = "    " * (member.depth + 1)
    text = declared(member.type, member.name or "") if member.name is not None else f"{_specifiers(member.type)} {{...}}"
    place = f"{member.offset:5}"
    if member.bit_width is not None:
        text = text if member.name is not None else _specifiers(member.type)
        text += f" : {member.bit_width}"
        place += f":{member.bit_offset:<2}"
    else:
        place += "   "
    return f"{indent + text + ';':{_WIDTH}} /* {place} {member.size or 0:5} */"


def _summary(layout: Layout, holes: list[int]) -> Iterator[str]:
    count = sum(one.depth == 0 for one in layout.members)
    lines = -(-layout.size // CACHE_LINE)
    yield f"    /* size {layout.size}, align {layout.align}, members {count}, cache lines {lines} */"
    if holes:
        yield f"    /* holes {len(holes)}, in all {_extent(sum(holes))} */"


def _extent(bits: int) -> str:
    whole, rest = divmod(bits, 8)
    parts = [f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in ((whole, "byte"), (rest, "bit")) if count]
    return " and ".join(parts)


def declared(type: Type, name: str) -> str:
    """A declaration of a name, without its semicolon."""
    match type:
        case Pointer(to, space):
            inner = f"*{name}"
            pointee = declared(to, f"({inner})" if isinstance(to, (Array, Function)) else inner)
            return f"{space} {pointee}" if space else pointee
        case Array(element, length):
            return declared(element, f"{name}[{'' if length is None else length}]")
        case Function(returns, parameters, variadic):
            said = [declared(one, "") for one in parameters or ()] + (["..."] if variadic else [])
            return declared(returns, f"{name}({', '.join(said) if said else 'void' if parameters == () else ''})")
    return f"{_specifiers(type)} {name}".rstrip()


def _specifiers(type: Type) -> str:
    match type:
        case Void():
            return "void"
        case Integer() | Floating() | BitInt() | Builtin():
            return words(type)
        case Complex(of):
            return f"_Complex {_specifiers(of)}"
        case Atomic(of):
            return f"_Atomic({declared(of, '')})"
        case Aligned(of, align):
            return f"{declared(of, '')} __attribute__((aligned({align})))"
        case Said(of, text):
            return text.format(_specifiers(of))
        case Vector(said=said) if said:
            return said
        case Vector(element, size):
            return f"{_specifiers(element)} __attribute__((vector_size({size})))"
        case Enum(_, name):
            return f"enum {name}" if name else "enum"
        case Record(kind, _, name) | RecordRef(kind, _, name):
            return f"{kind} {name}" if name else kind
        case Opaque(_, name):
            return name
    return "a type that is not known"
