"""The target as a small literal table: all that layouts and constant arithmetic know about a compiler.

`probe` fills one in for a real toolchain, tests write them by hand. A table is complete (every standard
scalar type is in it), holds numbers of bytes unless a name says bits, and is never written to after it was
made. What LANGUAGE.md section 6 demands of passing opaque values is decided by these numbers and the shape of
a type alone.
"""

from __future__ import annotations

from typing import Literal

import msgspec

BitFieldRules = Literal["type-matters", "microsoft", "unknown"]


class Scalar(msgspec.Struct, frozen=True, gc=False):
    """Size and alignments of one type: by `_Alignof`, as a member of a struct, and by `__alignof__`."""

    size: int
    align: int
    field_align: int
    natural_align: int


class Facts(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one compiler with one set of flags says about C's types.

    `scalars` is keyed by canonical spelling (`ctype.INTEGER_KINDS` and so on, and `void *`, `void (*)()`); a
    type that is not in it does not exist for this compiler. `vectors` and `atomics` are keyed by size in
    bytes.
    """

    machine: str
    endian: Literal["little", "big"]
    standard: int
    """`__STDC_VERSION__`, 0 for C90."""

    scalars: dict[str, Scalar]
    vectors: dict[int, Scalar]
    atomics: dict[int, Scalar]
    mantissas: dict[str, int]
    """Bits of the mantissa of the floating types, for the usual arithmetic conversions."""

    char_signed: bool
    bit_fields_signed: bool
    """Whether `int x : 3;` is signed."""

    size_type: str
    ptrdiff_type: str
    intmax_type: str
    wchar_type: str
    char16_type: str
    char32_type: str
    huge_decimal_type: str | None
    """The type of a decimal literal that fits `unsigned long long` but no type that C lists for it; None: without name."""
    ascii: bool
    """Whether characters of the execution character set have their Unicode values."""

    short_enums: bool
    enums_unsigned: bool
    """Whether an enum without negative constants is unsigned."""
    enums_are_int: bool
    """Whether an enum is an `int` whatever its constants are, which wrap around then, and `packed` means nothing (MSVC)."""
    mode_enums_signed: bool
    """Whether `mode` makes a signed type of an enum without negative constants (clang)."""

    max_align: int
    """What `aligned` without an argument means."""
    align_limit: int | None
    """The most that `_Alignof` admits of a record aligned further by its members alone; None: no limit."""
    records_known: bool
    """Whether the rules of ELF targets lay out structs without bit-fields, as far as samples of them show."""
    record_align: int
    """The least alignment of a struct or union that is not packed."""
    empty_size: int
    tagged_members: bool
    """Whether a struct's tag or typedef that stands alone in a struct is an anonymous member (`-fms-extensions`)."""
    pack_at_end: bool
    """Whether the `#pragma pack` at a struct's closing brace holds for it (gcc), not that at its beginning (clang)."""
    default_pack: int | None
    """`-fpack-struct`: the `#pragma pack` value in force when there is no pragma."""
    fields_capped: bool
    """Whether some scalar types, or structs of one, are aligned less in structs than elsewhere (i386)."""

    bit_fields: BitFieldRules
    unnamed_bit_fields_align: bool
    """Whether an unnamed bit-field aligns its struct as a named one does (ARM)."""
    bit_fields_aligned_late: bool
    """Whether a bit-field's own alignment counts only after it is settled that its unit holds it (clang)."""
    atomics_padded: int
    """The largest size that `_Atomic` rounds sizes up to, to powers of two (clang); 0: it leaves them."""
    bit_int_width: int
    """The widest `_BitInt`; 0 where the compiler has none."""
    bit_int_limb: int
    """Size, and alignment, of the pieces that a `_BitInt` of more than 64 bits is made of."""

    warns_of_line_markers: bool
    """Whether the compiler knows `-Wgnu-line-marker` (clang from 15 on); this says nothing of the target."""
    storage_order: str
    """How structs are stored that say nothing about it, `little-endian` or `big-endian`; "": one cannot say."""
    float_registers: tuple[str, ...]
    """What the compiler predefines about the registers that floating-point numbers are passed in, or all values."""
    vector_registers: tuple[str, ...]
    """And about those of vectors: on both it depends how calls pass values, and no layout."""

    @property
    def char_bits(self) -> int:
        """Bits in a byte; every compiler that modcore knows has bytes of eight."""
        return 8

    def fingerprint(self) -> str:
        """A text that is equal for two targets exactly if modcore can't tell their layouts apart."""
        import hashlib

        facts = msgspec.structs.replace(
            self, machine="", warns_of_line_markers=False, float_registers=(), vector_registers=()
        )
        return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]
